"""Running a report: the statement within its time, then rows in order with labels, shares, running totals and changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.reports.compiling import MOST_CELLS, Column, Statement, compile_report
from guanxi.records.reports.definition import Definition
from guanxi.records.reports.derived import derive, headings_of
from guanxi.records.reports.fields import EMPTY, HIDDEN, OTHER, Reach
from guanxi.records.reports.labels import STEPS, is_ordered, labels_for, order_of
from guanxi.records.reports.periods import Calendar, Span, company_calendar, compared_with
from guanxi.records.reports.result import TOTAL, Axis, Result, Row

SECONDS = 8
JOB_SECONDS = 300
MOST_FILLED = 400
_PLACES = Decimal("0.0001")
Figures = dict[str, Decimal | None]
Cells = dict[tuple[str, ...], dict[str | None, Figures]]


class TooHeavy(Conflict):
    """The report took longer than it may while somebody waits."""

    kind = "too-heavy"


@dataclass
class Read:
    """What one statement answered: figures by the keys of their groups and column, how many rows, amounts without a rate."""

    cells: Cells = field(default_factory=dict)
    count: int = 0
    unconverted: int = 0


@dataclass(frozen=True)
class Taken:
    """The figures of a report as they were read: `now`, those of the period before, the days of both, and when it was."""

    now: Read
    earlier: Read | None
    span: Span | None
    before: Span | None
    today: date
    read_at: datetime


def run_report(actor: Actor, made: Definition, *, seconds: int = SECONDS) -> Result:
    """The figures of a report. Raises `Invalid`, `NotAllowed`, `TooHeavy`."""
    return take_and_show(actor, made, seconds=seconds)[1]


def take_and_show(actor: Actor, made: Definition, *, seconds: int) -> tuple[Taken, Result]:
    """What the report's statements answer, and the result made of it. Raises as `run_report`."""
    statement, taken = _take(actor, made, company_calendar(), seconds, lambda: None)
    return taken, _Made(actor, made, statement, taken).result()


def take_figures(actor: Actor, made: Definition, *, seconds: int, begun: Callable[[], None] = lambda: None) -> Taken:
    """What the report's statements answer, to be kept; `begun` is called in their transaction. Raises as `run_report`."""
    return _take(actor, made, company_calendar(), seconds, begun)[1]


def result_of(actor: Actor, made: Definition, taken: Taken) -> Result:
    """The result of figures that were taken before, with the words and within the fields that are the actor's now.

    Raises `Invalid` and `NotAllowed` when the report may not be run any more.
    """
    calendar = replace(company_calendar(), today=taken.today)
    return _Made(actor, made, compile_report(actor, made, calendar, taken.span), taken).result()


def _take(
    actor: Actor, made: Definition, calendar: Calendar, seconds: int, begun: Callable[[], None]
) -> tuple[Statement, Taken]:
    if not made.measures:
        raise Invalid({"measures": [_("Say what to count.")]})
    statement = compile_report(actor, made, calendar)
    before = compared_with(statement.span, made.compare, calendar.today) if made.compare and statement.span else None
    with tenant_tx(actor.tenant_id), within_time(seconds) as limit:
        begun()
        now = _read(statement)
        earlier = None
        if before:
            limit()
            earlier = _read(compile_report(actor, made, calendar, before))
    return statement, Taken(now, earlier, statement.span, before, calendar.today, timezone.now())


@contextmanager
def within_time(seconds: int) -> Iterator[Callable[[], None]]:
    """Statements inside may take this long altogether; what takes longer is broken off and raises `TooHeavy`.

    The limit is one of each statement: what is yielded lowers it to what is left, to be called before another.
    """
    until = monotonic() + seconds

    def limit() -> None:
        left = max(1, round((until - monotonic()) * 1000))
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{left}ms"])

    try:
        with transaction.atomic():
            limit()
            yield limit
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        text = _("The report takes longer than %(seconds)d seconds. Narrow its period or its filter.")
        raise TooHeavy(text % {"seconds": seconds}) from error


def _read(statement: Statement) -> Read:
    found = Read()
    if statement.params is None:
        return found
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        rows = cursor.fetchall()
    if len(rows) > MOST_CELLS:
        raise Invalid({"groups": [_("There are too many groups: narrow the report or keep only the largest.")]})
    for row in rows:
        _add(found, statement, row)
    return found


def _add(found: Read, statement: Statement, row: Sequence[Any]) -> None:
    axes = len(statement.axes)
    level = int(row[0])
    # The highest bit is the first key; a set bit says that the row is not grouped by it.
    keys = [row[at + 1] if not level >> (axes - 1 - at) & 1 else None for at in range(axes)]
    column = keys.pop() if statement.pivoted else TOTAL
    figures = {one.measure.key: figure(one, row[axes + 1 + at]) for at, one in enumerate(statement.columns)}
    prefix = tuple(key for key in keys if key is not None)
    found.cells.setdefault(prefix, {})[column] = figures
    if not prefix and column is TOTAL:
        found.count = row[-1]
        found.unconverted = row[-2] if statement.unconverted else 0


def figure(column: Column, value: Any) -> Decimal | None:
    """What the database answered as an exact figure; a sum of nothing is zero."""
    if value is None:
        return Decimal(0) if column.measure.kind in ("sum", "count", "distinct") else None
    if column.measure.kind in ("count", "distinct"):
        return Decimal(value)
    return (Decimal(str(value)) / column.scale).quantize(_PLACES, rounding=ROUND_HALF_UP)


class _Made:
    """Makes the result out of what was read."""

    def __init__(self, actor: Actor, made: Definition, statement: Statement, taken: Taken) -> None:
        self.actor, self.made, self.statement, self.read = actor, made, statement, taken.now
        self.earlier, self.before, self.read_at = taken.earlier, taken.before, taken.read_at
        self.groups = list(statement.axes[: len(made.groups)])
        self.pivot = statement.axes[-1] if made.pivot else None
        self.orders = [order_of(group, found) for group, found in self.groups]

    def result(self) -> Result:
        labels = [self._labels(at) for at in range(len(self.groups))]
        rows = {keys: self._row(keys, labels) for keys in self._all_keys()}
        columns = self._columns()
        self._compare(rows)
        leaves = self._sorted(rows)
        total = rows.get((), Row((), ()))
        derive(self.made, leaves, list(rows.values()), total, [key for key, _label in columns])
        leaves = self._resorted(leaves, rows)
        return Result(
            definition=self.made, source=self.statement.source,
            axes=tuple(self._axis(group, found) for group, found in self.groups),
            pivot=self._axis(*self.pivot) if self.pivot else None,
            headings=headings_of(self.made, self.statement.columns), columns=tuple(columns), rows=tuple(leaves),
            subtotals={keys: row for keys, row in rows.items() if 0 < len(keys) < len(self.groups)}, total=total,
            count=self.read.count, read_at=self.read_at, currency=self.actor.currency,
            zone=self.statement.calendar.zone, fiscal=self.statement.calendar.fiscal, span=self.statement.span,
            before=self.before, unconverted=self.read.unconverted,
        )  # fmt: skip

    def _axis(self, group: Any, found: Reach) -> Axis:
        return Axis(group, found, found.label, is_ordered(group, found))

    def _labels(self, at: int) -> dict[str, str]:
        group, found = self.groups[at]
        keys = {keys[at] for keys in self._all_keys() if len(keys) > at}
        return labels_for(self.actor, group, found, keys, fiscal=self.statement.calendar.fiscal, currency=self.actor.currency)  # fmt: skip

    def _all_keys(self) -> list[tuple[str, ...]]:
        known = dict.fromkeys([(), *self.read.cells])
        if len(self.groups) == 1:
            known |= dict.fromkeys((key,) for key in self._gaps({keys[0] for keys in known if keys}))
        return list(known)

    def _gaps(self, keys: set[str]) -> list[str]:
        """Spans of days without records between the first and the last, so that a line does not leap over them."""
        group, _found = self.groups[0]
        step = STEPS.get(group.by)
        if step is None or self.made.limit:
            return []
        known = sorted(date.fromisoformat(key) for key in keys if key not in (EMPTY, HIDDEN, OTHER))
        span = self.statement.span if self.made.period and self.made.period.field == group.field else None
        if not known:
            return []
        last = known[-1]
        if span:
            last = max(last, min(span.after - timedelta(days=1), self.statement.calendar.today))
        filled: list[str] = []
        day = known[0]
        while day <= last and len(filled) < MOST_FILLED:
            filled.append(day.isoformat())
            day += step
        if span:
            day = known[0] - step
            while day >= span.first and len(filled) < MOST_FILLED:
                filled.append(day.isoformat())
                day -= step
        return filled

    def _row(self, keys: tuple[str, ...], labels: Sequence[Mapping[str, str]]) -> Row:
        row = Row(keys, tuple(labels[at][key] for at, key in enumerate(keys)))
        row.cells = dict(self.read.cells.get(keys, {}))
        row.cells.setdefault(TOTAL, self._nothing())
        return row

    def _nothing(self) -> Figures:
        return {one.measure.key: figure(one, None) for one in self.statement.columns}

    def _columns(self) -> list[tuple[str, str]]:
        if self.pivot is None:
            return []
        keys = {column for cells in self.read.cells.values() for column in cells if column is not TOTAL}
        order = order_of(*self.pivot)
        named = labels_for(self.actor, *self.pivot, keys, fiscal=self.statement.calendar.fiscal, currency=self.actor.currency)  # fmt: skip
        natural = is_ordered(*self.pivot)
        return sorted(named.items(), key=lambda one: (*order(one[0])[: 2 if natural else 1], one[1]) if natural else (order(one[0])[0], Decimal(0), one[1]))  # fmt: skip

    def _compare(self, rows: Mapping[tuple[str, ...], Row]) -> None:
        """Figures of the earlier period beside those of the same group; spans of days are moved by as much as the period."""
        if self.earlier is None or self.before is None or self.statement.span is None:
            return
        for keys, row in rows.items():
            row.before = self.earlier.cells.get(self._earlier_keys(keys), {TOTAL: self._nothing()})

    def _earlier_keys(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        moved = []
        for (group, _found), key in zip(self.groups, keys, strict=False):
            moved.append(self._earlier(key, group.by) if group.by in STEPS else key)
        return tuple(moved)

    def _earlier(self, key: str, by: str) -> str:
        assert self.before is not None and self.statement.span is not None
        if key in (EMPTY, HIDDEN, OTHER):
            return key
        day, now, then = date.fromisoformat(key), self.statement.span.first, self.before.first
        months = (now.year - then.year) * 12 + now.month - then.month
        if by in ("day", "week", "fiscal_week") and not (now.day == then.day and by == "day"):
            return (day - timedelta(days=round((now - then).days / 7) * 7 if by != "day" else (now - then).days)).isoformat()  # fmt: skip
        return _months_before(day, months).isoformat()

    def _sorted(self, rows: Mapping[tuple[str, ...], Row]) -> list[Row]:
        leaves = [row for keys, row in rows.items() if len(keys) == len(self.groups)]
        if not self.groups:
            return leaves
        return sorted(leaves, key=lambda row: self._place(row, rows, plain=True))

    def _resorted(self, leaves: list[Row], rows: Mapping[tuple[str, ...], Row]) -> list[Row]:
        """In the order that was asked for, by derived figures too."""
        return sorted(leaves, key=lambda row: self._place(row, rows, plain=False)) if self.groups else leaves

    def _place(self, row: Row, rows: Mapping[tuple[str, ...], Row], *, plain: bool) -> tuple[Any, ...]:
        place: list[Any] = []
        for at in range(len(row.keys)):
            above = rows.get(row.keys[: at + 1], row)
            place.append(self._place_of(at, above, plain))
        return tuple(place)

    def _place_of(self, at: int, row: Row, plain: bool) -> tuple[Any, ...]:
        key, label = row.keys[at], row.labels[at]
        last, own, _key = self.orders[at](key)
        by = self.made.sort.removeprefix("-")
        natural = is_ordered(*self.groups[at])
        # Days of a person are read in their order, whatever sorts the persons.
        inner = len(self.groups) > 1 and self.groups[at][0].by in STEPS
        if by == "group" or (not by and natural) or (plain and natural) or inner:
            direction = -1 if self.made.sort == "-group" else 1
            word = (date_number(key) if self.groups[at][0].by in STEPS else own) * direction
            return last, word, label
        value = row.total.get(by or self.statement.columns[0].measure.key)
        descending = not by or self.made.sort.startswith("-")
        number = value if value is not None else Decimal("-Infinity" if descending else "Infinity")
        # Groups without a value keep their place by size; the rest is last.
        return int(last == 1), -number if descending else number, label


def date_number(key: str) -> Decimal:
    """A day as a number to sort by; what is no day is none."""
    try:
        return Decimal(date.fromisoformat(key).toordinal())
    except ValueError:
        return Decimal(0)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


Runner = Callable[[Actor, Definition], Result]
__all__ = [
    "JOB_SECONDS",
    "SECONDS",
    "Calendar",
    "Read",
    "Taken",
    "TooHeavy",
    "result_of",
    "run_report",
    "take_and_show",
    "take_figures",
    "within_time",
]
