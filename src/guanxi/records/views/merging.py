"""Two or three records side by side: compare them, choose the surviving values, merge; and what may be the same as one record."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access, may
from guanxi.records.display import record_url
from guanxi.records.merging import MOST, Merge, merge_records, preview_merge
from guanxi.records.merging.services import BOTH, default_choice, mergeable_fields, value_of
from guanxi.records.queries import get_record, may_change, shown_label, visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.similar import similar_records
from guanxi.records.values import plain
from guanxi.records.views.base import actor_of, done, is_htmx, object_of, uuids, version_of
from guanxi.records.views.details import Facts
from guanxi.records.views.editing import errors_of

# Told in the head of each column, or of no use to a choice.
NOT_COMPARED = ("created_at", "updated_at", "code")


def compare(request: HttpRequest, plural: str) -> HttpResponse:
    """GET: the records of `?id=…&id=…` side by side. POST: merge them into `survivor`, with the value chosen for each field."""
    kind = object_of(request, plural)
    data = request.POST if request.method == "POST" else request.GET
    keys = uuids(data.getlist("id"))
    if not 2 <= len(keys) <= MOST:
        return _choose_again(request, kind)
    if request.method != "POST":
        if is_htmx(request):
            target = f"/{kind.plural}/merge?{'&'.join(f'id={key}' for key in keys)}"
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return _page(request, kind, keys, keys[0], {})
    survivor = next(iter(uuids([data.get("survivor", "")])), keys[0])
    try:
        return _merge(request, kind, keys, survivor)
    except (Invalid, Conflict) as refusal:
        return _page(request, kind, keys, survivor, errors_of(refusal), status=422)
    except Stale as refusal:
        return _page(request, kind, keys, survivor, {"": [refusal.message]}, status=409)


def duplicates(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The dialog that asks with which record this one is to be compared: likely the same ones, or any other."""
    kind = object_of(request, plural)
    if not kind.mergeable:
        raise NotFound(_("There is no such page."))
    record = get_record(actor_of(request), kind.name, id)
    context = {
        "kind": kind,
        "record": record,
        "name": shown_label(actor_of(request), record),
        "found": [one for one in _like(actor_of(request), kind, record) if one.id != id][: MOST * 2],
        "action": f"/{kind.plural}/merge",
    }
    return fragment(request, "records/duplicates_dialog.html.jinja", context)


def _like(actor: Actor, kind: ObjectType, record: Any) -> Sequence[Any]:
    values = {
        name: str(getattr(record, kind.by_name[name].column) or "") for name in kind.similar_fields if name in kind.by_name
    }  # fmt: skip
    return [one for one in similar_records(actor, kind, values) if one.object == kind.name]


def _merge(request: HttpRequest, kind: ObjectType, keys: Sequence[UUID], survivor: UUID) -> HttpResponse:
    sent = {name.removeprefix("choice_"): value for name, value in request.POST.items() if name.startswith("choice_")}
    versions = {key: version for key in keys if (version := version_of(request.POST.get(f"version_{key}")))}
    actor = actor_of(request)
    operation = merge_records(
        actor, kind.name, survivor, [key for key in keys if key != survivor], choices=sent, versions=versions
    )
    record = get_record(actor, kind.name, survivor)
    text = ngettext(
        "%(count)s record merged into %(name)s.", "%(count)s records merged into %(name)s.", len(keys) - 1
    ) % {"count": len(keys) - 1, "name": shown_label(actor, record)}
    return done(request, record_url(kind, survivor), text, undo=f"/operations/{operation.id}/undo")


def _choose_again(request: HttpRequest, kind: ObjectType) -> HttpResponse:
    text = _("Choose two or three records to merge.")
    if is_htmx(request):
        return fragment(request, "records/message_dialog.html.jinja", {"title": _("Merge"), "text": text})
    raise Invalid({"id": [text]})


def _page(
    request: HttpRequest, kind: ObjectType, keys: Sequence[UUID], survivor: UUID, errors: dict[str, list[str]], status: int = 200
) -> HttpResponse:  # fmt: skip
    actor = actor_of(request)
    found = {row.id: row for row in visible_records(actor, kind.name).filter(id__in=keys)}
    if len(found) < len(keys):
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    records = [found[key] for key in keys]
    permitted = kind.mergeable and all(_may_merge(actor, kind, record) for record in records)
    merge = Merge(kind, survivor, tuple(key for key in keys if key != survivor), found)
    facts = [Facts(actor, kind, record) for record in records]
    differing, same = _lines(actor, merge, records, facts, permitted, request)
    context = {
        "page_title": (_("Merge %(what)s") if permitted else _("Compare %(what)s")) % {"what": str(kind.label_plural).lower()},
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}],
        "kind": kind,
        "permitted": permitted,
        "columns": [_head(actor, kind, record, facts[place], survivor) for place, record in enumerate(records)],
        "differing": differing,
        "same": same,
        "moving": preview_merge(kind, list(keys)) if permitted else [],
        "errors": [text for texts in errors.values() for text in texts],
        "action": f"/{kind.plural}/merge",
        "both": BOTH,
    }  # fmt: skip
    return page(request, "records/merge.html.jinja", context, status=status)


def _may_merge(actor: Actor, kind: ObjectType, record: Any) -> bool:
    return all(
        may(actor, kind.name, action) and may_change(actor, kind.name, record, action) for action in ("edit", "delete")
    )


def _head(actor: Actor, kind: ObjectType, record: Any, facts: Facts, survivor: UUID) -> dict[str, Any]:
    return {
        "id": record.id,
        "version": record.version,
        "name": shown_label(actor, record),
        "code": record.code,
        "url": record_url(kind, record.id),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "survives": record.id == survivor,
    }


def _lines(
    actor: Actor, merge: Merge, records: Sequence[Any], facts: Sequence[Facts], permitted: bool, request: HttpRequest
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Fields in which the records differ, with what is chosen, and those that are the same in all."""
    free = {item.name for item in mergeable_fields(actor, merge.kind)} if permitted else set()
    differing: list[dict[str, Any]] = []
    same: list[dict[str, Any]] = []
    for item in (*merge.kind.fields, *facts[0].custom.values()):
        if item.name in NOT_COMPARED or item.kind in ("json", "uuid"):
            continue
        if field_access(actor, merge.kind.name, item.name) == "hidden":
            continue
        values = [value_of(record, item) for record in records]
        if all(value in (None, "", [], False) for value in values):
            continue
        line = _line(merge, item, facts, item.name in free, request)
        (same if all(plain(value) == plain(values[0]) for value in values) else differing).append(line)
    return differing, same


def _line(merge: Merge, item: Field, facts: Sequence[Facts], free: bool, request: HttpRequest) -> dict[str, Any]:
    shown = [one.one(item.name) for one in facts]
    return {
        "name": item.name,
        "label": str(item.label),
        "facts": shown,
        "free": free,
        "listed": (item.kind in ("tags", "multichoice") or (item.kind == "file" and (item.max_value or 0) > 1)),
        "chosen": request.POST.get(f"choice_{item.name}") or str(default_choice(merge, item)),
    }
