"""The tenant's own objects over the API; administrators only."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import TEXT, WHOLE, YES_NO, one_of, words
from guanxi.records.definitions import LABEL, MOST_CHOICES, TONES
from guanxi.records.models import OwnObject
from guanxi.records.own_objects.services import (
    ICONS,
    change_object,
    create_object,
    describe,
    get_object,
    list_objects,
    purge_object,
    remove_object,
    restore_object,
)


def _row(row: OwnObject) -> Row:
    return {"id": str(row.id), "version": row.version, **describe(row), "removed": row.deleted_at is not None}


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    return [_row(row) for row in list_objects(actor, removed=query.get("removed") == "1")]


def _create(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return create_object(actor, values).id, {}


def _change(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    change_object(actor, key, {name: value for name, value in values.items() if value is not None}, version=version)


_STATUS = {
    "type": "object",
    "required": ["label_en"],
    "properties": {
        "value": words(60), "label_en": words(LABEL), "label_zh": words(LABEL), "tone": one_of(*TONES), "closed": YES_NO,
    },
    "additionalProperties": False,
}  # fmt: skip
_OBJECT = {
    "label_en": words(LABEL), "label_zh": words(LABEL), "plural_en": words(LABEL), "plural_zh": words(LABEL), "icon": one_of(*ICONS),
    "statuses": {"type": "array", "maxItems": MOST_CHOICES, "items": _STATUS}, "dated": YES_NO, "priced": YES_NO,
    "name": words(42), "code_pattern": words(60),
}  # fmt: skip
OBJECTS = Resource(
    name="objects",
    schema="OwnObject",
    label=gettext_lazy("Objects of your own"),
    rows=_rows,
    get=lambda actor, key: _row(get_object(actor, key)),
    read={**_OBJECT, "plural": TEXT, "icon": TEXT, "version": WHOLE, "removed": YES_NO},
    write=_OBJECT,
    creating=("name", "code_pattern"),
    required=("label_en",),
    create=_create,
    update=_change,
    delete=lambda actor, key, version: remove_object(actor, key, version=version),
    actions={
        "restore": Action(gettext_lazy("Restore"), lambda actor, key, _version: restore_object(actor, key)),
        "purge": Action(gettext_lazy("Delete for good"), lambda actor, key, _version: purge_object(actor, key)),
    },
    filters={"removed": gettext_lazy("1 lists removed objects")},
    versioned=True,
)
