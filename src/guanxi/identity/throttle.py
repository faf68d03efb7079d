"""Limits on what a visitor may try, counted in the cache that all processes share."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import TooMany


def count_attempt(name: str, request: HttpRequest, *, limit: int, seconds: int) -> None:
    """Count one attempt from the caller's address; raises `TooMany` past `limit` within `seconds`."""
    key = f"attempt:{name}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, seconds)
    if cache.incr(key) > limit:
        raise TooMany(_("Too many attempts. Wait some minutes and try again."), retry_after=seconds)
