"""The tenant's own fields: listing, making, changing, removing, bringing back and purging them; administrators only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, Stale
from guanxi.identity.permissions import require_admin
from guanxi.records.api.calls import PREFIX, Call, answer, etag, flag, nothing, object_body, query
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.writing import versions_matched
from guanxi.records.derived.definitions import RESULTS
from guanxi.records.derived.preview import preview
from guanxi.records.models import CustomField
from guanxi.records.own_fields import (
    CREATABLE,
    EDITABLE,
    change_field,
    create_field,
    describe,
    get_field,
    list_fields,
    next_code_of,
    objects_with_fields,
    purge_field,
    remove_field,
    restore_field,
)

OBJECT = "custom_field"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "required": (bool,),
    "several": (bool,),
    "position": (int,),
    "choices": (list,),
    "rollup": (dict,),
}


def list_call(call: Call) -> HttpResponse:
    """GET /fields: the fields of one object or of all; with `deleted` those that were removed."""
    values = query(call.request, ("object", "deleted"))
    rows = list_fields(call.actor, values.get("object", ""), removed=flag(values, "deleted"))
    return answer({"data": [_row(row) for row in rows], "next": None})


def get_call(call: Call) -> HttpResponse:
    """GET /fields/{id}."""
    query(call.request, ())
    return _shown(call, call.id)


def create_call(call: Call) -> HttpResponse:
    """POST /fields: a new field, usable at once."""
    query(call.request, ())
    require_admin(call.actor)

    def create() -> Outcome:
        row = create_field(call.actor, _body(call, CREATABLE))
        return Outcome(201, OBJECT, (row.id,), _answer(row, 201))

    return once(call, "edit", create, again=lambda key: _shown(call, key, 201))


def update_call(call: Call) -> HttpResponse:
    """PATCH /fields/{id}: what the body names; with If-Match only if nobody changed the field since."""

    def update() -> HttpResponse:
        values = _body(call, EDITABLE)
        return _answer(change_field(call.actor, call.id, values, version=_version(call)))

    return _once(call, update)


def delete_call(call: Call) -> HttpResponse:
    """DELETE /fields/{id}: out of use, its values stay until it is purged."""

    def delete() -> HttpResponse:
        remove_field(call.actor, call.id, version=_version(call))
        return nothing()

    return _once(call, delete)


def try_call(call: Call) -> HttpResponse:
    """POST /fields/try: check a formula and calculate it for the record changed last; nothing is kept."""
    query(call.request, ())
    require_admin(call.actor)
    values = object_body(call.request)
    wanted = {"object": "", "formula": "", "result": "", **values}
    kind = next((one for one in objects_with_fields(call.actor) if one.name == wanted["object"]), None)
    errors = {name: [_("There is no such field.")] for name in values if name not in ("object", "formula", "result")}
    if kind is None:
        errors["object"] = [_("Choose an object.")]
    if not isinstance(wanted["formula"], str):
        errors["formula"] = [_("Text is expected.")]
    if wanted["result"] not in ("", *RESULTS):
        errors["result"] = [_("Choose what the field holds.")]
    if errors or kind is None:
        raise Invalid(errors)
    state = preview(call.actor, kind, wanted["formula"], wanted["result"])
    error = state.error and {"text": state.error.text, "start": state.error.start, "end": state.error.end}
    return answer({"type": state.type, "value": state.value, "record": state.record, "error": error})


def restore_call(call: Call) -> HttpResponse:
    """POST /fields/{id}/restore: back with its values."""
    return _once(call, lambda: _answer(restore_field(call.actor, call.id)))


def purge_call(call: Call) -> HttpResponse:
    """POST /fields/{id}/purge: for good, with its values in all records; the work is done in the background."""

    def purge() -> HttpResponse:
        purge_field(call.actor, call.id)
        return nothing()

    return _once(call, purge)


def _once(call: Call, write: Callable[[], HttpResponse]) -> HttpResponse:
    """A write to the field that the address names; a repetition is answered with the field as it is now."""
    query(call.request, ())
    require_admin(call.actor)

    def run() -> Outcome:
        response = write()
        return Outcome(response.status_code, OBJECT, (call.id,), response)

    def again(key: UUID) -> HttpResponse:
        shows = call.request.method == "PATCH" or call.request.path.endswith("/restore")
        return _shown(call, key) if shows else nothing()

    return once(call, "edit", run, again=again)


def _shown(call: Call, key: UUID, status: int = 200) -> HttpResponse:
    return _answer(get_field(call.actor, key), status)


def _answer(row: CustomField, status: int = 200) -> HttpResponse:
    headers = {"ETag": etag(row.version)}
    if status == 201:
        headers["Location"] = f"{PREFIX}/fields/{row.id}"
    return answer(_row(row), status, headers)


def _row(row: CustomField) -> dict[str, Any]:
    shown = {"id": str(row.id), "version": row.version, **describe(row)}
    further = {"position": row.position, "next_code": next_code_of(row), "removed": row.deleted_at is not None}
    return shown | further


def _body(call: Call, known: Sequence[str]) -> dict[str, Any]:
    values = object_body(call.request)
    errors = {name: [_("There is no such field.")] for name in values if name not in known}
    for name, value in values.items():
        if name in known and value is not None and name != "default" and not _fits(name, value):
            errors[name] = [
                _("Text is expected.") if name not in _TYPES else _("The value does not have the right type.")
            ]
    if errors:
        raise Invalid(errors)
    return values


def _fits(name: str, value: Any) -> bool:
    wanted = _TYPES.get(name, (str,))
    return isinstance(value, wanted) and (wanted != (int,) or not isinstance(value, bool))


def _version(call: Call) -> int | None:
    """The version that If-Match demands, or None without the header. Raises `Stale` when it cannot match."""
    versions = versions_matched(call)
    if versions is None:
        return None
    if len(versions) == 1:
        return next(iter(versions))
    current = get_field(call.actor, call.id).version
    if current not in versions:
        raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=current, current={})
    return current
