"""Merging records and taking a merge back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.core.events import publish
from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access, require
from guanxi.records import registry
from guanxi.records.changes import Delete, Restore, change_records, update_record
from guanxi.records.custom import HELD, custom_fields
from guanxi.records.derived.settling import Touched, settle
from guanxi.records.events import RecordsChanged, RecordsMerged
from guanxi.records.history import write_history
from guanxi.records.holds import require_free
from guanxi.records.merging.links import Link, links_to
from guanxi.records.merging.moves import move_back, move_link
from guanxi.records.merging.rules import MERGE_RULES, Merge
from guanxi.records.models import MergedRecord, MergePart, Operation, record_label
from guanxi.records.operations.carrying import Refusals, carry_out
from guanxi.records.operations.running import new_operation
from guanxi.records.operations.undoing import UNDOERS, put_back
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.sharing.matching import resettle
from guanxi.records.values import plain

MOST = 3
LISTED = ("tags", "multichoice")
BOTH = "both"
_RULE = "rule:"
_STRAGGLERS = timedelta(seconds=15)


def merge_records(
    actor: Actor,
    object_name: str,
    survivor_id: UUID,
    others: Sequence[UUID],
    *,
    choices: Mapping[str, Any] | None = None,
    versions: Mapping[UUID, int] | None = None,
) -> Operation:
    """Make one record of two or three; returns the operation, by which it is undone.

    `choices` say by field from which record the survivor takes its value (an id), or "both" for lists; without one it keeps its
    own, or takes another's where it has none. With `versions`, refused as `Stale` when a record has moved on. Raises `Invalid`,
    `NotAllowed`, `NotFound`, `Conflict`.
    """
    kind = registry.get(object_name)
    keys = tuple(dict.fromkeys(key for key in others if key != survivor_id))
    if not kind.mergeable:
        raise NotFound(_("Records of this kind cannot be merged."))
    if not 1 <= len(keys) < MOST:
        raise Invalid({"ids": [_("Choose two or three records to merge.")]})
    with tenant_tx(actor.tenant_id):
        batch = new_id()
        acting = actor.within(batch)
        merge = Merge(kind, survivor_id, keys, _locked(acting, kind, [survivor_id, *keys], versions or {}))
        require_free(keys)
        for rule in MERGE_RULES:
            rule.check(acting, merge)
        values = chosen_values(acting, merge, choices or {})
        operation = new_operation(acting, id=batch, action="merge", object_name=kind.name, params=_told(acting, merge))
        _carry_out(acting, merge, operation, values)
        return operation


def chosen_values(actor: Actor, merge: Merge, choices: Mapping[str, Any]) -> dict[str, Any]:
    """What the survivor takes over from the others, by field; what rules decide cannot be chosen. Raises `Invalid`."""
    known = {item.name: item for item in mergeable_fields(actor, merge.kind)}
    errors = {
        name: [_("There is no such field.")] if name not in known else [_("Choose one of the records.")]
        for name, choice in choices.items()
        if name not in known or _source(merge, known[name], choice) is None
    }
    if errors:
        raise Invalid(errors)
    survivor = merge.records[merge.survivor]
    values: dict[str, Any] = {}
    for name, item in known.items():
        value = _chosen(merge, item, choices.get(name, default_choice(merge, item)))
        if value != value_of(survivor, item):
            values[name] = plain(value)
    for rule in MERGE_RULES:
        values |= rule.values(actor, merge)
    return values


def mergeable_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """The fields whose surviving value this actor may choose, the tenant's own included."""
    known = [*kind.fields, *custom_fields(kind.name).values()]
    return [
        item
        for item in known
        if item.writable and item.name != "code" and field_access(actor, kind.name, item.name) == "write"
    ]


def value_of(record: Any, item: Field) -> Any:
    """A record's value of a field."""
    if item.custom:
        return record.custom.get(item.name)
    return getattr(record, f"{item.column}_id" if item.kind == "link" else item.column)


def default_choice(merge: Merge, item: Field) -> UUID | str:
    """From which record the survivor takes a value when nobody chooses: its own, else the first that has one; lists are joined."""
    if _joins(item):
        return BOTH
    for key in (merge.survivor, *merge.others):
        if _taken(merge, key, item) not in (None, "", [], False):
            return key
    return merge.survivor


def _chosen(merge: Merge, item: Field, choice: Any) -> Any:
    source = _source(merge, item, choice)
    if source != BOTH:
        return _taken(merge, source, item)
    listed = [value_of(merge.records[key], item) or [] for key in (merge.survivor, *merge.others)]
    together: list[Any] = []
    for value in (value for values in listed for value in values):
        if value not in together:
            together.append(value)
    return together


def _joins(item: Field) -> bool:
    """Whether the values of several records can be joined."""
    return item.kind in LISTED or (item.kind == HELD and (item.max_value or 0) > 1)


def _taken(merge: Merge, key: UUID, item: Field) -> Any:
    """A record's value as the survivor would take it: a link to one of the merged records would lead to itself."""
    value = value_of(merge.records[key], item)
    return None if item.kind == "link" and value in merge.records else value


def _source(merge: Merge, item: Field, choice: Any) -> Any:
    if choice == BOTH:
        return BOTH if _joins(item) else None
    return next((key for key in merge.records if str(key) == str(choice)), None)


def _locked(actor: Actor, kind: ObjectType, keys: Sequence[UUID], versions: Mapping[UUID, int]) -> dict[UUID, Any]:
    """The records in id order under lock, each of which the actor may change and delete."""
    require(actor, kind.name, "edit")
    require(actor, kind.name, "delete")
    rows = visible_records(actor, kind.name).filter(id__in=keys).order_by("id").select_for_update(of=("self",))
    found = {row.id: row for row in rows}
    if len(found) < len(set(keys)):
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    for action in ("edit", "delete"):
        if visible_records(actor, kind.name, action).filter(id__in=keys).count() < len(found):
            raise NotAllowed(_("Merging needs the right to change and to delete each of these records."))
    for key, version in versions.items():
        if key in found and found[key].version != version:
            text = _("Somebody saved one of these records meanwhile. Look at the values again.")
            raise Stale(text, version=found[key].version, current={})
    return {key: found[key] for key in keys}


def _carry_out(actor: Actor, merge: Merge, operation: Operation, values: dict[str, Any]) -> None:
    kind = merge.kind
    if values:
        update_record(actor, kind.name, merge.survivor, values)
    for name, rule in MERGE_RULES.items():
        _keep(operation, f"{_RULE}{name}", rule.move(actor, merge))
    for link in list(links_to(kind)):
        moved = move_link(actor, link, kind, merge.others, merge.survivor)
        _keep(operation, link.key, moved)
        if moved is not None and link.kind is not None:
            _tell(actor, link, [UUID(key) for key in moved], merge.others)
    change_records(actor, kind.name, [Delete(key) for key in merge.others])
    MergedRecord.objects.bulk_create(
        MergedRecord(
            object=kind.name, record_id=one.id, survivor_id=merge.survivor, operation=operation,
            code=one.code, name=record_label(one),
        )
        for one in merge.losing
    )  # fmt: skip
    _note(actor, merge, "merged")
    for rule in MERGE_RULES:
        rule.settle(actor, merge)
    operation.total = operation.done = 1 + len(merge.others)
    operation.state, operation.finished_at = "done", timezone.now()
    operation.save()
    enqueue(sweep_merge, actor.tenant_id, delay=_STRAGGLERS, operation_id=operation.id)
    publish(
        RecordsMerged(object=kind.name, survivor_id=merge.survivor, ids=merge.others, batch_id=operation.id),
        member_id=actor.member_id,
    )


@job(name="records.sweep_merge")
def sweep_merge(operation_id: UUID) -> None:
    """Move what somebody attached to a merged record in the moment of the merge: such a writer waited for it, and looked before."""
    operation = Operation.objects.filter(id=operation_id, undone_by=None).first()
    if operation is None:
        return
    kind, survivor = registry.get(operation.object), UUID(operation.params["survivor"])
    others = [UUID(key) for key in operation.params["ids"]]
    actor = Actor.system(operation.tenant_id, via=operation.via).within(operation.id)
    for link in list(links_to(kind)):
        moved = move_link(actor, link, kind, others, survivor)
        if moved is None:
            continue
        if link.kind is not None:
            _tell(actor, link, [UUID(key) for key in moved], others)
        part = MergePart.objects.filter(operation=operation, part=link.key).first()
        if part is None:
            _keep(operation, link.key, moved)
        else:
            part.moved = moved + part.moved if link.kind else {name: part.moved[name] + moved[name] for name in moved}
            part.save(update_fields=["moved"])


def _keep(operation: Operation, part: str, moved: Any) -> None:
    if moved is not None:
        MergePart.objects.create(operation=operation, part=part, moved=moved)


def _tell(actor: Actor, link: Link, ids: Sequence[UUID], before: Sequence[UUID]) -> None:
    """Say that rows point elsewhere than to `before` now; what follows from the link follows."""
    assert link.kind is not None
    if ids:
        settle(Touched(link.kind, set(ids), frozenset((link.name,)), {link.name: before}))
        event = RecordsChanged(object=link.kind.name, action="updated", ids=tuple(ids), fields=(link.name,))
        publish(event, member_id=actor.member_id)


def _note(actor: Actor, merge: Merge, action: str) -> None:
    """A line of its own in the history of the survivor."""
    record = merge.kind.model.objects.select_for_update(of=("self",)).get(id=merge.survivor)  # type: ignore[attr-defined]
    record.version += 1
    record.updated_at, record.updated_by_id = timezone.now(), actor.member_id
    record.save(update_fields=["version", "updated_at", "updated_by_id"])
    write_history(actor, merge.kind.name, [(record.id, record.version, action, {})])
    resettle(actor, merge.kind, merge.survivor)


def _told(actor: Actor, merge: Merge) -> dict[str, Any]:
    """Whom it concerned, for the list of operations: codes only, as these are shown to every role that sees the record."""
    return {
        "survivor": str(merge.survivor),
        "survivor_code": merge.records[merge.survivor].code,
        "others": [one.code for one in merge.losing],
        "ids": [str(key) for key in merge.others],
    }


def undo_merge(actor: Actor, undone: Operation) -> tuple[int, Refusals]:
    """Everything back to where it was; what was given to the survivor since, or changed by people, stays."""
    kind = registry.get(undone.object)
    survivor = UUID(undone.params["survivor"])
    others = tuple(UUID(key) for key in undone.params["ids"])
    merge = Merge(kind, survivor, others, _both(actor, kind, survivor, others))
    refused = carry_out(actor, kind.name, [Restore(key) for key in others if merge.records[key].deleted_at])
    if refused:
        raise Conflict(refused[0][1])
    parts = {part.part: part.moved for part in MergePart.objects.filter(operation=undone)}
    for link in list(links_to(kind)):
        if link.key in parts:
            moved = move_back(actor, link, kind, undone.id, survivor, parts[link.key])
            if link.kind is not None:
                _tell(actor, link, moved, (survivor,))
    for name, rule in MERGE_RULES.items():
        if f"{_RULE}{name}" in parts:
            rule.back(actor, merge, parts[f"{_RULE}{name}"])
    left = put_back(actor, kind, undone.id, [survivor])
    MergedRecord.objects.filter(operation=undone).delete()
    _note(actor, merge, "unmerged")
    for rule in MERGE_RULES:
        rule.settle(actor, merge)
    return 1 + len(others), left


def _both(actor: Actor, kind: ObjectType, survivor: UUID, others: Sequence[UUID]) -> dict[UUID, Any]:
    """The survivor and, in the recycle bin or already out of it, the others; raises `Conflict` when one is gone for good."""
    keys = sorted([survivor, *others])
    rows = kind.model.objects.filter(id__in=keys).order_by("id").select_for_update(of=("self",))  # type: ignore[attr-defined]
    found = {row.id: row for row in rows}
    permitted = visible_records(actor, kind.name, "edit").filter(id=survivor).exists()
    if len(found) < len(keys) or found[survivor].deleted_at is not None or not permitted:
        raise Conflict(_("The merged record was deleted or merged since: restore it first."))
    return found


UNDOERS["merge"] = undo_merge
