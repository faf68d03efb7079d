"""How a result is drawn: a form that reads well by its shape, and the figures as <gx-chart> takes them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.ui import formats
from guanxi.records.reports.drilling import drill_url
from guanxi.records.reports.fields import OTHER
from guanxi.records.reports.labels import STEPS
from guanxi.records.reports.result import TOTAL, Heading, Result, Row

MOST_POINTS = 400
MOST_SERIES = 12
# Slices and steps that can be told apart and named.
MOST_SLICES = 10
UNITS = {"money": "money", "percent": "percent"}


def default_chart(result: Result) -> str:
    """The form that reads best: gauge for one share, lines for time, bars for few, rows for many or long names."""
    if not result.axes:
        return "gauge" if result.headings[0].unit == "percent" else "table"
    first = result.axes[0].group
    if result.pivot:
        dated = result.pivot.group.by
        if first.by in ("weekday", "hour") or dated in ("weekday", "hour") or len(result.columns) > MOST_SERIES:
            return "heat"
        return "stacked" if result.headings[0].unit in ("count", "money") else "line"
    bars = _bars(result)
    if first.by in STEPS:
        return "line" if len(bars) > 14 else "bar"
    longest = max((len(row.labels[0]) for row in bars), default=0)
    return "bar" if result.axes[0].ordered and len(bars) <= 8 and longest <= 14 else "row"


def chart_of(result: Result, kind: str = "") -> dict[str, Any] | None:
    """What <gx-chart> draws: categories, series with addresses behind their figures, lines of targets; None for a table alone."""
    kind = kind or result.definition.chart or default_chart(result)
    bars = _bars(result)[:MOST_POINTS]
    if kind == "table" or not bars or (kind == "gauge" and result.axes):
        return None
    heading = result.headings[0]
    kind = fitting_kind(kind, [number_of(row.total.get(heading.key)) for row in bars])
    data: dict[str, Any] = {
        "kind": "bar" if kind == "gauge" and heading.unit != "percent" else kind,
        "unit": UNITS.get(heading.unit, "number"),
        "currency": result.currency,
        "category_label": result.axes[0].label if result.axes else "",
        "categories": [row.labels[0] if row.labels else heading.label for row in bars],
        "series": _series(result, bars, kind),
    }
    if kind == "pie" and len(bars) > MOST_SLICES:
        _fold(data, [OTHER in row.keys for row in bars])
    targets = [one for one in result.definition.targets if one.measure == heading.key]
    if targets:
        data["targets"] = [{"name": one.label or _("Target"), "value": float(one.value)} for one in targets]
    return data


def fitting_kind(kind: str, values: Sequence[float | int | None]) -> str:
    """The form itself, or bars where it cannot show such figures: nothing below zero is a slice or a step, and a funnel has few steps."""
    below = any(value is not None and value < 0 for value in values)
    if (kind in ("pie", "funnel") and below) or (kind == "funnel" and len(values) > MOST_SLICES):
        return "row"
    return kind


def _fold(data: dict[str, Any], others: Sequence[bool]) -> None:
    """The largest slices in their order, and the rest as one."""
    series = data["series"][0]
    values = [value or 0 for value in series["values"]]
    largest = sorted((at for at in range(len(values)) if not others[at]), key=lambda at: -values[at])
    kept = sorted(largest[: MOST_SLICES - 1])
    rest = sum(values) - sum(values[at] for at in kept)
    data["categories"] = [*(data["categories"][at] for at in kept), _("All others")]
    series["values"] = [*(values[at] for at in kept), rest]
    series["urls"] = [*(series["urls"][at] for at in kept), None]


def _bars(result: Result) -> list[Row]:
    """The rows of the first level, which a chart shows; without groups the total."""
    if not result.axes:
        return [result.total]
    if len(result.axes) == 1:
        return list(result.rows)
    return [result.subtotals[key] for key in dict.fromkeys(row.keys[:1] for row in result.rows)]


def _series(result: Result, bars: Sequence[Row], kind: str) -> list[dict[str, Any]]:
    heading = result.headings[0]
    if result.pivot:
        return [
            _one(result, bars, heading, label, column) for column, label in result.columns[: MOST_SERIES if kind != "heat" else 60]
        ]  # fmt: skip
    if kind in ("pie", "funnel", "gauge"):
        return [_one(result, bars, heading, heading.label, TOTAL)]
    if kind == "scatter" and len(result.headings) > 1:
        return [_points(result, bars)]
    alike = [one for one in result.headings if one.unit == heading.unit][:MOST_SERIES]
    series = [_one(result, bars, one, one.label, TOTAL) for one in alike]
    if result.before:
        series.append(_earlier(result, bars, heading))
    return series


def _one(result: Result, bars: Sequence[Row], heading: Heading, label: str, column: str | None) -> dict[str, Any]:
    return {
        "name": label,
        "values": [number_of(row.cells.get(column, {}).get(heading.key)) for row in bars],
        "urls": [drill_url(result, row, column, heading.key) or None for row in bars],
    }


def _earlier(result: Result, bars: Sequence[Row], heading: Heading) -> dict[str, Any]:
    return {
        "name": compared_words(result),
        "values": [number_of(row.before.get(TOTAL, {}).get(heading.key)) for row in bars],
        "urls": [None for _row in bars],
        "tone": "grey",
    }


def _points(result: Result, bars: Sequence[Row]) -> dict[str, Any]:
    across, up = result.headings[0].key, result.headings[1].key
    return {
        "name": f"{result.headings[0].label} × {result.headings[1].label}",
        "values": [[number_of(row.total.get(across)) or 0, number_of(row.total.get(up)) or 0] for row in bars],
        "urls": [drill_url(result, row, TOTAL, across) or None for row in bars],
    }


def number_of(value: Decimal | None) -> float | int | None:
    """A figure as JSON draws it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def compared_words(result: Result) -> str:
    """What the figures stand beside."""
    return _("year before") if result.definition.compare == "year" else _("period before")


def figure_text(result: Result, heading: Heading, value: Decimal | None, *, short: bool = False) -> str:
    """A figure as people read it, with its unit."""
    if value is None:
        return "–"
    if heading.unit == "money":
        if short:
            return formats.money_short(value, result.currency, home=result.currency)
        return formats.money(value, result.currency, home=result.currency, decimals=0 if abs(value) >= 100 else None)
    if heading.unit == "percent":
        return formats.percent(value, 0 if abs(value) >= 100 else 1, sign=heading.kind == "change")
    if heading.unit == "days":
        return _("%(count)s days") % {"count": formats.number(value, 1)}
    return formats.number(value, 0 if heading.unit == "count" else None if value == value.to_integral_value() else 2)


def change_text(now: Decimal | None, before: Decimal | None) -> str:
    """How much a figure has moved against the one before: `+12 %`, or "" where nothing can be said."""
    if now is None or not before:
        return ""
    return formats.percent((now - before) / abs(before) * 100, 0, sign=True)


Drawn = Mapping[str, Any]
