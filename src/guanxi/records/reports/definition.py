"""A report as JSON, read into typed values.

    {"object": "opportunity",
     "filter": {"field": "category", "op": "is", "value": "won"},
     "period": {"field": "closed_at", "within": "this_fiscal_year"},
     "groups": [{"field": "closed_at", "by": "month"}, {"field": "owner"}],
     "pivot": {"field": "type"},
     "measures": [{"key": "won", "kind": "sum", "field": "amount_company"},
                  {"key": "part", "kind": "share", "of": "won"}],
     "sort": "-won", "limit": 10, "compare": "year", "chart": "bar",
     "targets": [{"measure": "won", "value": "500000", "label": "Plan"}]}

With `columns` it lists records instead, in `groups` with `measures` as their subtotals.
Here only its form is judged; whether fields exist and may be read is judged where they are resolved.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid

MOST_GROUPS = 3
MOST_MEASURES = 12
MOST_COLUMNS = 20
MOST_TARGETS = 5
MOST_BANDS = 20
MOST_ROWS = 500
SPANS = (
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "fiscal_week",
    "fiscal_month",
    "fiscal_quarter",
    "fiscal_year",
    "weekday",
    "hour",
)
FIGURES = ("sum", "average", "median", "min", "max")
DERIVED = ("ratio", "running", "share", "change")
KINDS = ("count", "distinct", *FIGURES, *DERIVED)
CHARTS = ("bar", "row", "line", "area", "stacked", "pie", "funnel", "heat", "scatter", "gauge", "table")
COMPARISONS = ("before", "year")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_PATH = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59}){0,3}")
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Group:
    """What rows are grouped by: a field, a date by `by`, a number by the lower ends of `bands`."""

    field: str
    by: str = ""
    bands: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class Measure:
    """One figure. `field` is what it is made of (with `since`: the days between the two), `filter` which rows count.

    Derived ones are made of other measures: `of`, and `to` for a ratio.
    """

    key: str
    kind: str
    field: str = ""
    since: str = ""
    filter: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    of: str = ""
    to: str = ""
    label: str = ""

    @property
    def derived(self) -> bool:
        """Made of other figures instead of rows."""
        return self.kind in DERIVED


@dataclass(frozen=True)
class Period:
    """Rows whose `field` lies within: a named or counted period, or {"from": day, "to": day}."""

    field: str
    within: Any


@dataclass(frozen=True)
class Target:
    """A line at `value` in the chart of a measure."""

    measure: str
    value: Decimal
    label: str = ""


@dataclass(frozen=True)
class Definition:
    """A report. `columns` list records instead of grouping them; `limit` keeps the largest groups, the rest become one."""

    object: str
    filter: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    period: Period | None = None
    groups: tuple[Group, ...] = ()
    pivot: Group | None = None
    measures: tuple[Measure, ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 0
    compare: str = ""
    targets: tuple[Target, ...] = ()
    chart: str = ""

    @property
    def axes(self) -> tuple[Group, ...]:
        """The groups of rows, then the one of columns."""
        return (*self.groups, *((self.pivot,) if self.pivot else ()))

    def measure(self, key: str) -> Measure:
        """The measure of this key. Raises KeyError."""
        return next(one for one in self.measures if one.key == key)


def read_definition(data: Any) -> Definition:
    """The definition in JSON. Raises `Invalid` with a message for each place that is wrong."""
    reader = _Reader()
    known = ("object", "filter", "period", "groups", "pivot", "measures", "columns", "sort", "limit", "compare", "targets", "chart")  # fmt: skip
    values = reader.mapping(data, "", known)
    pivot = values.get("pivot")
    made = Definition(
        object=reader.text(values, "object", "", required=True, most=60),
        filter=reader.criteria(values, ""),
        period=_period(reader, values.get("period")),
        groups=tuple(_group(reader, item, at) for at, item in reader.items(values, "groups", MOST_GROUPS)),
        pivot=_group(reader, pivot, "pivot") if pivot else None,
        measures=tuple(_measure(reader, item, at) for at, item in reader.items(values, "measures", MOST_MEASURES)),
        columns=tuple(reader.path(item, at) for at, item in reader.items(values, "columns", MOST_COLUMNS)),
        sort=reader.text(values, "sort", "", most=61),
        limit=reader.whole(values, "limit", MOST_ROWS),
        compare=reader.one_of(values, "compare", COMPARISONS),
        targets=tuple(_target(reader, item, at) for at, item in reader.items(values, "targets", MOST_TARGETS)),
        chart=reader.one_of(values, "chart", CHARTS),
    )
    _check_whole(reader, made)
    reader.settle()
    return made


def write_definition(made: Definition) -> dict[str, Any]:
    """The JSON of a definition, without what is left open: the opposite of `read_definition`."""
    written: dict[str, Any] = {"object": made.object}
    if made.filter:
        written["filter"] = dict(made.filter)
    if made.period:
        written["period"] = {"field": made.period.field, "within": made.period.within}
    if made.groups:
        written["groups"] = [_written_group(one) for one in made.groups]
    if made.pivot:
        written["pivot"] = _written_group(made.pivot)
    if made.measures:
        written["measures"] = [_written_measure(one) for one in made.measures]
    if made.columns:
        written["columns"] = list(made.columns)
    if made.targets:
        written["targets"] = [
            {"measure": one.measure, "value": format(one.value, "f"), **({"label": one.label} if one.label else {})}
            for one in made.targets
        ]
    return written | {name: value for name in ("sort", "limit", "compare", "chart") if (value := getattr(made, name))}


def _written_group(group: Group) -> dict[str, Any]:
    written: dict[str, Any] = {"field": group.field}
    if group.by:
        written["by"] = group.by
    if group.bands:
        written["bands"] = [format(band, "f") for band in group.bands]
    return written


def _written_measure(measure: Measure) -> dict[str, Any]:
    written: dict[str, Any] = {"key": measure.key, "kind": measure.kind}
    for name in ("field", "since", "of", "to", "label"):
        if getattr(measure, name):
            written[name] = getattr(measure, name)
    if measure.filter:
        written["filter"] = dict(measure.filter)
    return written


class _Reader:
    """Collects what is wrong, place by place, so that all of it is told at once."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}

    def wrong(self, place: str, text: str) -> None:
        self.errors.setdefault(place, []).append(text)

    def settle(self) -> None:
        if self.errors:
            raise Invalid(self.errors)

    def mapping(self, data: Any, place: str, known: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            self.wrong(place, _("A JSON object is expected."))
            return _EMPTY
        for name in data:
            if name not in known:
                self.wrong(_at(place, str(name)[:60]), _("There is no such member."))
        return data

    def text(self, values: Mapping[str, Any], name: str, place: str, *, required: bool = False, most: int = 120) -> str:
        value = values.get(name)
        if value in (None, ""):
            if required:
                self.wrong(_at(place, name), _("This is required."))
            return ""
        text = str(value) if not isinstance(value, dict | list | bool) else "\x00"
        if len(text) > most or any(ord(char) < 32 for char in text):
            self.wrong(_at(place, name), _("Plain text of at most %(count)d characters is expected.") % {"count": most})
            return ""
        return text

    def path(self, value: Any, place: str, *, required: bool = True) -> str:
        if not value and not required:
            return ""
        if not isinstance(value, str) or not _PATH.fullmatch(value):
            self.wrong(place, _("A field such as “amount” or “account.region” is expected."))
            return ""
        return value

    def key(self, value: Any, place: str) -> str:
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            self.wrong(place, _("A key of small letters, digits and _ is expected."))
            return ""
        return value

    def criteria(self, values: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        value = values.get("filter") or {}
        if not isinstance(value, Mapping):
            self.wrong(_at(place, "filter"), _("The filter is not well formed."))
            return {}
        return value

    def items(self, values: Mapping[str, Any], name: str, most: int) -> list[tuple[str, Any]]:
        found = values.get(name) or []
        if not isinstance(found, list) or len(found) > most:
            self.wrong(name, _("A list of at most %(count)d is expected.") % {"count": most})
            return []
        return [(f"{name}.{index}", item) for index, item in enumerate(found)]

    def whole(self, values: Mapping[str, Any], name: str, most: int) -> int:
        value = values.get(name) or 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.wrong(name, _("A whole number from 1 to %(most)d is expected.") % {"most": most})
            return 0
        return value

    def one_of(self, values: Mapping[str, Any], name: str, known: Sequence[str], place: str = "") -> str:
        value = values.get(name) or ""
        if value and value not in known:
            self.wrong(_at(place, name), _("One of %(known)s is expected.") % {"known": ", ".join(known)})
            return ""
        return str(value)

    def number(self, value: Any, place: str) -> Decimal:
        try:
            found = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or abs(found) >= Decimal(10) ** 15:
            self.wrong(place, _("A number is expected."))
            return Decimal(0)
        return found


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _period(reader: _Reader, data: Any) -> Period | None:
    if not data:
        return None
    values = reader.mapping(data, "period", ("field", "within"))
    within = values.get("within")
    if not within or not isinstance(within, str | Mapping):
        reader.wrong("period.within", _("Give a period such as the last 180 days."))
    return Period(reader.path(values.get("field"), "period.field"), within)


def _group(reader: _Reader, data: Any, place: str) -> Group:
    values = reader.mapping(data, place, ("field", "by", "bands"))
    bands = values.get("bands") or []
    if not isinstance(bands, list) or len(bands) > MOST_BANDS:
        reader.wrong(f"{place}.bands", _("A list of at most %(count)d is expected.") % {"count": MOST_BANDS})
        bands = []
    numbers = [reader.number(band, f"{place}.bands") for band in bands]
    if numbers != sorted(set(numbers)):
        reader.wrong(f"{place}.bands", _("The bands must rise."))
    return Group(
        reader.path(values.get("field"), f"{place}.field"), reader.one_of(values, "by", SPANS, place), tuple(numbers)
    )


def _measure(reader: _Reader, data: Any, place: str) -> Measure:
    values = reader.mapping(data, place, ("key", "kind", "field", "since", "filter", "of", "to", "label"))
    kind = reader.one_of(values, "kind", KINDS, place)
    if not kind:
        reader.wrong(f"{place}.kind", _("This is required."))
    needs_field = kind in (*FIGURES, "distinct")
    return Measure(
        key=reader.key(values.get("key"), f"{place}.key"),
        kind=kind,
        field=reader.path(values.get("field"), f"{place}.field", required=needs_field),
        since=reader.path(values.get("since"), f"{place}.since", required=False),
        filter=reader.criteria(values, place),
        of=reader.text(values, "of", place, required=kind in DERIVED, most=30),
        to=reader.text(values, "to", place, required=kind == "ratio", most=30),
        label=reader.text(values, "label", place),
    )


def _target(reader: _Reader, data: Any, place: str) -> Target:
    values = reader.mapping(data, place, ("measure", "value", "label"))
    return Target(
        reader.key(values.get("measure"), f"{place}.measure"),
        reader.number(values.get("value"), f"{place}.value"),
        reader.text(values, "label", place),
    )


def _check_whole(reader: _Reader, made: Definition) -> None:
    keys = [one.key for one in made.measures]
    if len(set(keys)) != len(keys):
        reader.wrong("measures", _("Each measure needs a key of its own."))
    if not made.measures and not made.columns:
        reader.wrong("measures", _("Say what to count."))
    if made.columns and (made.pivot or made.compare or any(one.derived for one in made.measures)):
        reader.wrong(
            "columns", _("A list of records has no columns of groups, no comparison, and no figures made of others.")
        )
    if made.columns and made.measures and not made.groups:
        reader.wrong("groups", _("Say by what the list has subtotals."))
    fields = [(one.field, one.by) for one in made.axes]
    if len(set(fields)) != len(fields):
        reader.wrong("groups", _("Group by each field once."))
    if made.compare and made.period is None:
        reader.wrong("compare", _("A comparison needs a period."))
    if made.limit and not made.columns and not made.groups:
        reader.wrong("limit", _("There are no groups to limit."))
    plain = {one.key for one in made.measures if not one.derived}
    for index, one in enumerate(made.measures):
        _check_derived(reader, made, one, f"measures.{index}", plain)
    for index, target in enumerate(made.targets):
        if target.measure not in keys:
            reader.wrong(f"targets.{index}.measure", _("There is no measure of this key."))
    _check_sort(reader, made, keys)


def _check_derived(reader: _Reader, made: Definition, one: Measure, place: str, plain: set[str]) -> None:
    if not one.derived:
        return
    told: Callable[[str], None] = lambda name: reader.wrong(f"{place}.{name}", _("There is no measure of this key."))  # noqa: E731
    if one.of not in plain:
        told("of")
    if one.kind == "ratio" and one.to not in plain:
        told("to")
    if (
        one.kind == "running"
        and (base := next((other for other in made.measures if other.key == one.of), None))
        and base.kind not in ("count", "sum")
    ):
        reader.wrong(f"{place}.of", _("Only counts and sums have a running total."))
    if one.kind == "change" and not (made.groups and made.groups[0].by):
        reader.wrong(f"{place}.kind", _("A change to the period before needs a date as the first group."))


def _check_sort(reader: _Reader, made: Definition, keys: Sequence[str]) -> None:
    name = made.sort.removeprefix("-")
    if not name or (made.columns and name in made.columns):
        return
    if (made.columns and name not in made.columns) or (name not in keys and name != "group"):
        reader.wrong("sort", _("Sort by a measure, or by “group”."))
