"""Plans for pages, and the prices that the next best action reckons with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import get_language

from guanxi.analytics.models import Allocated, AllocationPlan, AllocationState
from guanxi.analytics.optimising.limits import channel_limits, offer_limits
from guanxi.analytics.optimising.saying import problem_at
from guanxi.engagement.queries import channel_label
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

MOST_PLANS = 100


@dataclass(frozen=True)
class Prices:
    """What one more contact on a channel would bring, by the newest plan that was applied and holds today."""

    plan: AllocationPlan | None = None
    of: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Limit:
    """A limit and how it is used: contacts of a channel, or customers of an offer. `price`: what one more place brings; below 0, what a minimum costs."""

    key: str
    label: str
    least: int
    most: int | None
    used: int
    price: float | None


@dataclass(frozen=True)
class Shown:
    """A plan with everything that its page says of it."""

    plan: AllocationPlan
    names: Mapping[UUID, str]
    field: str
    problem: str
    channels: Sequence[Limit]
    offers: Sequence[Limit]
    steps: Mapping[str, int]

    @property
    def best_rule(self) -> float | None:
        """The margin of the best of the simple rules."""
        values = [one["value"] for one in (self.plan.result.get("baselines") or {}).values()]
        return max(values) if values else None


def plans() -> list[AllocationPlan]:
    """The plans, newest first."""
    return list(AllocationPlan.objects.select_related("owner").order_by("-created_at")[:MOST_PLANS])


def offer_names(actor: Actor, keys: Any) -> dict[UUID, str]:
    """Names of offers in the language of the page."""
    said = get_language() or "en"
    return {one.id: one.name_in(said) for one in visible_records(actor, "offer").filter(id__in=list(keys))}


def shown(actor: Actor, plan: AllocationPlan) -> Shown:
    """A plan for its page."""
    limits = offer_limits(plan)
    names = offer_names(actor, [one.offer for one in limits])
    where, text = problem_at(plan, names)
    used = plan.result.get("cells") or []
    prices: Mapping[str, float | None] = plan.result.get("prices") or {}

    def taken(name: str, key: str) -> int:
        return sum(cell["customers"] for cell in used if cell[name] == key)

    channels = [
        Limit(one.channel, channel_label(one.channel), 0, one.capacity, taken("channel", one.channel), prices.get(f"channel:{one.channel}"))
        for one in channel_limits(plan)
    ]  # fmt: skip
    offers = [
        Limit(str(one.offer), names.get(one.offer, "–"), one.minimum, one.maximum, taken("offer", str(one.offer)), prices.get(f"offer:{one.offer}"))
        for one in limits
    ]  # fmt: skip
    steps = dict(Allocated.objects.filter(plan=plan).values_list("step").annotate(count=Count("id")))
    return Shown(plan, names, where, text, channels, offers, steps)


def prices_now(today: date | None = None) -> Prices:
    """The prices of channels that hold today; one query."""
    day = today or timezone.localdate()
    held = AllocationPlan.objects.filter(state=AllocationState.APPLIED, first__lte=day, last__gte=day)
    plan = held.only("id", "name", "result", "applied_at", "version").order_by("-applied_at").first()
    if plan is None:
        return Prices()
    found = {
        key.partition(":")[2]: price
        for key, price in (plan.result.get("prices") or {}).items()
        if key.startswith("channel:") and price and price > 0
    }
    return Prices(plan, found)
