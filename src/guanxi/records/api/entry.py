"""One request from its first byte to its answer: who, where to, one transaction, and a problem document for every no."""

import logging
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.core.db.repeating import is_passing, repeated
from guanxi.core.errors import Refused, TooMany
from guanxi.core.http import HEADERS
from guanxi.core.tenancy import tenant_tx
from guanxi.records.api.callers import Caller
from guanxi.records.api.calls import Call
from guanxi.records.api.credentials import Credentials, address_of, read_credentials, unauthenticated
from guanxi.records.api.problems import Problem, problem, refusal
from guanxi.records.api.routes import find_route
from guanxi.records.api.throttle import check_failures, count_request, exhausted_headers, note_failure

log = logging.getLogger("guanxi.api")
POLICY = "default-src 'none'; frame-ancestors 'none'"


def respond(request: HttpRequest) -> HttpResponseBase:
    """The answer to any request below /api/; never raises."""
    language = _language(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    with translation.override(language or settings.LANGUAGE_CODE):
        response = _guarded(request, language)
    headers = response.headers
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("Cache-Control", "private, no-cache")
    if settings.SECURE:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def _guarded(request: HttpRequest, language: str | None) -> HttpResponseBase:
    try:
        return _limited(request, language)
    except Problem as error:
        return problem(error.status, error.detail, headers=error.headers)
    except Refused as error:
        return refusal(error)
    except (DataError, OverflowError, RecursionError, ValidationError):
        log.warning("%s %s: a value is out of range", request.method, request.path, exc_info=True)
        return problem(422, _("A value is out of range."))
    except IntegrityError:
        log.warning("%s %s: refused by the database", request.method, request.path, exc_info=True)
        return problem(409, _("The values contradict other records."))
    except (OperationalError, InterfaceError) as error:
        return _database_failed(request, error)
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return problem(500)


def _database_failed(request: HttpRequest, error: Exception) -> HttpResponseBase:
    log.warning("%s %s: %s", request.method, request.path, error)
    if is_passing(error):
        return problem(409, _("Somebody changed the same records at the same moment. Try again."))
    connection.close()
    return problem(503, headers={"Retry-After": "2"})


def _limited(request: HttpRequest, language: str | None) -> HttpResponseBase:
    check_failures(address_of(request))
    try:
        credentials = read_credentials(request)
        limits = count_request(credentials.key)
    except TooMany as error:
        response: HttpResponseBase = refusal(error)
        limits = exhausted_headers()
    else:
        response = _within_limits(request, credentials, language)
    for name, value in limits.items():
        response.headers[name] = value
    return response


def _within_limits(request: HttpRequest, credentials: Credentials, language: str | None) -> HttpResponseBase:
    """Refusals become answers here, so that they carry the headers of the rate limit too."""
    try:
        return repeated(lambda: _in_transaction(request, credentials, language))
    except Problem as error:
        return problem(error.status, error.detail, headers=error.headers)
    except Refused as error:
        return refusal(error)


def _in_transaction(request: HttpRequest, credentials: Credentials, language: str | None) -> HttpResponseBase:
    with tenant_tx(credentials.tenant_id, asking=credentials.asking):
        caller = credentials.load()
        if caller is None:
            note_failure(address_of(request))
            raise unauthenticated(_("The token is not valid."))
        if language is None:
            translation.activate(caller.actor.language)
        return _perform(request, caller)


def _perform(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    route = find_route(request.path_info, caller.actor.rooms_off)
    handler = route.handler(request.method or "")
    return handler(Call(request, caller.actor, route.kind, route.record_id, route.command, caller.plans))


@lru_cache(maxsize=256)
def _language(header: str) -> str | None:
    """Our language that fits an Accept-Language header best; None without one, then the user's own is spoken."""
    wanted: list[tuple[float, int, str]] = []
    for part in header[:200].split(","):
        tag, _semicolon, quality = part.partition(";q=")
        code = tag.strip().lower()
        known = "zh-hans" if code.startswith("zh") else "en" if code.startswith("en") else ""
        if known:
            wanted.append((-_quality(quality), len(wanted), known))
    return min(wanted)[2] if wanted else None


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
