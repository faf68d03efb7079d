"""Pooled typed columns ("slots") that serve filter, sort and group of custom fields.

`custom` (JSONB) is the truth; a slot repeats one field's value in a typed, indexed column. The columns exist in the
database only (core.db.schema makes them with every record table), not as model fields, so that reading a record
does not carry 26 further columns. `SlotColumn` names one in a query.
"""

from typing import Any

from django.db import models
from django.db.models.expressions import Col, Expression

from guanxi.core.db.schema import SLOTS

_FIELD_OF_PREFIX = {
    "st": models.TextField,
    "sn": models.BigIntegerField,
    "sd": models.DateTimeField,
    "su": models.UUIDField,
}


def slot_names(prefix: str) -> list[str]:
    """Names of the slots of one type: st text, sn bigint, sd timestamptz, su uuid."""
    return [name for name, _ in SLOTS if name.startswith(prefix)]


class SlotColumn(Expression):
    """A slot of the query's own table as an expression; use through `queryset.alias(x=SlotColumn("st1"))`."""

    def __init__(self, name: str) -> None:
        field = _FIELD_OF_PREFIX[name[:2]]()
        field.column = field.attname = name
        super().__init__(output_field=field)
        self.name = name

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> Any:
        """A plain column reference of the query's first table."""
        return Col(query.get_initial_alias(), self.output_field, self.output_field)
