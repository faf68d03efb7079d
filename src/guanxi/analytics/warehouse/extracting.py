"""Keeping the warehouse equal to the database: only partitions whose rows changed are read again.

For each fact the database sums the prints of its rows by partition (one scan, no sorting); what the manifest holds with another sum, or no
longer finds, is read again or removed. So late corrections, deleted, merged and erased rows need no marks. Partitions are read in groups, each one
COPY, and the manifest is written after each group: a killed run goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from pyarrow import parquet

from guanxi.analytics.warehouse.copying import copied, schema_of
from guanxi.analytics.warehouse.store import (
    UNFINISHED,
    Fact,
    Part,
    clear_unfinished,
    folder,
    read_manifest,
    write_manifest,
)
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Company
from guanxi.records.extracts import EXTRACTS, Extract

BUCKETS = 8
GROUP_ROWS = 1_000_000
ROW_GROUP = 200_000
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Brought:
    """What came of one fact: rows it has now, rows read in this run, partitions read and removed."""

    rows: int
    read: int
    parts_read: int
    parts_removed: int


def all_extracts() -> tuple[Extract, ...]:
    """The facts of all rooms, in order of registration."""
    return tuple(extract for offer in EXTRACTS for extract in offer())


def extract_all(tenant_id: UUID, progress: Progress, *, group_rows: int = GROUP_ROWS) -> dict[str, Brought]:
    """Bring the warehouse of a company up to date; the caller holds its lock. Returns what was done by fact."""
    clear_unfinished(tenant_id)
    extracts = all_extracts()
    manifest = {
        name: fact for name, fact in read_manifest(tenant_id).items() if name in {each.name for each in extracts}
    }
    done = {}
    for number, extract in enumerate(extracts):

        def tell(share: float, number: int = number, name: str = extract.name) -> None:
            progress((number + share) / len(extracts), name)

        done[extract.name] = _bring(tenant_id, extract, manifest, tell, group_rows)
    write_manifest(tenant_id, manifest)
    return done


def _bring(
    tenant_id: UUID, extract: Extract, manifest: dict[str, Fact], tell: Callable[[float], None], group_rows: int
) -> Brought:
    tell(0.0)
    with tenant_tx(tenant_id):
        values = _values(tenant_id)
        salt = _salt(extract, values)
        wanted = _prints(extract, values)
    fact = manifest.setdefault(extract.name, Fact(salt))
    if fact.salt != salt:
        fact.salt, fact.parts = salt, {key: Part(part.file, part.rows, "") for key, part in fact.parts.items()}
    gone = [key for key in fact.parts if key not in wanted]
    for key in gone:
        del fact.parts[key]
    stale = [
        key for key, (_rows, sum_) in sorted(wanted.items()) if key not in fact.parts or fact.parts[key].print != sum_
    ]
    read, total = 0, sum(wanted[key][0] for key in stale)
    for group in _groups(stale, wanted, group_rows):
        with tenant_tx(tenant_id):
            found = _read_group(tenant_id, extract, group, values)
        for key in group:
            rows, file = found.get(key, (0, ""))
            read += rows
            fact.parts[key] = Part(file, rows, wanted[key][1]) if rows else fact.parts.pop(key, Part("", 0, ""))
            if not rows:
                fact.parts.pop(key, None)
        write_manifest(tenant_id, manifest)
        tell(read / max(total, 1))
    return Brought(sum(part.rows for part in fact.parts.values()), read, len(stale), len(gone))


def _values(tenant_id: UUID) -> dict[str, Any]:
    company = Company.objects.values("currency", "time_zone").get()
    return {"tenant": tenant_id, "currency": company["currency"], "zone": company["time_zone"]}


def _salt(extract: Extract, values: Mapping[str, Any]) -> str:
    """Names the way of extraction: the statement, the columns, the company's currency and time zone, all exchange rates, and the database.

    Prints tell versions of a row apart by the number of the transaction that wrote it. A database that was restored, or went back in time,
    gives the same numbers once more: it is another one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(hashtextextended(concat_ws('|', currency, day, rate), 0)), 0)::text FROM core_exchangerate"
        )
        rates = cursor.fetchone()[0]
    company = (values["currency"], values["zone"])
    parts = [extract.rows, str(dict(extract.columns)), extract.by, *company, rates, str(BUCKETS), database_mark()]
    text = "\n".join(parts)
    return sha256(text.encode()).hexdigest()[:16]


def database_mark() -> str:
    """Tells this database apart from others, and from itself after it went back in time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws('|', s.system_identifier, c.timeline_id, d.oid) FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d"
            " WHERE d.datname = current_database()"
        )
        return str(cursor.fetchone()[0])


def _part(extract: Extract) -> str:
    """SQL: the partition of a row `r`."""
    if extract.columns[extract.by] == "day":
        return f"coalesce(to_char(r.\"{extract.by}\", 'YYYY-MM'), '0000-00')"
    return f"('b' || (uuid_hash_extended(r.\"{extract.by}\", 0) & {BUCKETS - 1}))"


def _prints(extract: Extract, values: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Rows, and the sum of their prints, by partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_part(extract)} AS part, count(*), sum(r.print)::text FROM ({extract.rows}) r GROUP BY 1", values
        )
        return {part: (rows, sum_) for part, rows, sum_ in cursor.fetchall()}


def _groups(stale: Sequence[str], wanted: Mapping[str, tuple[int, str]], most: int) -> Iterator[list[str]]:
    """Neighbouring partitions together, as long as they hold no more than `most` rows."""
    group: list[str] = []
    rows = 0
    for key in stale:
        if group and rows + wanted[key][0] > most:
            yield group
            group, rows = [], 0
        group.append(key)
        rows += wanted[key][0]
    if group:
        yield group


def _read_group(
    tenant_id: UUID, extract: Extract, group: Sequence[str], values: Mapping[str, Any]
) -> dict[str, tuple[int, str]]:
    """Read partitions by one COPY; rows and file of each."""
    place = folder(tenant_id) / extract.name
    place.mkdir(parents=True, exist_ok=True)
    plain = schema_of(extract.columns)
    schema = pa.schema([("part", pa.string()), *plain])
    with ExitStack() as stack, copied(_select(extract), {**values, "parts": list(group)}, schema) as batches:
        writers = {key: _Writer(place, key, plain, stack) for key in group}
        for batch in batches:
            _spread(batch, writers)
        for writer in writers.values():
            writer.flush()
    return {key: (writer.rows, writer.finish()) for key, writer in writers.items() if writer.rows}


def _select(extract: Extract) -> str:
    columns = ", ".join(
        f"(r.\"{name}\" AT TIME ZONE 'UTC')" if kind == "moment" else f'r."{name}"'
        for name, kind in extract.columns.items()
    )
    part = _part(extract)
    return f"SELECT {part}, {columns} FROM ({extract.rows}) r WHERE {part} = ANY(%(parts)s)"


def _spread(batch: pa.RecordBatch, writers: Mapping[str, "_Writer"]) -> None:
    parts = batch.column("part")
    rest = batch.drop_columns(["part"])
    present: Iterable[str] = pc.unique(parts).to_pylist()
    for key in present:
        writers[key].add(rest.filter(pc.equal(parts, key)))


class _Writer:
    """One file of a partition; its name is given once it is whole."""

    def __init__(self, place: Path, part: str, schema: pa.Schema, stack: ExitStack) -> None:
        self._place, self._part, self._schema, self._stack = place, part, schema, stack
        self._aside = place / f"{part}{UNFINISHED}"
        self._file: parquet.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._waits = 0
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows in; they are written when enough wait."""
        self._waiting.append(batch)
        self._waits += batch.num_rows
        self.rows += batch.num_rows
        if self._waits >= ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        if self._file is None:
            self._file = self._stack.enter_context(parquet.ParquetWriter(self._aside, self._schema, compression="zstd"))
        self._file.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting, self._waits = [], 0

    def finish(self) -> str:
        """Give the closed file its name, which no other content will have."""
        digest = sha256()
        with self._aside.open("rb") as handle:
            while piece := handle.read(1 << 20):
                digest.update(piece)
        name = f"{self._part}.{digest.hexdigest()[:16]}.parquet"
        self._aside.replace(self._place / name)
        return name


def drop_unreadable(tenant_id: UUID) -> None:
    """Forget partitions whose file is missing or no Parquet file, so that the next extraction reads them again."""
    manifest = read_manifest(tenant_id)
    changed = False
    for name, fact in manifest.items():
        for key, part in list(fact.parts.items()):
            with suppress(OSError, pa.ArrowInvalid):
                if parquet.ParquetFile(folder(tenant_id) / name / part.file).metadata.num_rows == part.rows:
                    continue
            del fact.parts[key]
            changed = True
    if changed:
        write_manifest(tenant_id, manifest)
