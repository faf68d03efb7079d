"""Delivery of published events: each event to each handler, at least once, harmless when repeated.

A worker claims due events by pushing their due time on (a lease): should it die, they fall due again. Each handler runs in a
transaction of its own whose first statement is its receipt. A failing event comes back later and later, and is
parked after `MAX_ATTEMPTS`, where an administrator sees it and may retry it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from json import loads
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone, translation

from guanxi.core.db.parameters import connection_parameters
from guanxi.core.errors import NotFound
from guanxi.core.events import CHANNEL, Delivery, Handler, handlers_of, load_event
from guanxi.core.ids import new_id
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx

MAX_ATTEMPTS = 12
LEASE = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=1)
KEEP_DONE = timedelta(days=7)
POLL = 3.0
BATCH = 10

log = logging.getLogger(__name__)

_CLAIM = """
UPDATE core_outbox_event SET due_at = now() + %s, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM core_outbox_event WHERE due_at <= now() AND done_at IS NULL AND parked_at IS NULL
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id, tenant_id, name, payload::text, member_id, at, attempts
"""
_RECEIPT = """
INSERT INTO core_eventreceipt (id, tenant_id, event_id, handler) VALUES (%s, %s, %s, %s)
ON CONFLICT (tenant_id, event_id, handler) DO NOTHING
"""
_FINISHED = "UPDATE core_outbox_event SET done_at = now(), error = '' WHERE id = %s"
_POSTPONED = "UPDATE core_outbox_event SET due_at = now() + %s, error = %s WHERE id = %s"
_PARKED = "UPDATE core_outbox_event SET parked_at = now(), error = %s WHERE id = %s"
_PURGE_EVENTS = """
DELETE FROM core_outbox_event WHERE id IN (
    SELECT id FROM core_outbox_event WHERE done_at < now() - %s ORDER BY done_at LIMIT %s
)
"""
# A receipt outlives its event, never the other way round.
_PURGE_RECEIPTS = """
DELETE FROM core_eventreceipt r WHERE r.at < now() - %s
AND NOT EXISTS (SELECT 1 FROM core_outbox_event e WHERE e.id = r.event_id)
"""


@dataclass(frozen=True)
class Claimed:
    """An event that this worker holds for the length of its lease."""

    id: UUID
    tenant_id: UUID
    name: str
    payload: dict[str, Any]
    member_id: UUID | None
    at: datetime
    attempts: int


def deliver_due(limit: int = BATCH) -> int:
    """Claim up to `limit` due events and deliver them; returns how many were claimed."""
    claimed = _claim(limit)
    for event in claimed:
        deliver(event)
    return len(claimed)


def deliver(event: Claimed) -> None:
    """Deliver one claimed event to all its handlers and write down what came of it."""
    handlers = handlers_of(event.name)
    if event.attempts > MAX_ATTEMPTS:
        _run(_PARKED, ["The worker died at each attempt.", event.id])
        return
    if not handlers and not is_declared(event.name):
        _run(_PARKED, [f"No room declares the event {event.name}.", event.id])
        return
    errors = [error for key, handler in handlers if (error := _hand_over(event, key, handler))]
    if not errors:
        _run(_FINISHED, [event.id])
    elif event.attempts >= MAX_ATTEMPTS:
        _run(_PARKED, ["\n".join(errors), event.id])
    else:
        _run(_POSTPONED, [wait_after(event.attempts), "\n".join(errors), event.id])


def wait_after(attempts: int) -> timedelta:
    """How long a failed event rests after so many attempts: 2 s, doubled each time, at most an hour."""
    return min(timedelta(seconds=2**attempts), LONGEST_WAIT)


def is_declared(name: str) -> bool:
    """True when the room in the event's name has an event of that name, heard by anybody or not."""
    room, _, event = name.partition(".")
    module = f"guanxi.{room}.events"
    return bool(room.isidentifier() and find_spec(f"guanxi.{room}") and find_spec(module)) and hasattr(
        import_module(module), event
    )


def parked_events(tenant_id: UUID | None = None, *, limit: int = 100) -> list[OutboxEvent]:
    """Events that were given up, newest first; of one tenant or of all."""
    parked = OutboxEvent.objects.filter(parked_at__isnull=False).order_by("-parked_at")
    return list((parked.filter(tenant_id=tenant_id) if tenant_id else parked)[:limit])


def retry_parked(event_id: UUID, *, tenant_id: UUID | None = None) -> None:
    """Make a parked event due again with fresh attempts; handlers with a receipt are not run again. Raises NotFound."""
    parked = OutboxEvent.objects.filter(id=event_id, parked_at__isnull=False)
    if tenant_id is not None:
        parked = parked.filter(tenant_id=tenant_id)
    if not parked.update(parked_at=None, attempts=0, due_at=timezone.now()):
        raise NotFound("This event is not parked.")
    _run("SELECT pg_notify(%s, '')", [CHANNEL])


def purge_done(*, batch: int = 5000) -> int:
    """Delete events that were done more than seven days ago; returns how many."""
    total = 0
    while removed := _run(_PURGE_EVENTS, [KEEP_DONE, batch]):
        total += removed
    return total


def purge_receipts() -> int:
    """Delete the running tenant's old receipts whose events are gone; returns how many."""
    return _run(_PURGE_RECEIPTS, [KEEP_DONE])


def deliver_forever(stopped: Callable[[], bool]) -> None:
    """Deliver events until `stopped()`: at once when a commit announces some, else every few seconds.

    Survives the loss of the database.
    """
    while not stopped():
        try:
            with _listening() as ears:
                while not stopped():
                    if not deliver_due():
                        _wait(ears)
        except (OperationalError, InterfaceError, psycopg.Error):
            log.warning("The outbox lost the database; trying again.", exc_info=True)
            connection.close()
            time.sleep(1)


@contextmanager
def _listening() -> "Iterator[psycopg.Connection[Any]]":
    with psycopg.connect(**connection_parameters(), autocommit=True) as ears:
        ears.execute(f"LISTEN {CHANNEL}")
        yield ears


def _wait(ears: "psycopg.Connection[Any]") -> None:
    for _ in ears.notifies(timeout=POLL, stop_after=1):
        return


def _claim(limit: int) -> list[Claimed]:
    parameters: Any = [LEASE, limit]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        rows = cursor.fetchall()
    return sorted((_claimed(row) for row in rows), key=lambda event: event.id)


def _claimed(row: tuple[Any, ...]) -> Claimed:
    event_id, tenant_id, name, payload, member_id, at, attempts = row
    return Claimed(event_id, tenant_id, name, loads(payload), member_id, at, attempts)


def _hand_over(event: Claimed, key: str, handler: Handler) -> str:
    """Run one handler under its receipt; returns the error, or "" when it is done (now or before)."""
    delivery = Delivery(event.id, event.tenant_id, event.at, event.member_id)
    try:
        with tenant_tx(event.tenant_id), translation.override(settings.LANGUAGE_CODE), timezone.override("UTC"):
            if _run(_RECEIPT, [new_id(), event.tenant_id, event.id, key]):
                handler(load_event(event.name, event.payload), delivery)
    except Exception as error:
        log.warning("Event %s %s: handler %s failed", event.name, event.id, key, exc_info=True)
        return f"{key}: {type(error).__name__}: {error}"[:2000]
    return ""


def _run(sql: str, parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
