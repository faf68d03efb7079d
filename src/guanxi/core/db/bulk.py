"""Many rows in one statement: they travel as JSON and the database types them by the table itself.

COPY into a table under row-level security is refused, and one placeholder per value costs more than the insert.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from guanxi.core.db.statements import run_prepared, send_prepared

BATCH = 2000
# Column, attribute, the types of values that go as they are, and what prepares the others.
Column = tuple[str, str, tuple[type, ...], Callable[[Any], Any]]


def insert_rows(model: type[models.Model], rows: Sequence[Any], *, read_back: bool = True) -> None:
    """Insert unsaved instances of `model`; columns that the database fills must be left to it in all rows alike.

    Values go as their fields prepare them; nothing is validated. What the database filled is set on the instances if they
    are `read_back`. Raises IntegrityError as any insert does.
    """
    if not rows:
        return
    left = tuple(field for field in _with_default(model) if left_to_database(rows[0], field))
    fields = _sent(model, left)
    reads = bool(left) and read_back
    sql = _statement(model, left, reads)
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        text = orjson.dumps([_as_json(row, fields) for row in part], default=_decimal).decode()
        if reads:
            _take_over(part, left, {answer[0]: answer[1:] for answer in run_prepared(sql, [text])})
        else:
            send_prepared(sql, [text])
        for row in part:
            row._state.adding, row._state.db = False, connection.alias


def update_rows(model: type[models.Model], rows: Sequence[Any], fields: Sequence[Any]) -> None:
    """Write the values of `fields` of saved instances back, thousands in one statement; nothing is validated.

    Raises IntegrityError as any update does.
    """
    columns = _columns((model._meta.pk, *fields))
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        text = orjson.dumps([_as_json(row, columns) for row in part], default=_decimal).decode()
        send_prepared(_update_statement(model, tuple(fields)), [text])


@cache
def _update_statement(model: type[models.Model], fields: tuple[Any, ...]) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    values = ", ".join(f'"{field.column}" = s."{field.column}"' for field in fields)
    source = f'json_populate_recordset(NULL::"{table}", %s)'
    return f'UPDATE "{table}" t SET {values} FROM {source} s WHERE t."{key}" = s."{key}"'


def _take_over(rows: Sequence[Any], fields: Sequence[Any], filled: Mapping[Any, Sequence[Any]]) -> None:
    for row in rows:
        for field, value in zip(fields, filled[row.pk], strict=True):
            setattr(row, field.attname, value)


@cache
def _statement(model: type[models.Model], left: tuple[Any, ...], reads: bool) -> str:
    columns = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields if field not in left)
    table = model._meta.db_table
    insert = f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s)'
    answers = ", ".join(f'"{field.column}"' for field in left)
    return f'{insert} RETURNING "{model._meta.pk.column}", {answers}' if reads else insert


@cache
def _with_default(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.local_concrete_fields if field.has_db_default())


def left_to_database(row: Any, field: Any) -> bool:
    """Whether the database fills the field of an unsaved instance."""
    return isinstance(getattr(row, field.attname), DatabaseDefault)


@cache
def _sent(model: type[models.Model], left: tuple[Any, ...]) -> tuple[Column, ...]:
    return _columns(field for field in model._meta.local_concrete_fields if field not in left)


def _columns(fields: Iterable[Any]) -> tuple[Column, ...]:
    return tuple((field.column, field.attname, _as_it_is(field), field.get_prep_value) for field in fields)


def _as_it_is(field: Any) -> tuple[type, ...]:
    """The types of values that a field would pass on unchanged."""
    if isinstance(field, models.JSONField):
        return (dict, list, str, int, float, bool)
    if isinstance(field, models.CharField | models.TextField):
        return (str,)
    return (bool,) if isinstance(field, models.BooleanField) else ()


def _as_json(row: Any, columns: Sequence[Column]) -> dict[str, Any]:
    values = {}
    for column, attname, unchanged, prepare in columns:
        value = getattr(row, attname)
        values[column] = value if value is None or type(value) in unchanged else prepare(value)
    return values


def _decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
