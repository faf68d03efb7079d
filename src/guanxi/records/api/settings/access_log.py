"""Who saw what, for administrators."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.access_log import Seen, read_access_log
from guanxi.identity.actor import Actor
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import KEY, MOMENT, OBJECT, TEXT, moment, or_null

_FILTERS = {
    "group": gettext_lazy("reveal, export, sharing, settings or sign_in"),
    "person": gettext_lazy("A user's key"),
    "object": gettext_lazy("An object such as account"),
    "record": gettext_lazy("A record's key"),
    "since": gettext_lazy("From this day on"),
    "until": gettext_lazy("Up to this day"),
    "before": gettext_lazy("Older than this entry: the last `id` of the page before"),
}


def _row(seen: Seen) -> Row:
    return {
        "id": str(seen.id),
        "at": moment(seen.at),
        "by": seen.who,
        "signed_in_as": seen.signed_in_as or None,
        "action": seen.action,
        "object": seen.object,
        "record": str(seen.record_id) if seen.record_id else None,
        "detail": dict(seen.detail),
        "origin": seen.origin,
    }


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    found, _following = read_access_log(
        actor,
        group=query.get("group", ""),
        member_id=_read(query, "person", UUID),
        object_name=query.get("object", ""),
        record_id=_read(query, "record", UUID),
        since=_read(query, "since", date.fromisoformat),
        until=_read(query, "until", date.fromisoformat),
        before=_read(query, "before", UUID),
    )
    return [_row(seen) for seen in found]


def _read(query: Mapping[str, str], name: str, read: Any) -> Any:
    try:
        return read(query[name]) if query.get(name) else None
    except ValueError:
        raise Invalid({name: [_("The value does not have the right type.")]}) from None


def _one(actor: Actor, key: UUID) -> Row:
    found, _following = read_access_log(actor, before=UUID(int=key.int + 1) if key.int < (1 << 128) - 1 else None)
    if not found or found[0].id != key:
        raise NotFound(_("It does not exist."))
    return _row(found[0])


ACCESS_LOG = Resource(
    name="access-log",
    schema="AccessEntry",
    label=gettext_lazy("Who saw what"),
    rows=_rows,
    get=_one,
    read={
        "at": MOMENT, "by": TEXT, "signed_in_as": or_null(TEXT), "action": TEXT, "object": TEXT, "record": or_null(KEY),
        "detail": OBJECT, "origin": TEXT,
    },
    filters=_FILTERS,
)  # fmt: skip
