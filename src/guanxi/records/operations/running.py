"""Carrying an operation out: at once for few records, else part by part in the worker, where it can be watched and stopped.

A part is one transaction: what it did, how far it came and who was refused are stored together. A worker that dies takes its part
back with it, and the next one goes on behind the last part that was stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound, Refused
from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.identity.queries import actor_of_user
from guanxi.records import registry
from guanxi.records.lists import ListQuery, count_records, filtered
from guanxi.records.models import Operation, OperationItem
from guanxi.records.operations.actions import MASS_ACTIONS, MassAction
from guanxi.records.operations.carrying import Refusals
from guanxi.records.operations.reading import FINISHED, get_operation

AT_ONCE = 500
PART = 500
MOST_IDS = 10_000
_FIRST = UUID(int=0)
_ONES = """INSERT INTO records_operationitem (id, tenant_id, operation_id, record_id, object, reason)
           SELECT gen_random_uuid(), %s, %s, s.id, %s, '' FROM """


@dataclass(frozen=True)
class Selection:
    """Which records: those of `ids`, or all that a list shows (`query`, of which cursor, sort and limit do not matter)."""

    ids: Sequence[UUID] = ()
    query: ListQuery | None = None


# Runs one part of an operation; True when it was the last. Operations that are no mass action add theirs.
Part = Callable[[Actor, Operation, int], bool]
PARTS: dict[str, Part] = {}


def start_operation(
    actor: Actor, object_name: str, action: str, params: Mapping[str, Any], selection: Selection
) -> Operation:
    """Begin to do `action` to the selection; few records are dealt with before this returns, more by the worker.

    Raises `Invalid` (parameters, an empty or too large selection), `NotAllowed`, `NotFound` (an unknown action).
    """
    with tenant_tx(actor.tenant_id):
        kind = registry.get(object_name)
        found = _action(action)
        require(actor, kind.name, found.permission)
        stored = found.check(actor, kind, params)
        operation = Operation(
            action=action, object=kind.name, params=stored, selection=_stored(selection), **_ordered_by(actor)
        )
        count = _count(actor, kind.name, selection)
        operation.save(force_insert=True)
        if selection.query is None or count <= AT_ONCE:
            _take(actor, operation, selection)
            operation.save(update_fields=["total"])
        return go_on(actor, operation, at_once=count <= AT_ONCE)


def go_on(actor: Actor, operation: Operation, *, at_once: bool) -> Operation:
    """Run the whole operation here and now, or leave it to the worker when this transaction has been committed."""
    if at_once:
        while not run_part(actor, operation):
            pass
    else:
        enqueue(run_operation, actor.tenant_id, operation_id=operation.id, once_key=f"operation-{operation.id}")
    return operation


def log_operation(
    actor: Actor,
    *,
    action: str,
    object_name: str,
    batch_id: UUID,
    done: int,
    refused: int = 0,
    params: Mapping[str, Any] | None = None,
    state: str = "done",
) -> Operation:
    """Tell of a change to many records that was carried out elsewhere under `actor.within(batch_id)`; a second call corrects the figures."""
    with tenant_tx(actor.tenant_id):
        values = {"total": done + refused, "done": done, "refused": refused, "state": state}
        values |= {"params": dict(params or {}), "finished_at": timezone.now() if state in FINISHED else None}
        given = {"action": action, "object": object_name, **_ordered_by(actor), **values}
        operation, _made = Operation.objects.update_or_create(id=batch_id, defaults=values, create_defaults=given)
        return operation  # type: ignore[no-any-return]


def cancel_operation(actor: Actor, operation_id: UUID) -> Operation:
    """Stop after the part that is running; what was done stays done. Raises `Conflict` when it is over, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        get_operation(actor, operation_id)
        operation: Operation = Operation.objects.select_for_update().get(id=operation_id)
        if operation.state in FINISHED:
            raise Conflict(_("The operation is over already."))
        operation.stop_wanted = True
        if operation.state == "waiting":
            finish(operation, "cancelled")
        operation.save()
        return operation


def run_to_end(tenant_id: UUID, operation_id: UUID) -> Operation:
    """Carry out what is left, each part in a transaction of its own; returns the operation at its end."""
    while not _next_part(tenant_id, operation_id):
        pass
    with tenant_tx(tenant_id):
        return Operation.objects.get(id=operation_id)  # type: ignore[no-any-return]


@job(name="records.run_operation", in_transaction=False)
def run_operation(tenant_id: UUID, operation_id: UUID) -> None:
    """Carry out an operation in the name of the person who ordered it; goes on where a dead worker left off."""
    run_to_end(tenant_id, operation_id)


def run_part(actor: Actor, operation: Operation, size: int = PART) -> bool:
    """Deal with the next records in the running transaction; True when all are done."""
    run = PARTS.get(operation.action, _run_items)
    over = run(actor.within(operation.id), operation, size)
    if over and operation.state not in FINISHED:
        finish(operation, "done")
    operation.save()
    return over


def finish(operation: Operation, state: str, error: str = "") -> None:
    """Mark the end of an operation; what an undo did not come to may be taken back by another."""
    operation.state, operation.error, operation.finished_at = state, error, timezone.now()
    if operation.undoes and state != "done":
        Operation.objects.filter(id=operation.undoes, undone_by=operation.id).update(undone_by=None)


def keep_refusals(operation: Operation, refused: Refusals, objects: Mapping[UUID, str] | None = None) -> None:
    """Remember who was refused and why, for records without an item of their own."""
    rows = [
        OperationItem(
            operation=operation, record_id=key, object=(objects or {}).get(key, operation.object), reason=reason
        )
        for key, reason in refused
    ]
    OperationItem.objects.bulk_create(rows, ignore_conflicts=True)


def _next_part(tenant_id: UUID, operation_id: UUID) -> bool:
    try:
        with tenant_tx(tenant_id):
            operation = Operation.objects.select_for_update().filter(id=operation_id).first()
            if operation is None or operation.state in FINISHED:
                return True
            actor = None if operation.stop_wanted else _actor_of(operation)
            if actor is None:
                _break_off(operation)
                return True
            with translation.override(actor.language):
                return run_part(actor, operation)
    except Refused as refusal:
        # Nothing can be done for any record, e.g. because the role lost the right: repetition would not change it.
        with tenant_tx(tenant_id):
            operation = Operation.objects.select_for_update().get(id=operation_id)
            finish(operation, "failed", refusal.message)
            operation.save()
        return True


def _break_off(operation: Operation) -> None:
    if operation.stop_wanted:
        finish(operation, "cancelled")
    else:
        finish(operation, "failed", _("Whoever ordered this may not sign in any more."))
    operation.save()


def _run_items(actor: Actor, operation: Operation, size: int) -> bool:
    kind = registry.get(operation.object)
    action = _action(operation.action)
    require(actor, kind.name, action.permission)
    if operation.state == "waiting":
        operation.state = "running"
        if "criteria" in operation.selection and not operation.items.exists():
            _take(actor, operation, _selection_of(operation))
    items = OperationItem.objects.filter(operation=operation, record_id__gt=operation.position or _FIRST)
    ids = list(items.order_by("record_id").values_list("record_id", flat=True)[:size])
    if not ids:
        return True
    refused = dict(action.run(actor, kind, operation.params, ids))
    done = OperationItem.objects.filter(operation=operation, record_id__in=set(ids) - set(refused))
    done.delete()
    for key, text in refused.items():
        OperationItem.objects.filter(operation=operation, record_id=key).update(reason=text or "–")
    operation.position = ids[-1]
    operation.done += len(ids) - len(refused)
    operation.refused += len(refused)
    return len(ids) < size


def _take(actor: Actor, operation: Operation, selection: Selection) -> None:
    """Write down which records are meant, at this moment; those that come into the filter later are not."""
    head: list[Any] = [actor.tenant_id, operation.id, operation.object]
    values: list[Any]
    if selection.query is None:
        sql, values = "unnest(%s::uuid[]) AS s(id)", [list(dict.fromkeys(selection.ids))]
    else:
        try:
            inner, given = filtered(actor, selection.query).order_by().values_list("id").query.sql_with_params()
        except EmptyResultSet:
            return
        sql, values = f"({inner}) AS s(id)", list(given)
    with connection.cursor() as cursor:
        cursor.execute(_ONES + sql, [*head, *values])
        operation.total = cursor.rowcount


def _count(actor: Actor, object_name: str, selection: Selection) -> int:
    """How many, exactly up to `AT_ONCE`; raises `Invalid` for none, or too many chosen one by one."""
    if selection.query is None:
        count = len(set(selection.ids))
        if count > MOST_IDS:
            raise Invalid({"": [_("Choose at most %(count)s records one by one.") % {"count": f"{MOST_IDS:,}"}]})
    else:
        count = count_records(actor, replace(selection.query, object=object_name), cap=AT_ONCE + 1)[0]
    if not count:
        raise Invalid({"": [_("Choose at least one record.")]})
    return count


def _stored(selection: Selection) -> dict[str, Any]:
    query = selection.query
    if query is None:
        return {}
    found = None if query.ids is None else [str(key) for key in query.ids]
    return {"criteria": dict(query.criteria), "deleted": query.deleted, "found": found}


def _selection_of(operation: Operation) -> Selection:
    stored = operation.selection
    found = None if stored["found"] is None else [UUID(key) for key in stored["found"]]
    query = ListQuery(object=operation.object, criteria=stored["criteria"], deleted=stored["deleted"], ids=found)
    return Selection(query=query)


def _ordered_by(actor: Actor) -> dict[str, Any]:
    scopes = None if actor.token_scopes is None else list(actor.token_scopes)
    return {"member_id": actor.member_id, "user_id": actor.user_id, "scopes": scopes, "via": actor.via}


def _actor_of(operation: Operation) -> Actor | None:
    """Who ordered the operation, with the rights that hold now, no wider than the token it came by."""
    if operation.user_id is None:
        return Actor.system(operation.tenant_id, via=operation.via)
    actor = actor_of_user(operation.tenant_id, operation.user_id, via=operation.via)
    if actor is None or operation.scopes is None:
        return actor
    return replace(actor, token_scopes=tuple(operation.scopes))


def _action(key: str) -> MassAction:
    found = MASS_ACTIONS.get(key)
    if found is None:
        raise NotFound(_("There is no such operation."))
    return found


def new_operation(actor: Actor, *, action: str, object_name: str, id: UUID | None = None, **values: Any) -> Operation:
    """A stored operation of this actor."""
    operation = Operation(id=id or new_id(), action=action, object=object_name, **_ordered_by(actor), **values)
    operation.save(force_insert=True)
    return operation


def log_at_once(actor: Actor, object_name: str, count: int) -> Operation:
    """Tell of changes that the actor made just now, all in one transaction, under its `batch_id`."""
    made = {"state": "done", "total": count, "done": count, "finished_at": timezone.now()}
    return new_operation(actor, action="bulk", object_name=object_name, id=actor.batch_id, **made)
