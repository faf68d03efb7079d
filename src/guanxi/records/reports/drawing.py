"""A result as its page shows it: figures above, the table with a way to the records behind each figure, in words what it counts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.reports.charts import change_text, chart_of, compared_words, figure_text
from guanxi.records.reports.drilling import drill_url
from guanxi.records.reports.labels import span_words
from guanxi.records.reports.listing import Listing
from guanxi.records.reports.result import TOTAL, Heading, Result, Row
from guanxi.records.wording import in_words, period_words

MOST_SHOWN = 500
MOST_HEADS = 40


@dataclass(frozen=True)
class Cell:
    """A figure in the table: its text, the full one, and the list behind it."""

    text: str
    url: str = ""
    title: str = ""
    strong: bool = False


def drawn(actor: Actor, result: Result) -> dict[str, Any]:
    """What templates/records/_report.html.jinja reads."""
    return {
        "result": result,
        "figures": [_tile(result, heading) for heading in result.headings],
        "chart": chart_of(result),
        "heads": [axis.label for axis in result.axes],
        "columns": _column_heads(result),
        "rows": [_row(result, row) for row in result.rows[:MOST_SHOWN]],
        "more": max(0, len(result.rows) - MOST_SHOWN),
        "total": _cells(result, result.total) if result.axes else [],
        "counts": what_it_counts(actor, result),
        "read_at": result.read_at,
        "notes": _notes(result),
    }


def subtotal_words(found: Listing, keys: tuple[str, ...]) -> str:
    """The figures of one group of a list: `Count 12 · Amount ¥1,200`."""
    row = found.subtotal(keys)
    if row is None or found.totals is None:
        return ""
    told = found.totals
    return " · ".join(f"{one.label} {figure_text(told, one, row.total.get(one.key))}" for one in told.headings)


def total_words(found: Listing) -> str:
    """The figures of a whole list."""
    if found.totals is None:
        return ""
    told = found.totals
    return " · ".join(f"{one.label} {figure_text(told, one, told.total.total.get(one.key))}" for one in told.headings)


def what_it_counts(actor: Actor, result: Result) -> str:
    """One line: which records, of which days, by what, under which filter."""
    made = result.definition
    parts = [f"{formats.number(result.count)} {result.source.label}"]
    if made.period and result.span:
        last = result.span.after.fromordinal(result.span.after.toordinal() - 1)
        named = period_words(made.period.within) if isinstance(made.period.within, str) else ""
        days = f"{formats.day(result.span.first)} – {formats.day(last)}"
        parts.append(f"{named} ({days})" if named and named != made.period.within else days)
    if made.filter:
        parts.append(in_words(actor, result.source.kind, made.filter))
    by = [f"{axis.label} ({span_words(axis.group.by)})" if axis.group.by else axis.label for axis in (*result.axes, *([result.pivot] if result.pivot else []))]  # fmt: skip
    if by:
        parts.append(_("by %(fields)s") % {"fields": ", ".join(by)})
    if said := converted_words(result):
        parts.append(said)
    return " · ".join(parts)


def converted_words(result: Result) -> str:
    """What became of amounts in several currencies, where figures are amounts; "" for others."""
    if not any(one.unit == "money" for one in result.headings):
        return ""
    return _("amounts in %(currency)s, foreign ones at the rate of their day") % {"currency": result.currency}


def _notes(result: Result) -> list[str]:
    chart, wanted = chart_of(result), result.definition.chart
    notes = []
    if chart is not None and wanted in ("pie", "funnel") and chart["kind"] != wanted:
        notes.append(_("Figures below zero, and many steps, make neither slices nor a funnel: they are drawn as bars."))
    return notes + _unpriced(result)


def _unpriced(result: Result) -> list[str]:
    if not result.unconverted:
        return []
    text = _("%(count)s amounts are left out: no exchange rate is known for their day.")
    return [text % {"count": formats.number(result.unconverted)}]


def _tile(result: Result, heading: Heading) -> dict[str, str]:
    value = result.total.total.get(heading.key)
    before = result.total.before.get(TOTAL, {}).get(heading.key)
    moved = change_text(value, before) if result.before else ""
    return {
        "label": heading.label,
        "value": figure_text(result, heading, value, short=True),
        "title": figure_text(result, heading, value),
        "url": drill_url(result, result.total, TOTAL, heading.key),
        "note": f"{moved} · {compared_words(result)} {figure_text(result, heading, before, short=True)}"
        if moved
        else "",
    }


def _column_heads(result: Result) -> list[str]:
    """The heads of figures: for each column of the pivot its first measure, then all measures of the row."""
    heads = [label for _key, label in result.columns[:MOST_HEADS]]
    for heading in result.headings:
        heads.append(_("Total: %(name)s") % {"name": heading.label} if result.columns else heading.label)
        if result.before and not _derived(result, heading):
            heads += [compared_words(result), pgettext("report", "Change")]
    return heads


def _derived(result: Result, heading: Heading) -> bool:
    return result.definition.measure(heading.key).derived


def _row(result: Result, row: Row) -> dict[str, Any]:
    return {"labels": row.labels, "cells": _cells(result, row)}


def _cells(result: Result, row: Row) -> list[Cell]:
    first = result.headings[0]
    cells = [_cell(result, row, first, key) for key, _label in result.columns[:MOST_HEADS]]
    for heading in result.headings:
        cells.append(_cell(result, row, heading, TOTAL, strong=bool(result.columns)))
        if result.before and not _derived(result, heading):
            before = row.before.get(TOTAL, {}).get(heading.key)
            url = drill_url(result, row, TOTAL, heading.key, before=True) if _same_days(result) else ""
            cells += [_figure(result, heading, before, url), Cell(change_text(row.total.get(heading.key), before))]
    return cells


def _same_days(result: Result) -> bool:
    """Whether the groups of the earlier period have the keys of these: days have not."""
    return not any(axis.group.by for axis in result.axes)


def _cell(result: Result, row: Row, heading: Heading, column: str | None, *, strong: bool = False) -> Cell:
    value = row.cells.get(column, {}).get(heading.key)
    return _figure(result, heading, value, drill_url(result, row, column, heading.key) if value else "", strong=strong)


def _figure(result: Result, heading: Heading, value: Decimal | None, url: str, *, strong: bool = False) -> Cell:
    return Cell(figure_text(result, heading, value), url, strong=strong)
