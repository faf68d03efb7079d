"""A report that lists records instead of grouping them: columns by paths through links, in order, the first few hundred."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F
from django.utils import timezone

from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.reports.compiling import compile_report, narrowed
from guanxi.records.reports.definition import MOST_ROWS, Definition, Group
from guanxi.records.reports.fields import NUMERIC, Reach, groupable, guarded, key_of, reach, unknown
from guanxi.records.reports.labels import STEPS, labels_for, order_of
from guanxi.records.reports.periods import Calendar, company_calendar
from guanxi.records.reports.result import Result, Row
from guanxi.records.reports.running import SECONDS, Taken, result_of, take_figures, within_time
from guanxi.records.reports.sources import Source, source_of
from guanxi.records.values import plain

LISTED = ("text", "longtext", "integer", "number", "percent", "money", "date", "datetime", "bool", "choice", "link", "email", "phone", "url")  # fmt: skip
_TEXTUAL = ("bool", "choice", "link")


@dataclass(frozen=True)
class Listing:
    """Records as rows of text, with the plain values beside. `more`: there are further ones.

    In groups, `keys` and `heads` say to which group each row belongs, and `totals` has the figures of all groups, also of rows
    that are not among the first.
    """

    source: Source
    columns: tuple[Reach, ...]
    rows: tuple[tuple[str, ...], ...]
    values: tuple[tuple[Any, ...], ...]
    ids: tuple[Any, ...]
    more: bool
    read_at: datetime
    keys: tuple[tuple[str, ...], ...] = ()
    heads: tuple[tuple[str, ...], ...] = ()
    totals: Result | None = None
    taken: Taken | None = None
    by: tuple[str, ...] = ()

    def subtotal(self, keys: tuple[str, ...]) -> Row | None:
        """The figures of a group, at whatever level."""
        if self.totals is None:
            return None
        return next((row for row in (*self.totals.rows, *self.totals.subtotals.values()) if row.keys == keys), None)


def compile_list(actor: Actor, made: Definition, calendar: Calendar) -> tuple[Source, list[Reach], Any]:
    """The rows' source, its columns, and the query set. Raises `Invalid`, `NotAllowed`."""
    source = source_of(actor, made.object)
    columns = [reach(actor, source, path, f"columns.{at}") for at, path in enumerate(made.columns)]
    for at, found in enumerate(columns):
        if found.item.kind not in LISTED:
            raise unknown(found.path, f"columns.{at}")
    rows, _span = narrowed(actor, source, made, calendar)
    shown = {f"c{at}": _expression(found, calendar) for at, found in enumerate(columns)}
    axes = [reach(actor, source, group.field, f"groups.{at}.field") for at, group in enumerate(made.groups)]
    for at, (group, found) in enumerate(zip(made.groups, axes, strict=True)):
        groupable(found, group, f"groups.{at}.field")
        shown[f"g{at}"] = key_of(found, group, calendar.zone, calendar.fiscal)
    if made.measures:
        compile_report(actor, grouped(made), calendar)
    rows = rows.annotate(**shown)
    rows = rows.annotate(**{f"m{at}": F(path) for at, path in _currencies(columns).items()})
    upper = [F(f"g{at}") for at in range(len(made.groups))]
    name, last = made.sort.removeprefix("-"), F("id").desc()
    if name in made.columns:
        by = F(f"c{made.columns.index(name)}")
        own = by.desc(nulls_last=True) if made.sort.startswith("-") else by.asc(nulls_last=True)
        rows = rows.order_by(*upper, own, last)
    else:
        rows = rows.order_by(*upper, last)
    return source, columns, rows.values_list("id", *shown, *(f"m{at}" for at in _currencies(columns)))


def _currencies(columns: Sequence[Reach]) -> dict[int, str]:
    """The path of the currency of each column of amounts that has one."""
    found = {}
    for at, one in enumerate(columns):
        if one.item.kind == "money" and one.item.currency and not one.item.custom:
            own = one.kind.by_name.get(one.item.currency) if one.kind else None
            found[at] = one.prefix + (own.column if own else one.item.currency).replace(".", "__")
    return found


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
    taken = take_figures(actor, grouped(made), seconds=seconds) if made.measures else None
    return _listed(actor, made, calendar, source, columns, found[:most], len(found) > most, taken)


def grouped(made: Definition) -> Definition:
    """The report of the groups of a list: its subtotals."""
    return replace(made, columns=(), sort="", limit=0, chart="", targets=())


def _listed(
    actor: Actor, made: Definition, calendar: Calendar, source: Source, columns: list[Reach], found: list[Any], more: bool,
    taken: Taken | None,
) -> Listing:  # fmt: skip
    width = len(columns)
    keys = [tuple(str(key) for key in row[width + 1 : width + 1 + len(made.groups)]) for row in found]
    places, labels = _groups(actor, made, source, calendar, keys)
    order = sorted(range(len(found)), key=lambda at: places[at])
    found = [found[at] for at in order]
    coins = {at: width + 1 + len(made.groups) + place for place, at in enumerate(_currencies(columns))}
    shown = [
        _shown(actor, item, [(row[at + 1], row[coins[at]] if at in coins else "") for row in found], calendar)
        for at, item in enumerate(columns)
    ]
    return Listing(
        source, tuple(columns), tuple(zip(*shown, strict=True)) if found else (),
        tuple(tuple(plain(value) for value in row[1 : width + 1]) for row in found), tuple(row[0] for row in found), more,
        taken.read_at if taken else timezone.now(), tuple(keys[at] for at in order) if made.groups else (),
        tuple(labels[at] for at in order) if made.groups else (), result_of(actor, grouped(made), taken) if taken else None, taken, group_labels(actor, made, source),
    )  # fmt: skip


def group_labels(actor: Actor, made: Definition, source: Source) -> tuple[str, ...]:
    """What the groups of a list are by."""
    return tuple(reach(actor, source, group.field, f"groups.{at}.field").label for at, group in enumerate(made.groups))


def _groups(
    actor: Actor, made: Definition, source: Source, calendar: Calendar, keys: Sequence[tuple[str, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[str, ...]]]:
    """For each row where its group stands, and what it is called."""
    places: list[tuple[Any, ...]] = [() for _key in keys]
    labels: list[tuple[str, ...]] = [() for _key in keys]
    for at, group in enumerate(made.groups):
        found = reach(actor, source, group.field, f"groups.{at}.field")
        named = labels_for(
            actor, group, found, {row[at] for row in keys}, fiscal=calendar.fiscal, currency=actor.currency
        )
        order = order_of(group, found)
        for number, row in enumerate(keys):
            dated = group.by in STEPS
            places[number] += (*order(row[at])[:2], row[at] if dated else named[row[at]])
            labels[number] += (named[row[at]],)
    return places, labels


def _expression(found: Reach, calendar: Calendar) -> Any:
    if found.item.kind in _TEXTUAL:
        return key_of(found, Group(found.path), calendar.zone, calendar.fiscal)
    return guarded(found, found.expression)


def _shown(actor: Actor, found: Reach, values: Sequence[tuple[Any, str]], calendar: Calendar) -> list[str]:
    """The texts of a column out of its values, each with its currency."""
    if found.item.kind in _TEXTUAL:
        labels: Mapping[str, str] = labels_for(actor, Group(found.path), found, {str(value) for value, _coin in values}, fiscal=calendar.fiscal, currency=actor.currency)  # fmt: skip
        return [labels[str(value)] if value else "" for value, _coin in values]
    return [_text(found, value, coin or actor.currency, actor.currency) for value, coin in values]


def _text(found: Reach, value: Any, currency: str, home: str) -> str:
    if value in (None, ""):
        return ""
    if found.item.kind == "money":
        return formats.money(value, currency, home=home)
    if found.item.kind in NUMERIC:
        return formats.percent(value) if found.item.kind == "percent" else formats.number(value)
    if found.item.kind == "date":
        return formats.day(value)
    return formats.moment(value) if found.item.kind == "datetime" else str(value)[:400]
