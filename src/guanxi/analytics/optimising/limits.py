"""What a plan may hold: its limits as JSON, and the check of what a person asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.models import AllocationGoal, AllocationPlan
from guanxi.core.errors import Invalid
from guanxi.core.money import MAX_AMOUNT
from guanxi.engagement.queries import channel_label, known_channels

MOST_COUNT = 1_000_000_000
MOST_OFFERS = 30
LONGEST_DAYS = 366


@dataclass(frozen=True)
class OfferLimit:
    """An offer in a plan: how many customers get it at least and at most."""

    offer: UUID
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True)
class ChannelLimit:
    """A channel in a plan: how many contacts there may be, and what one costs."""

    channel: str
    capacity: int | None = None
    cost: float | None = None


def offer_limits(plan: AllocationPlan) -> list[OfferLimit]:
    """The offers of a stored plan."""
    return [OfferLimit(UUID(one["offer"]), one["minimum"], one["maximum"]) for one in plan.offers]


def channel_limits(plan: AllocationPlan) -> list[ChannelLimit]:
    """The channels of a stored plan."""
    return [ChannelLimit(one["channel"], one["capacity"], one["cost"]) for one in plan.channels]


def checked(given: Mapping[str, Any], offers: Mapping[UUID, Any], currency: str) -> dict[str, Any]:
    """The columns of a plan from what a person or a program gave; `offers` are those that may be proposed now, by key.

    Raises `Invalid`: errors of an offer are at `minimum_<id>` and `maximum_<id>`, of a channel at `capacity_<key>` and `cost_<key>`.
    """
    faults: dict[str, list[str]] = {}
    found: dict[str, Any] = {
        "name": _name(given, faults),
        "goal": _goal(given, faults),
        "hurdle": _number(given.get("hurdle", 50.0), "hurdle", faults, most=10_000.0) or 0.0,
        "budget": _money(given.get("budget"), faults),
        **_days(given, faults),
        "segment_id": given.get("segment"),
    }
    allowed = _offers(given.get("offers") or (), offers, faults)
    if unpriced := [offers[one.offer].name for one in allowed if not has_margin(offers[one.offer], currency)]:
        text = _("“%(name)s” has no margin in the company's currency.")
        faults["offers"] = [text % {"name": name} for name in unpriced]
    ways = _channels(given.get("channels") or (), faults)
    _fit(allowed, ways, offers, found["budget"], faults)
    if faults:
        raise Invalid(faults)
    found["offers"] = [{**asdict(one), "offer": str(one.offer)} for one in allowed]
    found["channels"] = [asdict(one) for one in ways]
    return found


def _name(given: Mapping[str, Any], faults: dict[str, list[str]]) -> str:
    name = str(given.get("name") or "").replace("\x00", "").strip()
    if not name or len(name) > 120:
        faults["name"] = [_("Write between 1 and %(count)d characters.") % {"count": 120}]
    return name


def _goal(given: Mapping[str, Any], faults: dict[str, list[str]]) -> str:
    goal = str(given.get("goal") or AllocationGoal.MARGIN)
    if goal not in AllocationGoal.values:
        faults["goal"] = [_("Choose one of the list.")]
    return goal


def _money(value: Any, faults: dict[str, list[str]]) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < MAX_AMOUNT:
        faults["budget"] = [_("Write an amount that is not negative.")]
        return None
    return amount.quantize(Decimal("0.0001"))


def _number(value: Any, field: str, faults: dict[str, list[str]], *, most: float) -> float | None:
    if value in (None, ""):
        return None
    try:
        found = float(str(value).replace(",", ""))
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        faults[field] = [_("Write a number from 0 to %(most)s.") % {"most": f"{most:,.0f}"}]
        return None
    return found


def _count(value: Any, field: str, faults: dict[str, list[str]]) -> int | None:
    found = _number(value, field, faults, most=MOST_COUNT)
    if found is not None and found != int(found):
        faults[field] = [_("Write a whole number.")]
        return None
    return None if found is None else int(found)


def _days(given: Mapping[str, Any], faults: dict[str, list[str]]) -> dict[str, date]:
    found = {}
    for name in ("first", "last"):
        value = given.get(name)
        try:
            found[name] = value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            faults[name] = [_("Write the date as 2026-12-31.")]
            found[name] = timezone.localdate()
    if "first" not in faults and not 0 <= (found["last"] - found["first"]).days < LONGEST_DAYS:
        faults.setdefault("last", [_("A plan ends on or after its first day, within a year.")])
    return found


def _offers(given: Sequence[Any], known: Mapping[UUID, Any], faults: dict[str, list[str]]) -> list[OfferLimit]:
    found: dict[UUID, OfferLimit] = {}
    for one in given:
        try:
            key = UUID(str(one.get("offer")))
        except (ValueError, AttributeError):
            faults["offers"] = [_("Choose one of the list.")]
            continue
        if key not in known:
            faults["offers"] = [_("One of these offers cannot be proposed now.")]
            continue
        least = _count(one.get("minimum"), f"minimum_{key}", faults) or 0
        most = _count(one.get("maximum"), f"maximum_{key}", faults)
        if most is not None and least > most:
            faults[f"minimum_{key}"] = [_("The minimum is above the maximum.")]
        found[key] = OfferLimit(key, least, most)
    if not found or len(found) > MOST_OFFERS:
        faults.setdefault("offers", [_("Choose between 1 and %(most)d offers.") % {"most": MOST_OFFERS}])
    return list(found.values())


def _channels(given: Sequence[Any], faults: dict[str, list[str]]) -> list[ChannelLimit]:
    found: dict[str, ChannelLimit] = {}
    for one in given:
        key = one.get("channel") if isinstance(one, Mapping) else None
        if key not in known_channels():
            faults["channels"] = [_("Choose one of the list.")]
            continue
        room = _count(one.get("capacity"), f"capacity_{key}", faults)
        cost = _number(one.get("cost"), f"cost_{key}", faults, most=1e9)
        found[str(key)] = ChannelLimit(str(key), room, cost)
    if not found:
        faults.setdefault("channels", [_("Choose at least one channel.")])
    return list(found.values())


def has_margin(offer: Any, currency: str) -> bool:
    """Whether it is known what the offer brings; other currencies are not converted."""
    return offer.margin is not None and offer.currency in ("", currency)


def cost_of(way: ChannelLimit, offer: Any) -> float:
    """What a contact costs: as the plan says, else as the offer says."""
    return way.cost if way.cost is not None else float(offer.contact_cost or 0)


def _fit(
    allowed: Sequence[OfferLimit],
    ways: Sequence[ChannelLimit],
    offers: Mapping[UUID, Any],
    budget: Decimal | None,
    faults: dict[str, list[str]],
) -> None:
    """Whether minimums can be reached at all: there must be a channel with room, and money."""
    if faults:
        return
    least_cost = 0.0
    for one in allowed:
        offer = offers[one.offer]
        fitting = [way for way in ways if not offer.channels or way.channel in offer.channels]
        if not fitting:
            names = ", ".join(channel_label(channel) for channel in offer.channels)
            faults["channels"] = [_("“%(name)s” is proposed on none of these channels, but on: %(channels)s.") % {"name": offer.name, "channels": names}]  # fmt: skip
            continue
        rooms = [way.capacity for way in fitting]
        if one.minimum and None not in rooms and one.minimum > sum(room or 0 for room in rooms):
            faults[f"minimum_{one.offer}"] = [_("The channels of this offer have room for %(room)s contacts only.") % {"room": f"{sum(room or 0 for room in rooms):,}"}]  # fmt: skip
        least_cost += one.minimum * min(cost_of(way, offer) for way in fitting)
    if budget is not None and least_cost > float(budget):
        faults["budget"] = [_("The minimums alone cost %(cost)s.") % {"cost": f"{least_cost:,.0f}"}]
    room, least = [way.capacity for way in ways], sum(one.minimum for one in allowed)
    if not faults and None not in room and least > sum(one or 0 for one in room):
        faults["channels"] = [_("The minimums ask for %(least)s contacts, the channels have room for %(room)s.") % {"least": f"{least:,}", "room": f"{sum(one or 0 for one in room):,}"}]  # fmt: skip
