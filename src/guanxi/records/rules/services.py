"""Making, changing and deleting a company's own rules; administrators only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.kept import settings_changed
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.definitions import LABEL, Errors, clean_text
from guanxi.records.derived.definitions import error_text
from guanxi.records.formulas.checking import check
from guanxi.records.formulas.syntax import FormulaError
from guanxi.records.models import ValidationRule
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import ObjectType

MESSAGE = 300
MOST_RULES = 60
EDITABLE = ("name", "formula", "field", "message_en", "message_zh", "is_active")


def list_rules(actor: Actor, object_name: str = "") -> list[ValidationRule]:
    """The rules of one object or of all."""
    require_admin(actor)
    rows = ValidationRule.objects.filter(object=object_name) if object_name else ValidationRule.objects.all()
    return list(rows.order_by("object", "name", "id"))


def get_rule(actor: Actor, rule_id: UUID) -> ValidationRule:
    """One rule. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row: ValidationRule | None = ValidationRule.objects.filter(id=rule_id).first()
    if row is None:
        raise NotFound(_("There is no such rule."))
    return row


def save_rule(
    actor: Actor, values: Mapping[str, Any], rule_id: UUID | None = None, *, version: int | None = None
) -> ValidationRule:
    """A new rule, or other values of one; `values`: object (of a new one), name, formula, field, messages, is_active.

    It holds for what is written from now on; records that break it already are refused when they are next changed.
    Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _known(actor, rule_id, version) if rule_id else ValidationRule(object=values.get("object") or "")
        kind = next((one for one in objects_with_fields(actor) if one.name == row.object), None)
        if kind is None:
            raise Invalid({"object": [_("Choose an object.")]})
        if rule_id is None and ValidationRule.objects.filter(object=kind.name).count() >= MOST_RULES:
            raise Invalid({"": [_("An object can have at most %(count)d rules.") % {"count": MOST_RULES}]})
        before = {} if rule_id is None else describe(row)
        _fill(row, kind, {**describe(row), **{name: values[name] for name in EDITABLE if name in values}})
        _keep(actor, row, before)
        return row


def delete_rule(actor: Actor, rule_id: UUID, *, version: int | None = None) -> None:
    """Forget a rule."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _known(actor, rule_id, version)
        note_access(actor, "rule.removed", object_name=row.object, record_id=row.id, detail=describe(row))
        row.delete()
        settings_changed()


def describe(row: ValidationRule) -> dict[str, Any]:
    """A rule as settings and API show it."""
    return {name: getattr(row, name) for name in ("object", *EDITABLE)}


def _known(actor: Actor, rule_id: UUID, version: int | None) -> ValidationRule:
    get_rule(actor, rule_id)
    return locked(ValidationRule, rule_id, version)


def _fill(row: ValidationRule, kind: ObjectType, values: Mapping[str, Any]) -> None:
    errors: Errors = {}
    row.name = clean_text(values, "name", LABEL, errors)
    english, chinese = (clean_text(values, name, MESSAGE, errors) for name in ("message_en", "message_zh"))
    row.message_en, row.message_zh = english or chinese, chinese
    row.formula = str(values.get("formula") or "").strip()
    row.field = str(values.get("field") or "")
    row.is_active = values.get("is_active") in (True, "1", "on", "true")
    own = custom_fields_of_all()
    if not row.name:
        errors.setdefault("name", [_("Fill in this field.")])
    if not row.message_en:
        errors.setdefault("message_en", [_("Say in at least one language what is wrong.")])
    if row.field and row.field not in kind.by_name and row.field not in own.get(kind.name, {}):
        errors["field"] = [_("There is no such field.")]
    try:
        check(kind, row.formula, own, wanted="bool")
    except FormulaError as problem:
        errors["formula"] = [error_text(problem)]
    if errors:
        raise Invalid(errors)


def _keep(actor: Actor, row: ValidationRule, before: Mapping[str, Any]) -> None:
    changed = differences(before, describe(row))
    if not changed:
        return
    if before:
        row.version += 1
    row.save(force_insert=not before)
    settings_changed()
    action = "rule.changed" if before else "rule.added"
    note_access(actor, action, object_name=row.object, record_id=row.id, detail={"name": row.name, **changed})
