"""A checked formula as SQL over a row `t` of its object, and the joins it needs; never a value that is not quoted here."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from hashlib import md5
from typing import Any

from django.db import models

from guanxi.core.fields import MoneyField
from guanxi.records import registry
from guanxi.records.addresses import SORTED
from guanxi.records.formulas.checking import Const, Formula, Op, Ref, Typed
from guanxi.records.formulas.evaluating import LARGEST, LONGEST
from guanxi.records.formulas.functions import Setting, fill
from guanxi.records.registry import Field, ObjectType

SQL_TYPE = {"number": "numeric", "text": "text", "date": "date", "moment": "timestamptz", "bool": "boolean"}
Links = tuple[tuple[ObjectType, Field], ...]


def sql_of(formula: Formula, setting: Setting) -> str:
    """The expression. Related records are the aliases of `joins`. Percent signs are doubled, for a statement with values."""
    return _sql(formula.node, setting).replace("%", "%%")


def joins(formulas: Iterable[Formula]) -> str:
    """LEFT JOINs for every path of links among the formulas."""
    paths: dict[tuple[str, ...], Links] = {}
    for formula in formulas:
        for ref in formula.refs:
            for depth in range(1, len(ref.links) + 1):
                paths[ref.path[:depth]] = ref.links[:depth]
    return "".join(f" LEFT JOIN {join_of(path)}" for path in paths.values())


def join_of(path: Links) -> str:
    """Table, alias and condition of the record at the end of a path of links."""
    table = registry.get(path[-1][1].to).model._meta.db_table
    alias, before = alias_of(path), alias_of(path[:-1])
    return f'"{table}" {alias} ON {alias}.tenant_id = {before}.tenant_id AND {alias}.id = {key_of(path[-1][1], before)}'


def alias_of(path: Links) -> str:
    """The alias of the record at the end of a path: t, or t__account, t__account__parent …"""
    name = "__".join(["t", *(link.name for _kind, link in path)])
    return name if len(name) < 60 else f"t__{md5(name.encode(), usedforsecurity=False).hexdigest()}"


def key_of(link: Field, alias: str) -> str:
    """The key that a link of the row `alias` holds."""
    if link.custom:
        return f"{alias}.{link.slot}" if link.slot else f"({alias}.custom ->> '{link.name}')::uuid"
    return f'{alias}."{link.column}_id"'


def stored_sql(type: str, value: str) -> str:
    """A value as a field can hold it: numbers of four places below 10^14, texts of 255 signs, moments in seconds."""
    if type == "number":
        return (
            f"(SELECT CASE WHEN abs(v) < {LARGEST:f} THEN v END FROM (SELECT round({value}, 4) AS v OFFSET 0) AS short)"
        )
    if type == "text":
        return f"left({value}, {LONGEST})"
    return f"date_trunc('second', {value})" if type == "moment" else value


def json_sql(type: str, value: str) -> str:
    """A stored value as JSON holds it (records.values.plain)."""
    if type == "number":
        return f"to_jsonb(trim_scale({value})::text)"
    if type == "date":
        return f"to_jsonb(to_char({value}, 'YYYY-MM-DD'))"
    if type == "moment":
        return f"""to_jsonb(to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))"""
    return f"to_jsonb({value})"


def slot_sql(type: str, value: str) -> str:
    """A stored value in the type of its slot (records.custom.slot_value)."""
    if type == "number":
        return f"({value} * 10000)::bigint"
    if type == "bool":
        return f"({value})::integer"
    return f"({value})::timestamp AT TIME ZONE 'UTC'" if type == "date" else value


def _sql(node: Typed, setting: Setting) -> str:
    if isinstance(node, Const):
        return const_sql(node.value, node.type)
    if isinstance(node, Ref):
        return ref_sql(node)
    assert isinstance(node, Op)
    return fill(node.meaning.sql, [_sql(one, setting) for one in node.given], setting)


def const_sql(value: Any, type: str) -> str:
    """A value, quoted."""
    kind = SQL_TYPE[type if type != "blank" else "text"]
    if value is None:
        return f"NULL::{kind}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
    else:
        text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return "'" + text.replace("'", "''") + f"'::{kind}"


def ref_sql(ref: Ref) -> str:
    """A field of its row, blank where it is empty."""
    alias, item = alias_of(ref.links), ref.field
    if item.custom:
        return _own_sql(ref, alias)
    column = f'{alias}."{item.column}"'
    source: Any = ref.kind.model._meta.get_field(item.column)
    if ref.type == "number":
        return f"({column} * 0.0001)" if isinstance(source, MoneyField) else f"{column}::numeric"
    if ref.type == "text":
        return f"nullif({column}::text, '')"
    if ref.type == "list":
        return f"to_jsonb({column})"
    if ref.type == "date" and isinstance(source, models.DateTimeField):
        return f"({column} AT TIME ZONE 'UTC')::date"
    return f"coalesce({column}, false)" if ref.type == "bool" else column


def _own_sql(ref: Ref, alias: str) -> str:
    if ref.type == "list":
        return f"({alias}.custom -> '{ref.field.name}')"
    if ref.field.kind == "address":
        parts = ", ".join(f"nullif({alias}.custom -> '{ref.field.name}' ->> '{part}', '')" for part in SORTED)
        return f"nullif(concat_ws(', ', {parts}), '')"
    if ref.field.within:
        return f"nullif({alias}.custom -> '{ref.field.within}' ->> '{ref.field.part}', '')"
    text = f"({alias}.custom ->> '{ref.field.name}')"
    if ref.type == "text":
        return f"nullif({text}, '')"
    return f"coalesce({text}::boolean, false)" if ref.type == "bool" else f"{text}::{SQL_TYPE[ref.type]}"
