"""Figures made of other figures: ratios, shares of the total, running totals, changes to the period before."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from guanxi.records.reports.compiling import Column
from guanxi.records.reports.definition import Definition, Measure
from guanxi.records.reports.result import TOTAL, Heading, Row

_PLACES = Decimal("0.0001")
HUNDRED = Decimal(100)


def headings_of(made: Definition, columns: Sequence[Column]) -> tuple[Heading, ...]:
    """The measures as people read them, in the order of the definition."""
    plain = {one.measure.key: one for one in columns}
    return tuple(_heading(one, made, plain) for one in made.measures)


def _heading(one: Measure, made: Definition, plain: Mapping[str, Column]) -> Heading:
    if not one.derived:
        column = plain[one.key]
        return Heading(one.key, one.label or _words(column), column.unit, one.kind)
    of = plain[one.of]
    unit = of.unit if one.kind == "running" else "percent"
    if one.kind == "ratio" and plain[one.to].unit != of.unit:
        unit = of.unit
    name = of.measure.label or _words(of)
    words = {
        "ratio": _("%(name)s in relation"), "running": _("%(name)s, running total"), "share": _("%(name)s, share"),
        "change": _("%(name)s, change"),
    }  # fmt: skip
    return Heading(one.key, one.label or words[one.kind] % {"name": name}, unit, one.kind)


def _words(column: Column) -> str:
    if column.field is None:
        return _("Count")
    words = {
        "sum": "%(field)s", "average": _("Average: %(field)s"), "median": _("Median: %(field)s"), "min": _("Smallest: %(field)s"),
        "max": _("Largest: %(field)s"), "distinct": _("Different: %(field)s"),
    }  # fmt: skip
    return words[column.measure.kind] % {"field": column.field.label}


def derive(made: Definition, leaves: Sequence[Row], rows: Sequence[Row], total: Row, columns: Sequence[str]) -> None:
    """Add derived figures to all rows. `leaves` stand in order; `columns` are the keys of the pivot."""
    units = {one.key: one for one in made.measures}
    for one in made.measures:
        if one.kind == "ratio":
            by_hundred = _alike(units[one.of], units[one.to])
            _each(rows, one, lambda figures, one=one, by=by_hundred: ratio(figures.get(one.of), figures.get(one.to), HUNDRED if by else Decimal(1)))  # type: ignore[misc]  # fmt: skip
        elif one.kind == "share":
            whole = total.total.get(one.of)
            _each(rows, one, lambda figures, one=one, whole=whole: ratio(figures.get(one.of), whole, HUNDRED))  # type: ignore[misc]
        elif one.kind in ("running", "change"):
            for column in (TOTAL, *columns):
                _along(one, leaves, column, total)


def ratio(value: Decimal | None, of: Decimal | None, times: Decimal) -> Decimal | None:
    """`value` in relation to `of`; nothing where one of them is missing or the second is zero."""
    if value is None or not of:
        return None
    return (value * times / of).quantize(_PLACES, rounding=ROUND_HALF_UP)


def _alike(one: Measure, other: Measure) -> bool:
    """Whether two measures count in the same unit, so that their relation is a percentage."""
    counts = ("count", "distinct")
    return (one.kind in counts) == (other.kind in counts)


def _each(rows: Sequence[Row], one: Measure, make: Callable[[Mapping[str, Decimal | None]], Decimal | None]) -> None:
    for row in rows:
        for figures in (*row.cells.values(), *row.before.values()):
            figures[one.key] = make(figures)


def _along(one: Measure, leaves: Sequence[Row], column: str | None, total: Row) -> None:
    """Down the rows: the sum so far, or the change to the row before of the same upper groups but the first."""
    so_far, earlier = Decimal(0), dict[tuple[str, ...], Decimal | None]()
    for row in leaves:
        figures = row.cells.setdefault(column, {})
        value = figures.get(one.of)
        if one.kind == "running":
            so_far += value or Decimal(0)
            figures[one.key] = so_far
            continue
        series = row.keys[1:]
        before = earlier.get(series)
        figures[one.key] = None if value is None or not before else ratio(value - before, abs(before), HUNDRED)
        earlier[series] = value
    total.cells.setdefault(column, {})[one.key] = so_far if one.kind == "running" else None
