"""The one way to answer a page of the workspace: the template with what the shell around it needs.

Side bar, switcher and menus cost one query a page (the pinned views); names of workspaces are kept for a minute.
"""

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any
from uuid import UUID

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from guanxi.core.source import source_address
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership
from guanxi.identity.permissions import may
from guanxi.identity.queries import memberships_of
from guanxi.identity.streams import page_stream
from guanxi.records import registry
from guanxi.records.models import SavedView
from guanxi.records.ports import CREATE_MENU, MENU, MenuEntry
from guanxi.records.saved_views import saved_views

GROUPS = ("work", "customers", "sales", "service", "insight", "pinned", "settings")
KEEP_SECONDS = 60.0
_DIALOGS = (b'class="dialog-frame"', b'class="filter-panel"')
_kept: dict[tuple[UUID | None, UUID | None, int], tuple[float, dict[str, Any]]] = {}


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render `template` (which extends core/layout/shell.html.jinja) with `context` and the shell's data.

    For a request of htmx give a partial template to `fragment` instead. Needs `request.actor`.
    """
    return render(request, template, {**shell_context(request), **(context or {})}, status=status, using="jinja")


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Render a part of a page or a dialog: no shell, only the token, the actor and `context`.

    A dialog whose address was opened as a page of its own comes with the workspace around it.
    """
    data = {"csrf_token": get_token(request), "actor": request.actor, **(context or {})}  # type: ignore[attr-defined]
    response = render(request, template, data, status=status, using="jinja")
    for name, value in (headers or {}).items():
        response[name] = value
    opened = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"
    dialog = opened and any(mark in response.content[:1000] for mark in _DIALOGS)
    return _around_dialog(request) if dialog else response


def _around_dialog(request: HttpRequest) -> HttpResponse:
    """The page on which the dialog of this address opens; behind it lies the record, or the list, that it is about."""
    steps = [step for step in request.path.split("/") if step]
    kind = registry.by_plural(steps[0]) if steps else None
    about = next((one for one in ("contact", "account") if _is_key(request.GET.get(one, ""))), None)
    url = "/" if kind is None else f"/{kind.plural}/"
    if kind is not None and len(steps) > 2 and _is_key(steps[1]):
        url += f"{steps[1]}/"
    elif kind is None and about is not None:
        url = f"/{registry.get(about).plural}/{request.GET[about]}/"
    context = {"page_title": _("Guanxi"), "dialog_url": request.get_full_path(), "back_url": url}
    return page(request, "core/layout/dialog_page.html.jinja", context)


def _is_key(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def shell_context(request: HttpRequest) -> dict[str, Any]:
    """Everything that core/layout/shell.html.jinja reads, by the names of its head comment."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    user: Any = request.user
    company = _company(actor)
    entries = menu_entries(actor, request.path, request_views(request))
    return {
        "actor": actor,
        "csrf_token": get_token(request),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "messages": get_messages(request),
        "theme": getattr(user, "theme", "auto"),
        "density": getattr(user, "density", "normal"),
        "rising": "red" if getattr(user, "red_is_up", False) else "green",
        "stream_url": page_stream(request, actor),
        "home_currency": actor.currency,
        "nav": entries,
        "bottom_nav": bottom_entries(entries),
        "workspace": _workspace(actor, company),
        "me": _me(actor, user, company),
        "create_menu": create_entries(actor),
        "palette_url": "/search/palette",
        "counts_url": "/menu/counts",
    }


def request_views(request: HttpRequest) -> list[SavedView]:
    """The saved views of the person, read once a request: the side bar and the tabs of a list share them."""
    found = getattr(request, "saved_views", None)
    if found is None:
        found = saved_views(request.actor)  # type: ignore[attr-defined]
        request.saved_views = found  # type: ignore[attr-defined]
    return list(found)


def menu_entries(actor: Actor, path: str, saved: Iterable[SavedView] = ()) -> list[dict[str, Any]]:
    """The groups of the side bar for this actor, pinned views among them; the entry of `path` is marked as current."""
    found: list[tuple[int, MenuEntry]] = []
    for kind in registry.objects():
        if kind.in_menu and may(actor, kind.name, "view"):
            entry = MenuEntry(
                kind.plural,
                kind.label_plural,
                kind.icon,
                f"/{kind.plural}/",
                kind.menu_group or "work",
                kind.key,
                100,
                kind.room,
            )
            found.append((entry.position, entry))
    for add in MENU:
        found.extend((entry.position, entry) for entry in add(actor))
    found.extend((view.position, link) for view in saved if view.pinned and (link := _pinned(actor, view)))
    on = [pair for pair in found if pair[1].room not in actor.rooms_off]
    on.sort(key=lambda pair: pair[0])
    titles = group_titles()
    current = _longest([entry.url for _position, entry in on], path)
    groups = []
    for name in GROUPS:
        items = [_item(entry, current) for _position, entry in on if entry.group == name]
        if items:
            groups.append({"key": name, "label": titles[name], "items": items})
    return groups


def group_titles() -> dict[str, str]:
    """Headings of the side bar's groups."""
    return {
        "work": "",
        "customers": _("Customers"),
        "sales": _("Sales"),
        "service": _("Service"),
        "insight": _("Insight"),
        "pinned": _("Pinned views"),
        "settings": "",
    }


def create_entries(actor: Actor) -> list[dict[str, Any]]:
    """What New offers this actor: objects of the side bar, then what rooms add."""
    entries = [
        {"key": "", "label": str(kind.label), "icon": kind.icon, "url": f"/{kind.plural}/new"}
        for kind in registry.objects()
        if kind.in_menu and kind.creatable and kind.room not in actor.rooms_off and may(actor, kind.name, "create")
    ]
    for add in CREATE_MENU:
        entries += [
            {"key": entry.go, "label": str(entry.label), "icon": entry.icon, "url": entry.url}
            for entry in add(actor)
            if entry.room not in actor.rooms_off
        ]
    return entries


def _pinned(actor: Actor, view: SavedView) -> MenuEntry | None:
    kind = registry.find(view.object)
    if kind is None or not may(actor, kind.name, "view"):
        return None
    form = f"{view.form}" if view.form != "list" else ""
    return MenuEntry(str(view.id), view.name, "pin", f"/{kind.plural}/{form}?view={view.id}", "pinned", room=kind.room)


def _item(entry: MenuEntry, current: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "label": str(entry.label),
        "icon": entry.icon,
        "url": entry.url,
        "go": entry.go.lower() or None,
        "badge": entry.badge,
        "unread": entry.unread,
        "current": entry.url == current,
    }


def _longest(urls: Iterable[str], path: str) -> str:
    """The entry whose address is the longest beginning of `path`: the page one is on."""
    return max((url for url in urls if path == url or (url != "/" and path.startswith(url))), key=len, default="")


def bottom_entries(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three entries for the phone around New and before More: my day, the customers, the inbox; others where one is missing."""
    items = [item for group in groups for item in group["items"]]
    wanted = [item for key in ("my-day", "accounts", "inbox") for item in items if item["key"] == key]
    return [*wanted, *(item for item in items if item not in wanted)][:3]


def _company(actor: Actor) -> dict[str, Any]:
    """Name and logo of the workspace, other workspaces and the member's title, read once a minute and process."""
    key = (actor.tenant_id, actor.member_id, actor.settings_version)
    kept = _kept.get(key)
    if kept and monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    spaces = memberships_of(actor.user_id) if actor.user_id else []
    company = Company.objects.filter(id=actor.tenant_id).values("logo_id").first() or {}
    member = Membership.objects.filter(id=actor.member_id).values("title").first() or {}
    found = {"spaces": spaces, "logo_id": company.get("logo_id"), "title": member.get("title", "")}
    if len(_kept) > 2000:
        _kept.clear()
    _kept[key] = (monotonic(), found)
    return found


def forget_company(tenant_id: UUID) -> None:
    """Read the workspace's name and logo anew at the next page of this process."""
    for key in [key for key in _kept if key[0] == tenant_id]:
        _kept.pop(key, None)


def _workspace(actor: Actor, company: Mapping[str, Any]) -> dict[str, Any]:
    spaces = company["spaces"]
    names = {row["tenant_id"]: row["tenant_name"] for row in spaces}
    return {
        "name": names.get(actor.tenant_id, "Guanxi"),
        "logo_url": f"/files/{company['logo_id']}/" if company["logo_id"] else None,
        "options": [
            {
                "name": row["tenant_name"],
                "url": f"/switch/?tenant={row['tenant_id']}",
                "current": row["tenant_id"] == actor.tenant_id,
            }
            for row in spaces
        ],
    }


def _me(actor: Actor, user: Any, company: Mapping[str, Any]) -> dict[str, Any]:
    links = [
        {"label": _("Profile"), "icon": "user", "url": "/settings/profile/"},
        {"label": _("Settings"), "icon": "settings", "url": "/settings/"},
        {"label": _("Source code"), "icon": "code", "url": source_address()},
    ]
    return {
        "name": actor.name,
        "detail": company["title"] or getattr(user, "email", ""),
        "avatar_url": None,
        "preferences_url": "/settings/preferences/",
        "sign_out_url": "/auth/logout/",
        "links": links,
        "languages": [
            {"code": "en", "label": "English", "current": not is_chinese()},
            {"code": "zh-hans", "label": "中文", "current": is_chinese()},
        ],
    }
