"""The OWASP secure-headers list on every page, and one answer to "who may frame this"."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from guanxi.identity.models import Tenant, User

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
# What a browser offers to whoever reads answers of a server.
TELLING = ("Server", "X-Powered-By")
ZERO = "00000000-0000-7000-8000-000000000000"


def paths(patterns: list[Any] | None = None, prefix: str = "/") -> list[str]:
    """An address for every entry of the URL conf, places filled with what no record has."""
    found = []
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(entry.pattern).lstrip("^/").rstrip("$")
        if isinstance(entry, URLResolver):
            found += paths(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            filled = re.sub(r"<uuid:\w+>|\(\?P<\w+>\[0-9a-f-\]\+\)", ZERO, route)
            found.append(re.sub(r"<[^>]+>|\(\?P<[^)]*\)+", "1", filled))
    return found


def check(path: str, headers: Any) -> None:
    for name, value in EXPECTED.items():
        assert headers[name] == value, path
    policy = headers["Content-Security-Policy"]
    [ancestors] = re.findall(r"frame-ancestors ('\w+')", policy)
    assert (headers["X-Frame-Options"], ancestors) in (("DENY", "'none'"), ("SAMEORIGIN", "'self'")), path
    assert "default-src 'self'" in policy or "default-src 'none'" in policy, path
    assert "unsafe-eval" not in policy and "script-src 'unsafe-inline'" not in policy, path
    assert "camera=()" in headers["Permissions-Policy"] and "microphone=()" in headers["Permissions-Policy"], path
    assert headers.get("Cache-Control"), path
    assert not any(name in headers for name in TELLING), path


@pytest.mark.parametrize("signed_in", [False, True])
def test_every_page_has_the_headers(tenant: Tenant, signed_in: bool) -> None:
    client = Client()
    if signed_in:
        user = User.objects.get(email="admin@polaris.example")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    known = paths()
    assert len(known) > 150
    for path in known:
        if not path.startswith("/auth/logout"):
            check(path, client.get(path).headers)


def test_only_documents_and_mails_are_framed(tenant: Tenant, client: Client) -> None:
    headers = client.get("/auth/login/").headers
    assert (headers["X-Frame-Options"], "frame-ancestors 'none'" in headers["Content-Security-Policy"]) == (
        "DENY",
        True,
    )
    assert "no-store" in headers["Cache-Control"]


def test_over_https_browsers_keep_to_https(tenant: Tenant, client: Client, settings: Settings) -> None:
    settings.SECURE = True
    answer = client.get("/auth/login/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
