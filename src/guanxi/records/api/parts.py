"""What belongs to a record: its lines and other rows, and the documents made of it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed, NotFound, Stale
from guanxi.core.ids import new_id
from guanxi.identity.permissions import matchable, require
from guanxi.records.api.calls import PREFIX, Call, answer, nothing, object_body, query
from guanxi.records.api.commands import cleaned_values
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.problems import InvalidAt
from guanxi.records.api.writing import versions_matched
from guanxi.records.external import external_part
from guanxi.records.parts import Document, Part
from guanxi.records.queries import get_record
from guanxi.records.registry import ObjectType
from guanxi.records.sharing.part import shares_part
from guanxi.records.values import plain

Handler = Callable[[Call], HttpResponse]


def parts_of(kind: ObjectType) -> tuple[Part, ...]:
    """The rows of a record of this object, with those that any record has."""
    return (*kind.parts, external_part(kind.name), shares_part(kind.name))


def part_methods(part: Part) -> dict[str, Handler]:
    """The functions by method of /{plural}/{id}/{part}."""
    methods: dict[str, Handler] = {"GET": lambda call: part_call(call, part)}
    if part.add is not None:
        methods["POST"] = lambda call: _add(call, part)
    return methods


def row_methods(part: Part, row_id: UUID) -> dict[str, Handler]:
    """The functions by method of /{plural}/{id}/{part}/{row}."""
    if "id" not in part.columns:
        return {}
    methods: dict[str, Handler] = {"GET": lambda call: _get(call, part, row_id)}
    if part.change is not None:
        methods["PATCH"] = lambda call: _change(call, part, row_id)
    if part.remove is not None:
        methods["DELETE"] = lambda call: _remove(call, part, row_id)
    return methods


def part_call(call: Call, part: Part) -> HttpResponse:
    """GET /{plural}/{id}/{part}: all rows in their order."""
    query(call.request, ())
    return answer({"data": _rows(call, part), "next": None})


def _get(call: Call, part: Part, row_id: UUID) -> HttpResponse:
    query(call.request, ())
    return answer(_row(call, part, row_id))


def _add(call: Call, part: Part) -> HttpResponse:
    add = part.add
    assert add is not None

    def write() -> HttpResponse:
        values = cleaned_values(part.takes, object_body(call.request))
        _check_version(call)
        return _made(call, part, add(call.actor, call.id, **values))

    return _written(call, write, lambda key: _made(call, part, key))


def _change(call: Call, part: Part, row_id: UUID) -> HttpResponse:
    change = part.change
    assert change is not None

    def write() -> HttpResponse:
        values = cleaned_values(part.changeable, object_body(call.request), given_only=True)
        _row(call, part, row_id)
        _check_version(call)
        change(call.actor, call.id, row_id, **values)
        return answer(_row(call, part, row_id))

    return _written(call, write, lambda _key: answer(_row(call, part, row_id)))


def _remove(call: Call, part: Part, row_id: UUID) -> HttpResponse:
    remove = part.remove
    assert remove is not None

    def write() -> HttpResponse:
        _row(call, part, row_id)
        _check_version(call)
        remove(call.actor, call.id, row_id)
        return nothing()

    return _written(call, write, lambda _key: nothing())


def _written(call: Call, write: Callable[[], HttpResponse], again: Callable[[UUID], HttpResponse]) -> HttpResponse:
    """A write to a row of a record that the actor may edit, once for an Idempotency-Key."""
    query(call.request, ())
    require(call.actor, call.object_type.name, "edit")
    get_record(call.actor, call.object_type.name, call.id, "edit")

    def run() -> Outcome:
        response = write()
        key = response.headers.get("Location", "").rpartition("/")[2]
        return Outcome(response.status_code, call.object_type.name, (UUID(key) if key else new_id(),), response)

    return once(call, "edit", run, again=again)


def _check_version(call: Call) -> None:
    """If-Match is about the record whose rows these are; it is locked, so that nobody changes it in between."""
    versions = versions_matched(call)
    if versions is None:
        return
    model: Any = call.object_type.model
    current = model.objects.select_for_update().values_list("version", flat=True).get(id=call.id)
    if current not in versions:
        raise Stale(_("Somebody saved this record while you were editing."), version=current, current={})


def _made(call: Call, part: Part, key: UUID) -> HttpResponse:
    path = f"{PREFIX}/{call.object_type.plural}/{call.id}/{part.key}/{key}"
    return answer(_row(call, part, key), 201, {"Location": path})


def _row(call: Call, part: Part, row_id: UUID) -> Mapping[str, Any]:
    found = next((row for row in _rows(call, part) if row["id"] == str(row_id)), None)
    if found is None:
        raise NotFound(_("There is no such entry."))
    return found


def _rows(call: Call, part: Part) -> list[dict[str, Any]]:
    """The rows that the actor may see, as JSON."""
    require(call.actor, call.object_type.name, "view")
    record = get_record(call.actor, call.object_type.name, call.id)
    return [{name: plain(value) for name, value in row.items()} for row in part.rows(call.actor, record)]


def document_call(call: Call, document: Document) -> HttpResponse:
    """GET /{plural}/{id}/{document}: the file, in the language asked for or else the record's own."""
    values = query(call.request, ("lang",))
    require(call.actor, call.object_type.name, "view")
    record = get_record(call.actor, call.object_type.name, call.id)
    if not all(matchable(call.actor, call.object_type.name, name) for name in document.needs):
        raise NotAllowed(_("The document tells what your role does not show."))
    language = values.get("lang", "")
    if language and language not in document.languages:
        known = ", ".join(document.languages)
        raise InvalidAt({"": [_("“lang” is one of: %(known)s.") % {"known": known}]})
    name, content = document.make(record, language)
    response = HttpResponse(content, content_type=document.content_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
