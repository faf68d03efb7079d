"""Making, changing and deleting rules of fields, gates before stages and rules against duplicates; administrators only."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Refused
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.records.criteria import compile_q
from guanxi.records.definitions import LABEL, clean_text
from guanxi.records.demands.duplicates import WAYS
from guanxi.records.demands.filling import begin_filling
from guanxi.records.demands.gates import gate_fields, gate_values
from guanxi.records.demands.keeping import Errors, Keeping, is_on
from guanxi.records.demands.reading import EFFECTS, REQUIRED, VISIBLE, fields_now
from guanxi.records.models import DuplicateRule, FieldRule, StageGate
from guanxi.records.registry import Field, ObjectType

ACTIONS = ("warn", "block")
MOST_FIELDS = 40
MOST_MATCHES = 5
# Kinds that cannot be compared: what a record holds in them says little of what it is.
INCOMPARABLE = ("json", "uuid", "bool")


def _fill_rule(row: FieldRule, kind: ObjectType, values: Mapping[str, Any], errors: Errors) -> None:
    row.name = _name(values, errors)
    row.effect = str(values.get("effect") or "")
    if row.effect not in EFFECTS:
        errors["effect"] = [_("Choose one of the list.")]
    row.fields = _names(values.get("fields"), rule_fields(kind, row.effect), "fields", errors)
    row.criteria = _criteria(kind, values.get("criteria"), errors)
    row.is_active = is_on(values.get("is_active"))
    if row.effect == VISIBLE and "fields" not in errors:
        known = fields_now(kind)
        always = [str(known[name].label) for name in row.fields if known[name].required]
        if always:
            text = _("%(fields)s must always be filled in and can therefore not be hidden. Make it optional first.")
            errors["fields"] = [text % {"fields": ", ".join(always)}]


def _fill_gate(row: StageGate, kind: ObjectType, values: Mapping[str, Any], errors: Errors) -> None:
    row.field, row.value = str(values.get("field") or ""), str(values.get("value") or "")
    item = next((one for one in gate_fields(kind) if one.name == row.field), None)
    if item is None:
        errors["field"] = [_("There is no such field.")]
    elif row.value not in dict(gate_values(kind, item)):
        errors["value"] = [_("Choose one of the list.")]
    row.needs = _names(values.get("needs"), rule_fields(kind, REQUIRED), "needs", errors)
    same = StageGate.objects.filter(object=kind.name, field=row.field, value=row.value).exclude(id=row.id)
    if not errors and same.exists():
        errors["value"] = [_("This stage has its fields already: change those.")]


def _fill_duplicates(row: DuplicateRule, kind: ObjectType, values: Mapping[str, Any], errors: Errors) -> None:
    row.name = _name(values, errors)
    row.matches = _matches(kind, values.get("matches"), errors)
    row.action = str(values.get("action") or "")
    if row.action not in ACTIONS:
        errors["action"] = [_("Choose one of the list.")]
    row.is_active = is_on(values.get("is_active"))


def rule_fields(kind: ObjectType, effect: str) -> dict[str, Field]:
    """Fields of which a rule with this effect may speak: what nobody writes can neither be demanded nor locked."""
    known = fields_now(kind)
    if effect == VISIBLE:
        return {name: item for name, item in known.items() if name != kind.title and item.kind not in ("uuid", "json")}
    return {name: item for name, item in known.items() if item.writable and item.kind not in ("uuid", "json")}


def match_fields(kind: ObjectType) -> dict[str, Field]:
    """Fields that a rule against duplicates may compare."""
    known = fields_now(kind)
    return {name: item for name, item in known.items() if item.writable and item.kind not in INCOMPARABLE}


def _name(values: Mapping[str, Any], errors: Errors) -> str:
    name = clean_text(values, "name", LABEL, errors)
    if not name:
        errors.setdefault("name", [_("Fill in this field.")])
    return name


def _names(given: Any, known: Mapping[str, Field], place: str, errors: Errors) -> list[str]:
    names = (
        list(dict.fromkeys(str(one) for one in given))
        if isinstance(given, Sequence) and not isinstance(given, str)
        else []
    )
    if not names or len(names) > MOST_FIELDS:
        errors[place] = [_("Choose at least one field.")]
    elif any(name not in known for name in names):
        errors[place] = [_("There is no such field.")]
    return names


def _criteria(kind: ObjectType, given: Any, errors: Errors) -> dict[str, Any]:
    if given in (None, "", {}):
        return {}
    try:
        compile_q(Actor.system(current_tenant_id()), kind.name, given)
    except Refused as refusal:
        errors["criteria"] = [refusal.message]
    return dict(given) if isinstance(given, Mapping) else {}


def _matches(kind: ObjectType, given: Any, errors: Errors) -> list[dict[str, str]]:
    rows = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    made = [{"field": str(one.get("field") or ""), "how": str(one.get("how") or "")} for one in rows]
    known = match_fields(kind)
    if not made or len(made) > MOST_MATCHES:
        errors["matches"] = [_("Choose one to five fields.")]
    elif any(one["field"] not in known or one["how"] not in WAYS for one in made):
        errors["matches"] = [_("There is no such field.")]
    elif len({one["field"] for one in made}) < len(made):
        errors["matches"] = [_("A field stands here twice.")]
    return made


def _duplicates_saved(actor: Actor, row: DuplicateRule, changed: Mapping[str, Any]) -> None:
    if row.is_active and {"matches", "is_active"} & set(changed):
        begin_filling(actor.tenant_id, row)


FIELD_RULES = Keeping(FieldRule, "field_rule", ("name", "effect", "fields", "criteria", "is_active"), _fill_rule)
GATES = Keeping(StageGate, "gate", ("field", "value", "needs"), _fill_gate, order=("object", "field", "value"))
DUPLICATE_RULES = Keeping(
    DuplicateRule, "duplicate_rule", ("name", "matches", "action", "is_active"), _fill_duplicates, _duplicates_saved
)
__all__ = ["DUPLICATE_RULES", "FIELD_RULES", "GATES", "match_fields", "rule_fields"]
