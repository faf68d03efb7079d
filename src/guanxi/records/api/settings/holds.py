"""Legal holds."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import KEY, MOMENT, TEXT, key_in, moment, words
from guanxi.records.display import object_or_none
from guanxi.records.holds import end_hold, open_holds, place_hold


def _row(row: Any) -> Row:
    return {
        "id": str(row.id),
        "object": row.object,
        "record": str(row.record_id),
        "reason": row.reason,
        "placed_at": moment(row.placed_at),
    }


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [_row(row) for row in open_holds(actor)]


def _get(actor: Actor, key: UUID) -> Row:
    found = next((row for row in _rows(actor, {}) if row["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("There is no such legal hold."))
    return found


def _place(actor: Actor, values: Values) -> tuple[UUID, Row]:
    require_admin(actor)
    record = key_in(values, "record")
    if object_or_none(values["object"]) is None or record is None:
        raise Invalid({"object": [_("Choose one of the list.")]})
    return place_hold(actor, values["object"], record, values["reason"]).id, {}


HOLDS = Resource(
    name="legal-holds",
    schema="LegalHold",
    label=gettext_lazy("Legal hold"),
    rows=_rows,
    get=_get,
    read={"object": TEXT, "record": KEY, "reason": TEXT, "placed_at": MOMENT},
    write={"object": words(60), "record": KEY, "reason": words(300)},
    required=("object", "record", "reason"),
    create=_place,
    delete=lambda actor, key, _version: end_hold(actor, key),
)
