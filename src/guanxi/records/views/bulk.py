"""The same change to the chosen records of a list, or to its whole filter: dialogs and what came of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.errors import Invalid
from guanxi.records.bulk import MOST, BulkResult, chosen_ids, delete_many, edit_many, restore_many, tag_many
from guanxi.records.forms import editable_fields, param_inputs, read_form, single_input
from guanxi.records.lists import count_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment, request_views
from guanxi.records.views.base import actor_of, is_htmx, next_url, object_of, uuids
from guanxi.records.views.state import ListState, state_of_text

ACTIONS = {"assign": "edit", "edit": "edit", "tag": "edit", "delete": "delete", "restore": "delete"}
REFUSALS_SHOWN = 5


def bulk(request: HttpRequest, plural: str, action: str) -> HttpResponse:
    """GET: the dialog for the selection (`id=…` or `all=1&query=…`). POST: carry it out."""
    kind = object_of(request, plural, ACTIONS.get(action, "edit"))
    data = request.POST if request.method == "POST" else request.GET
    if request.method != "POST":
        return _dialog(request, kind, action, data, {})
    ids = _selection(request, kind, data)
    try:
        result = _run(request, kind, action, ids)
    except Invalid as refusal:
        return _dialog(request, kind, action, data, refusal.errors)
    _report(request, kind, result)
    target = next_url(request, f"/{kind.plural}/")
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponse(status=302, headers={"Location": target})


def _state(request: HttpRequest, kind: ObjectType, data: QueryDict) -> ListState:
    return state_of_text(actor_of(request), kind, data.get("query", ""), request_views(request))


def _selection(request: HttpRequest, kind: ObjectType, data: QueryDict) -> list[UUID]:
    actor = actor_of(request)
    if data.get("all") == "1":
        return chosen_ids(actor, _state(request, kind, data).query(actor))
    return uuids(data.getlist("id"))[:MOST]


def _run(request: HttpRequest, kind: ObjectType, action: str, ids: Sequence[UUID]) -> BulkResult:
    actor = actor_of(request)
    if not ids:
        raise Invalid({"": [_("Choose at least one record.")]})
    if action == "delete":
        return delete_many(actor, kind.name, ids)
    if action == "restore":
        return restore_many(actor, kind.name, ids)
    if action == "tag":
        add, remove = request.POST.getlist("add"), request.POST.getlist("remove")
        if not add and not remove:
            raise Invalid({"add": [_("Choose a tag to add or to remove.")]})
        return tag_many(actor, kind.name, ids, add=add, remove=remove)
    if action == "assign":
        return edit_many(actor, kind.name, ids, {"owner": request.POST.get("owner") or None})
    return edit_many(actor, kind.name, ids, _one_field(request, kind))


def _one_field(request: HttpRequest, kind: ObjectType) -> dict[str, Any]:
    name = request.POST.get("field", "")
    item = next((one for one in editable_fields(actor_of(request), kind) if one.name == name), None)
    if item is None:
        raise Invalid({"field": [_("Choose a field.")]})
    data = request.POST.copy()
    data["_fields"] = name
    return read_form(kind, data, [item])


def bulk_field(request: HttpRequest, plural: str) -> HttpResponse:
    """The input of the field chosen in the bulk edit dialog."""
    kind = object_of(request, plural, "edit")
    name = request.GET.get("field", "")
    item = next((one for one in editable_fields(actor_of(request), kind) if one.name == name), None)
    made = single_input(actor_of(request), kind, item) if item else None
    return fragment(request, "records/bulk_field.html.jinja", {"input": made})


def _dialog(
    request: HttpRequest, kind: ObjectType, action: str, data: QueryDict, errors: dict[str, list[str]]
) -> HttpResponse:
    actor = actor_of(request)
    whole = data.get("all") == "1"
    count = (
        count_records(actor, _state(request, kind, data).query(actor))[0] if whole else len(uuids(data.getlist("id")))
    )
    context: dict[str, Any] = {
        "kind": kind,
        "action": action,
        "url": f"/{kind.plural}/bulk/{action}",
        "ids": [] if whole else [str(key) for key in uuids(data.getlist("id"))],
        "whole": whole,
        "query": data.get("query", ""),
        "count": count,
        "next": next_url(request, f"/{kind.plural}/"),
        "errors": errors,
        "title": _title(action, kind, count),
    }
    if action == "assign":
        owner = Field("owner", label=_("Owner"), kind="link", to="user")
        context["inputs"] = param_inputs(actor, kind, [owner], data.dict(), errors)
    if action == "edit":
        context["fields"] = [
            (item.name, str(item.label)) for item in editable_fields(actor, kind) if item.name != "code"
        ]
        context["field"] = data.get("field", "")
    return fragment(request, "records/bulk.html.jinja", context, status=422 if errors else 200)


def _title(action: str, kind: ObjectType, count: int) -> str:
    words = {
        "assign": ngettext("Assign %(count)s record", "Assign %(count)s records", count),
        "edit": ngettext("Edit %(count)s record", "Edit %(count)s records", count),
        "tag": ngettext("Tag %(count)s record", "Tag %(count)s records", count),
        "delete": ngettext("Delete %(count)s record", "Delete %(count)s records", count),
        "restore": ngettext("Restore %(count)s record", "Restore %(count)s records", count),
    }
    return f"{kind.label_plural}: {words[action] % {'count': f'{count:,}'}}"


def _report(request: HttpRequest, kind: ObjectType, result: BulkResult) -> None:
    if result.done:
        text = ngettext("%(count)s record changed.", "%(count)s records changed.", result.done) % {
            "count": f"{result.done:,}"
        }
        messages.success(request, text)
    if result.refused:
        reasons = list(dict.fromkeys(reason for _key, reason in result.refused))[:REFUSALS_SHOWN]
        text = ngettext(
            "%(count)s record was refused: %(why)s", "%(count)s records were refused: %(why)s", len(result.refused)
        )
        messages.error(request, text % {"count": f"{len(result.refused):,}", "why": " · ".join(reasons)})
