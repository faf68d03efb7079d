"""Facts that rooms publish, typed; delivered to handlers after the transaction that made them true.

A room's events.py declares frozen dataclasses in the past tense with ids and plain values. Its services call `publish`, which
inserts one row in the caller's transaction. Other rooms' handlers.py listen with `@on`. A handler runs in a
worker, in a transaction of its own for the tenant, at least once; a receipt keeps a repetition harmless.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from guanxi.core.db.statements import send_prepared
from guanxi.core.ids import new_id
from guanxi.core.plain import dump_plain, restore
from guanxi.core.tenancy import current_tenant_id

CHANNEL = "guanxi_outbox"
_INSERT = f"""
WITH stored AS (
    INSERT INTO core_outbox_event (tenant_id, member_id, id, name, payload)
    SELECT %s, %s::uuid, t.* FROM json_to_recordset(%s::json -> 'rows') AS t(id uuid, name text, payload jsonb)
)
SELECT pg_notify('{CHANNEL}', '')
"""

_types: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. Fields may be str, int, bool, Decimal, UUID, date, datetime, None and tuples of them.

    Declaring a subclass makes it known under its name, so that every process can read it back.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _types[event_name(cls)] = cls


@dataclass(frozen=True)
class Delivery:
    """Where a delivered event comes from: its own id, tenant, time and the member who caused it."""

    event_id: UUID
    tenant_id: UUID
    at: datetime
    member_id: UUID | None


Handler = Callable[[Any, Delivery], None]
E = TypeVar("E", bound=Event)

_handlers: dict[str, list[tuple[str, Handler]]] = {}


def event_name(event_type: type[Event]) -> str:
    """`room.Name`: the stable name under which an event is stored."""
    return f"{event_type.__module__.split('.')[1]}.{event_type.__name__}"


def on(event_type: type[E]) -> Callable[[Callable[[E, Delivery], None]], Callable[[E, Delivery], None]]:
    """Decorator for handlers.py: deliver every `event_type` to the function."""

    def register(handler: Callable[[E, Delivery], None]) -> Callable[[E, Delivery], None]:
        key = f"{handler.__module__}.{handler.__qualname__}"
        entries = _handlers.setdefault(event_name(event_type), [])
        if key not in {known for known, _ in entries}:
            entries.append((key, handler))
        return handler

    return register


def handlers_of(name: str) -> list[tuple[str, Handler]]:
    """Key and function of each handler of an event name."""
    return list(_handlers.get(name, ()))


def subscriptions() -> dict[str, list[str]]:
    """Event name → keys of its handlers, sorted: what `guanxi events` prints."""
    return {name: [key for key, _ in _handlers.get(name, ())] for name in sorted(_types)}


def publish(*events: Event, member_id: UUID | None = None) -> None:
    """Insert the events into the outbox of the running tenant transaction and wake the workers at commit."""
    if not events:
        return
    tenant_id = current_tenant_id()
    rows = [{"id": new_id(), "name": event_name(type(event)), "payload": vars(event)} for event in events]
    send_prepared(_INSERT, [tenant_id, member_id, dump_plain({"rows": rows})])


def load_event(name: str, payload: dict[str, Any]) -> Event:
    """The dataclass from its stored form. Raises KeyError for a name that no room declares any more."""
    event_type = _types[name]
    hints = get_type_hints(event_type)
    known = {field.name for field in fields(event_type)}
    return event_type(**{key: restore(hints[key], value) for key, value in payload.items() if key in known})
