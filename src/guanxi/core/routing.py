"""Routes found by the first segment of a path, where Django tries one pattern after another."""

from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import ResolverMatch, RoutePattern

Route = URLPattern | URLResolver


class BySegment(URLResolver):
    """A resolver that tries, in their order, only those of its routes whose first segment the path has.

    A route that does not begin with a whole segment of plain text (`<plural>/…`, a regular expression) is tried for
    every path. Everything else, reversing among it, is as with any other resolver.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        super().__init__(RoutePattern("", is_endpoint=False), list(routes))
        segments = [_first_segment(route) for route in routes]
        self._others = _resolver(routes, segments, None)
        self._parts = {segment: _resolver(routes, segments, segment) for segment in set(segments) - {None}}

    def resolve(self, path: str) -> ResolverMatch:
        """The view of `path`, relative to this resolver. Raises Resolver404, which names what was tried."""
        found: Any = self._parts.get(path.partition("/")[0], self._others).resolve(path)
        if found is None:
            raise Resolver404({"path": path})
        return found  # type: ignore[no-any-return]


def _resolver(routes: Sequence[Route], segments: Sequence[str | None], segment: str | None) -> URLResolver:
    wanted = [route for route, own in zip(routes, segments, strict=True) if own in (None, segment)]
    return URLResolver(RoutePattern("", is_endpoint=False), wanted)


def _first_segment(route: Route) -> str | None:
    """The text before the first slash, if a path must have exactly that; else none."""
    if not isinstance(route.pattern, RoutePattern):
        return None
    segment, slash, _rest = str(route.pattern).partition("/")
    whole = slash or isinstance(route, URLPattern)
    return segment if segment and whole and "<" not in segment else None
