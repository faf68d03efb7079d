"""From a request to an actor: finds the tenant, opens its transaction, speaks the person's language."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from guanxi.core.db.repeating import is_passing, repeated
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.acting import actor_of_session, closed_while_acting
from guanxi.identity.actor import Actor
from guanxi.identity.models import Language
from guanxi.identity.queries import memberships_of
from guanxi.identity.screens import entrance_page, workspace_page

GetResponse = Callable[[HttpRequest], HttpResponse]
# An anonymous visitor gets these and nothing else.
OPEN_PREFIXES = (
    "/auth/",
    "/static/",
    "/healthz",
    "/api/",
    "/invitations/",
    "/start/",
    "/demo/enter/",
    "/language/",
    "/q/",
)
# Pages that belong to no tenant, or reach another one than the session's: no actor, no transaction around them.
TENANTLESS = ("/invitations/", "/start/", "/demo/enter/", "/language/", "/switch/", "/q/")
TENANT_KEY = "tenant_id"
FAILED = """<!doctype html><html lang="{0}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{1}</title></head>
<body style="font:16px/24px system-ui,sans-serif;color:#1a1c21;background:#f4f4f1;margin:0;padding:15vh 24px;text-align:center"><h1 style="font-size:24px;line-height:32px">{1}</h1>
<p>{2}</p><p><a href="/" style="color:#3550b5">Guanxi</a></p></body></html>
"""
LANGUAGE_COOKIE = "guanxi_language"


class ActorMiddleware:
    """Gives each request of a signed-in person its `actor` inside one tenant transaction.

    Everything that is not on the short open list answers an anonymous visitor with the sign-in page. A view that
    raises, or answers 5xx, rolls the transaction back; the answer leaves after the commit.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        if request.path.startswith(("/static/", "/healthz", "/api/")):
            return self.get_response(request)
        with translation.override(language_of(request)):
            if not request.user.is_authenticated:
                return self._anonymous(request)
            if request.path.startswith(TENANTLESS):
                return self.get_response(request)
            tenant_id = chosen_tenant(request)
            if tenant_id is None:
                return self._without_tenant(request)
            return self._as_member(request, tenant_id)

    def _anonymous(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OPEN_PREFIXES):
            return self.get_response(request)
        target = settings.LOGIN_URL + "?" + urlencode({"next": request.get_full_path()})
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": target})
        return redirect(target)

    def _without_tenant(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OPEN_PREFIXES):
            return self.get_response(request)
        return redirect("/start/")

    def _as_member(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        try:
            return repeated(lambda: self._once(request, tenant_id))
        except OperationalError as error:
            if not is_passing(error):
                raise
            request.actor = None  # type: ignore[attr-defined]
            return refusal(request, Conflict(_("Somebody changed the same records at the same moment. Try again.")))

    def _once(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        """One try; raises what the database refused for the moment only, after nothing of it was kept."""
        request.failed, request.clash = False, None  # type: ignore[attr-defined]
        with tenant_tx(tenant_id):
            actor = actor_of_session(request, tenant_id, origin=_origin(request))
            if actor is not None:
                return self._answer(request, actor)
        # The membership ended since it was chosen: begin again with another one, if there is one.
        request.session.pop(TENANT_KEY, None)
        return self._without_tenant(request) if chosen_tenant(request) is None else redirect("/")

    def _answer(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        request.actor = actor  # type: ignore[attr-defined]
        with timezone.override(actor.time_zone):
            response = self.get_response(request)
        if request.clash is not None:  # type: ignore[attr-defined]
            raise request.clash  # type: ignore[attr-defined]
        if response.status_code >= 500 or getattr(request, "failed", False):
            transaction.set_rollback(True)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """A page of a room that the company switched off does not exist; what is personal is closed to who signed in as somebody."""
        actor = getattr(request, "actor", None)
        if actor is not None and closed_while_acting(actor, request.path):
            return refusal(request, NotAllowed(_("This is the person's own. Go back to your own account first.")))
        package, _dot, rest = view.__module__.partition(".")
        if actor is None or package != "guanxi" or rest.split(".")[0] not in actor.rooms_off:
            return None
        return refusal(request, NotFound(_("This part of Guanxi is switched off in your company.")))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that no view turned into a form becomes a page (or a toast for htmx) with its own status."""
        request.failed = True  # type: ignore[attr-defined]
        if is_passing(exception) and getattr(request, "actor", None) is not None:
            request.clash = exception  # type: ignore[attr-defined]
            return HttpResponse(status=409)
        return refusal(request, exception) if isinstance(exception, Refused) else None


def refusal(request: HttpRequest, error: Refused) -> HttpResponse:
    """The page of a refusal inside the workspace or, for a visitor, beside sign-in; its text alone for htmx."""
    status = 400 if isinstance(error, Invalid) else error.status
    if request.headers.get("HX-Request"):
        return HttpResponse(error.message, status=status, content_type="text/plain; charset=utf-8")
    context = {"page_title": refusal_title(status), "message": error.message}
    if getattr(request, "actor", None) is None:
        return entrance_page(request, "identity/refused_outside.html.jinja", context, status=status)
    return workspace_page(request, "identity/refused.html.jinja", context, status=status)


def refusal_title(status: int) -> str:
    """What happened, in a few words."""
    titles = {
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("Not possible now"),
        412: _("Changed meanwhile"),
        429: _("Too many attempts"),
    }
    return titles.get(status, _("Not accepted"))


def chosen_tenant(request: HttpRequest) -> UUID | None:
    """The tenant of this session; at first the one used last, else the first membership."""
    stored = request.session.get(TENANT_KEY)
    if stored:
        return UUID(stored)
    known = [row["tenant_id"] for row in memberships_of(user_id(request))]
    if not known:
        return None
    last: UUID | None = getattr(request.user, "last_tenant_id", None)
    tenant_id: UUID = last if last is not None and last in known else known[0]
    request.session[TENANT_KEY] = str(tenant_id)
    return tenant_id


def user_id(request: HttpRequest) -> UUID:
    """The key of the signed-in person."""
    assert request.user.id is not None
    return request.user.id


def language_of(request: HttpRequest) -> str:
    """The person's language; before sign-in that of the switch on the page, else of the browser."""
    if request.user.is_authenticated:
        return str(request.user.language)
    cookie = request.COOKIES.get(LANGUAGE_COOKIE)
    return cookie if cookie in Language.values else translation.get_language_from_request(request)


def _origin(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:80]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What the framework itself refuses to read: too large, too many fields, a broken encoding."""
    large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    message = _("What was sent is too large.") if large else _("What was sent cannot be read.")
    status = 413 if large else 400
    # A page knows its own address: there is none for a host that is not ours.
    if request.headers.get("HX-Request") or isinstance(exception, DisallowedHost):
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    # Nothing of the request is read here: reading it is what failed.
    context = {"page_title": refusal_title(status), "message": message}
    return entrance_page(request, "identity/refused_outside.html.jinja", context, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that is none: a page like every other refusal; in a few words for what is no page."""
    if request.path.startswith(("/static/", "/api/")):
        return HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8")
    return refusal(request, NotFound(_("There is no such page.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw: nothing was changed. It asks neither the database nor the session, which may be what failed."""
    title, message = _("Something went wrong here"), _("Nothing was changed. Try again; if it stays so, tell your administrator when it happened.")  # fmt: skip
    if request.headers.get("HX-Request"):
        return HttpResponse(message, status=500, content_type="text/plain; charset=utf-8")
    return HttpResponse(format_html(FAILED, translation.get_language() or "en", title, message), status=500)
