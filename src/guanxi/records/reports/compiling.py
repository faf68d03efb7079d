"""A report as one SQL statement: the rows that the actor sees by the ORM, groups, subtotals and measures around them.

    WITH base AS (…visible rows: g0, g1 (keys as text), v0 (values), f0 (whether they count)…),
         ranked AS (…the groups of the first level by their measure, where only the largest are kept…)
    SELECT grouping(k0, k1), k0, k1, sum(v0) FILTER (WHERE f0), … GROUP BY GROUPING SETS ((k0, k1), (k0), ())

Subtotals and the rest beside the largest groups are thereby exact for medians and distinct counts too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Case, DateField, DecimalField, F, Func, Q, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.reports.definition import FIGURES, Definition, Group, Measure, Period
from guanxi.records.reports.fields import (
    DATES,
    NUMERIC,
    OTHER,
    RATE_DAY,
    Reach,
    groupable,
    guarded,
    home_amount,
    key_of,
    number_of,
    reach,
)
from guanxi.records.reports.periods import Calendar, Span, span_of
from guanxi.records.reports.sources import Source, source_of

MOST_CELLS = 20_000
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Column:
    """What becomes of a measure in the statement: the SQL of its aggregate, the scale of its value, the unit people read it in."""

    measure: Measure
    sql: str
    scale: int
    unit: str
    field: Reach | None = None


@dataclass(frozen=True)
class Statement:
    """The statement with its parameters (None when nothing can match), and what its columns mean."""

    sql: str
    params: Sequence[Any] | None
    source: Source
    axes: tuple[tuple[Group, Reach], ...]
    columns: tuple[Column, ...]
    calendar: Calendar
    span: Span | None
    unconverted: bool = False
    pivoted: bool = False


@dataclass
class _Parts:
    """What the rows of `base` carry."""

    annotations: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, Any] = field(default_factory=dict)
    without_rate: list[str] = field(default_factory=list)


def compile_report(actor: Actor, made: Definition, calendar: Calendar, span: Span | None = None) -> Statement:
    """The statement of a report; `span` stands in for its own period. Raises `Invalid`, `NotAllowed`."""
    source = source_of(actor, made.object)
    parts = _Parts()
    axes = tuple(_axis(actor, source, group, at, made, parts, calendar) for at, group in enumerate(made.axes))
    _rate_day(actor, source, made.period, parts, calendar)
    columns = tuple(_column(actor, source, one, at, parts) for at, one in enumerate(made.measures) if not one.derived)
    rows, span = narrowed(actor, source, made, calendar, span)
    rows = rows.order_by().alias(**parts.aliases).annotate(**parts.annotations)
    names = list(parts.annotations) or ["id"]
    try:
        base, params = rows.values_list(*names).query.sql_with_params()
    except EmptyResultSet:
        base, params = "", None
    sql = _around(base, made, columns, len(axes), parts)
    return Statement(
        sql, params, source, axes, columns, calendar, span, bool(parts.without_rate), made.pivot is not None
    )


def narrowed(
    actor: Actor, source: Source, made: Definition, calendar: Calendar, span: Span | None = None
) -> tuple[Any, Span | None]:
    """The rows that a report reads, and the days of its period; `span` stands in for these."""
    rows = source.rows(actor, made.filter)
    if made.period is None:
        return rows, None
    span = span or span_of(made.period.within, calendar)
    return _within(actor, source, rows, made.period, span, calendar), span


def _axis(
    actor: Actor, source: Source, group: Group, at: int, made: Definition, parts: _Parts, calendar: Calendar
) -> tuple[Group, Reach]:
    place = "pivot.field" if at == len(made.groups) else f"groups.{at}.field"
    found = reach(actor, source, group.field, place)
    groupable(found, group, place)
    parts.annotations[f"g{at}"] = key_of(found, group, calendar.zone, calendar.fiscal)
    return group, found


def _rate_day(actor: Actor, source: Source, period: Period | None, parts: _Parts, calendar: Calendar) -> None:
    """The day whose exchange rate counts: that of the period's field, else that on which the record was made."""
    prefix = f"{source.link}__" if source.lines else ""
    day: Any = _day(F(f"{prefix}created_at"), calendar)
    if period:
        found = reach(actor, source, period.field, "period.field")
        if found.item.kind in DATES and not found.item.custom:
            own = found.expression if found.item.kind == "date" else _day(found.expression, calendar)
            day = Func(own, day, function="coalesce", output_field=DateField())
    parts.aliases[RATE_DAY] = day


def _day(expression: Any, calendar: Calendar) -> Any:
    return Cast(Func(Value(calendar.zone), expression, function="timezone", output_field=DateField()), DateField())


def _within(actor: Actor, source: Source, rows: Any, period: Period, span: Span, calendar: Calendar) -> Any:
    found = reach(actor, source, period.field, "period.field")
    if found.item.kind not in DATES or (found.item.custom and found.prefix):
        raise Invalid({"period.field": [_("The period needs a date.")]})
    bounds: Sequence[Any] = (span.first, span.after)
    if found.item.kind == "datetime":
        bounds = span.moments(calendar.zone)
    elif found.item.slot:
        bounds = span.moments("UTC")
    if found.item.custom:
        rows = rows.alias(**{found.lookup: found.expression})
    rows = rows.filter(**{f"{found.lookup}__gte": bounds[0], f"{found.lookup}__lt": bounds[1]})
    return rows.filter(found.guard) if found.guards else rows


def _column(actor: Actor, source: Source, one: Measure, at: int, parts: _Parts) -> Column:
    place = f"measures.{at}"
    counts = ""
    if one.filter:
        condition, aliases = _condition(actor, source, one, place)
        parts.aliases |= aliases
        parts.annotations[f"f{at}"] = Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())  # fmt: skip
        counts = f" FILTER (WHERE f{at})"
    if one.kind == "count":
        return Column(one, f"count(*){counts}", 1, "count")
    found = reach(actor, source, one.field, f"{place}.field")
    if one.kind == "distinct":
        return _distinct(one, found, at, parts, counts, place)
    value, scale, unit = _value(actor, source, one, found, at, parts, place)
    parts.annotations[f"v{at}"] = guarded(found, value)
    return Column(one, _aggregate(one.kind, f"v{at}", counts), scale, unit, found)


def _condition(actor: Actor, source: Source, one: Measure, place: str) -> tuple[Q, Mapping[str, Any]]:
    try:
        condition, aliases = source.condition(actor, one.filter)
    except Invalid as refusal:
        raise Invalid({f"{place}.filter": [refusal.message]}) from refusal
    return condition or Q(pk__isnull=False), aliases


def _distinct(one: Measure, found: Reach, at: int, parts: _Parts, counts: str, place: str) -> Column:
    if found.item.kind in ("json", "tags", "multichoice", "longtext"):
        raise _unfit(found, place)
    item = found.item
    whole = F(f"{found.prefix}{item.column}_id") if item.kind == "link" and not item.custom else found.expression
    parts.annotations[f"v{at}"] = guarded(found, Func(whole, template="nullif((%(expressions)s)::text, '')"))
    return Column(one, f"count(DISTINCT v{at}){counts}", 1, "count", found)


def _value(
    actor: Actor, source: Source, one: Measure, found: Reach, at: int, parts: _Parts, place: str
) -> tuple[Any, int, str]:
    """(expression, scale, unit) of what is summed."""
    if one.since:
        return _days_between(actor, source, one, found, place)
    if found.item.kind not in NUMERIC:
        raise _unfit(found, place)
    converted = home_amount(found, actor.currency)
    value, scale = number_of(found)
    if converted is not None:
        value, missing = converted
        parts.annotations[f"r{at}"] = missing
        parts.without_rate.append(f"r{at}")
    units = {"money": "money", "percent": "percent"}
    return value, scale, units.get(found.item.kind, "number")


def _days_between(actor: Actor, source: Source, one: Measure, found: Reach, place: str) -> tuple[Any, int, str]:
    begun = reach(actor, source, one.since, f"{place}.since")
    if found.item.kind not in DATES or begun.item.kind not in DATES or found.item.custom or begun.item.custom:
        raise _unfit(found, place)
    seconds = Func(
        found.expression,
        begun.expression,
        template=f"(extract(epoch FROM (%(expressions)s))::numeric / {DAY_SECONDS})",
        arg_joiner="::timestamptz - ",
        output_field=DecimalField(max_digits=20, decimal_places=6),
    )
    return guarded(begun, seconds), 1, "days"


def _unfit(found: Reach, place: str) -> Invalid:
    return Invalid({f"{place}.field": [_("%(field)s is no number.") % {"field": found.label}]})


def _aggregate(kind: str, value: str, counts: str) -> str:
    if kind == "median":
        return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value}::float8){counts}"
    name = {"sum": "sum", "average": "avg", "min": "min", "max": "max"}[kind]
    assert kind in FIGURES
    return f"{name}({value}){counts}"


def _around(base: str, made: Definition, columns: Sequence[Column], axes: int, parts: _Parts) -> str:
    groups = len(made.groups)
    keys = [f"k{at}" for at in range(axes)]
    figures = [one.sql for one in columns]
    missing = " OR ".join(parts.without_rate)
    figures += [f"count(*) FILTER (WHERE {missing})"] if missing else []
    figures += ["count(*)"]
    renamed = [f"g{at} AS k{at}" for at in range(axes)]
    ranked, joined = "", "base"
    if made.limit and groups:
        ranked = f", ranked AS ({_ranking(made, columns)})"
        joined = "base JOIN ranked ON ranked.g = base.g0"
        renamed[0] = f"CASE WHEN ranked.place <= {made.limit:d} THEN g0 ELSE '{OTHER}' END AS k0"
    select = ", ".join(["base.*", *renamed])
    level = f"grouping({', '.join(keys)})" if keys else "0"
    grouped = f" GROUP BY GROUPING SETS ({', '.join(_sets(groups, axes))})" if keys else ""
    return (
        f"WITH base AS ({base}){ranked} SELECT {', '.join([level, *keys, *figures])} "
        f"FROM (SELECT {select} FROM {joined}) AS s{grouped} LIMIT {MOST_CELLS + 1}"
    )


def _sets(groups: int, axes: int) -> list[str]:
    """Each level of rows, by itself and by column."""
    sets = []
    for depth in range(groups, -1, -1):
        level = [f"k{at}" for at in range(depth)]
        if axes > groups:
            sets.append(f"({', '.join([*level, f'k{groups}'])})")
        sets.append(f"({', '.join(level)})")
    return sets


def _ranking(made: Definition, columns: Sequence[Column]) -> str:
    """The groups of the first level in the order by which the largest are kept."""
    by = made.sort.removeprefix("-")
    chosen = next((one for one in columns if one.measure.key == by), columns[0])
    direction = "ASC" if made.sort and not made.sort.startswith("-") and by == chosen.measure.key else "DESC"
    place = f"row_number() OVER (ORDER BY {chosen.sql} {direction} NULLS LAST, g0)"
    return f"SELECT g0 AS g, {place} AS place FROM base GROUP BY g0"
