"""What the company decides about its KPIs: owner, target, thresholds; and KPIs of its own. Administrators only."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.kpis.catalogue import STANDARD, UNITS
from guanxi.analytics.kpis.formulas import uses
from guanxi.analytics.models import Figure, Kpi
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records.reports.saved import find_report

DECIDED = ("owner", "target", "watch", "late", "is_active")
OWN = ("name_en", "name_zh", "about_en", "about_zh", "formula", "report", "unit", "rising")
MOST = 60
_KEY = re.compile(r"[a-z][a-z0-9_]{1,49}")
Errors = dict[str, list[str]]


def save_kpi(
    actor: Actor, key: str, values: Mapping[str, Any], *, version: int | None = None, new: bool = False
) -> Kpi:
    """Decide about a delivered KPI, or make (`new`) or change one of the company's own. Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`."""
    _require(actor)
    with tenant_tx(actor.tenant_id):
        row = _row(key, version, new)
        before = describe(row)
        errors: Errors = {}
        _fill(actor, row, {**before, **values}, errors)
        if errors:
            raise Invalid(errors)
        changed = differences({} if new else before, describe(row))
        if changed:
            row.version += 0 if row._state.adding else 1
            row.save()
            note_access(actor, "kpi.added" if new else "kpi.changed", record_id=row.id, detail={"key": key, **changed})
        return row


def delete_kpi(actor: Actor, key: str, version: int | None = None) -> None:
    """Forget one of the company's own with its figures. Raises `Invalid` while a formula names it."""
    _require(actor)
    with tenant_tx(actor.tenant_id):
        found = Kpi.objects.filter(key=key, is_own=True).first()
        if found is None:
            raise NotFound(_("Only KPIs of your own can be deleted."))
        row = locked(Kpi, found.id, version)
        users = Kpi.objects.filter(uses__contains=[key]).exclude(key=key).values_list("key", flat=True)
        if users:
            raise Invalid({"": [_("Other KPIs use it: %(keys)s") % {"keys": ", ".join(users)}]})
        Figure.objects.filter(kpi=key).delete()
        note_access(actor, "kpi.removed", record_id=row.id, detail=_plain(describe(row)))
        row.delete()


def describe(row: Kpi) -> dict[str, Any]:
    """What of a KPI can be changed."""
    names = (*DECIDED[1:], *(OWN if row.is_own else ()))
    return {"owner": row.owner_id, **{name: getattr(row, name) for name in names}}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _require(actor: Actor) -> None:
    require_manage(actor)
    require_admin(actor)


def _row(key: str, version: int | None, new: bool) -> Kpi:
    found = Kpi.objects.filter(key=key).first()
    if not new and key not in STANDARD and found is None:
        raise NotFound(_("There is no such KPI."))
    if new:
        if not _KEY.fullmatch(key):
            raise Invalid({"key": [_("Use small letters, digits and _, such as margin_per_contact.")]})
        if found is not None or key in STANDARD:
            raise Invalid({"key": [_("This key is taken.")]})
        if Kpi.objects.filter(is_own=True).count() >= MOST:
            raise Invalid({"": [_("A company can have at most %(count)d KPIs of its own.") % {"count": MOST}]})
        return Kpi(key=key, is_own=True)
    return Kpi(key=key) if found is None else locked(Kpi, found.id, version)


def _fill(actor: Actor, row: Kpi, values: Mapping[str, Any], errors: Errors) -> None:
    row.owner = _owner(values.get("owner"), errors)
    row.target = _number(values, "target", errors, empty=True)
    row.watch = _number(values, "watch", errors) or 0.0
    row.late = _number(values, "late", errors) or 0.0
    if row.late > row.watch:
        errors["late"] = [_("Red begins below amber.")]
    row.is_active = values.get("is_active") in (True, "1", "on", "true")
    if not row.is_own:
        return
    for name, most in (
        ("name_en", 120),
        ("name_zh", 120),
        ("about_en", 1000),
        ("about_zh", 1000),
        ("formula", 300),
        ("report", 60),
    ):
        setattr(row, name, _text(values, name, most, errors))
    row.unit, row.rising = str(values.get("unit") or "number"), values.get("rising") in (True, "1", "on", "true")
    if row.unit not in UNITS:
        errors["unit"] = [_("Choose one of the list.")]
    if not (row.name_en or row.name_zh):
        errors["name_en"] = [_("Fill in this field.")]
    if bool(row.formula) == bool(row.report):
        errors["formula"] = [_("Give either a formula of KPIs or a report.")]
    else:
        _source(actor, row, errors)


def _source(actor: Actor, row: Kpi, errors: Errors) -> None:
    try:
        if row.report:
            find_report(actor, row.report)
            row.uses = []
        else:
            # Of delivered ones only: no rings, and one pass computes all.
            row.uses = uses(row.formula, STANDARD)
    except Invalid as refusal:
        errors.update(refusal.errors)
    except NotFound:
        errors["report"] = [_("There is no such report.")]


def _owner(value: Any, errors: Errors) -> Membership | None:
    if value in (None, ""):
        return None
    try:
        found: Membership | None = Membership.objects.filter(id=UUID(str(value)), is_active=True).first()
    except ValueError:
        found = None
    if found is None:
        errors["owner"] = [_("Choose one of the list.")]
    return found


def _number(values: Mapping[str, Any], name: str, errors: Errors, *, empty: bool = False) -> float | None:
    given = values.get(name)
    if given in (None, ""):
        if not empty:
            errors[name] = [_("Fill in this field.")]
        return None
    try:
        found = float(str(given).replace(",", ""))
    except ValueError:
        found = float("nan")
    if not -1e15 < found < 1e15 or (not empty and not 0 <= found <= 1000):
        errors[name] = [_("Write a number.")]
        return None
    return found


def _text(values: Mapping[str, Any], name: str, most: int, errors: Errors) -> str:
    text = str(values.get(name) or "").replace("\x00", "").strip()
    if len(text) > most:
        errors[name] = [_("Use at most %(count)d characters.") % {"count": most}]
    return text[:most]
