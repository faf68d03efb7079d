"""The board of an object: a column per stage or status with its cards, count and sums.

Open columns hold all their records, closed ones those of the last `closed_days`. Sums are in the company's
currency, because `Board.sum_field` is kept in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.lists import ListQuery, filtered, read_rows, shown_fields
from guanxi.records.registry import Board, BoardColumn, ObjectType

CARDS = 30


@dataclass(frozen=True)
class ColumnData:
    """One column as shown: its description, how many records, their sum and weighted sum (None: not readable), cards."""

    column: BoardColumn
    count: int = 0
    total: Decimal | None = None
    weighted: Decimal | None = None
    cards: Sequence[Mapping[str, Any]] = ()


def board_page(
    actor: Actor, object_name: str, criteria: Mapping[str, Any] | None = None, *, scope: Any = None
) -> list[ColumnData]:
    """All columns with their first `CARDS` cards, in two queries. `scope` is handed to `Board.columns` (e.g. a pipeline).

    Raises `NotFound` when the object has no board or its column field is not shown to the actor.
    """
    kind, board = _board(actor, object_name)
    columns = board.columns(scope)
    base = _within(kind, board, filtered(actor, ListQuery(object=object_name, criteria=criteria or {})), columns)
    figures, ids = _columns(actor, kind, board, base)
    cards = _cards(actor, kind, board, ids)
    return [
        replace(figures.get(column.value, ColumnData(column)), column=column, cards=cards.get(column.value, ()))
        for column in columns
    ]


def column_cards(
    actor: Actor,
    object_name: str,
    value: str,
    criteria: Mapping[str, Any] | None = None,
    *,
    offset: int = 0,
    scope: Any = None,
) -> list[dict[str, Any]]:
    """Further cards of one column, from `offset` on."""
    kind, board = _board(actor, object_name)
    columns = [column for column in board.columns(scope) if column.value == value]
    base = _within(kind, board, filtered(actor, ListQuery(object=object_name, criteria=criteria or {})), columns)
    ordered = base.filter(**{_path(kind, board): value}).order_by(*_order(kind))
    return read_rows(
        actor, kind, shown_fields(actor, kind, _card_fields(kind, board)), ordered[offset : offset + CARDS]
    )


def move_card(
    actor: Actor, object_name: str, record_id: Any, to: str, *, version: int | None = None, **params: Any
) -> Any:
    """Drop a card on another column: the object's own command decides. Returns the record."""
    _kind, board = _board(actor, object_name)
    return board.move(actor, record_id, to, version=version, **params)


def _board(actor: Actor, object_name: str) -> tuple[ObjectType, Board]:
    kind = registry.get(object_name)
    if kind.board is None or not matchable(actor, object_name, kind.board.field):
        raise NotFound(_("There is no board of these records."))
    return kind, kind.board


def _path(kind: ObjectType, board: Board) -> str:
    item = kind.by_name[board.field]
    return f"{item.column}_id" if item.kind == "link" else item.column


def _within(
    kind: ObjectType, board: Board, queryset: "QuerySet[Any, Any]", columns: Sequence[BoardColumn]
) -> "QuerySet[Any, Any]":
    path = _path(kind, board)
    open_values = [column.value for column in columns if column.category == "open"]
    closed_values = [column.value for column in columns if column.category != "open"]
    wanted = Q(**{f"{path}__in": open_values})
    if closed_values and board.closed_field:
        since = timezone.now() - timedelta(days=board.closed_days)
        closed_column = kind.by_name[board.closed_field].column
        wanted |= Q(**{f"{path}__in": closed_values, f"{closed_column}__gte": since})
    elif closed_values:
        wanted |= Q(**{f"{path}__in": closed_values})
    return queryset.filter(wanted)


def _columns(
    actor: Actor, kind: ObjectType, board: Board, base: "QuerySet[Any, Any]"
) -> tuple[dict[str, ColumnData], list[Any]]:
    """Count and sums of each column with records, and the ids of its first cards: one pass over the records."""
    path = _path(kind, board)
    column = F(path)
    figures: dict[str, Any] = {
        "column_place": Window(RowNumber(), partition_by=column, order_by=_order(kind)),
        "column_count": Window(Count("id"), partition_by=column),
    }
    if board.sum_field and matchable(actor, kind.name, board.sum_field):
        amount = kind.by_name[board.sum_field].column
        figures["column_total"] = Window(Sum(amount), partition_by=column)
        if board.weight_field and matchable(actor, kind.name, board.weight_field):
            money = kind.model._meta.get_field(amount)
            share = F(amount) * F(kind.by_name[board.weight_field].column)
            figures["column_weighted"] = Window(Sum(share, output_field=money), partition_by=column)
    rows = base.order_by().annotate(**figures).filter(column_place__lte=CARDS).values("id", path, *figures)
    columns: dict[str, ColumnData] = {}
    for row in rows:
        if row["column_place"] == 1:
            weighted = row.get("column_weighted")
            columns[str(row[path])] = ColumnData(
                BoardColumn("", ""),
                count=row["column_count"],
                total=row.get("column_total"),
                weighted=None if weighted is None else Decimal(weighted) / 100,
            )
    return columns, [row["id"] for row in rows]


def _cards(actor: Actor, kind: ObjectType, board: Board, ids: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    if not ids:
        return {}
    fields = shown_fields(actor, kind, _card_fields(kind, board))
    rows = kind.model.objects.filter(id__in=ids).order_by(*_order(kind))  # type: ignore[attr-defined]
    cards: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(actor, kind, fields, rows):
        value = row[board.field]
        cards.setdefault(str(value["id"] if isinstance(value, dict) else value), []).append(row)
    return cards


def _card_fields(kind: ObjectType, board: Board) -> list[str]:
    since = [board.since] if board.since else []
    return list(dict.fromkeys([board.field, kind.title, *board.card_fields, *since]))


def _order(kind: ObjectType) -> tuple[Any, ...]:
    name = kind.board.order if kind.board and kind.board.order else kind.default_sort
    column = kind.by_name[name.removeprefix("-")].column
    return (F(column).desc(nulls_last=True) if name.startswith("-") else F(column).asc(nulls_last=True), "-id")
