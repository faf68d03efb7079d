"""A report that lists records instead of grouping them: columns by paths through links, in order, the first few hundred."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F
from django.utils import timezone

from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.reports.compiling import narrowed
from guanxi.records.reports.definition import MOST_ROWS, Definition, Group
from guanxi.records.reports.fields import NUMERIC, Reach, guarded, key_of, reach, unknown
from guanxi.records.reports.labels import labels_for
from guanxi.records.reports.periods import Calendar, company_calendar
from guanxi.records.reports.running import SECONDS, within_time
from guanxi.records.reports.sources import Source, source_of
from guanxi.records.values import plain

LISTED = ("text", "longtext", "integer", "number", "percent", "money", "date", "datetime", "bool", "choice", "link", "email", "phone", "url")  # fmt: skip
_TEXTUAL = ("bool", "choice", "link")


@dataclass(frozen=True)
class Listing:
    """Records as rows of text, with the plain values beside. `more`: there are further ones."""

    source: Source
    columns: tuple[Reach, ...]
    rows: tuple[tuple[str, ...], ...]
    values: tuple[tuple[Any, ...], ...]
    ids: tuple[Any, ...]
    more: bool
    read_at: datetime


def compile_list(actor: Actor, made: Definition, calendar: Calendar) -> tuple[Source, list[Reach], Any]:
    """The rows' source, its columns, and the query set. Raises `Invalid`, `NotAllowed`."""
    source = source_of(actor, made.object)
    columns = [reach(actor, source, path, f"columns.{at}") for at, path in enumerate(made.columns)]
    for at, found in enumerate(columns):
        if found.item.kind not in LISTED:
            raise unknown(found.path, f"columns.{at}")
    rows, _span = narrowed(actor, source, made, calendar)
    shown = {f"c{at}": _expression(found, calendar) for at, found in enumerate(columns)}
    rows = rows.annotate(**shown)
    name, last = made.sort.removeprefix("-"), F("id").desc()
    if name in made.columns:
        by = F(f"c{made.columns.index(name)}")
        rows = rows.order_by(by.desc(nulls_last=True) if made.sort.startswith("-") else by.asc(nulls_last=True), last)
    else:
        rows = rows.order_by(last)
    return source, columns, rows.values_list("id", *shown)


def run_list(
    actor: Actor, made: Definition, *, seconds: int = SECONDS, begun: Callable[[], None] = lambda: None
) -> Listing:
    """The records of a listing report; `begun` is called in its transaction. Raises `Invalid`, `NotAllowed`, `TooHeavy`."""
    calendar = company_calendar()
    source, columns, rows = compile_list(actor, made, calendar)
    most = made.limit or MOST_ROWS
    with tenant_tx(actor.tenant_id), within_time(seconds):
        begun()
        try:
            found = list(rows[: most + 1])
        except EmptyResultSet:
            found = []
    shown = [_shown(actor, item, [row[at + 1] for row in found], calendar) for at, item in enumerate(columns)]
    return Listing(
        source, tuple(columns), tuple(zip(*shown, strict=True))[:most] if found else (),
        tuple(tuple(plain(value) for value in row[1:]) for row in found[:most]), tuple(row[0] for row in found[:most]),
        len(found) > most, timezone.now(),
    )  # fmt: skip


def _expression(found: Reach, calendar: Calendar) -> Any:
    if found.item.kind in _TEXTUAL:
        return key_of(found, Group(found.path), calendar.zone, calendar.fiscal)
    return guarded(found, found.expression)


def _shown(actor: Actor, found: Reach, values: Sequence[Any], calendar: Calendar) -> list[str]:
    if found.item.kind in _TEXTUAL:
        labels: Mapping[str, str] = labels_for(actor, Group(found.path), found, {str(value) for value in values}, fiscal=calendar.fiscal, currency=actor.currency)  # fmt: skip
        return [labels[str(value)] if value else "" for value in values]
    return [_text(found, value) for value in values]


def _text(found: Reach, value: Any) -> str:
    if value in (None, ""):
        return ""
    if found.item.kind in NUMERIC:
        return formats.percent(value) if found.item.kind == "percent" else formats.number(value)
    if found.item.kind == "date":
        return formats.day(value)
    return formats.moment(value) if found.item.kind == "datetime" else str(value)[:400]
