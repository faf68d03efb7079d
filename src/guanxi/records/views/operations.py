"""What was done to many records: the list of operations, one of them while it runs and afterwards, stop and undo."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access
from guanxi.identity.screens import settings_page
from guanxi.records import registry
from guanxi.records.display import record_url
from guanxi.records.models import Operation
from guanxi.records.operations import (
    MASS_ACTIONS,
    UNDO_DAYS,
    cancel_operation,
    get_operation,
    list_operations,
    may_undo,
    refusals_of,
    start_undo,
)
from guanxi.records.operations.reading import PAGE
from guanxi.records.screens import fragment
from guanxi.records.values import masked
from guanxi.records.views.base import actor_of, done, next_url, uuids
from guanxi.records.views.editing import ValueText

STATES = {
    "waiting": ("grey", "clock"),
    "running": ("indigo", "refresh"),
    "done": ("jade", "check"),
    "cancelled": ("amber", "x"),
    "failed": ("rose", "alert-triangle"),
}


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """The person's operations, newest first; everybody's for an administrator."""
    actor = actor_of(request)
    after = uuids([request.GET.get("after", "")])
    before = get_operation(actor, after[0]) if after else None
    found = list_operations(actor, before=before, limit=PAGE + 1)
    people = _people(found)
    context = {
        "page_title": _("Operations"),
        "rows": [_row(one, people) for one in found[:PAGE]],
        "next_url": f"/operations/?after={found[PAGE - 1].id}" if len(found) > PAGE else None,
        "first": before is None,
        "days": UNDO_DAYS,
    }
    return settings_page(request, "records/operations.html.jinja", context)


@require_safe
def operation(request: HttpRequest, id: UUID) -> HttpResponse:
    """One operation; while it runs the page asks again every two seconds."""
    actor = actor_of(request)
    found = get_operation(actor, id)
    after = uuids([request.GET.get("after", "")])
    left, more = refusals_of(actor, found, after=after[0] if after else None)
    context = {
        "page_title": _title(found),
        "breadcrumbs": [{"label": _("Operations"), "url": "/operations/"}],
        "one": _row(found, _people([found])),
        "details": _details(request, found),
        "left": [
            {"label": item.label, "url": _url(item.object, item.record_id) if item.label else None, "reason": item.reason}
            for item in left
        ],
        "left_next": f"/operations/{id}/?after={more}" if more else None,
        "list_url": _list_url(found),
        "days": UNDO_DAYS,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return fragment(request, "records/_operation.html.jinja", context)
    return settings_page(request, "records/operation.html.jinja", context)


@require_POST
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop after the part that is running."""
    cancel_operation(actor_of(request), id)
    return done(request, f"/operations/{id}/", _("It stops after the part that is running."))


@require_POST
def undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take it back; where people changed records since, these changes stay."""
    made = start_undo(actor_of(request), id)
    page = f"/operations/{made.id}/"
    if made.state == "waiting" or made.refused:
        return done(request, page)
    return done(request, next_url(request, page), _("Taken back."))


def _row(one: Operation, people: dict[UUID, str]) -> dict[str, Any]:
    tone, icon = STATES[one.state]
    dealt = one.done + one.refused
    return {
        "id": one.id,
        "url": f"/operations/{one.id}/",
        "title": _title(one),
        "at": one.created_at,
        "finished_at": one.finished_at,
        "who": people.get(one.member_id, _("System")) if one.member_id else _("System"),
        "state": _state_word(one),
        "tone": tone,
        "icon": icon,
        "total": one.total,
        "done": one.done,
        "refused": one.refused,
        "error": one.error,
        "active": one.state in ("waiting", "running"),
        "share": round(100 * dealt / one.total) if one.total else 0,
        "may_undo": may_undo(one),
        "undone_by": one.undone_by,
        "undoes": one.undoes,
    }


def _title(one: Operation) -> str:
    kind = registry.get(one.object)
    label = _action_word(one.params.get("action", "") if one.action == "undo" else one.action)
    text = _("%(objects)s: %(done)s") % {"objects": kind.label_plural, "done": label}
    return _("Undo – %(what)s") % {"what": text} if one.action == "undo" else text


def _details(request: HttpRequest, one: Operation) -> list[tuple[str, str]]:
    """What was set, as far as the reader may see the fields."""
    actor, kind = actor_of(request), registry.get(one.object)
    show = ValueText(request, kind)
    lines: list[tuple[str, str]] = []
    for name, value in (one.params.get("values") or {}).items():
        access = field_access(actor, kind.name, name)
        if access != "hidden":
            lines.append(show(name, masked(value) if access == "masked" else value))
    for name, label in (("add", _("Tags added")), ("remove", _("Tags removed"))):
        if one.params.get(name):
            lines.append((label, ", ".join(one.params[name])))
    if one.params.get("file"):
        lines.append((_("File"), str(one.params["file"])))
    return lines


def _action_word(key: str) -> str:
    words = {"import": _("Imported"), "merge": _("Merged"), "undo": _("Undo"), "bulk": _("Changed by the API")}
    action = MASS_ACTIONS.get(key)
    return str(action.done_label) if action else words.get(key, key)


def _state_word(one: Operation) -> str:
    words = {
        "waiting": _("Waiting"),
        "running": _("Running"),
        "done": _("Done"),
        "cancelled": _("Stopped"),
        "failed": _("Failed"),
    }
    if one.stop_wanted and one.state == "running":
        return _("Stopping")
    return words[one.state]


def _people(found: Sequence[Operation]) -> dict[UUID, str]:
    members = {one.member_id for one in found if one.member_id}
    return dict(Membership.objects.filter(id__in=members).values_list("id", "name")) if members else {}


def _list_url(one: Operation) -> str:
    return f"/{registry.get(one.object).plural}/"


def _url(object_name: str, record_id: UUID) -> str:
    return record_url(registry.get(object_name), record_id)
