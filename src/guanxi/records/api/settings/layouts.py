"""Layouts of objects."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import OBJECT, TEXT, TEXTS, WHOLE, YES_NO, words
from guanxi.records.layouts.services import describe, get_layout, list_layouts, reset_layout, save_layout
from guanxi.records.models import Layout

_FIELDS = {"type": "array", "items": words(80), "maxItems": 300}
_LABELS = {"label_en": words(120), "label_zh": words(120)}
_SECTION = {
    "type": "object",
    "required": ["fields"],
    "additionalProperties": False,
    "properties": {**_LABELS, "fields": _FIELDS},
}
_TAB = {
    "type": "object",
    "required": ["sections"],
    "additionalProperties": False,
    "properties": {**_LABELS, "shown": YES_NO, "sections": {"type": "array", "items": _SECTION, "maxItems": 60}},
}
_WRITE = {
    "object": words(60), "role": words(60), "tabs": {"type": "array", "items": _TAB, "maxItems": 12}, "quick": _FIELDS,
}  # fmt: skip


def _row(row: Layout) -> Row:
    return {"id": str(row.id), "version": row.version, **describe(row)}


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    return [_row(row) for row in list_layouts(actor, query.get("object", ""))]


def _make(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return save_layout(actor, str(values["object"]), str(values.get("role") or ""), values).id, {}


def _change(actor: Actor, key: UUID, values: Values, version: int | None) -> Any:
    row = get_layout(actor, key)
    return save_layout(actor, row.object, row.role.key if row.role else "", values, version=version)


LAYOUTS = Resource(
    name="layouts",
    schema="Layout",
    label=gettext_lazy("How the fields of an object are arranged, for a role or for everybody"),
    versioned=True,
    rows=_rows,
    get=lambda actor, key: _row(get_layout(actor, key)),
    read={"object": TEXT, "role": TEXT, "tabs": {"type": "array", "items": OBJECT}, "quick": TEXTS, "version": WHOLE},
    write=_WRITE,
    creating=("object", "role"),
    required=("object",),
    create=_make,
    update=_change,
    delete=lambda actor, key, version: reset_layout(actor, key, version=version),
    filters={"object": gettext_lazy("Only those of this object, such as account")},
)
