"""A company's own rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import TEXT, WHOLE, YES_NO, words
from guanxi.records.formulas.syntax import LONGEST
from guanxi.records.models import ValidationRule
from guanxi.records.rules.services import delete_rule, describe, get_rule, list_rules, save_rule

_WRITE = {
    "object": words(60), "name": words(120), "formula": {"type": "string", "maxLength": LONGEST}, "field": words(80),
    "message_en": words(300), "message_zh": words(300), "is_active": YES_NO,
}  # fmt: skip


def _row(row: ValidationRule) -> Row:
    return {"id": str(row.id), "version": row.version, **describe(row)}


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    return [_row(row) for row in list_rules(actor, query.get("object", ""))]


def _make(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return save_rule(actor, {"is_active": True, **values}).id, {}


def _change(actor: Actor, key: UUID, values: Values, version: int | None) -> Any:
    return save_rule(actor, values, key, version=version)


VALIDATION_RULES = Resource(
    name="validation-rules",
    schema="ValidationRule",
    label=gettext_lazy("Rules: records that are refused"),
    versioned=True,
    rows=_rows,
    get=lambda actor, key: _row(get_rule(actor, key)),
    read={**dict.fromkeys(_WRITE, TEXT), "version": WHOLE, "is_active": YES_NO},
    write=_WRITE,
    creating=("object",),
    required=("object", "name", "formula"),
    create=_make,
    update=_change,
    delete=lambda actor, key, version: delete_rule(actor, key, version=version),
    filters={"object": gettext_lazy("Only those of this object, such as account")},
)
