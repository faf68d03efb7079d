"""The API as a Django view, and as a WSGI application of its own for calls with a token."""

import threading
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from guanxi.records.api.calls import PREFIX
from guanxi.records.api.entry import respond

# Described for everybody, drawn by Django's own path.
OPEN = (f"{PREFIX}/openapi.json", f"{PREFIX}/docs")
# After this many seconds without work a thread asks whether its connection still stands.
IDLE = 2.0
_last = threading.local()

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


@csrf_exempt
def api(request: HttpRequest) -> HttpResponseBase:
    """Any address below /api/. A session is protected against forged requests in credentials.py."""
    return respond(request)


def is_lean(environ: "WSGIEnvironment") -> bool:
    """True for a call with a bearer token: it needs neither session nor cookies nor any other middleware."""
    authorization, path = str(environ.get("HTTP_AUTHORIZATION", "")), str(environ.get("PATH_INFO", ""))
    return authorization[:7].lower() == "bearer " and path.startswith(f"{PREFIX}/") and path not in OPEN


def lean_application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a call with a token without Django's middleware.

    The connection stays with the thread: giving it back to the pool and taking it again costs more than a small query.
    """
    _check_connection()
    request = WSGIRequest(environ)
    response = respond(request)
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    if isinstance(response, FileResponse):
        start_response(status, list(response.items()))
        return response
    assert isinstance(response, HttpResponse)
    response.headers["Content-Length"] = str(len(response.content))
    start_response(status, list(response.items()))
    return [b"" if request.method == "HEAD" else response.content]


def _check_connection() -> None:
    """Let go of a connection that broke while the thread was idle, e.g. when the database was started anew."""
    now = time.monotonic()
    idle = now - getattr(_last, "at", now) > IDLE
    if idle and connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
        connection.close()
    _last.at = now
