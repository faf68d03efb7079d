"""How much discount a role may give by itself, and which margin a quote should keep: settings of the company."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Role
from guanxi.identity.permissions import field_access, permits_row
from guanxi.identity.queries import actor_of_user

DISCOUNTS = {"sales": Decimal(15), "manager": Decimal(30)}
EVERYTHING = Decimal(100)
OTHER_ROLES = Decimal(10)
CANDIDATES = 40


@dataclass(frozen=True)
class Limits:
    """In per cent: the discount the actor may give alone, the margin below which a quote is poor, and the one aimed at."""

    discount: Decimal
    margin_floor: Decimal
    margin_goal: Decimal


@dataclass(frozen=True)
class RoleLimit:
    """A role, and the discount in per cent that it may give where the company has not said otherwise."""

    key: str
    name: str
    default: Decimal


def limits_of(actor: Actor) -> Limits:
    """From the company's settings `sales`: {"discounts": {role key: percent}, "margin_floor": …, "margin_goal": …}."""
    sales = sales_rules()
    return Limits(
        discount=_discount(sales, actor.role_key, actor.is_admin),
        margin_floor=_percent(sales.get("margin_floor"), Decimal(25)),
        margin_goal=_percent(sales.get("margin_goal"), Decimal(30)),
    )


def role_limits() -> list[RoleLimit]:
    """The roles that have a limit, by name."""
    roles = Role.objects.filter(is_admin=False).order_by("name")
    return [RoleLimit(role.key, role.name, DISCOUNTS.get(role.key, OTHER_ROLES)) for role in roles]


def sales_rules() -> dict[str, Any]:
    """What the company has set: {"discounts": {role key: percent}, "margin_floor": …, "margin_goal": …}."""
    settings = Company.objects.values_list("settings", flat=True).first() or {}
    return settings.get("sales", {}) if isinstance(settings, dict) else {}


def _discount(sales: dict[str, Any], role_key: str, is_admin: bool) -> Decimal:
    default = DISCOUNTS.get(role_key, OTHER_ROLES)
    return EVERYTHING if is_admin else _percent(sales.get("discounts", {}).get(role_key), default)


def _percent(value: Any, default: Decimal) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return default
    return number if 0 <= number <= EVERYTHING else default


def able_to_permit(actor: Actor, document: Any, discount: Decimal, *, most: int = 3) -> list[str]:
    """Names of colleagues who may change this quote or order and whose own limit allows the discount, administrators last."""
    sales = sales_rules()
    found: list[str] = []
    others = Membership.objects.filter(is_active=True).exclude(id=actor.member_id)
    for member in others.select_related("role").order_by("role__is_admin", "name")[:CANDIDATES]:
        if len(found) == most:
            break
        if _discount(sales, member.role.key, member.role.is_admin) < discount:
            continue
        other = actor_of_user(actor.tenant_id, member.user_id)
        place = {"owner_id": document.owner_id, "team_id": document.team_id}
        if other is not None and permits_row(other, document._meta.model_name, "edit", **place):
            found.append(member.name)
    return found


# What the money of each object is summed up in: who may not read all of them is shown no price of its lines either.
SUMS = {"quote": ("net_total", "total"), "order": ("net_total", "total"), "opportunity": ("amount",)}


def require_money(actor: Actor, object_name: str) -> None:
    """Raise `NotAllowed` where `shows_money` says no: for documents, and forms that are about prices."""
    if not shows_money(actor, object_name):
        raise NotAllowed(_("Prices and sums are not shown to your role."))


def shows_money(actor: Actor, object_name: str) -> bool:
    """Whether the actor may see prices and sums of an opportunity, a quote or an order."""
    return all(field_access(actor, object_name, name) in ("read", "write") for name in SUMS[object_name])
