"""Saved views: the dialogs to save, rename, share, pin and delete them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.records.registry import ObjectType
from guanxi.records.saved_views import delete_view, get_view, may_change, pin_view, save_view
from guanxi.records.screens import fragment, request_views
from guanxi.records.views.base import actor_of, done, object_of
from guanxi.records.views.state import read_state
from guanxi.records.wording import in_words


def view_list(request: HttpRequest, plural: str) -> HttpResponse:
    """All views of the object that one may open, as a dialog."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    views = [
        {"view": view, "words": in_words(actor, kind, view.criteria), "mine": may_change(actor, view)}
        for view in request_views(request)
        if view.object == kind.name
    ]
    return fragment(request, "records/views.html.jinja", {"kind": kind, "views": views})


def new_view(request: HttpRequest, plural: str) -> HttpResponse:
    """Save the list of the address as a new view, or over the one that was opened."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    open_view = state.tab.saved
    own = open_view if open_view is not None and may_change(actor_of(request), open_view) else None
    if request.method != "POST":
        return _form(request, kind, {"own": own, "name": "", "given": request.GET.urlencode()})
    over = own.id if own is not None and request.POST.get("over") == "1" else None
    return _save(request, kind, dict(state.criteria), state.sort, state.columns, state.options.plain(), over, own)


def change_view(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Rename a view, change who sees it."""
    kind = object_of(request, plural)
    view = get_view(actor_of(request), id)
    if request.method != "POST":
        return _form(request, kind, {"view": view, "name": view.name, "audience": view.audience, "pinned": view.pinned})
    return _save(request, kind, view.criteria, view.sort, list(view.columns), view.options, view.id, view)


def _save(
    request: HttpRequest,
    kind: ObjectType,
    criteria: dict[str, Any],
    sort: str,
    columns: list[str],
    options: dict[str, Any],
    over: UUID | None,
    old: Any,
) -> HttpResponse:
    data = request.POST
    name = data.get("name", "").strip() or (old.name if over and old else "")
    try:
        view = save_view(
            actor_of(request), object_name=kind.name, name=name, criteria=criteria, sort=sort, columns=columns,
            options=options, form=data.get("form") or (old.form if over and old else "list"), audience=data.get("audience", "private"),
            pinned=data.get("pinned") == "1", view_id=over,
        )  # fmt: skip
    except Invalid as refusal:
        context = {
            "name": name,
            "audience": data.get("audience"),
            "pinned": data.get("pinned"),
            "errors": refusal.errors,
            "own": old,
        }
        return _form(request, kind, context, status=422)
    form = "" if view.form == "list" else view.form
    return done(
        request,
        f"/{kind.plural}/{form}?{urlencode({'view': view.id})}",
        _("View “%(name)s” saved.") % {"name": view.name},
    )


def _form(request: HttpRequest, kind: ObjectType, context: dict[str, Any], status: int = 200) -> HttpResponse:
    view = context.get("view")
    action = f"/{kind.plural}/views/{view.id}" if view else request.get_full_path()
    return fragment(request, "records/view_form.html.jinja", {"kind": kind, "action": action, **context}, status=status)


def remove_view(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Delete a view (POST); its records stay."""
    kind = object_of(request, plural)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    view = get_view(actor_of(request), id)
    delete_view(actor_of(request), id)
    return done(request, f"/{kind.plural}/", _("View “%(name)s” deleted. Its records stay.") % {"name": view.name})


def pin(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Put a view into the side bar, or take it out (POST)."""
    kind = object_of(request, plural)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    view = pin_view(actor_of(request), id, request.POST.get("pinned") == "1")
    text = _("“%(name)s” is in the side bar.") if view.pinned else _("“%(name)s” is no longer in the side bar.")
    return done(request, f"/{kind.plural}/?view={view.id}", text % {"name": view.name})
