"""Earlier conclusions over the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.queries.past import GRADES, days_kept, then
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import OBJECT, TEXT, WHOLE


def _get(actor: Actor, key: Any) -> Row:
    require_view(actor)
    try:
        day = date.fromisoformat(str(key))
    except ValueError:
        day = None
    found = then(actor, day) if day in days_kept() and day else None
    if found is None:
        raise NotFound(_("No run of that day was kept."))
    return {
        "id": found.as_of.isoformat(), "customers": found.customers, "value": str(found.value), "value_now": str(found.value_now), "likely_to_leave": found.at_risk,
        "grades": found.grades, "stages": found.stages,
        "moved": {grade: dict(zip((*GRADES, "none"), row, strict=True)) for grade, row in zip(GRADES, found.moved, strict=True)},
    }  # fmt: skip


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_get(actor, day.isoformat()) for day in days_kept()[:24] if then(actor, day)]


def register_api() -> None:
    """Offer the address; called once when the process starts."""
    offer(
        Resource(
            name="value-days",
            schema="ValueDay",
            label=gettext_lazy("Customer value as of earlier days"),
            rows=_rows,
            get=_get,
            key=str,
            key_schema=TEXT,
            read={"customers": WHOLE, "value": TEXT, "value_now": TEXT, "likely_to_leave": WHOLE, "grades": OBJECT, "stages": OBJECT, "moved": OBJECT},
            room=ROOM,
        )
    )  # fmt: skip
