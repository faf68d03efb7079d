"""The rate limit: requests per minute and token, counted in the memory of each web process.

A count in the database would cost more than many a request it protects from. With N web processes a token may so make up
to N times the limit.
"""

import time
from threading import Lock

from django.conf import settings
from django.utils.translation import gettext as _

from guanxi.core.errors import TooMany

WINDOW = 60
MOST_KEYS = 20_000
FAILURES = 300


class Window:
    """Counts by key in fixed windows of a minute."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, int] = {}
        self._ends = 0.0

    def hit(self, key: str, amount: int = 1) -> tuple[int, int]:
        """Count once more; returns the count in this window and the seconds until the next."""
        now = time.monotonic()
        with self._lock:
            if now >= self._ends or len(self._counts) > MOST_KEYS:
                self._counts = {}
                self._ends = now + WINDOW
            count = self._counts.get(key, 0) + amount
            self._counts[key] = count
            return count, max(1, int(self._ends - now) + 1)


_requests = Window()
_failures = Window()


def count_request(key: str) -> dict[str, str]:
    """Count a request of a token or person; the headers that tell how much is left. Raises `TooMany`."""
    limit = settings.API_RATE_LIMIT
    count, reset = _requests.hit(key)
    if count > limit:
        raise TooMany(_("At most %(limit)d requests in a minute are permitted.") % {"limit": limit}, retry_after=reset)
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(limit - count), "RateLimit-Reset": str(reset)}


def exhausted_headers() -> dict[str, str]:
    """The headers of an answer that refuses for the limit."""
    return {"RateLimit-Limit": str(settings.API_RATE_LIMIT), "RateLimit-Remaining": "0"}


def check_failures(address: str) -> None:
    """Refuse an address that keeps failing to sign in. Raises `TooMany`."""
    count, reset = _failures.hit(address, 0)
    if count >= FAILURES:
        raise TooMany(_("Too many failed attempts to sign in."), retry_after=reset)


def note_failure(address: str) -> None:
    """Count a failed attempt to sign in."""
    _failures.hit(address)
