"""A record as it was at a moment, and how one of its fields went: both out of the history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access, matchable
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.queries import get_record
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import masked, plain

CHARTED = ("integer", "number", "percent", "money", "choice", "link")
MOST_POINTS = 2000


@dataclass(frozen=True)
class AsOf:
    """A record at `at`: its version then (0: it was not there yet), whether it was deleted, its values, and those that differ now.

    `then` and `now` hold plain values of the fields that the reader may see, masked ones masked.
    """

    at: datetime
    version: int
    deleted: bool
    then: Mapping[str, Any]
    now: Mapping[str, Any]

    @property
    def differing(self) -> list[str]:
        """The fields that have another value now."""
        return [name for name in self.now if self.then.get(name) != self.now[name]]


@dataclass(frozen=True)
class Point:
    """One value of a field, since when, and who gave it."""

    at: datetime
    value: Any
    who: str


def moment_of(actor: Actor, text: str) -> datetime:
    """A moment in the actor's time zone from a date (its end) or a date and time. Raises `Invalid`."""
    zone = ZoneInfo(actor.time_zone)
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time.min, zone) - timedelta(
                microseconds=1
            )
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise Invalid({"as_of": [_("Write the moment as 2026-12-31 or 2026-12-31T16:20.")]}) from None


def record_as_of(actor: Actor, object_name: str, record_id: UUID, at: datetime) -> AsOf:
    """The record as it was at `at`, for who may see it now; raises `NotFound`."""
    kind = registry.get(object_name)
    record = get_record(actor, object_name, record_id)
    rows = Change.objects.filter(object=object_name, record_id=record_id, at__gt=at).order_by("version")
    before: dict[str, Any] = {}
    later = list(rows.values_list("version", "action", "diff"))
    for _version, _action, diff in later:
        for name, (old, _new) in diff.items():
            before.setdefault(name, old)
    born = any(action == "created" for _version, action, _diff in later)
    version = 0 if born else (later[0][0] - 1 if later else record.version)
    deleted = next(
        (action == "restored" for _version, action, _diff in later if action in ("deleted", "restored")), False
    )
    now = _readable(actor, kind, record)
    then = (
        {}
        if born
        else {name: _shown(actor, kind, name, before[name]) if name in before else value for name, value in now.items()}
    )
    return AsOf(at, version, deleted and not born, then, now)


def fields_of_kind(kind: ObjectType) -> dict[str, Field]:
    """All fields, the tenant's own included."""
    return {**kind.by_name, **custom_fields(kind.name)}


def _readable(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    found = {}
    for name, item in fields_of_kind(kind).items():
        if field_access(actor, kind.name, name) == "hidden" or name in ("created_at", "updated_at"):
            continue
        if item.custom:
            value = record.custom.get(name)
        else:
            value = getattr(record, f"{item.column}_id" if item.kind == "link" else item.column)
        found[name] = _shown(actor, kind, name, plain(value))
    return found


def _shown(actor: Actor, kind: ObjectType, name: str, value: Any) -> Any:
    return masked(value) if value and field_access(actor, kind.name, name) == "masked" else value


def charted_fields(actor: Actor, kind: ObjectType) -> dict[str, Field]:
    """The fields whose way over time can be drawn for this actor."""
    links = ("stage", "owner")
    return {
        name: item
        for name, item in fields_of_kind(kind).items()
        if item.kind in CHARTED and (item.kind != "link" or name in links) and matchable(actor, kind.name, name)
    }


def field_points(actor: Actor, object_name: str, record_id: UUID, name: str) -> list[Point]:
    """The values of a field one after the other, oldest first; the last is that of now. Raises `NotFound` for what the actor may not see.

    What was calculated without a line of history (sums of lines) shows from the record's last change on.
    """
    kind = registry.get(object_name)
    record = get_record(actor, object_name, record_id)
    if name not in charted_fields(actor, kind):
        raise NotFound(_("There is no such field."))
    rows = Change.objects.filter(object=object_name, record_id=record_id, diff__has_key=name).order_by("version")
    found = list(rows.values_list("at", "diff", "member_id")[:MOST_POINTS])
    names = dict(Membership.objects.filter(id__in={row[2] for row in found if row[2]}).values_list("id", "name"))
    points = [Point(at, diff[name][1], names.get(member, "")) for at, diff, member in found]
    now = _readable(actor, kind, record).get(name)
    if now not in (None, "") and (not points or points[-1].value != now):
        points.append(Point(record.updated_at, now, ""))
    return points
