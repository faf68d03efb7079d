"""The WSGI application: pages and API, and the state of all parts at /healthz, which works without any of them."""

import gc
import os
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

from guanxi.project.forwarded import trust_proxies
from guanxi.project.health import report
from guanxi.project.lifeline import follow_parent
from guanxi.project.readiness import PAGE, is_prepared

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
if os.environ.get("GUANXI_SUPERVISED") == "1":
    follow_parent()
django_application = get_wsgi_application()
PROXIES = int(os.environ.get("GUANXI_PROXIES", "0"))
# By name, since it can be imported only once Django is loaded.
api = import_module("guanxi.records.api.views")
# All pages, too, before the first one is asked for: what cannot be loaded must stop the start, not answer everybody with an error.
import_module("guanxi.project.urls")
# What is loaded by now stays: looking at all of it again and again cost a page a tenth of its time. What pages leave behind
# is mostly without cycles.
gc.freeze()
gc.set_threshold(20_000, 20, 20)


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one request."""
    if not is_prepared():
        return _being_prepared(str(environ.get("PATH_INFO")), start_response)
    trust_proxies(environ, PROXIES)
    if environ.get("PATH_INFO") == "/healthz":
        healthy, body = report()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        start_response("200 OK" if healthy else "503 Service Unavailable", headers)
        return [body]
    if api.is_lean(environ):
        return api.lean_application(environ, start_response)  # type: ignore[no-any-return]
    return django_application(environ, start_response)


def _being_prepared(path: str, start_response: "StartResponse") -> Iterable[bytes]:
    body, kind = PAGE.encode(), "text/html; charset=utf-8"
    if path == "/healthz":
        body, kind = b'{"status":"preparing","parts":{}}', "application/json"
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Retry-After", "2"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response("503 Service Unavailable", headers)
    return [body]
