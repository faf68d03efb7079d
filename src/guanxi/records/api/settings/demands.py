"""What a company demands of its records: rules of fields, gates before stages, rules against duplicates."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.records.api.settings.resources import Resource, Row, Schema
from guanxi.records.api.settings.shapes import OBJECT, TEXT, TEXTS, WHOLE, YES_NO, one_of, words
from guanxi.records.demands.duplicates import WAYS
from guanxi.records.demands.keeping import Keeping
from guanxi.records.demands.reading import EFFECTS
from guanxi.records.demands.services import ACTIONS, DUPLICATE_RULES, FIELD_RULES, GATES

_NAMES = {"type": "array", "items": words(80), "maxItems": 40}
_MATCH = {
    "type": "object",
    "required": ["field", "how"],
    "additionalProperties": False,
    "properties": {"field": words(80), "how": one_of(*WAYS)},
}
_OF_OBJECT = {"object": gettext_lazy("Only those of this object, such as account")}


def _resource(
    keeping: Keeping[Any], name: str, schema: str, label: Any, write: Mapping[str, Schema], required: tuple[str, ...],
    read: Mapping[str, Schema],
) -> Resource:  # fmt: skip
    def row(found: Any) -> Row:
        told = {member: getattr(found, member) for member in read if member not in write}
        return {"id": str(found.id), **keeping.describe(found), **told}

    def make(actor: Any, values: Mapping[str, Any]) -> tuple[UUID, Row]:
        return keeping.save(actor, {"is_active": True, **values}).id, {}

    return Resource(
        name=name,
        schema=schema,
        label=label,
        versioned=True,
        rows=lambda actor, query: [row(one) for one in keeping.rows(actor, query.get("object", ""))],
        get=lambda actor, key: row(keeping.get(actor, key)),
        read={**read, "version": WHOLE},
        write=write,
        creating=("object",),
        required=required,
        create=make,
        update=lambda actor, key, values, version: keeping.save(actor, values, key, version=version),
        delete=lambda actor, key, version: keeping.delete(actor, key, version=version),
        filters=_OF_OBJECT,
    )


FIELD_RULES_API = _resource(
    FIELD_RULES,
    "field-rules",
    "FieldRule",
    gettext_lazy("Rules of fields: required, read-only or visible where criteria hold"),
    {
        "object": words(60), "name": words(120), "effect": one_of(*EFFECTS), "fields": _NAMES, "criteria": OBJECT, "is_active": YES_NO,
    },
    ("object", "name", "effect", "fields"),
    {"object": TEXT, "name": TEXT, "effect": one_of(*EFFECTS), "fields": TEXTS, "criteria": OBJECT, "is_active": YES_NO, "version": WHOLE},
)  # fmt: skip
GATES_API = _resource(
    GATES,
    "stage-gates",
    "StageGate",
    gettext_lazy("What must be filled in before a record comes to a stage or status"),
    {"object": words(60), "field": words(80), "value": words(80), "needs": _NAMES},
    ("object", "field", "value", "needs"),
    {"object": TEXT, "field": TEXT, "value": TEXT, "needs": TEXTS, "version": WHOLE},
)
DUPLICATE_RULES_API = _resource(
    DUPLICATE_RULES,
    "duplicate-rules",
    "DuplicateRule",
    gettext_lazy("Which fields make records likely the same, and whether saving one warns or is refused"),
    {
        "object": words(60), "name": words(120), "matches": {"type": "array", "items": _MATCH, "maxItems": 5},
        "action": one_of(*ACTIONS), "is_active": YES_NO,
    },
    ("object", "name", "matches", "action"),
    {
        "object": TEXT, "name": TEXT, "matches": {"type": "array", "items": OBJECT}, "action": one_of(*ACTIONS), "is_active": YES_NO,
        "is_ready": YES_NO, "version": WHOLE,
    },
)  # fmt: skip
