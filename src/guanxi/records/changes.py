"""The one write path: forms, inline edit, bulk edit, import, undo, merge, workflow and API all change records here.

A call is one transaction: permission, cleaning, the object's own checks, the row, history, search entries, one event.
Whatever is refused leaves nothing behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.codes import next_code, reserve_codes
from guanxi.core.db.bulk import insert_rows, update_rows
from guanxi.core.db.statements import together
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.core.events import publish
from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import permits_row, require
from guanxi.records import registry
from guanxi.records.cleaning import apply_values, clean_changes
from guanxi.records.counting import owners_moved, tell_owners
from guanxi.records.custom import fields_of, numbered_fields, write_slots
from guanxi.records.demands.field_rules import NONE, Held, held_before
from guanxi.records.demands.obeying import obey_demands
from guanxi.records.derived.holding import hold_above
from guanxi.records.derived.settling import Touched, settle, touched_by
from guanxi.records.events import RecordsChanged
from guanxi.records.held_files import hold_files
from guanxi.records.history import Diff, write_history
from guanxi.records.holds import require_free
from guanxi.records.numbering import number_records
from guanxi.records.queries import visible_records
from guanxi.records.registry import Draft, Field, ObjectType
from guanxi.records.rules.checking import obey_rules
from guanxi.records.search import forget, found_by_text, index_records
from guanxi.records.sharing.matching import Matches, apply_newer_rules, mark, write_shares
from guanxi.records.values import plain

Values = Mapping[str, Any]
_DELETION_FIELDS = ("deleted_at", "version", "updated_at", "updated_by_id")


@dataclass(frozen=True)
class Create:
    """A new record; the key may be given by the caller, e.g. to make a repetition harmless."""

    values: Values
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Update:
    """New values of some fields. With `version`, refused as `Stale` when the record has moved on."""

    id: UUID
    values: Values
    version: int | None = None


@dataclass(frozen=True)
class Delete:
    """Into the recycle bin."""

    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class Restore:
    """Out of the recycle bin."""

    id: UUID


AnyChange = Create | Update | Delete | Restore


def change_records(
    actor: Actor,
    object_name: str,
    changes: Sequence[AnyChange],
    *,
    allow: Iterable[str] = (),
    savepoint: bool = True,
) -> list[Any]:
    """Carry out `changes` on records of one object in one transaction; returns the records in the same order.

    `allow` names fields owned by commands that the calling service may set. Without a `savepoint`, a refusal takes back the
    caller's transaction too: for a caller that ends with it anyway. Raises `Invalid` (messages by field; for
    several changes the keys are "index.field"), `NotAllowed`, `NotFound`, `Stale`, `Conflict`.
    """
    object_type = registry.get(object_name)
    allowed = frozenset(allow)
    with tenant_tx(actor.tenant_id, savepoint=savepoint):
        by_kind: dict[type, list[int]] = {}
        for position, change in enumerate(changes):
            by_kind.setdefault(type(change), []).append(position)
        results: dict[int, Any] = {}
        for kind, work in ((Create, _create), (Update, _update), (Delete, _delete), (Restore, _restore)):
            positions = by_kind.get(kind, [])
            if positions:
                chosen: list[Any] = [changes[position] for position in positions]
                results.update(zip(positions, work(actor, object_type, chosen, allowed), strict=True))
        return [results[position] for position in range(len(changes))]


def create_record(
    actor: Actor,
    object_name: str,
    values: Values,
    *,
    allow: Iterable[str] = (),
    id: UUID | None = None,
    savepoint: bool = True,
) -> Any:
    """One new record; see `change_records`."""
    change = Create(values, id) if id else Create(values)
    return change_records(actor, object_name, [change], allow=allow, savepoint=savepoint)[0]


def update_record(
    actor: Actor,
    object_name: str,
    record_id: UUID,
    values: Values,
    *,
    version: int | None = None,
    allow: Iterable[str] = (),
    savepoint: bool = True,
) -> Any:
    """New values of one record; see `change_records`."""
    change = Update(record_id, values, version)
    return change_records(actor, object_name, [change], allow=allow, savepoint=savepoint)[0]


def delete_record(actor: Actor, object_name: str, record_id: UUID, *, version: int | None = None) -> Any:
    """One record into the recycle bin."""
    return change_records(actor, object_name, [Delete(record_id, version)])[0]


def restore_record(actor: Actor, object_name: str, record_id: UUID) -> Any:
    """One record out of the recycle bin."""
    return change_records(actor, object_name, [Restore(record_id)])[0]


def _create(actor: Actor, kind: ObjectType, changes: list[Create], allow: frozenset[str]) -> list[Any]:
    require(actor, kind.name, "create")
    cleaned = clean_changes(actor, kind, [change.values for change in changes], allow, creating=True)
    records = []
    drafts = []
    numbered = {item.name for item in numbered_fields(kind.name)}
    for change, values in zip(changes, cleaned, strict=True):
        record: Any = kind.model(id=change.id, tenant_id=actor.tenant_id, version=1, code="")
        record.owner_id, record.team_id = actor.member_id, actor.team_id
        apply_values(kind, record, values)
        record.created_by_id = record.updated_by_id = actor.member_id
        _require_scope(actor, kind, "create", record)
        records.append(record)
        drafts.append(Draft(actor, record, frozenset(values) | numbered, None))
    _give_codes(kind, records)
    number_records(kind, records)
    _check(kind, drafts)
    matches = mark(actor, kind, records)
    _guarded(kind, lambda: insert_rows(kind.model, records))
    diffs = [_created_diff(kind, draft) for draft in drafts]
    entries = [(record.id, 1, "created", diff) for record, diff in zip(records, diffs, strict=True)]
    _finish(actor, kind, drafts, entries, "created", matches)
    return records


def _update(actor: Actor, kind: ObjectType, changes: list[Update], allow: frozenset[str]) -> list[Any]:
    require(actor, kind.name, "edit")
    ids = {change.id for change in changes}
    hold_above(kind, ids, [change.values for change in changes])
    found = _locked(actor, kind, ids, "edit")
    for change in changes:
        _check_version(kind, found[change.id], change.version)
    cleaned = clean_changes(actor, kind, [change.values for change in changes], allow, creating=False)
    drafts, entries = [], []
    for change, values in zip(changes, cleaned, strict=True):
        record = found[change.id]
        before = {name: _column_value(kind, record, name) for name in values}
        apply_values(kind, record, values)
        changed = frozenset(name for name in values if _column_value(kind, record, name) != before[name])
        if not changed:
            continue
        record.version += 1
        record.updated_at, record.updated_by_id = timezone.now(), actor.member_id
        drafts.append(Draft(actor, record, changed, before))
        diff = {name: [plain(before[name]), plain(_column_value(kind, record, name))] for name in sorted(changed)}
        entries.append((record.id, record.version, "updated", diff))
    if drafts:
        _check(kind, drafts)
        held = held_before(actor, kind, drafts)
        matches = mark(actor, kind, [draft.record for draft in drafts])
        _save(kind, drafts)
        _finish(actor, kind, drafts, entries, "updated", matches, held)
    return [found[change.id] for change in changes]


def _delete(actor: Actor, kind: ObjectType, changes: list[Delete], allow: frozenset[str]) -> list[Any]:
    require(actor, kind.name, "delete")
    hold_above(kind, {change.id for change in changes})
    found = _locked(actor, kind, {change.id for change in changes}, "delete")
    require_free(found)
    for change in changes:
        _check_version(kind, found[change.id], change.version)
    return _set_deleted(actor, kind, [found[change.id] for change in changes], deleted=True)


def _restore(actor: Actor, kind: ObjectType, changes: list[Restore], allow: frozenset[str]) -> list[Any]:
    require(actor, kind.name, "delete")
    hold_above(kind, {change.id for change in changes})
    found = _locked(actor, kind, {change.id for change in changes}, "delete", deleted=True)
    return _set_deleted(actor, kind, [found[change.id] for change in changes], deleted=False)


def _set_deleted(actor: Actor, kind: ObjectType, records: list[Any], *, deleted: bool) -> list[Any]:
    action = "deleted" if deleted else "restored"
    now = timezone.now()
    for record in records:
        record.deleted_at = now if deleted else None
        record.version += 1
        record.updated_at, record.updated_by_id = now, actor.member_id
    update_rows(kind.model, records, [kind.model._meta.get_field(name) for name in _DELETION_FIELDS])
    write_history(actor, kind.name, [(record.id, record.version, action, {}) for record in records])
    settle(Touched(kind, {record.id for record in records}, frozenset(), moved=True))
    if deleted:
        forget([record.id for record in records])
    else:
        index_records(kind, records)
    tell_owners(actor, {record.owner_id for record in records})
    publish(
        RecordsChanged(object=kind.name, action=action, ids=tuple(record.id for record in records)),
        member_id=actor.member_id,
    )
    return records


def _locked(actor: Actor, kind: ObjectType, ids: set[UUID], action: str, *, deleted: bool = False) -> dict[UUID, Any]:
    """The records by id, locked in id order; raises `NotFound` unless the actor may do `action` on all."""
    queryset = visible_records(actor, kind.name, action, deleted=deleted)
    rows = queryset.filter(id__in=ids).order_by("id").select_for_update(of=("self",))
    found = {row.id: row for row in rows}
    if len(found) < len(ids):
        seen = set(visible_records(actor, kind.name).filter(id__in=ids - set(found)).values_list("id", flat=True))
        if seen and not deleted:
            raise NotAllowed(_("You may see this record, but not change it."))
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    return found


def _check_version(kind: ObjectType, record: Any, version: int | None) -> None:
    if version is not None and version != record.version:
        raise Stale(
            _("Somebody saved this record while you were editing."),
            version=record.version,
            current={item.name: _column_value(kind, record, item.name) for item in kind.fields},
        )


def _require_scope(actor: Actor, kind: ObjectType, action: str, record: Any) -> None:
    if not permits_row(actor, kind.name, action, owner_id=record.owner_id, team_id=record.team_id):
        raise NotAllowed(_("Your role does not permit records of this owner or team."))


def _give_codes(kind: ObjectType, records: list[Any]) -> None:
    missing = [record for record in records if not record.code]
    if not kind.code_pattern or not missing:
        return
    if len(missing) == 1:
        missing[0].code = next_code(kind.name, kind.code_pattern)
        return
    for record, code in zip(missing, reserve_codes(kind.name, kind.code_pattern, len(missing)), strict=True):
        record.code = code


def _check(kind: ObjectType, drafts: list[Draft]) -> None:
    errors: dict[str, list[str]] = {}
    if kind.fetch and len(drafts) > 1:
        models.prefetch_related_objects([draft.record for draft in drafts], *kind.fetch)
    for position, draft in enumerate(drafts):
        prefix = f"{position}." if len(drafts) > 1 else ""
        if kind.prepare:
            kind.prepare(draft)
        for check in kind.checks:
            for name, texts in (check(draft) or {}).items():
                errors.setdefault(prefix + name, []).extend(texts)
    if errors:
        raise Invalid(errors)


def _save(kind: ObjectType, drafts: list[Draft]) -> None:
    names = {"version", "updated_at", "updated_by_id", "custom"}
    names |= {column.attname for column in kind.model._meta.local_concrete_fields if not column.primary_key}
    names -= {"tenant_id", "id", "created_at", "created_by_id"}
    fields = [column.name for column in kind.model._meta.local_concrete_fields if column.attname in names]
    if len(drafts) == 1:
        _guarded(kind, lambda: drafts[0].record.save(update_fields=fields, force_update=True))
        return
    columns = [column for column in kind.model._meta.local_concrete_fields if column.attname in names]
    _guarded(kind, lambda: update_rows(kind.model, [draft.record for draft in drafts], columns))


def _guarded(kind: ObjectType, write: Any) -> None:
    """Run a write; a unique constraint becomes a message. The caller's savepoint takes the failure back."""
    try:
        write()
    except IntegrityError as error:
        diagnostics = getattr(error.__cause__, "diag", None)
        constraint = getattr(diagnostics, "constraint_name", "") or ""
        if constraint.endswith("_code"):
            raise Invalid({"code": [_("This code is taken.")]}) from error
        if getattr(error.__cause__, "sqlstate", "") == "23505":
            raise Conflict(_("A record with these values exists already.")) from error
        raise


def _finish(
    actor: Actor,
    kind: ObjectType,
    drafts: list[Draft],
    entries: list[tuple[UUID, int, str, Diff]],
    action: str,
    matches: Matches,
    held: Held = NONE,
) -> None:
    if kind.after:
        for draft in drafts:
            kind.after(draft)
    if kind.after_all:
        kind.after_all(drafts)
    slotted = [draft.record for draft in drafts if not draft.changed <= set(kind.by_name)]
    found_by = [draft.record for draft in drafts if _concerns_search(kind, draft)]
    own = fields_of(kind, [*slotted, *found_by])
    write_slots(kind, slotted, own)
    hold_files(actor, kind, drafts)
    _derive(kind, drafts)
    obey_rules(actor, kind, [draft.record.id for draft in drafts])
    obey_demands(actor, kind, drafts, held)
    changed = sorted(set().union(*(draft.changed for draft in drafts)))
    ids = tuple(draft.record.id for draft in drafts)
    event = RecordsChanged(object=kind.name, action=action, ids=ids, fields=tuple(changed))
    written = [draft.record for draft in drafts]
    with together():
        answer = write_history(actor, kind.name, entries, _owners(drafts) if actor.stands_for else None)
        write_shares(actor, kind, written, matches)
        index_records(kind, found_by, own)
        tell_owners(actor, owners_moved(drafts))
        publish(event, member_id=actor.member_id)
    apply_newer_rules(actor, kind, written, answer)


def _derive(kind: ObjectType, drafts: list[Draft]) -> None:
    """What follows from the changed fields is right before the transaction ends, and on the records that are returned."""
    customs = settle(touched_by(kind, drafts))
    for draft in drafts:
        draft.record.custom = customs.get(draft.record.id, draft.record.custom)


def _owners(drafts: list[Draft]) -> dict[UUID, UUID | None]:
    """Whose each record was before the change."""
    return {draft.record.id: (draft.before or {}).get("owner", draft.record.owner_id) for draft in drafts}


def _concerns_search(kind: ObjectType, draft: Draft) -> bool:
    if draft.before is None or draft.changed & {"owner", "team"}:
        return True
    return any(name not in kind.by_name or found_by_text(kind.by_name[name]) for name in draft.changed)


def _created_diff(kind: ObjectType, draft: Draft) -> Diff:
    values = {item.name: getattr(draft.record, _attribute(item)) for item in kind.fields} | draft.record.custom
    return {name: [None, plain(value)] for name, value in values.items() if value}


def _column_value(kind: ObjectType, record: Any, name: str) -> Any:
    if name not in kind.by_name:
        return record.custom.get(name)
    return getattr(record, _attribute(kind.by_name[name]))


def _attribute(item: Field) -> str:
    return f"{item.column}_id" if item.kind == "link" else item.column
