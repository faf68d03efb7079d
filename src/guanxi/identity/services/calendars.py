"""Business calendars."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import BusinessCalendar
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import clean_country, clean_text, clean_time_zone

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
Hours = Mapping[str, Sequence[Sequence[str]]]


def save_calendar(
    actor: Actor,
    *,
    calendar_id: UUID | None = None,
    name: str,
    time_zone: str,
    country: str,
    region: str = "",
    hours: Hours,
    days_off: Sequence[date] = (),
    days_on: Sequence[date] = (),
    is_default: bool = False,
) -> BusinessCalendar:
    """Create a calendar, or replace the one with `calendar_id`. `hours`: {"0": [["09:00", "18:00"]], …}, Monday is "0".

    At most one calendar is the default; making another one the default takes it from the first. Raises `Invalid`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(BusinessCalendar, calendar_id) if calendar_id else BusinessCalendar()
        values: dict[str, Any] = {
            "name": _clean_name(name, calendar_id),
            "time_zone": clean_time_zone(time_zone),
            "country": clean_country(country),
            "region": clean_text("region", region, max_length=10, required=False),
            "hours": clean_hours(hours),
            "days_off": sorted(set(days_off)),
            "days_on": sorted(set(days_on)),
            "is_default": is_default or row.is_default,
        }
        if is_default:
            BusinessCalendar.objects.exclude(id=row.id).filter(is_default=True).update(is_default=False)
        if calendar_id:
            detail = differences(save_changes(row, values), values)
        else:
            row, detail = BusinessCalendar.objects.create(**values), differences({}, values)
        if detail:
            note_access(actor, "calendar.changed", object_name="business_calendar", record_id=row.id, detail=detail)
    return row


def delete_calendar(actor: Actor, *, calendar_id: UUID) -> None:
    """Delete a calendar; the default one stays (`Conflict`)."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(BusinessCalendar, calendar_id)
        if row.is_default:
            raise Conflict(_("Make another calendar the default first."))
        note_access(
            actor, "calendar.deleted", object_name="business_calendar", record_id=row.id, detail={"name": row.name}
        )
        row.delete()


def clean_hours(hours: Hours) -> dict[str, list[list[str]]]:
    """Weekly hours with each day's spans in order and apart; raises `Invalid` for "hours"."""
    clean: dict[str, list[list[str]]] = {}
    for day, spans in hours.items():
        if day not in "0123456" or len(day) != 1:
            raise Invalid({"hours": [_("Choose one of the list.")]})
        rows = sorted([str(opens), str(closes)] for opens, closes in spans)
        edges = [edge for row in rows for edge in row]
        if not all(TIME.fullmatch(edge) for edge in edges):
            raise Invalid({"hours": [_("Write times like 09:00.")]})
        if any(opens >= closes for opens, closes in rows):
            raise Invalid({"hours": [_("Each time must end after it begins.")]})
        if any(rows[i][1] > rows[i + 1][0] for i in range(len(rows) - 1)):
            raise Invalid({"hours": [_("The times of a day must not overlap.")]})
        if rows:
            clean[day] = rows
    return clean


def _clean_name(name: str, calendar_id: UUID | None) -> str:
    name = clean_text("name", name, max_length=120)
    if BusinessCalendar.objects.filter(name=name).exclude(id=calendar_id).exists():
        raise Invalid({"name": [_("There is a calendar of this name.")]})
    return name
