"""Pages of lists by plans: the same SQL as records.lists makes, compiled once for each list a caller asks for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from guanxi.identity.actor import Actor
from guanxi.identity.sharing import inline_rules
from guanxi.records.api.plans import ID_MARK, Plan, Plans, Row, compiled, keep, sort_mark
from guanxi.records.lists import (
    MAX_LIMIT,
    ListQuery,
    Page,
    filtered,
    list_parts,
    list_records,
    read_cursor,
    shown_fields,
    sort_column,
    sort_of,
    write_cursor,
)
from guanxi.records.registry import Field, ObjectType

HEAD = ("id", "version")
# Values relative to now or to the reader are worked out when criteria are compiled: such lists are compiled each time.
RELATIVE = ("$", "within", "this_", "today")


class ListPlan:
    """A list's statements: records with a value in the sort field, then (where it may be empty) those without."""

    def __init__(self, item: Field, descending: bool, source: Any, parts: Sequence[Plan]) -> None:
        self.item = item
        self.descending = descending
        self.source = source
        self.parts = parts

    def varying(self, position: tuple[Any, UUID] | None) -> dict[str, Any]:
        """The values of a position in the list, as the statement takes them."""
        if position is None:
            return {}
        return {"value": self.source.get_db_prep_value(position[0], connection), "id": position[1]}


def page_of(actor: Actor, plans: Plans, kind: ObjectType, wanted: ListQuery, filter_text: str) -> Page:
    """One page, by a plan where that is possible. Raises `Invalid` as `list_records` does."""
    plan, position = _planned(actor, plans, kind, wanted, filter_text)
    if plan is None:
        return list_records(actor, wanted)
    limit = min(wanted.limit, MAX_LIMIT)
    varying = plan.varying(position)
    rows: list[tuple[Plan, Sequence[Any]]] = []
    for part in plan.parts:
        rows += [(part, row) for row in part.run_planned(varying)][: limit + 1 - len(rows)]
        if len(rows) > limit:
            break
    shown: list[Row] = [part.show(row) for part, row in rows[:limit]]
    last = rows[limit - 1][1] if len(rows) > limit else None
    return Page(shown, write_cursor(last[2], last[0], plan.item, plan.descending) if last is not None else None)


def _planned(
    actor: Actor, plans: Plans, kind: ObjectType, wanted: ListQuery, filter_text: str
) -> tuple[ListPlan | None, tuple[Any, UUID] | None]:
    """The plan and the position that the cursor names; no plan for what cannot be compiled once for all."""
    if wanted.ids is not None or any(word in filter_text for word in RELATIVE) or inline_rules(actor, kind.name):
        return None, None
    key = (
        "list",
        kind.name,
        filter_text,
        wanted.sort,
        tuple(wanted.fields),
        wanted.limit,
        wanted.deleted,
        bool(wanted.cursor),
    )
    if key not in plans:
        keep(plans, key, _made(actor, kind, wanted))
    plan: ListPlan | None = plans[key]
    if plan is None or not wanted.cursor:
        return plan, None
    position = read_cursor(wanted.cursor, plan.item, plan.descending)
    return (plan, position) if position[0] is not None else (None, None)


def _made(actor: Actor, kind: ObjectType, wanted: ListQuery) -> ListPlan | None:
    item, descending = sort_of(actor, kind, wanted.sort or kind.default_sort)
    if item.custom or item.kind == "link":
        return None
    source: Any = kind.model._meta.get_field(item.column)
    mark = sort_mark(source)
    if wanted.cursor and mark is None:
        return None
    shown = shown_fields(actor, kind, wanted.fields)
    queryset, path = sort_column(filtered(actor, wanted), item)
    position = (mark, ID_MARK) if wanted.cursor else None
    marks = {"value": source.get_db_prep_value(mark, connection), "id": ID_MARK} if wanted.cursor else {}
    parts: list[Plan] = []
    for part in list_parts(queryset, kind, item, path, descending, position):
        made = compiled(actor, kind, shown, part[: min(wanted.limit, MAX_LIMIT) + 1], (*HEAD, path), marks)
        if made is None or (wanted.cursor and not parts and set(made.places.values()) != {"value", "id"}):
            return None
        parts.append(made)
    return ListPlan(item, descending, source, parts)
