"""What every answer carries: security headers with a nonce, and what templates of libraries need."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


FRAMED = "SAMEORIGIN"


def content_security_policy(nonce: str, *, framed: bool = False) -> str:
    """The policy of the design: own scripts only, style elements by nonce, style attributes for charts and editors.

    framed  our own pages may show the answer in a frame; nobody else ever may
    """
    connect = f"'self' {settings.STREAM_URL.split('/stream')[0]}".strip()
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src {connect}; frame-src 'self'; "
        "object-src 'self'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors(framed)}"
    )


def ancestors(framed: bool) -> str:
    """The policy's counterpart of X-Frame-Options."""
    return "'self'" if framed else "'none'"


class SecurityHeaders:
    """Puts the headers of the OWASP secure-headers list and the content policy on every answer.

    A view that is shown in a frame of our own pages sets X-Frame-Options to SAMEORIGIN; the policy then says the same.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(12)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        framed = response.headers["X-Frame-Options"] == FRAMED
        policy = response.headers.get("Content-Security-Policy") or content_security_policy(nonce, framed=framed)
        if "frame-ancestors" not in policy:
            policy = f"{policy}; frame-ancestors {ancestors(framed)}"
        response.headers["Content-Security-Policy"] = policy
        # What one person saw must not come back from a cache for the next one; files and the bundle say otherwise themselves.
        response.headers.setdefault("Cache-Control", "private, no-store")
        if settings.SECURE:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response


def template_context(request: HttpRequest) -> dict[str, Any]:
    """For the few Django templates (sign-in): the nonce and whether this is a demonstration."""
    return {"csp_nonce": getattr(request, "csp_nonce", ""), "demo": settings.DEMO}


def form_token(request: HttpRequest) -> dict[str, Any]:
    """For all other templates: the token of forms, masked once for an answer, where Django masks it anew for every form."""
    token = SimpleLazyObject(lambda: get_token(request))
    return {"csrf_token": token, "csrf_input": SimpleLazyObject(lambda: _hidden(str(token)))}


def _hidden(token: str) -> SafeString:
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
