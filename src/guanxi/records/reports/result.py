"""What a report answers: rows of groups with their figures, and everything that is needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from guanxi.records.reports.definition import Definition, Group
from guanxi.records.reports.fields import HIDDEN, OTHER, Reach
from guanxi.records.reports.periods import Span
from guanxi.records.reports.sources import Source

Figures = Mapping[str, Decimal | None]
TOTAL = None
# Keys that are no values, as programs read them.
_TOLD = {OTHER: "$others", HIDDEN: "$hidden"}


@dataclass(frozen=True)
class Heading:
    """A measure as people read it. `unit`: count, number, money, percent, days."""

    key: str
    label: str
    unit: str
    kind: str


@dataclass(frozen=True)
class Axis:
    """A group with its field; `ordered` when its keys have an order of their own (dates, stages, bands)."""

    group: Group
    field: Reach
    label: str
    ordered: bool


@dataclass
class Row:
    """A group: its keys and labels from the first level on; figures by column, under None those of the whole row.

    `before` are those of the period that it is compared with. A row of fewer keys than there are groups is a subtotal.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    cells: dict[str | None, dict[str, Decimal | None]] = field(default_factory=dict)
    before: dict[str | None, dict[str, Decimal | None]] = field(default_factory=dict)

    @property
    def total(self) -> Figures:
        """The figures of the whole row."""
        return self.cells.get(TOTAL, {})


@dataclass(frozen=True)
class Result:
    """A report with its figures. `rows` are the finest groups in order, `subtotals` those above them by their keys.

    `count` is how many records were read, `unconverted` how many amounts were left out because no exchange rate is known.
    """

    definition: Definition
    source: Source
    axes: tuple[Axis, ...]
    pivot: Axis | None
    headings: tuple[Heading, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    subtotals: Mapping[tuple[str, ...], Row]
    total: Row
    count: int
    read_at: datetime
    currency: str
    zone: str
    fiscal: int
    span: Span | None = None
    before: Span | None = None
    unconverted: int = 0

    @property
    def empty(self) -> bool:
        """Nothing was counted."""
        return not self.count

    def heading(self, key: str) -> Heading:
        """The measure of this key. Raises KeyError."""
        return next(one for one in self.headings if one.key == key)

    def as_json(self) -> dict[str, Any]:
        """What the API answers."""
        return {
            "columns": [{"key": key, "label": label} for key, label in self.columns],
            "groups": [{"field": axis.group.field, "by": axis.group.by, "label": axis.label} for axis in self.axes],
            "measures": [{"key": one.key, "label": one.label, "unit": one.unit} for one in self.headings],
            "rows": [self._row_json(row) for row in self.rows],
            "subtotals": [self._row_json(row) for row in self.subtotals.values()],
            "total": self._row_json(self.total),
            "count": self.count,
            "currency": self.currency,
            "unconverted": self.unconverted,
            "period": _span_json(self.span),
            "compared_with": _span_json(self.before),
            "read_at": self.read_at.isoformat().replace("+00:00", "Z"),
        }

    def _row_json(self, row: Row) -> dict[str, Any]:
        written: dict[str, Any] = {
            "keys": [_TOLD.get(key, key) for key in row.keys],
            "labels": list(row.labels),
            "figures": {key: _text(value) for key, value in row.total.items()},
        }
        if self.pivot:
            written["cells"] = {
                _TOLD.get(str(column), str(column)): {key: _text(value) for key, value in figures.items()}
                for column, figures in row.cells.items()
                if column is not TOTAL
            }
        if self.before:
            written["before"] = {key: _text(value) for key, value in row.before.get(TOTAL, {}).items()}
        return written


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f") if value else "0"


def _span_json(span: Span | None) -> dict[str, str] | None:
    return {"from": span.first.isoformat(), "after": span.after.isoformat()} if span else None
