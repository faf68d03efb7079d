"""How much discount a role may give by itself, and which margin a quote should keep: settings of the company."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from guanxi.identity.actor import Actor
from guanxi.identity.models import Company

DISCOUNTS = {"sales": Decimal(15), "manager": Decimal(30)}
EVERYTHING = Decimal(100)
OTHER_ROLES = Decimal(10)


@dataclass(frozen=True)
class Limits:
    """In per cent: the discount the actor may give alone, the margin below which a quote is poor, and the one aimed at."""

    discount: Decimal
    margin_floor: Decimal
    margin_goal: Decimal


def limits_of(actor: Actor) -> Limits:
    """From the company's settings `sales`: {"discounts": {role key: percent}, "margin_floor": …, "margin_goal": …}."""
    settings = Company.objects.values_list("settings", flat=True).first() or {}
    sales = settings.get("sales", {}) if isinstance(settings, dict) else {}
    discounts = sales.get("discounts", {})
    default = DISCOUNTS.get(actor.role_key, OTHER_ROLES)
    return Limits(
        discount=EVERYTHING if actor.is_admin else _percent(discounts.get(actor.role_key), default),
        margin_floor=_percent(sales.get("margin_floor"), Decimal(25)),
        margin_goal=_percent(sales.get("margin_goal"), Decimal(30)),
    )


def _percent(value: Any, default: Decimal) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return default
    return number if 0 <= number <= EVERYTHING else default
