"""Carrying an import out: chunk by chunk, each in a transaction of its own together with the note that it is done.

Whoever dies in the middle loses what was not committed and nothing else; the next run goes on with the chunks that are not
noted. A chunk that two runs take at once is stored by the first: the second finds its note.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.core.db.bulk import insert_rows
from guanxi.core.errors import NotFound, Refused
from guanxi.core.files import open_file
from guanxi.core.stream import announce
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.imports.cells import Table
from guanxi.records.imports.orders import FOLLOWED_AT_ONCE, Order, read_order
from guanxi.records.imports.reading import open_source
from guanxi.records.imports.services import announce_end
from guanxi.records.imports.settling import reasons, settle
from guanxi.records.models import Import, ImportChunk, ImportRow

LANES = 2
FIGURES = ("read", "created", "updated", "unchanged", "skipped", "refused")
MAX_CELL = 20_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Figures:
    """What came of the rows so far: read = created + updated + skipped + refused; `unchanged` are among the updated."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0


class Stopped(Exception):
    """The import was asked to pause."""


def figures_of(row: Import) -> Figures:
    """The figures of an import: of its chunks while it goes on, of the import itself when it is done."""
    if row.finished_at is not None:
        return Figures(**{name: getattr(row, name) for name in FIGURES})
    sums = ImportChunk.objects.filter(of_id=row.id).aggregate(**{name: Sum(name) for name in FIGURES})
    return Figures(**{name: value or 0 for name, value in sums.items()})


def run_import(
    actor: Actor,
    import_id: UUID,
    *,
    file: IO[bytes] | None = None,
    progress: Progress | None = None,
    lanes: int = LANES,
) -> Import:
    """Carry the import out, or go on with it; returns it as it is then (done or paused).

    `file` is the source where the import does not keep it itself. Raises what the order itself is refused with; the import then
    has failed, with the reason.
    """
    began = time.monotonic()
    with _spoken(actor):
        try:
            _run(actor, import_id, file, progress, lanes)
        except Refused as refusal:
            with tenant_tx(actor.tenant_id):
                Import.objects.filter(id=import_id).update(status="failed", error=refusal.message[:2000])
            raise
        return _end(actor, import_id, time.monotonic() - began)


@contextmanager
def _spoken(actor: Actor) -> Iterator[None]:
    with translation.override(actor.language), timezone.override(actor.time_zone):
        yield


def _run(actor: Actor, import_id: UUID, file: IO[bytes] | None, progress: Progress | None, lanes: int) -> None:
    with tenant_tx(actor.tenant_id):
        row = get_row(import_id)
        if row.finished_at is not None or row.undone_at is not None:
            return
        order = read_order(actor, row)
        finished = set(ImportChunk.objects.filter(of_id=row.id).values_list("first", flat=True))
        Import.objects.filter(id=row.id).update(status="running", stop_wanted=False, error="")
    source: AbstractContextManager[Any] = nullcontext(file) if file is not None else open_file(_stored(row))
    with source as content, _all_or_nothing(order), suppressed_stop():
        rows = open_source(content, order.form).rows
        with Lanes(order, 0 if order.dry or order.in_order or connection.in_atomic_block else lanes) as lane:
            first = 0
            while part := list(islice(rows, row.size)):
                if first not in finished:
                    _heed(order, lane)
                    lane.store(order.cleaner.read(first, part))
                first += len(part)
                if progress is not None:
                    progress(first, row.total)


@contextmanager
def suppressed_stop() -> Iterator[None]:
    """A pause ends the loop and is no failure."""
    try:
        yield
    except Stopped:
        return


def _stored(row: Import) -> Any:
    if row.file is None:
        raise NotFound(_("The file of this import is not here any more."))
    return row.file


def get_row(import_id: UUID) -> Import:
    """The import; raises `NotFound`."""
    found: Import | None = Import.objects.filter(id=import_id).select_related("file").first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def _heed(order: Order, lane: "Lanes") -> None:
    """Stop where a person asked for it; what is on its way is stored."""
    with tenant_tx(order.actor.tenant_id):
        wanted = Import.objects.filter(id=order.row.id, stop_wanted=True).exists()
    if wanted:
        lane.drain()
        raise Stopped


@contextmanager
def _all_or_nothing(order: Order) -> Iterator[None]:
    """A dry run is a whole one that is taken back; only its figures are kept."""
    if not order.dry:
        yield
        return
    with tenant_tx(order.actor.tenant_id):
        point = transaction.savepoint()
        yield
        chunks = list(ImportChunk.objects.filter(of_id=order.row.id))
        refused = list(ImportRow.objects.filter(of_id=order.row.id)[:1000])
        transaction.savepoint_rollback(point)
        insert_rows(ImportChunk, chunks)
        insert_rows(ImportRow, refused)


class Lanes:
    """Chunks on their way into the database: while some are stored, the next is read. With no lanes, one after the other here."""

    def __init__(self, order: Order, count: int) -> None:
        self._order = order
        self._waiting: queue.Queue[Table | None] = queue.Queue(maxsize=1)
        self._error: BaseException | None = None
        self._threads = [threading.Thread(target=self._work, daemon=True) for _number in range(count)]
        self._keys: deque[set[Any]] = deque(maxlen=count + 2)

    def __enter__(self) -> "Lanes":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        for _thread in self._threads:
            self._put(None)
        for thread in self._threads:
            thread.join()
        if error is None and self._error is not None:
            raise self._error

    def store(self, table: Table) -> None:
        """Have a chunk stored. Raises what an earlier one failed with."""
        if not self._threads:
            store_chunk(self._order, table)
            return
        if self._order.key:
            self._one_after_the_other(table)
        self._put(table)

    def drain(self) -> None:
        """Wait until everything given is stored."""
        self._waiting.join()
        self._keys.clear()
        if self._error is not None:
            raise self._error

    def _one_after_the_other(self, table: Table) -> None:
        """Rows with the same key may stand in two chunks: the second then waits for the first."""
        keys = {
            value.casefold() if isinstance(value, str) else value
            for value in table.values[self._order.key]
            if value is not None
        }
        if any(keys & others for others in self._keys):
            self.drain()
        self._keys.append(keys)

    def _put(self, table: Table | None) -> None:
        while True:
            if self._error is not None and table is not None:
                raise self._error
            try:
                self._waiting.put(table, timeout=0.5)
                return
            except queue.Full:
                continue

    def _work(self) -> None:
        try:
            with _spoken(self._order.actor):
                while (table := self._waiting.get()) is not None:
                    try:
                        if self._error is None:
                            store_chunk(self._order, table)
                    except BaseException as error:
                        self._error = error
                    finally:
                        self._waiting.task_done()
                self._waiting.task_done()
        finally:
            connection.close()


def store_chunk(order: Order, table: Table) -> None:
    """Store one chunk and the note of it. A chunk that is noted already is left alone."""
    tenant_id = order.actor.tenant_id
    if order.kind.bulk is not None and not connection.in_atomic_block:
        with tenant_tx(tenant_id):
            for pool in (order.codes, *order.numbers.values()):
                pool.ensure(len(table.rows))
    try:
        with tenant_tx(tenant_id):
            _without_waiting()
            chunk = ImportChunk(of_id=order.row.id, first=table.first)
            with transaction.atomic():
                chunk.save(force_insert=True)
            counts = settle(order, table)
            chunk.read, chunk.refused = len(table.rows), len(table.problems)
            chunk.created, chunk.updated = counts.created, counts.updated
            chunk.unchanged, chunk.skipped = counts.unchanged, counts.skipped
            if chunk.read != chunk.created + chunk.updated + chunk.skipped + chunk.refused:
                raise RuntimeError(f"rows were lost: {vars(counts)}, {chunk.refused} of {chunk.read} refused")
            chunk.save(update_fields=["read", "refused", "created", "updated", "unchanged", "skipped"])
            _keep_refused(order, table)
            announce("imports", member_id=order.actor.member_id, id=order.row.id)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "records_importchunk_once":
            raise


def _without_waiting() -> None:
    """The commit of a chunk need not be on disk before the next one: its rows and its note are lost or kept together, and the end of
    the import waits for all of them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _keep_refused(order: Order, table: Table) -> None:
    rows = [
        ImportRow(
            tenant_id=order.actor.tenant_id,
            of_id=order.row.id,
            number=table.first + row,
            cells=[_storable(cell) for cell in table.rows[row]],
            reason=reasons(order, errors),
        )
        for row, errors in sorted(table.problems.items())
    ]
    insert_rows(ImportRow, rows)


def _storable(cell: str) -> str:
    """A cell as JSON in the database takes it: no NUL, no half characters."""
    return cell[:MAX_CELL].replace("\x00", "").encode("utf-8", "replace").decode()


def _end(actor: Actor, import_id: UUID, seconds: float) -> Import:
    with tenant_tx(actor.tenant_id):
        row: Import = Import.objects.select_for_update().get(id=import_id)
        if row.status != "running":
            return row
        figures = figures_of(row)
        row.seconds += seconds
        if row.stop_wanted:
            row.status = "paused"
            announce("imports", member_id=actor.member_id, id=row.id)
        else:
            for name in FIGURES:
                setattr(row, name, getattr(figures, name))
            row.status, row.finished_at = "done", timezone.now()
            row.followed_at = row.finished_at if row.total <= FOLLOWED_AT_ONCE else None
            row.total = figures.read
            if not row.options.get("dry"):
                announce_end(actor, row)
        row.save()
        return row
