"""Lists of customers behind the figures: each by one condition that its page says in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.queries.portfolio import RISKY, Portfolio, scored_accounts
from guanxi.analytics.serving.rhythm import overdue, too_dear
from guanxi.core.money import from_minor
from guanxi.identity.actor import Actor

SHOWN = 200
MOST = 9e13


@dataclass(frozen=True)
class ValueList:
    """A list by name: its heading, what puts a customer on it, the condition, the order."""

    key: str
    label: str | Promise
    about: str | Promise
    where: Callable[[Portfolio], Q]
    order: tuple[str, ...] = ("-scores__value",)


def _money(amount: float) -> Any:
    return from_minor(round(min(max(amount, -MOST), MOST) * 1e4))


LISTS = {
    one.key: one
    for one in (
        ValueList(
            "at-risk", _("At risk"), _("In the most valuable quarter, and with a probability of leaving of 30 % or more."),
            lambda of: Q(scores__churn__gte=RISKY, scores__value__gte=_money(of.cut)),
        ),
        ValueList(
            "overlooked", _("Overlooked"),
            _("In the most valuable quarter, but less was spent on serving them in 12 months than on the customer in the middle."),
            lambda of: Q(scores__value__gte=_money(of.cut)) & (Q(scores__cost_to_serve__lt=_money(of.cost_median)) | Q(scores__cost_to_serve__isnull=True)),
        ),
        ValueList(
            "over-served", _("Over-served"), _("Serving them cost more in 12 months than they earned."),
            lambda of: Q(scores__cost_to_serve__gt=F("scores__margin_12m")) & Q(scores__cost_to_serve__gt=0), ("-scores__cost_to_serve",),
        ),
        ValueList(
            "loss-makers", _("Costing more than they earn"), _("Margin of 12 months less cost to serve is below zero."),
            lambda of: Q(scores__profit_12m__lt=0), ("scores__profit_12m",),
        ),
        ValueList(
            "contact-due", _("Due for a contact"),
            _("Not contacted for longer than the rhythm of their class, and nothing is planned with them."), lambda of: overdue(),
        ),
        ValueList(
            "too-dear", _("Served above their value"),
            _("Serving them cost more in 12 months than the share of their margin that their class allows."), lambda of: too_dear(), ("-scores__cost_to_serve",),
        ),
    )
}  # fmt: skip


def listed(actor: Actor, one: ValueList, of: Portfolio, region: str = "") -> Any:
    """The customers of a list, in its order."""
    return scored_accounts(actor, region).filter(one.where(of)).order_by(*one.order, "id")


def framed(actor: Actor, x: tuple[float, float], y: tuple[float, float], region: str = "") -> Any:
    """Customers inside a frame on the value map: chance to leave in percent, value."""
    churn = Q(scores__churn__gte=x[0] / 100, scores__churn__lte=x[1] / 100)
    value = Q(scores__value__gte=_money(y[0]), scores__value__lte=_money(y[1]))
    return scored_accounts(actor, region).filter(churn & value).order_by("-scores__value", "id")
