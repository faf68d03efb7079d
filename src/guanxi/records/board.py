"""The board of an object: a column per stage or status with its cards, count and sums.

Open columns hold all their records, closed ones those of the last `closed_days`. Sums are in the company's
currency, because `Board.sum_field` is kept in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
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
    """All columns with their first `CARDS` cards, in three queries. `scope` is handed to `Board.columns` (e.g. a pipeline).

    Raises `NotFound` when the object has no board or its column field is not shown to the actor.
    """
    kind, board = _board(actor, object_name)
    columns = board.columns(scope)
    base = _within(kind, board, filtered(actor, ListQuery(object=object_name, criteria=criteria or {})), columns)
    figures = _figures(actor, kind, board, base)
    cards = _cards(actor, kind, board, base, columns)
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


def _figures(actor: Actor, kind: ObjectType, board: Board, base: "QuerySet[Any, Any]") -> dict[str, ColumnData]:
    path = _path(kind, board)
    sums: dict[str, Any] = {"count": Count("id")}
    if board.sum_field and matchable(actor, kind.name, board.sum_field):
        amount = kind.by_name[board.sum_field].column
        sums["total"] = Sum(amount)
        if board.weight_field and matchable(actor, kind.name, board.weight_field):
            money = kind.model._meta.get_field(amount)
            sums["weighted"] = Sum(F(amount) * F(kind.by_name[board.weight_field].column), output_field=money)
    figures = {}
    for row in base.order_by().values(path).annotate(**sums):
        weighted = row.get("weighted")
        figures[str(row[path])] = ColumnData(
            BoardColumn("", ""),
            count=row["count"],
            total=row.get("total"),
            weighted=None if weighted is None else Decimal(weighted) / 100,
        )
    return figures


def _cards(
    actor: Actor, kind: ObjectType, board: Board, base: "QuerySet[Any, Any]", columns: Sequence[BoardColumn]
) -> dict[str, list[dict[str, Any]]]:
    path = _path(kind, board)
    fields = shown_fields(actor, kind, _card_fields(kind, board))
    parts = [base.filter(**{path: column.value}).order_by(*_order(kind))[:CARDS] for column in columns]
    if not parts:
        return {}
    ids = [part.values_list("id", flat=True) for part in parts]
    chosen = ids[0].union(*ids[1:], all=True) if len(ids) > 1 else ids[0]
    rows = kind.model.objects.filter(id__in=list(chosen)).order_by(*_order(kind))  # type: ignore[attr-defined]
    cards: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(actor, kind, fields, rows):
        value = row[board.field]
        cards.setdefault(str(value["id"] if isinstance(value, dict) else value), []).append(row)
    return cards


def _card_fields(kind: ObjectType, board: Board) -> list[str]:
    return list(dict.fromkeys([board.field, kind.title, *board.card_fields]))


def _order(kind: ObjectType) -> tuple[Any, ...]:
    name = kind.board.order if kind.board and kind.board.order else kind.default_sort
    column = kind.by_name[name.removeprefix("-")].column
    return (F(column).desc(nulls_last=True) if name.startswith("-") else F(column).asc(nulls_last=True), "-id")
