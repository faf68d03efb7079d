"""Lists compiled once: the statements of a page are kept for each list that somebody asks for, as long as the rights stay the same."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection, models
from django.utils import timezone

from guanxi.core.db.planned import Planned, planned
from guanxi.core.tenancy import CHANGED, settings_version
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.sharing import inline_rules
from guanxi.records import registry
from guanxi.records.custom import with_link_labels
from guanxi.records.lists import (
    MAX_LIMIT,
    ListQuery,
    Page,
    columns_of,
    filtered,
    first_rows,
    list_parts,
    list_records,
    order_column,
    read_cursor,
    rows_shown,
    shown_fields,
    sort_of,
    write_cursor,
)
from guanxi.records.registry import Field, ObjectType, source_of

Plans = dict[Any, Any]
Compile = Callable[[Any, Sequence[str], Mapping[str, Any]], Planned | None]
Position = tuple[Any, UUID] | None
MOST_PLANS = 500
MOST_READERS = 500
# Seconds after which a reader's plans are made anew in any case: their shape follows how much the reader sees.
LONGEST = 300.0
HEAD = ("id", "version")
# What is relative to the reader holds as long as the plan, what is relative to today for the day. A list that follows a segment
# is compiled each time.
_LASTING = re.compile(r'"\$(?:me|my_teams?|today)"')
ID_MARK = UUID("0197dead-beef-7bad-8bad-feedfacecafe")
# Improbable values by the type of the sort column, to be found again among the values of the compiled statement.
SORT_MARKS: "tuple[tuple[type[models.Field[Any, Any]], Any], ...]" = (
    (models.DateTimeField, datetime(1901, 2, 3, 4, 5, 6, 789123, tzinfo=UTC)),
    (models.DateField, date(1901, 2, 3)),
    (models.BigIntegerField, Decimal("-9133773311")),
    (models.IntegerField, -1913377331),
    (models.CharField, "\ue000\ue001 sorted after \ue002"),
)


@dataclass(frozen=True)
class _Reader:
    """An actor as it was when its first plan was made, and what was compiled for it since."""

    actor: Actor
    since: float
    plans: Plans


_readers: "OrderedDict[tuple[UUID, UUID | None, bool], _Reader]" = OrderedDict()
_lock = Lock()


def plans_of(actor: Actor) -> Plans:
    """The plans of a person whose rights, language and settings are these; empty when anything of it has changed."""
    if settings_version() == CHANGED:
        return {}
    key, known = (actor.tenant_id, actor.member_id, is_chinese()), replace(actor, origin="")
    found, now = _readers.get(key), time.monotonic()
    if found is not None and found.actor == known and now - found.since < LONGEST:
        return found.plans
    made = _Reader(known, now, {})
    with _lock:
        _readers[key] = made
        _readers.move_to_end(key)
        while len(_readers) > MOST_READERS:
            _readers.popitem(last=False)
    return made.plans


def keep(plans: Plans, key: Any, plan: Any) -> None:
    """Remember a plan; when there are too many, all are forgotten first."""
    if len(plans) >= MOST_PLANS:
        plans.clear()
    plans[key] = plan


@dataclass(frozen=True)
class ListPlan:
    """A list's statements: records with a value in the sort field, then (where it may be empty) those without."""

    item: Field
    descending: bool
    source: Any
    parts: Sequence[Planned]

    def fetch(self, position: Position, limit: int) -> list[tuple[Any, Sequence[Any]]]:
        """The rows behind a position, up to one more than `limit`, each with the statement it came from."""
        varying = {}
        if position is not None:
            varying = {"value": self.source.get_db_prep_value(position[0], connection), "id": position[1]}
        rows: list[tuple[Any, Sequence[Any]]] = []
        for part in self.parts:
            rows += [(part, row) for row in part.run_planned(varying)][: limit + 1 - len(rows)]
            if len(rows) > limit:
                break
        return rows

    def next(self, rows: Sequence[tuple[Any, Sequence[Any]]], limit: int) -> str | None:
        """The cursor behind the first `limit` of the fetched rows; the sort value stands behind id and version."""
        if len(rows) <= limit:
            return None
        last = rows[limit - 1][1]
        return write_cursor(last[2], last[0], self.item, self.descending)


def list_plan(
    actor: Actor, plans: Plans, kind: ObjectType, wanted: ListQuery, compiling: Compile
) -> tuple[ListPlan | None, Position]:
    """The plan and the position that the cursor names; no plan for what cannot be compiled once for all.

    `compiling` makes the statement of a part of the list: from the query set, the columns that come first and the marks.
    """
    text = orjson.dumps(wanted.criteria, default=str).decode()
    if wanted.ids is not None or "$" in _LASTING.sub("", text) or inline_rules(actor, kind.name):
        return None, None
    today = timezone.now().astimezone(ZoneInfo(actor.time_zone)).date()
    fields, behind = tuple(wanted.fields), bool(wanted.cursor)
    key = ("list", kind.name, today, text, wanted.sort, fields, wanted.limit, wanted.deleted, behind)
    if key not in plans:
        keep(plans, key, _made(actor, kind, wanted, compiling))
    plan: ListPlan | None = plans[key]
    if plan is None or not wanted.cursor:
        return plan, None
    position = read_cursor(wanted.cursor, plan.item, plan.descending)
    return (plan, position) if position[0] is not None else (None, None)


def _made(actor: Actor, kind: ObjectType, wanted: ListQuery, compiling: Compile) -> ListPlan | None:
    item, descending = sort_of(actor, kind, wanted.sort or kind.default_sort)
    if item.custom or item.kind == "link":
        return None
    source: Any = source_of(kind.model, item.sort or item.column)
    mark = next((mark for field_type, mark in SORT_MARKS if isinstance(source, field_type)), None)
    if wanted.cursor and mark is None:
        return None
    queryset, path = order_column(filtered(actor, wanted), item)
    position = (mark, ID_MARK) if wanted.cursor else None
    marks = {"value": source.get_db_prep_value(mark, connection), "id": ID_MARK} if wanted.cursor else {}
    parts: list[Planned] = []
    for part in list_parts(queryset, kind, item, path, descending, position):
        page = first_rows(actor, wanted, kind, item, part, min(wanted.limit, MAX_LIMIT) + 1)
        made = compiling(page, (*HEAD, path), marks)
        if made is None or (wanted.cursor and not parts and set(made.places.values()) != {"value", "id"}):
            return None
        parts.append(made)
    return ListPlan(item, descending, source, parts)


def planned_page(actor: Actor, query: ListQuery) -> Page:
    """What `list_records` answers, by statements that are kept. Raises `Invalid` as it does."""
    kind = registry.get(query.object)
    shown = shown_fields(actor, kind, query.fields)
    limit = max(1, min(query.limit, MAX_LIMIT))

    def compiling(part: Any, head: Sequence[str], marks: Mapping[str, Any]) -> Planned | None:
        labelled = with_link_labels(part, shown, chinese=is_chinese())
        return planned(labelled.values_list(*head, *columns_of(shown)), marks)

    plan, position = list_plan(actor, plans_of(actor), kind, replace(query, limit=limit), compiling)
    if plan is None:
        return list_records(actor, query)
    found = plan.fetch(position, limit)
    rows = rows_shown(actor, kind, shown, [row for _part, row in found[:limit]], offset=3)
    return Page(rows, plan.next(found, limit))
