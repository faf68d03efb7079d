"""Which records the rows of a file mean: by a key that file and records have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from guanxi.records.custom import stored_in
from guanxi.records.imports.cells import Table
from guanxi.records.imports.orders import Order
from guanxi.records.queries import visible_records

Derived = Mapping[str, Sequence[Any]]


def key_values(order: Order, table: Table, derived: Derived) -> list[Any]:
    """The key of each row in the form in which keys are compared; "" where a row has none."""
    values = table.values.get(order.key) if order.key else None
    if values is None:
        return [""] * len(table.rows)
    norm = _norm_column(order)
    if norm in derived:
        return [found or _folded(value) for found, value in zip(derived[norm], values, strict=True)]
    return [_folded(value) for value in values]


def known_records(
    order: Order, table: Table, derived: Derived, rows: Iterable[int], keys: Sequence[Any]
) -> dict[Any, list[UUID]]:
    """Existing records by key, as far as the actor sees them. Several records may have one key."""
    chosen = [row for row in rows if keys[row] != ""]
    if not order.key or not chosen:
        return {}
    item = order.cleaner.fields[order.key]
    queryset = visible_records(order.actor, order.kind.name)
    names = {field.name for field in order.kind.model._meta.concrete_fields}
    sort = derived.get("name_sort")
    read: Callable[[Any], Any] = _folded
    norm = _norm_column(order)
    if item.custom:
        queryset = queryset.alias(key=stored_in(item)).filter(key__in=_spellings(table, item.name, chosen))
        found = queryset.values_list("key", "id")
    elif norm in names and (norm in derived or norm == "email_norm"):
        queryset = queryset.filter(**{f"{norm}__in": list({keys[row] for row in chosen})})
        found = queryset.values_list(norm, "id")
        read = str
    elif item.name == order.kind.title and sort is not None:
        # The sort form has an index; the name itself decides.
        queryset = queryset.filter(name_sort__in=list({sort[row] for row in chosen}))
        found = queryset.values_list(item.column, "id")
    else:
        queryset = queryset.filter(**{f"{item.column}__in": _spellings(table, item.name, chosen)})
        found = queryset.values_list(item.column, "id")
    known: dict[Any, list[UUID]] = {}
    for value, key in found:
        known.setdefault(read(value), []).append(key)
    return known


def _norm_column(order: Order) -> str:
    item = order.cleaner.fields.get(order.key)
    if item is None or item.custom:
        return ""
    if item.kind == "email":
        return f"{item.column}_norm"
    return f"{item.column}_e164" if item.kind == "phone" else ""


def _spellings(table: Table, name: str, rows: Iterable[int]) -> list[Any]:
    wanted = {table.values[name][row] for row in rows}
    return list(wanted | {value.lower() for value in wanted if isinstance(value, str)})


def _folded(value: Any) -> Any:
    """Keys are compared whatever their case."""
    if value is None:
        return ""
    return value.casefold() if isinstance(value, str) else value
