"""Figures as they are stored: what a report answered, without words, so that each reader gets their own."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from guanxi.identity.actor import Actor
from guanxi.records.reports.definition import Definition
from guanxi.records.reports.listing import Listing, group_labels, grouped
from guanxi.records.reports.periods import Span
from guanxi.records.reports.running import Read, Taken, result_of


def written_figures(taken: Taken) -> dict[str, Any]:
    """Figures as JSON."""
    return {
        "now": _written(taken.now),
        "earlier": _written(taken.earlier) if taken.earlier else None,
        "span": _span(taken.span),
        "before": _span(taken.before),
        "today": taken.today.isoformat(),
        "read_at": taken.read_at.isoformat(),
    }


def read_figures(data: Mapping[str, Any]) -> Taken:
    """The opposite of `written_figures`."""
    return Taken(
        _read(data["now"]),
        _read(data["earlier"]) if data["earlier"] else None,
        _days(data["span"]),
        _days(data["before"]),
        date.fromisoformat(data["today"]),
        datetime.fromisoformat(data["read_at"]),
    )


def written_list(found: Listing) -> dict[str, Any]:
    """The rows of a listing report as JSON, in the words of who read them."""
    return {
        "rows": [list(row) for row in found.rows],
        "values": [list(row) for row in found.values],
        "ids": [str(key) for key in found.ids],
        "more": found.more,
        "read_at": found.read_at.isoformat(),
        "keys": [list(keys) for keys in found.keys],
        "heads": [list(words) for words in found.heads],
        "totals": written_figures(found.taken) if found.taken else None,
    }


def read_list(actor: Actor, made: Definition, data: Mapping[str, Any], source: Any, columns: Any) -> Listing:
    """The opposite of `written_list`, with the columns and words of today."""
    taken = read_figures(data["totals"]) if data.get("totals") else None
    return Listing(
        source=source,
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in data["rows"]),
        values=tuple(tuple(row) for row in data["values"]),
        ids=tuple(UUID(key) for key in data["ids"]),
        more=bool(data["more"]),
        read_at=datetime.fromisoformat(data["read_at"]),
        keys=tuple(tuple(keys) for keys in data.get("keys", ())),
        heads=tuple(tuple(words) for words in data.get("heads", ())),
        totals=result_of(actor, grouped(made), taken) if taken else None,
        taken=taken,
        by=group_labels(actor, made, source),
    )


def _written(read: Read) -> dict[str, Any]:
    cells = [
        [list(keys), column, {name: None if value is None else format(value, "f") for name, value in figures.items()}]
        for keys, columns in read.cells.items()
        for column, figures in columns.items()
    ]
    return {"cells": cells, "count": read.count, "unconverted": read.unconverted}


def _read(data: Mapping[str, Any]) -> Read:
    found = Read(count=data["count"], unconverted=data["unconverted"])
    for keys, column, figures in data["cells"]:
        values = {name: None if value is None else Decimal(value) for name, value in figures.items()}
        found.cells.setdefault(tuple(keys), {})[column] = values
    return found


def _span(span: Span | None) -> list[str] | None:
    return [span.first.isoformat(), span.after.isoformat()] if span else None


def _days(data: Any) -> Span | None:
    return Span(date.fromisoformat(data[0]), date.fromisoformat(data[1])) if data else None
