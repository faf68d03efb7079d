"""Before and beside a tenant: language, first company, invitations, the demonstration's entries, the switcher."""

from collections import defaultdict
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.choices import country_choices, currency_choices, language_choices
from guanxi.identity.entrance import is_local_demo
from guanxi.identity.http import LANGUAGE_COOKIE, TENANT_KEY, language_of, user_id
from guanxi.identity.models import Language, Tenant, User
from guanxi.identity.queries import demo_people, may_start_company, memberships_of
from guanxi.identity.screens import attempt, entrance_page, uuid_or_none
from guanxi.identity.services import (
    accept_invitation,
    change_preferences,
    create_tenant,
    free_slug,
    open_invitation,
    remember_tenant,
)
from guanxi.identity.throttle import count_attempt

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
YEAR = 365 * 24 * 3600


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept in a cookie before sign-in, at the person after it."""
    language = request.POST.get("language", "")
    response = redirect(safe_next(request))
    if language in Language.values:
        if request.user.is_authenticated:
            change_preferences(request.user.id, values={"language": language})
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR, samesite="Lax", secure=settings.SECURE, httponly=True
        )
    return response


@require_POST
def switch_tenant(request: HttpRequest) -> HttpResponse:
    """Go on in another company of the same person: field or query `tenant`."""
    wanted = uuid_or_none(request.POST.get("tenant") or request.GET.get("tenant"))
    if not request.user.is_authenticated or wanted not in {row["tenant_id"] for row in memberships_of(request.user.id)}:
        raise NotFound(_("It does not exist."))
    assert wanted is not None
    enter_tenant(request, wanted)
    return redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def start_company(request: HttpRequest) -> HttpResponse:
    """Create a company and enter it."""
    if not may_start_company(signed_in=request.user.is_authenticated, local_demo=is_local_demo(request)):
        return entrance_page(
            request, "identity/start_closed.html.jinja", {"page_title": _("By invitation")}, status=403
        )
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        count_attempt("start", request, limit=10, seconds=3600)
        tenant, errors = attempt(lambda: _create_company(request))
        if tenant is not None:
            return redirect("/welcome/")
    context = {
        "page_title": _("Set up your company"),
        "errors": errors,
        "values": defaultdict(str, request.POST.dict() or _start_values(request)),
        "currencies": currency_choices(),
        "languages": language_choices(),
        "countries": country_choices(),
    }
    return entrance_page(request, "identity/start.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Answer an invitation: choose name and password, or join with the account one is signed in to."""
    invitation = open_invitation(token)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        count_attempt("invitation", request, limit=30, seconds=900)
        user = request.user if request.user.is_authenticated else None
        member, errors = attempt(
            lambda: accept_invitation(
                token,
                user=user,
                name=request.POST.get("name", ""),
                password=request.POST.get("password", ""),
                origin=str(request.META.get("REMOTE_ADDR", "")),
            )
        )
        if member is not None:
            if user is None:
                login(request, member.user, backend=BACKEND)
            enter_tenant(request, member.tenant_id)
            return redirect("/")
    context = {
        "page_title": _("Join %(company)s") % {"company": invitation.company},
        "invitation": invitation,
        "errors": errors,
        "values": defaultdict(str, request.POST.dict() or {"name": invitation.name}),
        "here": request.path,
    }
    return entrance_page(request, "identity/invitation.html.jinja", context, status=422 if errors else 200)


@require_POST
def enter_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demonstration's people: only in a demonstration, only from this machine."""
    people = {person.email for person in demo_people()} if is_local_demo(request) else set()
    user = User.objects.filter(email=request.POST.get("email", ""), is_active=True).first()
    if user is None or user.email not in people:
        raise Http404
    login(request, user, backend=BACKEND)
    demo = Tenant.objects.filter(slug="demo").first()
    if demo is not None:
        enter_tenant(request, demo.id)
    return redirect(safe_next(request))


def closed(request: HttpRequest, **_parameters: str) -> HttpResponse:
    """Pages of the sign-in library that Guanxi does not offer."""
    raise Http404


def enter_tenant(request: HttpRequest, tenant_id: UUID) -> None:
    """Make a tenant the session's, now and at the next sign-in."""
    request.session[TENANT_KEY] = str(tenant_id)
    remember_tenant(user_id(request), tenant_id=tenant_id)


def safe_next(request: HttpRequest) -> str:
    """Where the form wanted to go on, if that is a page of ours."""
    target = request.POST.get("next", "")
    allowed = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if allowed else "/"


def _create_company(request: HttpRequest) -> Tenant:
    data = request.POST
    signed_in = request.user.is_authenticated
    email = request.user.email if signed_in else data.get("email", "")  # type: ignore[union-attr]
    tenant = create_tenant(
        slug=free_slug(data.get("name", "")),
        name=data.get("name", ""),
        admin_email=email,
        admin_name=data.get("admin_name", ""),
        admin_password=None if signed_in else data.get("password", ""),
        currency=data.get("currency", ""),
        language=data.get("language", ""),
        country=data.get("country", ""),
        time_zone=data.get("time_zone", ""),
        new_person=not signed_in,
    )
    if not signed_in:
        login(request, User.objects.get(email=email.strip().lower()), backend=BACKEND)
    enter_tenant(request, tenant.id)
    return tenant


def _start_values(request: HttpRequest) -> dict[str, str]:
    chinese = language_of(request).startswith("zh")
    return {
        "language": "zh-hans" if chinese else "en",
        "currency": "CNY",
        "country": "CN",
        "admin_name": getattr(request.user, "name", ""),
    }
