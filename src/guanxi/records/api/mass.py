"""Operations on many records: begin one, see how far it is, stop it, take it back, read what it left. And merging, which is one.

POST /{plural}/operations        POST /{plural}/{id}/merge
GET  /operations   /operations/{id}   /operations/{id}/left      POST /operations/{id}/cancel   /operations/{id}/undo
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.api.calls import PREFIX, Call, answer, number, object_body, query
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.problems import InvalidAt, pointer
from guanxi.records.api.shapes import wrong_types
from guanxi.records.api.writing import expected_version, fields_for
from guanxi.records.lists import MAX_LIMIT, ListQuery
from guanxi.records.merging import merge_records
from guanxi.records.models import Operation
from guanxi.records.operations import (
    MASS_ACTIONS,
    MassAction,
    Selection,
    cancel_operation,
    get_operation,
    list_operations,
    may_undo,
    refusals_of,
    start_operation,
    start_undo,
)
from guanxi.records.registry import ObjectType
from guanxi.records.values import plain

OBJECT = "operation"
# Parameters of the actions whose dialogs ask in a way of their own.
PARAMS = {"edit": ("values",), "tag": ("add", "remove"), "assign": ("owner", "team")}


def start_call(call: Call) -> HttpResponse:
    """POST /{plural}/operations: do the same to many records; 200 when it is done already, 202 while the worker is at it."""
    query(call.request, ())
    kind = call.object_type

    def begin() -> Outcome:
        content = object_body(call.request)
        action = _action(content)
        require(call.actor, kind.name, action.permission)
        params = _params(call.actor, kind, action, content)
        selection = _selection(kind, action, content)
        try:
            made = start_operation(call.actor, kind.name, action.key, params, selection)
        except Invalid as refusal:
            raise _located(refusal, params) from refusal
        return Outcome(_status(made), OBJECT, (made.id,), _answer(made))

    return once(call, "view", begin, again=lambda key: _shown(call, key))


def list_call(call: Call) -> HttpResponse:
    """GET /operations: the caller's, newest first; everybody's for an administrator."""
    values = query(call.request, ("cursor", "limit"))
    limit = number(values, "limit", 50, MAX_LIMIT)
    before = get_operation(call.actor, _key(values["cursor"])) if values.get("cursor") else None
    found = list_operations(call.actor, before=before, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return answer({"data": [_row(one) for one in found[:limit]], "next": following})


def get_call(call: Call) -> HttpResponse:
    """GET /operations/{id}: its state."""
    query(call.request, ())
    return _shown(call, call.id)


def left_call(call: Call) -> HttpResponse:
    """GET /operations/{id}/left: records that it left as they are, with the reason."""
    values = query(call.request, ("cursor", "limit"))
    limit = number(values, "limit", 50, MAX_LIMIT)
    operation = get_operation(call.actor, call.id)
    after = _key(values["cursor"]) if values.get("cursor") else None
    found, more = refusals_of(call.actor, operation, after=after, limit=limit)
    data = [
        {
            "id": str(one.record_id),
            "collection": registry.get(one.object).plural,
            "label": one.label,
            "reason": one.reason,
        }
        for one in found
    ]
    return answer({"data": data, "next": str(more) if more else None})


def cancel_call(call: Call) -> HttpResponse:
    """POST /operations/{id}/cancel: stop after the part that is running."""
    query(call.request, ())
    return once(call, "view", lambda: _outcome(cancel_operation(call.actor, call.id)), again=lambda key: _shown(call, key))  # fmt: skip


def undo_call(call: Call) -> HttpResponse:
    """POST /operations/{id}/undo: take it back; the answer is the operation that does it."""
    query(call.request, ())
    return once(call, "view", lambda: _outcome(start_undo(call.actor, call.id)), again=lambda key: _shown(call, key))


def merge_call(call: Call) -> HttpResponse:
    """POST /{plural}/{id}/merge: make other records a part of this one; the answer is the operation, by which it is undone."""
    query(call.request, ())
    kind = call.object_type

    def merge() -> Outcome:
        content = object_body(call.request)
        _known(content, ("ids", "choices"))
        choices = content.get("choices", {})
        if not isinstance(choices, dict) or not all(isinstance(one, str) for one in choices.values()):
            raise InvalidAt({pointer("choices"): [_("A JSON object is expected.")]})
        version = expected_version(call, "edit")
        versions = {} if version is None else {call.id: version}
        try:
            made = merge_records(
                call.actor, kind.name, call.id, _keys(content, "ids"), choices=choices, versions=versions
            )
        except Invalid as refusal:
            raise _located(refusal, {}, inside="choices") from refusal
        return Outcome(200, OBJECT, (made.id,), _answer(made))

    return once(call, "edit", merge, again=lambda key: _shown(call, key))


def _action(content: Mapping[str, Any]) -> MassAction:
    key = content.get("action")
    found = MASS_ACTIONS.get(key) if isinstance(key, str) else None
    if found is None:
        known = ", ".join(key for key, _action in MASS_ACTIONS.items())
        raise InvalidAt({pointer("action"): [_("One of %(known)s is expected.") % {"known": known}]})
    return found


def _params(actor: Actor, kind: ObjectType, action: MassAction, content: Mapping[str, Any]) -> dict[str, Any]:
    inputs = action.inputs(actor, kind)
    if inputs is None:
        raise InvalidAt({pointer("action"): [_("This cannot be done with records of this kind.")]})
    names = PARAMS.get(action.key, tuple(item.name for item in inputs))
    _known(content, ("action", "ids", "criteria", *names))
    values = content.get("values")
    if action.key == "edit" and isinstance(values, dict):
        wrong = wrong_types(values, fields_for(kind, values))
        if wrong:
            raise InvalidAt({pointer("values", name): texts for name, texts in wrong.items()})
    return {name: content[name] for name in names if name in content}


def _selection(kind: ObjectType, action: MassAction, content: Mapping[str, Any]) -> Selection:
    if ("ids" in content) == ("criteria" in content):
        raise InvalidAt({"": [_("Give either ids or criteria; {} are all records.")]})
    if "ids" in content:
        return Selection(ids=_keys(content, "ids"))
    criteria = content["criteria"]
    if not isinstance(criteria, dict):
        raise InvalidAt({pointer("criteria"): [_("A JSON object is expected.")]})
    return Selection(query=ListQuery(object=kind.name, criteria=criteria, deleted=action.deleted))


def _known(content: Mapping[str, Any], names: Sequence[str]) -> None:
    strange = {pointer(name): [_("There is no such member.")] for name in content if name not in names}
    if strange:
        raise InvalidAt(strange)


def _keys(content: Mapping[str, Any], name: str) -> list[UUID]:
    given = content.get(name)
    try:
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValueError
        return [UUID(one) for one in given]
    except ValueError:
        raise InvalidAt({pointer(name): [_("A list of the ids of records is expected.")]}) from None


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidAt({"": [f"cursor: {_('The cursor does not belong to this list.')}"]}) from None


# What services call otherwise than the body does.
_MEMBERS = {"field": "values", "filter": "criteria", "": ""}
_OWN = ("ids", "add", "remove", "owner", "team", *_MEMBERS)


def _located(refusal: Invalid, params: Mapping[str, Any], inside: str = "values") -> Invalid:
    """Messages at the members of the body that caused them."""
    if isinstance(refusal, InvalidAt):
        return refusal
    nested = inside != "values" or "values" in params
    found: dict[str, list[str]] = {}
    for name, texts in refusal.errors.items():
        member = _MEMBERS.get(name, name)
        place = pointer(inside, name) if nested and name not in _OWN else pointer(member) if member else ""
        found[place] = texts
    return InvalidAt(found)


def _shown(call: Call, key: UUID) -> HttpResponse:
    return _answer(get_operation(call.actor, key))


def _outcome(operation: Operation) -> Outcome:
    return Outcome(_status(operation), OBJECT, (operation.id,), _answer(operation))


def _answer(operation: Operation) -> HttpResponse:
    headers = {"Location": f"{PREFIX}/operations/{operation.id}"}
    return answer(_row(operation), _status(operation), headers)


def _status(operation: Operation) -> int:
    return 202 if operation.state in ("waiting", "running") else 200


def _row(operation: Operation) -> dict[str, Any]:
    return {
        "id": str(operation.id),
        "action": operation.action,
        "collection": registry.get(operation.object).plural,
        "state": operation.state,
        "total": operation.total,
        "done": operation.done,
        "left": operation.refused,
        "error": operation.error,
        "by": plain(operation.member_id),
        "created_at": plain(operation.created_at),
        "finished_at": plain(operation.finished_at),
        "may_undo": may_undo(operation),
        "undoes": plain(operation.undoes),
        "undone_by": plain(operation.undone_by),
    }
