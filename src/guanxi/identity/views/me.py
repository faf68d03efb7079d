"""What a person sets for the own account: profile, preferences, access tokens."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.core.errors import Invalid
from guanxi.identity.choices import density_choices, language_choices, theme_choices, time_zone_choices
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import ApiToken, Membership, User
from guanxi.identity.screens import actor_of, attempt, posted_values, settings_page
from guanxi.identity.services import change_preferences, change_profile, create_token, revoke_token
from guanxi.identity.views.entrance import safe_next

FLAGS = ("single_keys", "red_is_up")
PREFERENCES = ("language", "theme", "density")


@require_GET
def settings_home(request: HttpRequest) -> HttpResponse:
    """The first page of the settings: the company's for an administrator, else the own profile."""
    return redirect("/settings/company/" if actor_of(request).is_admin else "/settings/profile/")


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone and looks."""
    errors: dict[str, list[str]] = {}
    person, member_id = request.user, actor_of(request).member_id
    assert isinstance(person, User) and member_id is not None
    if request.method == "POST":
        stored = state_of(_profile_values(person, Membership.objects.get(id=member_id)))
        page = settle(request, now=stored, words=_profile_words(), trace=("user", member_id))
        if page is not None:
            return page
        values = {**request.POST.dict(), **{flag: flag in request.POST for flag in FLAGS}}
        saved, errors = attempt(lambda: change_profile(actor_of(request), values=values))
        if saved is not None:
            with override(request.POST.get("language")):
                messages.success(request, _("Saved."))
            return redirect("/settings/profile/")
    member = Membership.objects.get(id=member_id)
    context = {
        "page_title": _("Profile"),
        "errors": errors,
        "person": person,
        "member": member,
        "before": dump_state(state_of(_profile_values(person, member))),
        "themes": theme_choices(),
        "densities": density_choices(),
        "languages": language_choices(),
        "time_zones": time_zone_choices(),
        "posted": posted_values(request, errors),
    }
    return settings_page(request, "identity/profile.html.jinja", context, status=422 if errors else 200)


def _profile_values(person: User, member: Membership) -> dict[str, Any]:
    """The profile as its form shows it."""
    own = {name: getattr(person, name) for name in ("name", "language", "time_zone", "theme", "density", *FLAGS)}
    return {**own, "title": member.title, "phone": member.phone}


def _profile_words() -> dict[str, Word]:
    yes = (("1", _("Yes")),)
    return {
        "name": Word(_("Name")),
        "title": Word(_("Job title")),
        "phone": Word(_("Phone")),
        "language": Word(_("Language"), language_choices()),
        "time_zone": Word(_("Time zone"), time_zone_choices()),
        "theme": Word(_("Theme"), theme_choices()),
        "density": Word(_("Rows"), density_choices()),
        "single_keys": Word(_("Single-letter shortcuts"), yes),
        "red_is_up": Word(_("Red is up, green is down"), yes),
    }


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """One preference from the menu at the foot of the side bar."""
    values = {name: request.POST[name] for name in PREFERENCES if name in request.POST}
    change_preferences(request.user.id, values=values)  # type: ignore[arg-type]
    if request.headers.get("Accept", "").startswith("application/json") or request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect(safe_next(request) if request.POST.get("next") else request.headers.get("Referer") or "/")


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Access tokens: the own ones, an administrator sees all; a new one's text is shown once."""
    actor = actor_of(request)
    text = None
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        text, errors = attempt(lambda: _create(request))
    rows = ApiToken.objects.filter(revoked_at=None).select_related("membership").order_by("-id")
    context = {
        "page_title": _("Access tokens"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "text": text,
        "tokens": rows if actor.is_admin else rows.filter(membership_id=actor.member_id),
        "today": timezone.localdate(),
        "now": timezone.now(),
    }
    response = settings_page(request, "identity/tokens.html.jinja", context, status=422 if errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def end_token(request: HttpRequest, id: UUID) -> HttpResponse:
    """End one token."""
    revoke_token(actor_of(request), token_id=id)
    messages.success(request, _("The token no longer works."))
    return redirect("/settings/tokens/")


def _create(request: HttpRequest) -> str:
    actor = actor_of(request)
    assert actor.member_id is not None
    scopes = ["*"] if request.POST.get("rights") != "read" else ["*:read"]
    name = request.POST.get("name", "")
    return create_token(actor, membership=actor.member_id, name=name, scopes=scopes, expires_at=_end(request))


def _end(request: HttpRequest) -> datetime | None:
    text = request.POST.get("expires_at", "")
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day, made aware below)
    except ValueError:
        raise Invalid({"expires_at": [_("Write the date as 2026-12-31.")]}) from None
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone.get_current_timezone())
