"""The criteria of a figure: what the list of the very records behind it is filtered by.

Where a figure counts rows that no list shows (lines of an order, records whose upper record is out of sight, hours of the day),
there is none.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson

from guanxi.records.reports.definition import Group, Measure
from guanxi.records.reports.fields import EMPTY, HIDDEN, OTHER, Reach
from guanxi.records.reports.labels import STEPS
from guanxi.records.reports.periods import Span
from guanxi.records.reports.result import Result, Row

Criteria = dict[str, Any]


def drill_criteria(
    result: Result, row: Row, column: str | None = None, measure: str = "", *, before: bool = False
) -> Criteria | None:
    """The criteria of the records behind a figure; None where no list of records shows just those."""
    if result.source.lines is not None:
        return None
    made, parts = result.definition, []
    span = result.before if before else result.span
    if made.filter:
        parts.append(dict(made.filter))
    if made.period and span:
        parts.append(_within(_period_field(result), made.period.field, span, result.zone))
    chosen = [(axis.group, axis.field, key) for axis, key in zip(result.axes, row.keys, strict=False)]
    if result.pivot and column is not None:
        chosen.append((result.pivot.group, result.pivot.field, column))
    for group, found, key in chosen:
        part = _others(result, group.field) if key == OTHER else _of_group(group, found, key, result.zone)
        if part is None:
            return None
        parts.append(part)
    own = _of_measure(made.measures, measure)
    return {"all": [*parts, *([own] if own else [])]}


def drill_url(result: Result, row: Row, column: str | None = None, measure: str = "", *, before: bool = False) -> str:
    """The address of the list of the records behind a figure, or ""."""
    criteria = drill_criteria(result, row, column, measure, before=before)
    if criteria is None:
        return ""
    return f"/{result.source.kind.plural}/?{urlencode({'filter': orjson.dumps(criteria).decode()})}"


def _period_field(result: Result) -> str:
    kind = result.source.fields
    period = result.definition.period
    assert period is not None
    name = period.field
    if "." not in name:
        return kind[name].kind
    axis = next((axis for axis in (*result.axes, *([result.pivot] if result.pivot else [])) if axis.group.field == name), None)  # fmt: skip
    return axis.field.item.kind if axis else "date"


def _within(kind: str, path: str, span: Span, zone: str) -> Criteria:
    """Both bounds as criteria: moments for times, days for dates."""
    low, high = (_bound(kind, day, zone) for day in (span.first, span.after))
    return {"all": [{"field": path, "op": "gte", "value": low}, {"field": path, "op": "lt", "value": high}]}


def _bound(kind: str, day: date, zone: str) -> str:
    return day.isoformat() if kind == "date" else datetime.combine(day, time(), ZoneInfo(zone)).isoformat()


def _of_group(group: Group, found: Reach, key: str, zone: str) -> Criteria | None:
    # A list filters by what linked records hold, seen or not: where some are out of sight, its count would be another.
    if key == HIDDEN or found.guards or (found.prefix and found.item.custom):
        return None
    path = found.path
    if key == EMPTY:
        # An empty box counts as No, a missing link as nothing to show.
        return {"field": path, "op": "empty"} if found.item.kind != "bool" else None
    if group.by in ("weekday", "hour"):
        return None
    if group.bands:
        return _of_band(group, path, int(key))
    if found.item.kind in ("date", "datetime"):
        first = date.fromisoformat(key)
        return _within(found.item.kind, path, Span(first, first + STEPS[group.by or "day"]), zone)
    if found.item.kind == "bool":
        return {"field": path, "op": "is", "value": key == "true"}
    return {"field": path, "op": "is", "value": key}


def _of_band(group: Group, path: str, place: int) -> Criteria:
    low = [{"field": path, "op": "gte", "value": format(group.bands[place - 1], "f")}] if place else []
    high = [{"field": path, "op": "lt", "value": format(group.bands[place], "f")}] if place < len(group.bands) else []
    return {"all": [*low, *high]}


def _others(result: Result, path: str) -> Criteria | None:
    """All but the groups that are named: only for fields that can be one of a list."""
    found = result.axes[0].field
    named = list(dict.fromkeys(row.keys[0] for row in result.rows if row.keys[0] not in (OTHER, HIDDEN, EMPTY)))
    empty_named = any(row.keys[0] == EMPTY for row in result.rows)
    if found.item.kind not in ("choice", "link", "text") or found.guards or result.axes[0].group.bands:
        return None
    parts: list[Criteria] = [{"not": {"field": path, "op": "in", "value": named}}] if found.item.required else [{"field": path, "op": "not_in", "value": named}]  # fmt: skip
    return {"all": [*parts, *([{"field": path, "op": "not_empty"}] if empty_named else [])]}


def _of_measure(measures: Sequence[Measure], key: str) -> Mapping[str, Any]:
    """The filter of a figure itself; of a derived one that of what it is made of."""
    found = next((one for one in measures if one.key == key), None)
    if found is not None and found.derived:
        found = next((one for one in measures if one.key == found.of), None) if found.kind != "running" else None
    return found.filter if found else {}
