"""What `guanxi events` prints."""

from collections.abc import Iterator

from guanxi.core.events import subscriptions


def lines() -> list[str]:
    """Each event with its handlers below it."""
    return list(_lines())


def _lines() -> Iterator[str]:
    for name, handlers in subscriptions().items():
        yield name
        for handler in handlers or ["(nobody listens)"]:
            yield f"    → {handler}"
