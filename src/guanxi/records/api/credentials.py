"""Who calls: a bearer token, or the session of a signed-in person with the protection against forged requests."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _

from guanxi.core.db.asking import Asking
from guanxi.identity.acting import actor_of_session
from guanxi.identity.http import chosen_tenant
from guanxi.identity.queries import hash_secret, tenant_of_token
from guanxi.records.api.callers import Caller, ask_for_token, caller_of_token
from guanxi.records.api.problems import Problem

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Credentials:
    """Who claims to call: the tenant named, a key for the rate limit, and how the actor is found in the tenant's transaction.

    `asking` is what that begins with, if anything.
    """

    tenant_id: UUID
    key: str
    load: Callable[[], Caller | None]
    asking: Asking | None = None


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, with the reason as its answer."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def unauthenticated(detail: str = "") -> Problem:
    """401, with the scheme that would do."""
    text = detail or _("Send a token: “Authorization: Bearer gx_…”.")
    return Problem(401, text, headers={"WWW-Authenticate": 'Bearer realm="guanxi"'})


def address_of(request: HttpRequest) -> str:
    """The caller's network address, for the audit."""
    return str(request.META.get("REMOTE_ADDR", ""))[:80]


def read_credentials(request: HttpRequest) -> Credentials:
    """What the request brings along; raises `Problem` 401 when nothing, 403 for a forged session request."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return _of_session(request)
    scheme, _space, text = header.partition(" ")
    token = text.strip()
    tenant_id = tenant_of_token(token) if scheme.lower() == "bearer" and token.isascii() else None
    if tenant_id is None:
        raise unauthenticated(_("The token is not valid."))
    origin, key = address_of(request), hash_secret(token)
    asking = ask_for_token(tenant_id, key)
    return Credentials(tenant_id, key, lambda: caller_of_token(tenant_id, token, key, origin, asking), asking)


def _of_session(request: HttpRequest) -> Credentials:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        raise unauthenticated()
    if request.method not in SAFE:
        _refuse_forgery(request)
    tenant_id = chosen_tenant(request)
    if tenant_id is None:
        raise unauthenticated(_("You belong to no company."))
    user_id, origin = user.id, address_of(request)

    def load() -> Caller | None:
        actor = actor_of_session(request, tenant_id, via="api", origin=origin)
        return None if actor is None else Caller(actor)

    return Credentials(tenant_id, str(user_id), load)


def _refuse_forgery(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda request: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise Problem(403, _("The request lacks the token against forged requests (X-CSRFToken)."))
