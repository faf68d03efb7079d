"""Dashboards: reports side by side with filters over all of them; arranging one."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.core.errors import Invalid, Refused
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.records.reports.adjusting import ADJUSTING, within_choices
from guanxi.records.reports.exporting import export_dashboard
from guanxi.records.reports.narrowing import MOST_FILTERS, Shared, label_of, owner_of, shared_fields
from guanxi.records.reports.saved import (
    WIDTHS,
    Board,
    Found,
    dashboards,
    delete_dashboard,
    find_dashboard,
    find_report,
    kept_reports,
    kinds_of,
    library,
    may_change,
    save_dashboard,
)
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.records.views.filters import builder_field, segment_choices, segment_field
from guanxi.records.views.reports import as_download, chips_of
from guanxi.records.wording import parse_criteria

EMPTY_ROWS = 2
MOST_NAMES = 300


@require_safe
def first_dashboard(request: HttpRequest) -> HttpResponse:
    """The dashboard that opens by itself: one's own, else that of the role."""
    found = dashboards(actor_of(request))
    if found:
        return redirect(f"/dashboards/{found[0].key}/")
    return page(
        request, "records/dashboard.html.jinja", {"page_title": _("Dashboards"), "board": None, "tabs": _tabs([], "")}
    )


@require_safe
def dashboard(request: HttpRequest, key: str) -> HttpResponse:
    """The tiles, each of which asks for its figures; `?within=&team=&owner=&filter=` narrow all of them."""
    actor = actor_of(request)
    known = dashboards(actor)
    board = find_dashboard(actor, key)
    given = _given(request)
    context = {
        "page_title": board.name,
        "chips": chips_of(actor, f"/dashboards/{board.key}/", given),
        "filter_url": f"/dashboards/{board.key}/filter?{urlencode(given)}",
        "board": board,
        "tabs": _tabs(known, board.key),
        "tiles": [tile for one in board.tiles if (tile := _tile(actor, *one, given))],
        "given": given,
        "query": urlencode(given),
        "within_choices": within_choices(),
        "teams": _names(Team.objects.order_by("name")),
        "people": _names(Membership.objects.filter(is_active=True).order_by("name")),
        "may_change": may_change(actor, board.saved),
    }
    return page(request, "records/dashboard.html.jinja", context)


@require_safe
def export(request: HttpRequest, key: str) -> HttpResponse:
    """All its reports as one document or workbook, narrowed as they are looked at."""
    return as_download(export_dashboard(actor_of(request), key, request.GET.get("format", "pdf"), _given(request)))


@require_safe
def filter_dialog(request: HttpRequest, key: str) -> HttpResponse:
    """The filter builder with the fields of the dashboard; what it says goes into the dashboard's address."""
    actor = actor_of(request)
    board = find_dashboard(actor, key)
    given = _given(request)
    context = {
        "title": _("Filter: %(what)s") % {"what": board.name},
        "fields": _builder_fields(actor, board),
        "criteria": parse_criteria(given.pop("filter", "")) or {"all": []},
        "action": f"/dashboards/{board.key}/",
        "hidden": given,
    }
    return fragment(request, "records/dashboard_filter.html.jinja", context)


def _given(request: HttpRequest) -> dict[str, str]:
    """How the address narrows the reports."""
    found = {name: request.GET[name] for name in ADJUSTING if request.GET.get(name)}
    if parse_criteria(found.get("filter", "")) in ({}, {"all": []}):
        found.pop("filter", None)
    return found


def _builder_fields(actor: Actor, board: Board) -> list[dict[str, Any]]:
    """The fields of the dashboard as the filter builder reads them, in their order."""
    segments = segment_choices(actor)
    found = []
    for name in board.filters:
        owner = owner_of(actor, name)
        if owner is None:
            continue
        kind, item = owner
        prefix = name.removesuffix(item.name)
        group = str(kind.label) if prefix else ""
        is_segment = item.to == "segment"
        described = segment_field(segments.get(kind.name), prefix, group) if is_segment else builder_field(actor, kind, item, prefix, group)  # fmt: skip
        found.append(described)
    return [one for one in found if one]


def new_dashboard(request: HttpRequest) -> HttpResponse:
    """Arrange a dashboard of one's own; `?like=` begins with another."""
    actor = actor_of(request)
    if request.method == "POST":
        return _save(request, None)
    like = find_dashboard(actor, request.GET["like"]) if request.GET.get("like") else None
    return _form(
        request, None, {"name": "", "tiles": list(like.tiles) if like else [], "filters": like.filters if like else ()}
    )


def edit_dashboard(request: HttpRequest, key: str) -> HttpResponse:
    """Arrange a dashboard; one of a room becomes one's own."""
    actor = actor_of(request)
    board = find_dashboard(actor, key)
    own = board if may_change(actor, board.saved) else None
    if request.method == "POST":
        return _save(request, own)
    saved = own.saved if own else None
    values = {
        "name": board.name,
        "tiles": list(board.tiles),
        "filters": board.filters,
        "audience": saved.audience if saved else "private",
        "version": saved.version if saved else "",
    }
    return _form(request, own, values)


@require_POST
def remove_dashboard(request: HttpRequest, key: UUID) -> HttpResponse:
    """Delete a dashboard; its reports stay."""
    actor = actor_of(request)
    name = find_dashboard(actor, str(key)).name
    delete_dashboard(actor, key, version_of(request.POST.get("version")))
    return done(request, "/dashboards/", _("Dashboard “%(name)s” deleted. Its reports stay.") % {"name": name})


def _tabs(known: list[Board], current: str) -> list[dict[str, Any]]:
    boards = [{"label": one.name, "url": f"/dashboards/{one.key}/", "current": one.key == current} for one in known[:6]]
    return [{"label": _("Reports"), "url": "/reports/", "current": False}, *boards]


def _tile(actor: Actor, key: str, width: int, given: Mapping[str, str]) -> dict[str, Any] | None:
    """What the page shows of a tile before its figures; nothing for a report that is gone or out of sight."""
    try:
        found = find_report(actor, key)
    except Refused:
        return None
    query = urlencode(given)
    return {
        "name": found.name,
        "width": width,
        "url": f"/reports/{key}/result?{urlencode({**given, 'tile': 1})}",
        "href": f"/reports/{key}/{'?' + query if query else ''}",
    }


def _names(rows: Any) -> list[tuple[str, str]]:
    return [(str(key), name) for key, name in rows.values_list("id", "name")[:MOST_NAMES]]


def _save(request: HttpRequest, own: Board | None) -> HttpResponse:
    actor, data = actor_of(request), request.POST
    tiles = [
        {"report": key, "width": int(width) if width.isdecimal() and len(width) < 3 else 0}
        for key, width in zip(data.getlist("report"), data.getlist("width"), strict=False)
        if key
    ]
    filters = [name for name in data.getlist("filter") if name]
    try:
        row = save_dashboard(
            actor, name=data.get("name", ""), tiles=tiles, filters=filters, audience=data.get("audience", "private"),
            dashboard_id=own.saved.id if own and own.saved else None, version=version_of(data.get("version")),
        )  # fmt: skip
    except Refused as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}
        values = {
            "name": data.get("name", ""),
            "tiles": [(one["report"], one["width"]) for one in tiles],
            "filters": filters,
            "errors": errors,
        }
        values |= {"audience": data.get("audience", "private"), "version": data.get("version", "")}
        return _form(request, own, values, status=refusal.status)
    return done(request, f"/dashboards/{row.id}/", _("Dashboard “%(name)s” saved.") % {"name": row.name})


def _form(request: HttpRequest, own: Board | None, values: dict[str, Any], status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    folders: dict[str, list[Found]] = {}
    for one in [*kept_reports(actor), *library(actor)]:
        folders.setdefault(one.folder or _("Without folder"), []).append(one)
    words = {
        3: _("a quarter"),
        4: _("a third"),
        6: _("half"),
        8: _("two thirds"),
        9: _("three quarters"),
        12: _("whole"),
    }
    context = {
        "page_title": _("Dashboard: %(name)s") % {"name": own.name} if own else _("New dashboard"),
        "action": f"/dashboards/{own.key}/edit" if own else "/dashboards/new",
        "folders": folders,
        "widths": [(width, words[width]) for width in WIDTHS],
        "audience": "private",
        "version": "",
        "errors": {},
        **values,
        "filters": [*values["filters"], *[""] * (0 if values["filters"] else 1)][:MOST_FILTERS],
        "filter_groups": _filter_groups(actor, values),
        "tiles": [*values["tiles"], *[("", 6)] * (EMPTY_ROWS if not values["tiles"] else 0)],
    }
    return page(request, "records/dashboard_edit.html.jinja", context, status=status)


def _filter_groups(actor: Actor, values: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from: those that all chosen reports know, then those that some know, with how many."""
    kinds = kinds_of(actor, [key for key, _width in values["tiles"] if key])
    known: list[Shared] = shared_fields(actor, kinds)
    common = [(one.name, one.label) for one in known if one.known == len(kinds)]
    some = [
        (one.name, _("%(field)s (%(known)s of %(all)s)") % {"field": one.label, "known": one.known, "all": len(kinds)})
        for one in known
        if one.known < len(kinds)
    ]
    named = {name for name, _label in [*common, *some]}
    gone = [(name, label_of(actor, name)) for name in values["filters"] if name not in named]
    groups = ((_("Known to all reports"), common), (_("Known to some reports"), some), (_("Known to none"), gone))
    return [(label, items) for label, items in groups if items]
