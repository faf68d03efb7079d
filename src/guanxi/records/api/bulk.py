"""POST /{plural}/bulk: a list of operations, all or none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Stale
from guanxi.core.ids import new_id
from guanxi.identity.permissions import require
from guanxi.records.api.calls import BULK_LIMIT, Call, answer, json_body, query
from guanxi.records.api.doubts import refuse_doubts
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.problems import InvalidAt, located_refusal, pointer
from guanxi.records.api.representation import rows_of
from guanxi.records.api.shapes import located, wrong_types
from guanxi.records.api.writing import fields_for, own_fields
from guanxi.records.changes import AnyChange, Create, Delete, Restore, Update, change_records
from guanxi.records.custom import completed
from guanxi.records.operations.running import log_at_once
from guanxi.records.queries import visible_records

MAX_OPERATIONS = 1000
ACTIONS = {"create": "create", "update": "edit", "delete": "delete", "restore": "delete"}
MEMBERS = {
    "create": {"op", "values"},
    "update": {"op", "id", "version", "values"},
    "delete": {"op", "id", "version"},
    "restore": {"op", "id"},
}
_LATEST_VERSION = 2**31 - 1


def bulk_call(call: Call) -> HttpResponse:
    """Carry out the operations in their order; the first refusal takes everything back and points at what is wrong."""
    query(call.request, ())
    return once(call, "view", lambda: _carry_out(call))


def _carry_out(call: Call) -> Outcome:
    changes = _parsed(call, json_body(call.request, BULK_LIMIT))
    for action in dict.fromkeys(ACTIONS[_op(change)] for change in changes):
        require(call.actor, call.object_type.name, action)
    records: list[Any] = []
    acting = replace(call, actor=call.actor.within(new_id()))
    for run in _runs(changes):
        records += _change(acting, run, len(records))
    written = [(place, record, change.values) for place, (record, change) in enumerate(zip(records, changes, strict=True))
               if isinstance(change, Create | Update)]  # fmt: skip
    refuse_doubts(acting, written)
    log_at_once(acting.actor, call.object_type.name, len(records))
    ids = tuple(record.id for record in records)
    rows = rows_of(call, call.object_type, ids)
    data = [rows.get(record.id) or _named(record) for record in records]
    return Outcome(200, call.object_type.name, ids, answer({"data": data}), many=True)


def _named(record: Any) -> dict[str, Any]:
    return {"id": str(record.id), "version": record.version}


def _runs(changes: Sequence[AnyChange]) -> Iterator[list[AnyChange]]:
    """Neighbours of one kind go to the write path together; a second change of one record starts a new part."""
    for _kind, group in groupby(changes, key=type):
        run: list[AnyChange] = []
        seen: set[UUID] = set()
        for change in group:
            if change.id in seen:
                yield run
                run, seen = [], set()
            run.append(change)
            seen.add(change.id)
        yield run


def _change(call: Call, run: list[AnyChange], position: int) -> list[Any]:
    try:
        return change_records(call.actor, call.object_type.name, run)
    except Invalid as error:
        raise located(error, position, len(run)) from error
    except (NotFound, NotAllowed, Stale, Conflict) as error:
        raise _blamed(call, run, position, error) from error


def _blamed(call: Call, run: list[AnyChange], position: int, error: Refused) -> Refused:
    """The refusal with pointers to the operations that caused it, as far as they can be told apart."""
    if len(run) == 1:
        return located_refusal(error, {pointer(position): error.message})
    action = ACTIONS[_op(run[0])]
    rows = visible_records(call.actor, call.object_type.name, action, deleted=isinstance(run[0], Restore))
    versions = dict(rows.filter(id__in=[change.id for change in run]).values_list("id", "version"))
    guilty = {
        pointer(position + index): error.message
        for index, change in enumerate(run)
        if not isinstance(change, Create) and _is_guilty(change, versions, error)
    }
    return located_refusal(error, guilty)


def _is_guilty(change: Update | Delete | Restore, versions: dict[UUID, int], error: Refused) -> bool:
    if isinstance(error, Stale):
        version = getattr(change, "version", None)
        return version is not None and version != versions.get(change.id)
    return change.id not in versions


def _op(change: AnyChange) -> str:
    return type(change).__name__.lower()


def _parsed(call: Call, content: Any) -> list[AnyChange]:
    if not isinstance(content, list):
        raise InvalidAt({"": [_("A list of operations is expected.")]})
    if not 1 <= len(content) <= MAX_OPERATIONS:
        raise InvalidAt({"": [_("Give 1 to %(most)d operations.") % {"most": MAX_OPERATIONS}]})
    errors: dict[str, list[str]] = {}
    changes = [_operation(call, item, index, errors) for index, item in enumerate(content)]
    if errors:
        raise InvalidAt(errors)
    return [change for change in changes if change is not None]


def _operation(call: Call, item: Any, index: int, errors: dict[str, list[str]]) -> AnyChange | None:
    """One operation; what is wrong with it goes into `errors`."""
    op = item.get("op") if isinstance(item, dict) else None
    known = [name for name in MEMBERS if call.object_type.creatable or name != "create"]
    if not isinstance(op, str) or op not in known:
        errors[pointer(index, "op")] = [_("One of %(known)s is expected.") % {"known": ", ".join(known)}]
        return None
    found = _member_errors(item, op)
    values = item.get("values", {})
    if "values" in MEMBERS[op] and "values" not in found:
        wrong = wrong_types(values, fields_for(call.object_type, values))
        errors |= {pointer(index, "values", name): texts for name, texts in wrong.items()}
    errors |= {pointer(index, name): [text] for name, text in found.items()}
    if found:
        return None
    if op == "create":
        return Create(completed(call.actor, call.object_type, own_fields(call), values))
    key, version = UUID(item["id"]), item.get("version")
    if op == "update":
        return Update(key, values, version)
    return Delete(key, version) if op == "delete" else Restore(key)


def _member_errors(item: dict[str, Any], op: str) -> dict[str, str]:
    found = {name: _("There is no such member.") for name in item if name not in MEMBERS[op]}
    if "values" in MEMBERS[op] and not isinstance(item.get("values"), dict):
        found["values"] = _("A JSON object is expected.")
    if "id" in MEMBERS[op] and not _is_uuid(item.get("id")):
        found["id"] = _("The id of a record is expected.")
    version = item.get("version")
    if version is not None and not (type(version) is int and 0 < version <= _LATEST_VERSION):
        found["version"] = _("A whole number is expected.")
    return found


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
