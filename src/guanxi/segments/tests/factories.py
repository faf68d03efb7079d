"""Segments of tests, and events delivered as the worker does."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from guanxi.core.events import Delivery, handlers_of, load_event
from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.lists import ListQuery, filtered
from guanxi.segments.queries import members_criteria
from guanxi.segments.services import count_segment

LEEDS = {"field": "city", "op": "is", "value": "Leeds"}


def make_segment(actor: Actor, name: str = "Leeds", criteria: Any = None, **values: Any) -> Any:
    """A counted segment of accounts: those of Leeds, unless told otherwise."""
    given = {"name": name, "object": "account", **values}
    if values.get("kept") != "hand":
        given["criteria"] = LEEDS if criteria is None else criteria
    segment = create_record(actor, "segment", given)
    count_segment(segment.id)
    return segment


def make_account(actor: Actor, name: str, city: str = "Leeds", **values: Any) -> Any:
    """An account in a city."""
    return create_record(actor, "account", {"name": name, "city": city, **values})


def members(actor: Actor, segment: Any) -> set[str]:
    """Names of the members as a filter finds them."""
    criteria = members_criteria(segment.id)
    return set(filtered(actor, ListQuery(object=segment.object, criteria=criteria)).values_list("name", flat=True))


def deliver(actor: Actor) -> None:
    """Hand every event of this room's interest to its handlers, also those that come of it."""
    while waiting := list(OutboxEvent.objects.filter(tenant_id=actor.tenant_id, done_at__isnull=True).order_by("id")):
        for row in waiting:
            event = load_event(row.name, row.payload)
            delivery = Delivery(row.id, actor.tenant_id, row.at, row.member_id)
            for key, handler in handlers_of(row.name):
                if key.startswith("guanxi.segments"):
                    handler(event, delivery)
            OutboxEvent.objects.filter(id=row.id).update(done_at=timezone.now())


def told(actor: Actor, name: str) -> list[tuple[UUID, ...]]:
    """Record ids of the published events of a name, in order."""
    rows = OutboxEvent.objects.filter(tenant_id=actor.tenant_id, name=f"segments.{name}").order_by("id")
    return [tuple(UUID(key) for key in row.payload["record_ids"]) for row in rows]
