"""Many rows in one statement: they travel as JSON and the database types them by the table itself.

COPY into a table under row-level security is refused, and one placeholder per value costs more than the insert.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

BATCH = 2000


def insert_rows(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert unsaved instances of `model`; columns that the database fills must be left to it in all rows alike.

    Values go as their fields prepare them; nothing is validated. Raises IntegrityError as any insert does.
    """
    if not rows:
        return
    fields = [field for field in model._meta.local_concrete_fields if not _left_to_database(rows[0], field)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    sql = f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s)'
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            part = [_as_json(row, fields) for row in rows[start : start + BATCH]]
            cursor.execute(sql, [orjson.dumps(part, default=_decimal).decode()])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _left_to_database(row: Any, field: Any) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


def _as_json(row: Any, fields: Sequence[Any]) -> dict[str, Any]:
    values = {}
    for field in fields:
        value = getattr(row, field.attname)
        raw = isinstance(field, models.JSONField) or value is None
        values[field.column] = value if raw else field.get_prep_value(value)
    return values


def _decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
