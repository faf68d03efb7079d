"""The API as a Django view, and as a WSGI application of its own for calls with a token."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import WSGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from guanxi.records.api.calls import PREFIX
from guanxi.records.api.entry import respond

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


@csrf_exempt
def api(request: HttpRequest) -> HttpResponseBase:
    """Any address below /api/. A session is protected against forged requests in credentials.py."""
    return respond(request)


def is_lean(environ: "WSGIEnvironment") -> bool:
    """True for a call with a bearer token: it needs neither session nor cookies nor any other middleware."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")[:7].lower()
    return authorization == "bearer " and environ.get("PATH_INFO", "").startswith(f"{PREFIX}/")


def lean_application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a call with a token without Django's middleware.

    The connection stays with the thread: giving it back to the pool and taking it again costs more than a small query.
    """
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
