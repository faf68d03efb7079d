"""What `guanxi events` prints: who listens to what, and the events that were given up."""

from collections.abc import Iterator

from guanxi.core.events import subscriptions
from guanxi.core.outbox import parked_events


def lines() -> list[str]:
    """Each event with its handlers below it."""
    return list(_lines())


def _lines() -> Iterator[str]:
    for name, handlers in subscriptions().items():
        yield name
        for handler in handlers or ["(nobody listens)"]:
            yield f"    → {handler}"
    for event in parked_events():
        yield f"parked {event.id} {event.name} since {event.parked_at:%Y-%m-%d %H:%M} UTC: {event.error.splitlines()[-1:]}"
