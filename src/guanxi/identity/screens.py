"""Answering pages of identity: settings inside the workspace, sign-in and what surrounds it outside."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.messages import get_messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.ports import SETTINGS_PAGES, SHELL, SettingsPage

T = TypeVar("T")
GROUPS = ("me", "company", "people", "sales", "messages", "data")


def settings_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page that extends core/layout/setup.html.jinja, with the workspace around it and the settings menu."""
    return render(request, template, {**settings_context(request), **(context or {})}, status=status, using="jinja")


def workspace_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page that extends core/layout/shell.html.jinja."""
    return render(request, template, {**workspace_context(request), **(context or {})}, status=status, using="jinja")


def settings_context(request: HttpRequest) -> dict[str, Any]:
    """What the layout of settings pages reads."""
    return {**workspace_context(request), "settings_nav": settings_nav(actor_of(request), request.path)}


def workspace_context(request: HttpRequest) -> dict[str, Any]:
    """What the layout of the workspace reads."""
    found: dict[str, Any] = {}
    for describe in SHELL:
        found |= describe(request)
    found["actor"] = actor_of(request)
    return {**entrance_context(request), **found}


def entrance_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page that extends core/layout/auth.html.jinja."""
    return render(request, template, {**entrance_context(request), **(context or {})}, status=status, using="jinja")


def entrance_context(request: HttpRequest) -> dict[str, Any]:
    """What the layout around sign-in reads."""
    user: Any = request.user
    return {
        "csrf_token": get_token(request),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "messages": get_messages(request),
        "language_url": "/language/",
        "theme": getattr(user, "theme", "auto"),
    }


def settings_nav(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The settings menu of this actor in groups; the entry of `path` is marked."""
    pages = [*_own_pages(), *(page for more in SETTINGS_PAGES for page in more(actor))]
    pages = [page for page in pages if actor.is_admin or not page.admins_only]
    pages.sort(key=lambda page: GROUPS.index(page.group))
    titles = _titles()
    return [
        {"label": titles[group], "items": [_entry(page, path) for page in entries]}
        for group, entries in groupby(pages, key=lambda page: page.group)
    ]


def attempt(run: Callable[[], T]) -> tuple[T | None, dict[str, list[str]]]:
    """Run a command for a form: its result and no errors, or None and the messages by field ("" for the whole)."""
    try:
        with transaction.atomic():
            return run(), {}
    except Invalid as error:
        return None, error.errors
    except Conflict as error:
        return None, {"": [error.message]}


def posted_values(request: HttpRequest, errors: Mapping[str, Any]) -> Mapping[str, str]:
    """What a refused form held, to show it again; empty text for every field otherwise."""
    return defaultdict(str, request.POST.dict() if errors else {})


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request inside a tenant's transaction."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def uuid_or_none(text: str | None) -> UUID | None:
    """A key from a form's field; empty text is None. Raises `NotFound` for anything else than a key."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("It does not exist.")) from None


def version_or_none(text: str | None) -> int | None:
    """The version a form was opened with."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _entry(page: SettingsPage, path: str) -> dict[str, Any]:
    return {"label": str(page.label), "icon": page.icon, "url": page.url, "current": path.startswith(page.url)}


def _titles() -> dict[str, str]:
    return {
        "me": _("My account"),
        "company": _("Company"),
        "people": _("People"),
        "sales": _("Sales"),
        "messages": _("Messages"),
        "data": _("Data"),
    }


def _own_pages() -> list[SettingsPage]:
    return [
        SettingsPage(_("Profile"), "user-circle", "/settings/profile/", "me", False),
        SettingsPage(_("Password"), "lock", "/auth/password/change/", "me", False),
        SettingsPage(_("Two-factor sign-in"), "shield-lock", "/auth/2fa/", "me", False),
        SettingsPage(_("Sessions"), "device-mobile", "/auth/sessions/", "me", False),
        SettingsPage(_("Access tokens"), "key", "/settings/tokens/", "me", False),
        SettingsPage(_("Standing in"), "arrows-exchange", "/settings/delegations/", "people", False),
        SettingsPage(_("First steps"), "list-check", "/welcome/", "company"),
        SettingsPage(_("Company"), "building", "/settings/company/", "company"),
        SettingsPage(_("Exchange rates"), "coins", "/settings/rates/", "company"),
        SettingsPage(_("Rooms"), "adjustments", "/settings/rooms/", "company"),
        SettingsPage(_("Business calendars"), "calendar-time", "/settings/calendars/", "company"),
        SettingsPage(_("Background work"), "refresh", "/settings/background/", "data"),
        SettingsPage(_("Users and invitations"), "users", "/settings/users/", "people"),
        SettingsPage(_("Teams"), "hierarchy", "/settings/teams/", "people"),
        SettingsPage(_("Roles and fields"), "shield-check", "/settings/roles/", "people"),
    ]
