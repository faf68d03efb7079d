"""Carrying an upload out: batches through the one write path, a bad row never stops the others, every row is accounted for."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.core.files import open_file, store_file
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, require
from guanxi.records import registry
from guanxi.records.changes import AnyChange, Create, Update, change_records
from guanxi.records.custom import completed, custom_fields
from guanxi.records.models import Upload
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.uploads.mapping import RowReader, guess_mapping, required_fields
from guanxi.records.uploads.reading import Table, read_table

BATCH = 100
MATCHES = ("", "code", "email", "name")
MARK = "guanxi.upload"


@dataclass(frozen=True)
class Row:
    """One row on its way: its number in the file, the values read, problems by field."""

    number: int
    values: dict[str, Any]
    problems: dict[str, str]


@dataclass
class Tally:
    """What came of a batch; `refused` holds (row number, reason)."""

    created: int
    updated: int
    skipped: int
    refused: list[tuple[int, str]]


def start_upload(actor: Actor, *, object_name: str, name: str, content: bytes) -> Upload:
    """Keep the file, read it once and guess the mapping. Raises `Invalid`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        require(actor, object_name, "import")
        kind = registry.get(object_name)
        if not kind.importable:
            raise NotFound(_("Records of this kind cannot be imported."))
        table = read_table(name, content)
        file = store_file(name=name, content=content, member_id=actor.member_id, tags=(MARK,))
        return Upload.objects.create(  # type: ignore[no-any-return]
            object=object_name,
            file=file,
            member_id=actor.member_id,
            mapping=guess_mapping(actor, kind, table.headers),
            options={"rows": len(table.rows), "encoding": table.encoding, "headers": table.headers},
        )


def get_upload(actor: Actor, upload_id: UUID) -> Upload:
    """An upload of this actor; administrators see all. Raises `NotFound`."""
    found: Upload | None = Upload.objects.filter(id=upload_id).select_related("file").first()
    if found is None or not (actor.is_admin or found.member_id == actor.member_id):
        raise NotFound(_("There is no such import."))
    return found


def table_of(upload: Upload) -> Table:
    """The table in the upload's file."""
    with open_file(upload.file) as content:
        return read_table(upload.file.name, content.read())


def set_mapping(
    actor: Actor, upload_id: UUID, *, mapping: Mapping[str, str], match: str, on_match: str, tag: str
) -> Upload:
    """Decide how columns become fields, and what happens with rows that match a record. Raises `Invalid`."""
    with tenant_tx(actor.tenant_id):
        upload = get_upload(actor, upload_id)
        kind = registry.get(upload.object)
        names = [name for name in mapping.values() if name]
        if len(names) != len(set(names)):
            raise Invalid({"": [_("Two columns lead to the same field.")]})
        missing = [str(item.label) for item in required_fields(actor, kind) if item.name not in names]
        if missing and on_match != "update":
            raise Invalid({"": [_("A column for %(fields)s is missing.") % {"fields": ", ".join(missing)}]})
        if match not in MATCHES or (match and (match not in names or not matchable(actor, kind.name, match))):
            raise Invalid({"match": [_("Choose a field that the file fills.")]})
        upload.mapping = {number: name for number, name in mapping.items() if name}
        upload.options = {
            **upload.options,
            "match": match,
            "on_match": on_match if match else "create",
            "tag": tag.strip()[:60],
        }
        upload.save(update_fields=["mapping", "options"])
        return upload


def run_upload(actor: Actor, upload_id: UUID) -> Upload:
    """Import all rows here and now."""
    while not run_batch(actor, upload_id):
        pass
    with tenant_tx(actor.tenant_id):
        return get_upload(actor, upload_id)


def run_batch(actor: Actor, upload_id: UUID, size: int = BATCH) -> bool:
    """Import the next rows in one transaction, from where the last batch ended; True when all are done.

    Counts and records are stored together, so that a repetition after a crash imports nothing twice.
    """
    with tenant_tx(actor.tenant_id):
        upload = Upload.objects.select_for_update().get(id=upload_id)
        if upload.status == "done":
            return True
        kind = registry.get(upload.object)
        require(actor, kind.name, "import")
        table = table_of(upload)
        rows = table.rows[upload.read : upload.read + size]
        tally = _import(actor, kind, upload, _read(actor, kind, upload, rows))
        refused = [*upload.options.get("refused", []), *([number, reason] for number, reason in tally.refused)]
        upload.options = {**upload.options, "refused": refused}
        upload.read += len(rows)
        upload.created += tally.created
        upload.updated += tally.updated
        upload.skipped += tally.skipped
        upload.refused += len(tally.refused)
        upload.status = "running"
        if upload.read >= len(table.rows):
            _finish(actor, upload, table)
        upload.save()
        return bool(upload.status == "done")


def _read(actor: Actor, kind: ObjectType, upload: Upload, rows: Sequence[Sequence[str]]) -> list[Row]:
    reader = RowReader(actor, kind, upload.mapping)
    reader.learn(rows)
    return [Row(upload.read + at, *reader.read(row)) for at, row in enumerate(rows)]


def _import(actor: Actor, kind: ObjectType, upload: Upload, rows: Sequence[Row]) -> Tally:
    tally = Tally(0, 0, 0, [])
    known = _matches(actor, kind, upload, rows)
    match, on_match, tag = (upload.options.get(name, "") for name in ("match", "on_match", "tag"))
    own = custom_fields(kind.name)
    creations: list[tuple[int, AnyChange]] = []
    updates: list[tuple[int, AnyChange]] = []
    for row in rows:
        if row.problems:
            tally.refused.append((row.number, _reason(kind, {name: [text] for name, text in row.problems.items()})))
            continue
        found = known.get(str(row.values.get(match, "")).casefold()) if match else None
        if found and on_match == "skip":
            tally.skipped += 1
        elif found:
            updates.append(
                (row.number, Update(found, {name: value for name, value in row.values.items() if name != match}))
            )
        else:
            tags = list(dict.fromkeys([*_listed(row.values.get("tags")), *([tag] if tag else [])]))
            creations.append((row.number, Create(completed(actor, kind, own, {**row.values, "tags": tags}))))
    importing = actor.through("import")
    tally.created = _carry_out(importing, kind, creations, tally.refused)
    tally.updated = _carry_out(importing, kind, updates, tally.refused)
    tally.refused.sort()
    return tally


def _listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [word.strip() for word in str(value or "").replace("，", ",").replace(";", ",").split(",") if word.strip()]


def _matches(actor: Actor, kind: ObjectType, upload: Upload, rows: Sequence[Row]) -> dict[str, UUID]:
    """Existing records by the value of the field that decides whether a row is known."""
    match = upload.options.get("match", "")
    if not match:
        return {}
    wanted = {str(row.values[match]) for row in rows if row.values.get(match)}
    wanted |= {text.lower() for text in wanted}
    column = kind.by_name[match].column
    found = visible_records(actor, kind.name).filter(**{f"{column}__in": wanted}).values_list(column, "id")
    return {str(value).casefold(): key for value, key in found}


def _carry_out(
    actor: Actor, kind: ObjectType, work: list[tuple[int, AnyChange]], refused: list[tuple[int, str]]
) -> int:
    """Write a batch; rows that are refused leave it, with their reason, and the rest is tried again. Returns how many."""
    while work:
        try:
            change_records(actor, kind.name, [change for _number, change in work])
            return len(work)
        except Invalid as refusal:
            wrong = _wrong_rows(refusal, len(work))
            if not wrong:
                return _halves(actor, kind, work, refused, refusal)
            refused.extend((work[at][0], _reason(kind, errors)) for at, errors in wrong.items())
            work = [entry for at, entry in enumerate(work) if at not in wrong]
        except Refused as refusal:
            return _halves(actor, kind, work, refused, refusal)
    return 0


def _halves(
    actor: Actor, kind: ObjectType, work: list[tuple[int, AnyChange]], refused: list[tuple[int, str]], why: Refused
) -> int:
    if len(work) == 1:
        refused.append((work[0][0], why.message))
        return 0
    middle = len(work) // 2
    return _carry_out(actor, kind, work[:middle], refused) + _carry_out(actor, kind, work[middle:], refused)


def _wrong_rows(refusal: Invalid, count: int) -> dict[int, dict[str, list[str]]]:
    """Messages by place in the batch: with several changes the keys are "place.field"."""
    wrong: dict[int, dict[str, list[str]]] = {}
    for key, texts in refusal.errors.items():
        place, dot, name = key.partition(".")
        if count == 1:
            wrong.setdefault(0, {})[key] = texts
        elif dot and place.isdecimal() and int(place) < count:
            wrong.setdefault(int(place), {})[name] = texts
    return wrong


def _reason(kind: ObjectType, errors: Mapping[str, Sequence[str]]) -> str:
    parts = []
    known = {**kind.by_name, **(custom_fields(kind.name) if any(name not in kind.by_name for name in errors) else {})}
    for name, texts in errors.items():
        label = str(known[name].label) if name in known else name
        parts.append(f"{label}: {' '.join(texts)}" if label else " ".join(texts))
    return " ".join(parts)


def _finish(actor: Actor, upload: Upload, table: Table) -> None:
    """Mark the upload as done; rows that were refused go into a file with the reason beside them."""
    upload.status, upload.finished_at = "done", timezone.now()
    refused = upload.options.get("refused", [])
    if not refused:
        return
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*table.headers, _("Reason")])
    for number, reason in refused:
        writer.writerow([*(safe_cell(cell) for cell in table.rows[number]), reason])
    content = b"\xef\xbb\xbf" + text.getvalue().encode()
    upload.error_file = store_file(name="refused.csv", content=content, member_id=upload.member_id, tags=(MARK,))


def safe_cell(text: Any) -> str:
    """A cell that a spreadsheet program does not take for a formula."""
    cell = str(text)
    signed = cell.startswith(("+", "-")) and not cell[1:2].isdigit()
    return f"'{cell}" if signed or cell.startswith(("=", "@", "\t", "\r")) else cell
