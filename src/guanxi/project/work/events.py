"""What `guanxi events` prints: who listens to what, the events that were given up, and how these are tried again."""

from collections.abc import Iterator
from uuid import UUID

from guanxi.core.errors import NotFound
from guanxi.core.events import subscriptions
from guanxi.core.outbox import parked_events, retry_parked
from guanxi.project.failure import Failure


def lines() -> list[str]:
    """Each event with its handlers below it."""
    return list(_lines())


def retry(which: str) -> list[str]:
    """Deliver parked events again: one by its id, or "all". Raises Failure for anything else."""
    if which == "all":
        ids = [event.id for event in parked_events(limit=100_000)]
    else:
        try:
            ids = [UUID(which)]
        except ValueError:
            raise Failure(
                f"{which} is no id of an event; say --retry all or --retry with an id that is listed."
            ) from None
    for event_id in ids:
        try:
            retry_parked(event_id)
        except NotFound:
            raise Failure(f"No event {event_id} is parked.") from None
    return [f"{len(ids)} parked event{'' if len(ids) == 1 else 's'} will be delivered again."]


def _lines() -> Iterator[str]:
    for name, handlers in subscriptions().items():
        yield name
        for handler in handlers or ["(nobody listens)"]:
            yield f"    → {handler}"
    for event in parked_events():
        yield f"parked {event.id} {event.name} since {event.parked_at:%Y-%m-%d %H:%M} UTC: {event.error.splitlines()[-1:]}"
