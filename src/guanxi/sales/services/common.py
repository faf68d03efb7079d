"""What the commands of this room share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.identity.actor import Actor
from guanxi.records.changes import update_record
from guanxi.records.models import Record
from guanxi.records.queries import get_record, visible_records

T = TypeVar("T")
R = TypeVar("R", bound=Record)


def key_of(value: Any) -> UUID | None:
    """The key in a record, UUID, text or {"id": …}; None when empty or malformed."""
    inner = value.get("id") if isinstance(value, Mapping) else getattr(value, "id", value)
    if inner is None or inner == "":
        return None
    try:
        return inner if isinstance(inner, UUID) else UUID(str(inner))
    except ValueError:
        raise NotFound(_("There is no such record, or it is not shown to your role.")) from None


def locked(actor: Actor, object_name: str, record_id: Any, action: str = "edit") -> Any:
    """The record, locked until the end of the transaction, so that a command decides on the newest state.

    Raises `NotFound` unless the actor may do `action` on it.
    """
    found = get_record(actor, object_name, key_of(record_id), "view")  # type: ignore[arg-type]
    row = visible_records(actor, object_name, action).select_for_update(of=("self",)).filter(id=found.id).first()
    if row is None:
        raise NotFound(_("You may see this record, but not change it."))
    return row


def check_version(record: Any, version: int | None) -> None:
    """Raise `Stale` when the caller has read an older version."""
    if version is not None and version != record.version:
        raise Stale(_("Somebody saved this record while you were editing."), version=record.version, current={})


def require_status(record: Any, allowed: Iterable[str], message: str) -> None:
    """Raise `Conflict` with `message` unless the record's status is one of `allowed`."""
    if record.status not in set(allowed):
        raise Conflict(message)


def elevated(actor: Actor) -> Actor:
    """The same person doing what the command permits although the role alone would not (claiming from the pool)."""
    return replace(actor, is_admin=True, token_scopes=None)


def put(actor: Actor, object_name: str, record: R, values: Mapping[str, Any], allow: Iterable[str]) -> R:
    """Write what a command decided on a locked record."""
    saved: R = update_record(actor, object_name, record.id, values, version=record.version, allow=allow)
    return saved


def moment_of(day: date | str | None) -> datetime:
    """Now, or noon of a day that is past. Raises `Invalid` for a day to come."""
    now = timezone.now()
    if not day:
        return now
    chosen = as_date(day, "close_date")
    today = timezone.localdate(now)
    if chosen > today:
        raise Invalid({"close_date": [_("This day is still to come.")]})
    if chosen == today:
        return now
    return timezone.make_aware(datetime.combine(chosen, time(12)))


def as_date(value: date | str, field: str) -> date:
    """A date from ISO text. Raises `Invalid` naming `field`."""
    if isinstance(value, datetime):
        return timezone.localdate(value)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise Invalid({field: [_("A date such as 2026-11-19 is expected.")]}) from None


def rows_of(value: Any, field: str) -> list[Mapping[str, Any]]:
    """A list of objects, as JSON brings it. Raises `Invalid` naming `field`."""
    if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) for row in value):
        raise Invalid({field: [_("A list of objects is expected.")]})
    return list(value)


def cleaned(field: str, clean: Callable[[], T]) -> T:
    """Run a conversion; a ValueError becomes a message at `field`."""
    try:
        return clean()
    except (ValueError, ArithmeticError, TypeError):
        raise Invalid({field: [_("A number is expected.")]}) from None
