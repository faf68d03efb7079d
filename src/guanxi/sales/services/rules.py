"""The company's rules for discounts and margins: changed by administrators, written down."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Company, Role
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked

EVERYTHING = Decimal(100)


def change_sales_rules(actor: Actor, *, values: Mapping[str, Any]) -> None:
    """Change `discounts` ({role key: per cent, None for the default}), `margin_floor` or `margin_goal`, in per cent.

    Only what is given changes. Administrators only; raises `Invalid`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = locked(Company, actor.tenant_id)
        before = dict(company.settings.get("sales", {}))
        after = before | _clean(values, before)
        detail = differences(before, after)
        if not detail:
            return
        company.settings = {**company.settings, "sales": after}
        company.permissions_version += 1
        company.save(update_fields=["settings", "permissions_version"])
        note_access(actor, "sales_rules.changed", object_name="company", record_id=company.id, detail=detail)


def _clean(values: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for name in ("margin_floor", "margin_goal"):
        if name in values:
            clean[name] = _percent(name, values[name], errors)
    if "discounts" in values:
        clean["discounts"] = _discounts(values["discounts"], stored.get("discounts", {}), errors)
    floor, goal = ({**stored, **clean}.get(name) for name in ("margin_floor", "margin_goal"))
    if not errors and floor is not None and goal is not None and Decimal(floor) > Decimal(goal):
        errors["margin_goal"] = [_("The margin aimed at must not be below the lowest margin.")]
    if errors:
        raise Invalid(errors)
    return clean


def _discounts(given: Mapping[str, Any], stored: Mapping[str, str], errors: dict[str, list[str]]) -> dict[str, str]:
    known = set(Role.objects.filter(is_admin=False).values_list("key", flat=True))
    kept = {key: value for key, value in stored.items() if key in known}
    for key, value in given.items():
        if key not in known:
            errors[f"discounts.{key[:60]}"] = [_("There is no such role.")]
            continue
        share = _percent(f"discounts.{key}", value, errors)
        kept = {name: text for name, text in kept.items() if name != key} | ({} if share is None else {key: share})
    return kept


def _percent(name: str, value: Any, errors: dict[str, list[str]]) -> str | None:
    """A share as it is stored, or None for the default."""
    text = "" if value is None else str(value).strip().removesuffix("%").strip().replace(",", ".")
    if not text:
        return None
    try:
        share = Decimal(text)
        if not share.is_finite() or not 0 <= share <= EVERYTHING or share != round(share, 2):
            raise InvalidOperation
    except InvalidOperation:
        errors[name] = [_("Enter a share from 0 to 100 with at most two decimals, or nothing.")]
        return None
    return f"{share.normalize():f}"
