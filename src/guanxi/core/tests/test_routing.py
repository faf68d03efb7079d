"""Routes by the first segment answer as Django's own do."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, get_resolver, include, path, re_path
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern

from guanxi.core.routing import BySegment, Route


def view(request: HttpRequest, **_places: object) -> HttpResponse:
    """What a route leads to."""
    return HttpResponse()


ROUTES: list[Route] = [
    path("orders/", view, name="orders"),
    path("<slug:plural>/new", view, name="new"),
    path("orders/new", view, name="hidden by the one above"),
    path("orders/<uuid:pk>/", view, name="order"),
    path("health", view, name="health"),
    path("auth/", include([path("login/", view, name="login")])),
    path("ap", include([path("i/v1/", view, name="api")])),
    re_path(r"^(?P<name>[a-z]+)\.txt$", view, name="text"),
    path("", view, name="home"),
]
KEY = "00000000-0000-7000-8000-000000000000"
PATHS = (
    "", "orders/", "orders", "orders/new", "leads/new", f"orders/{KEY}/", "orders/1/", "health", "health/", "healthy",
    "auth/login/", "auth/", "api/v1/", "api/", "robots.txt", "orders.txt", "订单/new", "订单/", "//", "orders//",
)  # fmt: skip


@pytest.mark.parametrize("asked", PATHS)
def test_finds_what_a_resolver_finds_that_tries_all(asked: str) -> None:
    plain = URLResolver(RoutePattern("", is_endpoint=False), ROUTES)
    quick = BySegment(ROUTES)
    try:
        expected = plain.resolve(asked)
    except Resolver404:
        with pytest.raises(Resolver404):
            quick.resolve(asked)
        return
    assert expected is not None
    found = quick.resolve(asked)
    assert (found.url_name, found.func, found.kwargs, found.route, found.namespaces) == (
        expected.url_name, expected.func, expected.kwargs, expected.route, expected.namespaces,
    )  # fmt: skip


def test_tries_few_of_the_routes_of_the_whole_system() -> None:
    tried = get_resolver().resolve("/api/v1/accounts").tried
    assert tried is not None
    assert len(tried) < 12
