"""The same change to the chosen records of a list, or to its whole filter: dialogs, and the way to what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.custom import HELD
from guanxi.records.forms import editable_fields, param_inputs, read_form, single_input
from guanxi.records.lists import count_records
from guanxi.records.models import Operation
from guanxi.records.operations import MASS_ACTIONS, MassAction, Selection, may_undo, start_operation
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment, request_views
from guanxi.records.views.base import actor_of, done, is_htmx, next_url, object_of, uuids
from guanxi.records.views.state import ListState, state_of_text

Errors = Mapping[str, Sequence[str]]


def bulk(request: HttpRequest, plural: str, action: str) -> HttpResponse:
    """GET: the dialog for the selection (`id=…` or `all=1&query=…`). POST: begin it."""
    found = MASS_ACTIONS.get(action)
    if found is None:
        raise NotFound(_("There is no such page."))
    kind = object_of(request, plural, found.permission)
    data = request.POST if request.method == "POST" else request.GET
    if request.method != "POST":
        return _dialog(request, kind, found, data, {})
    try:
        operation = start_operation(
            actor_of(request), kind.name, action, _params(request, kind, found), _selection(request, kind, data)
        )
    except Invalid as refusal:
        return _dialog(request, kind, found, data, refusal.errors)
    return _after(request, operation)


def bulk_actions(actor: Actor, kind: ObjectType, *, deleted: bool) -> list[dict[str, str]]:
    """The buttons of the bar over selected records."""
    buttons = [
        {"label": str(action.label), "icon": action.icon, "url": f"/{kind.plural}/bulk/{action.key}"}
        for action in MASS_ACTIONS
        if action.deleted == deleted
        and may(actor, kind.name, action.permission)
        and action.inputs(actor, kind) is not None
    ]
    if not deleted:
        merges = kind.mergeable and may(actor, kind.name, "edit") and may(actor, kind.name, "delete")
        label, icon = (_("Merge"), "git-merge") if merges else (_("Compare"), "git-compare")
        buttons.append({"label": label, "icon": icon, "url": f"/{kind.plural}/merge"})
    return buttons


def bulk_field(request: HttpRequest, plural: str) -> HttpResponse:
    """The input of the field chosen in the bulk edit dialog."""
    kind = object_of(request, plural, "edit")
    name = request.GET.get("field", "")
    item = next((one for one in editable_fields(actor_of(request), kind) if one.name == name), None)
    made = single_input(actor_of(request), kind, item) if item else None
    return fragment(request, "records/bulk_field.html.jinja", {"input": made})


def _state(request: HttpRequest, kind: ObjectType, data: QueryDict) -> ListState:
    return state_of_text(actor_of(request), kind, data.get("query", ""), request_views(request))


def _selection(request: HttpRequest, kind: ObjectType, data: QueryDict) -> Selection:
    if data.get("all") == "1":
        return Selection(query=_state(request, kind, data).query(actor_of(request)))
    return Selection(ids=uuids(data.getlist("id")))


def _params(request: HttpRequest, kind: ObjectType, action: MassAction) -> dict[str, Any]:
    if action.key == "edit":
        return {"values": _one_field(request, kind)}
    if action.key == "tag":
        return {"add": request.POST.getlist("add"), "remove": request.POST.getlist("remove")}
    return read_form(kind, request.POST, action.inputs(actor_of(request), kind) or ())


def _one_field(request: HttpRequest, kind: ObjectType) -> dict[str, Any]:
    name = request.POST.get("field", "")
    item = next((one for one in editable_fields(actor_of(request), kind) if one.name == name), None)
    if item is None:
        raise Invalid({"field": [_("Choose a field.")]})
    data = request.POST.copy()
    data["_fields"] = name
    return read_form(kind, data, [item])


def _dialog(
    request: HttpRequest, kind: ObjectType, action: MassAction, data: QueryDict, errors: Mapping[str, Sequence[str]]
) -> HttpResponse:
    actor = actor_of(request)
    whole = data.get("all") == "1"
    chosen = [str(key) for key in uuids(data.getlist("id"))]
    count = count_records(actor, _state(request, kind, data).query(actor))[0] if whole else len(chosen)
    context: dict[str, Any] = {
        "kind": kind,
        "action": action.key,
        "note": str(action.note),
        "submit": str(action.label),
        "url": f"/{kind.plural}/bulk/{action.key}",
        "ids": [] if whole else chosen,
        "whole": whole,
        "query": data.get("query", ""),
        "count": count,
        "next": next_url(request, f"/{kind.plural}/"),
        "errors": errors,
        "title": _title(action, kind, count),
        "inputs": param_inputs(actor, kind, list(action.inputs(actor, kind) or ()), data.dict(), errors),
    }
    if action.key == "edit":
        context["fields"] = [
            (item.name, str(item.label))
            for item in editable_fields(actor, kind)
            if item.name != "code" and item.kind != HELD
        ]
        context["field"] = data.get("field", "")
    return fragment(request, "records/bulk.html.jinja", context, status=422 if errors else 200)


def _title(action: MassAction, kind: ObjectType, count: int) -> str:
    records = ngettext("%(count)s record", "%(count)s records", count) % {"count": f"{count:,}"}
    return f"{kind.label_plural}: {action.label} – {records}"


def _after(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Back to the list with what came of it; to the page of the operation while the worker is at it."""
    target = next_url(request, "/operations/")
    page = f"/operations/{operation.id}/"
    if operation.state == "waiting":
        return done(request, page)
    undo = f"{page}undo" if may_undo(operation) else ""
    if operation.refused:
        _tell_refusals(request, operation, page)
    if operation.done:
        return done(request, target, records_changed(operation.done), undo=undo)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponse(status=302, headers={"Location": target})


def records_changed(count: int) -> str:
    """ "12 records changed." """
    return ngettext("%(count)s record changed.", "%(count)s records changed.", count) % {"count": f"{count:,}"}


def _tell_refusals(request: HttpRequest, operation: Operation, page: str) -> None:
    text = ngettext("%(count)s record was refused.", "%(count)s records were refused.", operation.refused)
    link = format_html(' <a class="link" href="{}">{}</a>', page, _("Which, and why"))
    messages.error(request, format_html("{}{}", text % {"count": f"{operation.refused:,}"}, link))
