"""Rows become records: batch by batch through the one write path, each batch with its keys in one transaction.

A row whose key is known is compared with what this source said last time, as history tells it. So only what changed in the
file changes the record, and what people did to the record since stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.core.errors import Invalid, Refused
from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.project.work.profiles import deals, documents
from guanxi.project.work.profiles.profile import File
from guanxi.project.work.profiles.reader import Reader, Refusal
from guanxi.project.work.profiles.rows import Row
from guanxi.project.work.profiles.run import Run
from guanxi.records import registry
from guanxi.records.changes import AnyChange, Create, Update, change_records
from guanxi.records.registry import ObjectType
from guanxi.records.values import plain
from guanxi.sales.models import OrderLine

BATCH = 500


@dataclass(frozen=True)
class Entry:
    """A row with the values it gives; a document with its lines."""

    row: Row
    values: dict[str, Any]
    lines: Sequence[OrderLine] = ()

    @property
    def size(self) -> int:
        """How many rows of the file it stands for."""
        return max(1, len(self.lines))


def import_batch(run: Run, file: File, rows: Sequence[Row]) -> None:
    """Load rows of one file in one transaction."""
    with tenant_tx(run.actor.tenant_id):
        kind = registry.get(file.object)
        entries = _read(run, file, kind, rows)
        new, known = _divide(run, file, entries)
        _create(run, file, kind, new)
        _update(run, file, kind, known)


def _read(run: Run, file: File, kind: ObjectType, rows: Sequence[Row]) -> list[Entry]:
    reader = Reader(run, file, kind)
    entries = []
    for row in rows:
        try:
            values = reader.read(row)
        except Refusal as refusal:
            run.ledger.refuse(file.file, row.line, str(refusal), max(1, len(row.parts)))
            continue
        if not file.lines:
            entries.append(Entry(row, values))
        elif lines := documents.lines_of(run, file, row, str(values.get("currency") or run.actor.currency)):
            currency = str(values.get("currency") or run.actor.currency)
            entries.append(Entry(row, {**values, **documents.totals(lines, currency)}, lines))
    return entries


def _divide(run: Run, file: File, entries: Sequence[Entry]) -> tuple[list[Entry], dict[UUID, Entry]]:
    """New rows, and known ones by record. A record that was there before this source is recognised and left as it is."""
    new, known, recognised = [], {}, []
    passed = 0
    for entry in entries:
        found = run.keys.find(file.object, entry.row.key)
        if found:
            known[found] = entry
            continue
        text = str(entry.values.get(file.match) or "") if file.match else ""
        there = run.keys.find_living(run.actor, file.object, text, by=file.match) if text else None
        if there:
            recognised.append((entry.row.key, there))
            passed += entry.size
        else:
            new.append(entry)
    run.keys.add(file.object, recognised)
    run.ledger.skipped += passed
    return new, known


def _create(run: Run, file: File, kind: ObjectType, entries: Sequence[Entry]) -> None:
    work: list[tuple[Entry, AnyChange]] = [(entry, Create(entry.values)) for entry in entries]
    done = _carry_out(run, file, kind, work)
    run.ledger.created += sum(entry.size for entry, _record in done)
    run.ledger.records[file.object] += len(done)
    run.keys.add(file.object, [(entry.row.key, record.id) for entry, record in done])
    if file.lines:
        documents.store([(record, entry.lines) for entry, record in done])
    if kind.name == "opportunity":
        deals.after_create(run, file, [(entry.row, record) for entry, record in done])


def _update(run: Run, file: File, kind: ObjectType, known: Mapping[UUID, Entry]) -> None:
    said = _said_before(kind, list(known))
    work: list[tuple[Entry, AnyChange]] = []
    for record_id, entry in known.items():
        before = said.get(record_id)
        values = {} if before is None else _news(entry.values, before)
        if values and kind.name == "opportunity":
            values |= deals.moved(run, values)
        if values:
            work.append((entry, Update(record_id, values)))
        else:
            run.ledger.skipped += entry.size
    before_stage = deals.stages_of([change.id for _entry, change in work]) if kind.name == "opportunity" else {}
    done = _carry_out(run, file, kind, work)
    run.ledger.updated += sum(entry.size for entry, _record in done)
    if file.lines:
        documents.store([(record, entry.lines) for entry, record in done], anew=True)
    deals.after_update(before_stage, [record for _entry, record in done])


def _said_before(kind: ObjectType, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What imports wrote into each record, field by field; a record that no import wrote is missing."""
    said: dict[UUID, dict[str, Any]] = {}
    rows = Change.objects.filter(object=kind.name, record_id__in=ids, via="import").order_by("record_id", "version")
    for record_id, diff in rows.values_list("record_id", "diff"):
        said.setdefault(record_id, {}).update({name: after for name, (_before, after) in diff.items()})
    return said


def _news(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the source says differently from last time; what it leaves empty says nothing.

    The team follows the owner and is not compared.
    """
    said = {name: value for name, value in values.items() if value not in (None, "", [])}
    news = {name: value for name, value in said.items() if not _same(value, before.get(name))}
    return {} if set(news) == {"team"} else news


def _same(value: Any, before: Any) -> bool:
    """History leaves the zeros of a new record out."""
    return not value if before is None else plain(value) == before


def _carry_out(run: Run, file: File, kind: ObjectType, work: list[tuple[Entry, AnyChange]]) -> list[tuple[Entry, Any]]:
    """Write a batch; rows that are refused leave it with their reason, and the rest is tried again."""
    commands = [item.name for item in kind.fields if item.command]
    while work:
        try:
            records = change_records(run.actor, kind.name, [change for _entry, change in work], allow=commands)
            return [(entry, record) for (entry, _change), record in zip(work, records, strict=True)]
        except Invalid as refusal:
            wrong = _wrong_rows(refusal, len(work))
            if not wrong:
                return _halves(run, file, kind, work, refusal)
            for at, reason in wrong.items():
                run.ledger.refuse(file.file, work[at][0].row.line, reason, work[at][0].size)
            work = [item for at, item in enumerate(work) if at not in wrong]
        except Refused as refusal:
            return _halves(run, file, kind, work, refusal)
    return []


def _halves(
    run: Run, file: File, kind: ObjectType, work: list[tuple[Entry, AnyChange]], why: Refused
) -> list[tuple[Entry, Any]]:
    if len(work) == 1:
        run.ledger.refuse(file.file, work[0][0].row.line, why.message, work[0][0].size)
        return []
    middle = len(work) // 2
    return _carry_out(run, file, kind, work[:middle]) + _carry_out(run, file, kind, work[middle:])


def _wrong_rows(refusal: Invalid, count: int) -> dict[int, str]:
    """Reasons by place in the batch: with several changes the keys are "place.field"."""
    wrong: dict[int, list[str]] = {}
    for key, texts in refusal.errors.items():
        place, dot, name = key.partition(".")
        if count == 1:
            wrong.setdefault(0, []).append(f"{key}: {' '.join(texts)}")
        elif dot and place.isdecimal() and int(place) < count:
            wrong.setdefault(int(place), []).append(f"{name}: {' '.join(texts)}")
    return {at: "; ".join(reasons) for at, reasons in wrong.items()}
