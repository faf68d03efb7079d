"""Lists, single records, history and search."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.api.as_of import as_of_answer, field_answer
from guanxi.records.api.calls import PREFIX, Call, answer, etag, flag, number, query
from guanxi.records.api.pages import page_of
from guanxi.records.api.problems import InvalidAt
from guanxi.records.api.representation import field_names, record_answer, row_of, rows_of
from guanxi.records.former import survivor_of
from guanxi.records.history import read_history
from guanxi.records.lists import MAX_LIMIT, ListQuery, count_records, filtered
from guanxi.records.queries import get_record
from guanxi.records.registry import ObjectType
from guanxi.records.search import find_ids, search
from guanxi.records.values import plain

LIST_PARAMETERS = ("filter", "sort", "fields", "cursor", "limit", "count", "q", "deleted")
MAX_QUERY = 200


def list_call(call: Call) -> HttpResponse:
    """GET /{plural}: one page, with `next` for the page after it."""
    values = query(call.request, LIST_PARAMETERS)
    kind = call.object_type
    require(call.actor, kind.name, "view")
    wanted = ListQuery(
        object=kind.name,
        criteria=criteria_in(values.get("filter", "")),
        sort=values.get("sort", ""),
        fields=field_names(kind, values.get("fields", "")),
        cursor=values.get("cursor", ""),
        limit=number(values, "limit", 50, MAX_LIMIT),
        deleted=flag(values, "deleted"),
    )
    try:
        content = _page(call, kind, _searched(call.actor, wanted, values), values)
    except Invalid as error:
        # These are query parameters: their names stand in the text, as a JSON pointer has nothing to point at.
        raise InvalidAt({"": [f"{name}: {text}" for name, texts in error.errors.items() for text in texts]}) from error
    return answer(content)


def _searched(actor: Actor, wanted: ListQuery, values: dict[str, str]) -> ListQuery:
    """The list narrowed to what `q` finds."""
    text = values.get("q", "").strip()
    if not text:
        return wanted
    # The best hits are the page, unless something else chooses among them or counts them.
    further = wanted.criteria or wanted.sort or wanted.deleted or flag(values, "count")
    limit = MAX_LIMIT if further else wanted.limit
    return replace(wanted, ids=find_ids(actor, registry.get(wanted.object), text[:MAX_QUERY], limit=limit))


def _page(call: Call, kind: ObjectType, wanted: ListQuery, values: dict[str, str]) -> dict[str, Any]:
    if wanted.ids is not None and not wanted.sort:
        content: dict[str, Any] = {"data": _best_first(call, kind, wanted), "next": None}
    else:
        try:
            page = page_of(call.actor, call.plans, kind, wanted)
        except (ValueError, TypeError, ArithmeticError, ValidationError) as error:
            if not wanted.cursor:
                raise
            # A forged cursor whose value does not fit the column.
            raise Invalid({"cursor": [_("The cursor does not belong to this list.")]}) from error
        content = {"data": page.rows, "next": page.next}
    if flag(values, "count"):
        content["count"], content["count_exact"] = count_records(call.actor, wanted)
    return content


def _best_first(call: Call, kind: ObjectType, wanted: ListQuery) -> list[dict[str, Any]]:
    """The records found, in the order of the search."""
    ids = list(wanted.ids or ())
    if wanted.criteria or wanted.deleted:
        kept = set(filtered(call.actor, wanted).values_list("id", flat=True))
        ids = [key for key in ids if key in kept]
    rows = rows_of(call, kind, ids[: wanted.limit], wanted.fields)
    return [rows[key] for key in ids if key in rows]


def criteria_in(text: str) -> Any:
    """The filter of an address. Raises `InvalidAt`."""
    if not text.strip():
        return {}
    try:
        criteria = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidAt({"": [f"filter: {_('JSON is expected.')}"]}) from None
    if not isinstance(criteria, dict):
        raise InvalidAt({"": [f"filter: {_('The filter is not well formed.')}"]})
    return criteria


def get_call(call: Call) -> HttpResponse:
    """GET /{plural}/{id}: one record with its entity tag; 304 when the caller has this version."""
    values = query(call.request, ("fields", "as_of"))
    kind = call.object_type
    require(call.actor, kind.name, "view")
    if values.get("as_of"):
        return as_of_answer(call, values["as_of"])
    try:
        row = row_of(call, kind, call.id, field_names(kind, values.get("fields", "")))
    except Invalid as error:
        raise InvalidAt({"": [f"fields: {error.message}"]}) from error
    except NotFound:
        survivor = survivor_of(call.actor, kind.name, call.id) if kind.mergeable else None
        if survivor is None:
            raise
        return HttpResponse(status=307, headers={"Location": f"{PREFIX}/{kind.plural}/{survivor}"})
    if call.request.headers.get("If-None-Match", "").strip() == etag(row["version"]):
        return HttpResponseNotModified(headers={"ETag": etag(row["version"])})
    return record_answer(kind, row)


def history_call(call: Call) -> HttpResponse:
    """GET /{plural}/{id}/history: the last hundred changes, newest first; with `field` the values of that field, oldest first."""
    field = query(call.request, ("field",)).get("field", "")
    if field:
        return field_answer(call, field)
    require(call.actor, call.object_type.name, "view")
    get_record(call.actor, call.object_type.name, call.id)
    lines = read_history(call.actor, call.object_type.name, call.id)
    data = [
        {
            "version": line.version,
            "at": plain(line.at),
            "by": line.who,
            "on_behalf_of": line.behalf or None,
            "action": line.action,
            "via": line.via,
            "changes": [{"field": name, "before": before, "after": after} for name, before, after in line.changes],
        }
        for line in lines
    ]
    return answer({"data": data, "next": None})


def search_call(call: Call) -> HttpResponse:
    """GET /search?q=: records of all objects that contain the text, best first."""
    values = query(call.request, ("q", "objects", "limit"))
    names = [name.strip() for name in values.get("objects", "").split(",") if name.strip()]
    kinds = [registry.by_plural(name) for name in names]
    unknown = [name for name, kind in zip(names, kinds, strict=True) if kind is None]
    if unknown:
        raise InvalidAt({"": [_("objects: there is no collection “%(name)s”.") % {"name": unknown[0][:60]}]})
    wanted = [kind.name for kind in kinds if kind is not None] or None
    limit = number(values, "limit", 20, 100)
    hits = search(call.actor, values.get("q", "")[:MAX_QUERY], objects=wanted, limit=limit, texts=True)
    titles = _titles(call, [(hit.object, hit.id) for hit in hits])
    data = [
        {
            "object": hit.object,
            "collection": registry.get(hit.object).plural,
            "id": str(hit.id),
            "label": titles[hit.id],
            "field": hit.field,
            "text": hit.text,
        }
        for hit in hits
        if hit.id in titles
    ]
    return answer({"data": data, "next": None})


def _titles(call: Call, found: list[tuple[str, UUID]]) -> dict[UUID, str]:
    """The titles of records found; one that has left the actor's sight meanwhile is missing."""
    titles: dict[UUID, str] = {}
    for name in dict.fromkeys(name for name, _key in found):
        kind = registry.get(name)
        rows = rows_of(call, kind, [key for owner, key in found if owner == name], [kind.title])
        titles |= {key: str(row.get(kind.title) or "") for key, row in rows.items()}
    return titles
