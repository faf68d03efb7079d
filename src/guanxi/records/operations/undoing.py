"""Taking a batch back: the inverse of what its records' history says, except for what people changed since.

Undo is an operation itself: it stands in the history, can be watched and stopped, and can be taken back. It reads the history of the
batch in the order of its index, so that a batch of a million records takes no more memory than one of a thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import Delete, Restore, Update
from guanxi.records.custom import custom_fields
from guanxi.records.models import Operation
from guanxi.records.operations.actions import MASS_ACTIONS
from guanxi.records.operations.carrying import Refusals, carry_out, label_of
from guanxi.records.operations.reading import UNDO_DAYS, get_operation, may_undo
from guanxi.records.operations.running import AT_ONCE, PARTS, go_on, keep_refusals, new_operation
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.values import plain

PART = 2_000
_FIRST = UUID(int=0)
_COUNT = "SELECT count(DISTINCT record_id) FROM core_change WHERE tenant_id = %s AND batch_id = %s"
_NEXT = """
SELECT record_id, max(object), max(version), array_agg(action ORDER BY version)::text[] FROM core_change
WHERE tenant_id = %s AND batch_id = %s AND record_id > %s GROUP BY record_id ORDER BY record_id LIMIT %s
"""
_DIFFS = """
SELECT record_id, diff FROM core_change
WHERE tenant_id = %s AND batch_id = %s AND record_id = ANY(%s) AND diff <> '{}' ORDER BY record_id, version
"""


@dataclass
class Touched:
    """What a batch did to one record: the version it left, its actions in order, values before and after by field."""

    id: UUID
    object: str
    version: int
    actions: tuple[str, ...]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def created(self) -> bool:
        """Whether the batch made the record."""
        return "created" in self.actions

    @property
    def flip(self) -> str:
        """What the batch did to its place in the recycle bin, all in all: deleted, restored or ""."""
        moves = [action for action in self.actions if action in ("deleted", "restored")]
        return moves[0] if moves and moves[0] == moves[-1] else ""


def start_undo(actor: Actor, operation_id: UUID) -> Operation:
    """Begin to take an operation back; returns the operation that does it. Raises `Conflict` when it cannot be, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        get_operation(actor, operation_id)
        undone: Operation = Operation.objects.select_for_update().get(id=operation_id)
        if not may_undo(undone):
            raise Conflict(
                _("This can be taken back once, within %(days)d days, when it is over.") % {"days": UNDO_DAYS}
            )
        total = _size(actor, undone)
        undo = new_operation(
            actor, action="undo", object_name=undone.object, undoes=undone.id, total=total, params={"action": undone.action}
        )  # fmt: skip
        undone.undone_by = undo.id
        undone.save(update_fields=["undone_by"])
        return go_on(actor, undo, at_once=total <= AT_ONCE)


# For imports, whose operations are named by their batch.
undo_batch = start_undo


def _size(actor: Actor, undone: Operation) -> int:
    action = MASS_ACTIONS.get(undone.action)
    if (action and action.take_back) or undone.action in UNDOERS:
        return undone.done
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [actor.tenant_id, undone.id])
        return int(cursor.fetchone()[0])


# How operations are undone that did more than change the fields of records: (actor, operation to undo) -> who was left.
UNDOERS: dict[str, Any] = {}


def _run_undo(actor: Actor, undo: Operation, size: int) -> bool:
    undone: Operation = Operation.objects.get(id=undo.undoes)
    undo.state = "running"
    action = MASS_ACTIONS.get(undone.action)
    whole = UNDOERS.get(undone.action) or (action.take_back if action else None)
    if whole is not None:
        done, refused = whole(actor, undone)
        _count_in(undo, done, refused, {})
        return True
    touched = _touched(actor, undone.id, undo.position or _FIRST)
    if not touched:
        return True
    objects = {one.id: one.object for one in touched}
    refused = []
    partly: Refusals = []
    for name in dict.fromkeys(objects.values()):
        left, kept = _undo_object(actor, undone.id, name, [one for one in touched if one.object == name])
        refused += left
        partly += kept
    undo.position = touched[-1].id
    _count_in(undo, len(touched) - len(refused), refused, objects)
    keep_refusals(undo, partly, objects)
    return len(touched) < PART


def _count_in(undo: Operation, done: int, refused: Refusals, objects: Mapping[UUID, str]) -> None:
    undo.done += done
    undo.refused += len(refused)
    keep_refusals(undo, refused, objects)


def _touched(actor: Actor, batch_id: UUID, after: UUID) -> list[Touched]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [actor.tenant_id, batch_id, after, PART])
        return [Touched(key, name, version, tuple(actions)) for key, name, version, actions in cursor.fetchall()]


def _undo_object(actor: Actor, batch_id: UUID, name: str, touched: Sequence[Touched]) -> tuple[Refusals, Refusals]:
    """Who could not be taken back, and who only in part."""
    kind = next((one for one in registry.objects() if one.name == name), None)
    if kind is None:
        return [(one.id, _("There is no such object any more.")) for one in touched], []
    made = [one for one in touched if one.created]
    flipped = [one for one in touched if not one.created and one.flip]
    changed = [one for one in touched if not one.created and "updated" in one.actions]
    refused = _take_back_made(actor, kind, made)
    refused += _flip_back(actor, kind, [one for one in flipped if one.flip == "deleted"], Restore)
    left, partly = _put_back(actor, kind, batch_id, changed)
    refused += left
    refused += _flip_back(actor, kind, [one for one in flipped if one.flip == "restored"], Delete)
    return list(dict(refused).items()), partly


def _take_back_made(actor: Actor, kind: ObjectType, made: Sequence[Touched]) -> Refusals:
    """Into the recycle bin with what the batch made and nobody touched since."""
    rows = _state(actor, kind, [one.id for one in made], "delete")
    gone = _state(actor, kind, [one.id for one in made], "delete", deleted=True)
    refused = [(one.id, _("Changed since.")) for one in made if one.id in rows and rows[one.id] != one.version]
    refused += [(one.id, _absent()) for one in made if one.id not in rows and one.id not in gone]
    work = [Delete(one.id) for one in made if rows.get(one.id) == one.version]
    return refused + carry_out(actor, kind.name, work)


def _flip_back(
    actor: Actor, kind: ObjectType, flipped: Sequence[Touched], change: type[Delete] | type[Restore]
) -> Refusals:
    """Out of the recycle bin, or into it again, as long as they are still where the batch put them."""
    rows = _state(actor, kind, [one.id for one in flipped], "delete", deleted=change is Restore)
    moved = _state(actor, kind, [one.id for one in flipped], "delete", deleted=change is Delete)
    refused = [(one.id, _absent()) for one in flipped if one.id not in rows and one.id not in moved]
    return refused + carry_out(actor, kind.name, [change(one.id) for one in flipped if one.id in rows])


def _put_back(actor: Actor, kind: ObjectType, batch_id: UUID, changed: Sequence[Touched]) -> tuple[Refusals, Refusals]:
    """The values before the batch, field by field, where they are still those that the batch left."""
    _read_diffs(actor, batch_id, changed)
    queryset = visible_records(actor, kind.name, "edit").filter(id__in=[one.id for one in changed])
    records = {row.id: row for row in queryset.order_by("id").select_for_update(of=("self",))}
    known = {**kind.by_name, **custom_fields(kind.name)} if changed else {}
    refused: Refusals = []
    partly: Refusals = []
    work = []
    for one in changed:
        record = records.get(one.id)
        if record is None:
            refused.append((one.id, _absent()))
            continue
        values, left = _inverse(kind, known, record, one)
        text = _("Changed since: %(fields)s.") % {"fields": _listed(kind, left)}
        if values:
            work.append(Update(one.id, values))
        if left:
            (partly if values else refused).append((one.id, text))
    allow = {name for update in work for name in update.values}
    return refused + carry_out(actor, kind.name, work, allow=allow), partly


def put_back(actor: Actor, kind: ObjectType, batch_id: UUID, ids: Sequence[UUID]) -> Refusals:
    """The values of these records before the batch; returns what was left as it is, whole or in part, with the reason."""
    changed = [Touched(key, kind.name, 0, ("updated",)) for key in ids]
    refused, partly = _put_back(actor, kind, batch_id, changed)
    return refused + partly


def _inverse(kind: ObjectType, known: Mapping[str, Any], record: Any, one: Touched) -> tuple[dict[str, Any], list[str]]:
    """The values to set, and the names of fields that are to be left alone."""
    values: dict[str, Any] = {}
    left: list[str] = []
    for name, before in one.before.items():
        if name not in known:
            left.append(name)
            continue
        now = plain(_value(kind, record, name))
        if _same(now, before):
            continue
        if _same(now, one.after[name]):
            values[name] = before
        else:
            left.append(name)
    return values, left


def _read_diffs(actor: Actor, batch_id: UUID, changed: Sequence[Touched]) -> None:
    by_id = {one.id: one for one in changed}
    with connection.cursor() as cursor:
        cursor.execute(_DIFFS, [actor.tenant_id, batch_id, list(by_id)])
        for key, diff in cursor.fetchall():
            for name, (old, new) in orjson.loads(diff).items():
                by_id[key].before.setdefault(name, old)
                by_id[key].after[name] = new


def _value(kind: ObjectType, record: Any, name: str) -> Any:
    if name not in kind.by_name:
        return record.custom.get(name)
    item = kind.by_name[name]
    return getattr(record, f"{item.column}_id" if item.kind == "link" else item.column)


def _same(one: Any, other: Any) -> bool:
    blank: tuple[Any, ...] = (None, "", [])
    return bool(one == other) or (one in blank and other in blank)


def _state(
    actor: Actor, kind: ObjectType, ids: Iterable[UUID], action: str, *, deleted: bool = False
) -> dict[UUID, int]:
    """Versions of those records on which the actor may do `action`, locked."""
    queryset = visible_records(actor, kind.name, action, deleted=deleted).filter(id__in=list(ids)).order_by("id")
    return dict(queryset.select_for_update(of=("self",)).values_list("id", "version"))


def _listed(kind: ObjectType, names: Sequence[str]) -> str:
    return ", ".join(label_of(kind, name) for name in names)


def _absent() -> str:
    return _("There is no such record, or it is not shown to your role.")


PARTS["undo"] = _run_undo
