"""Custom fields: their definitions as registry fields, and cleaning of their JSON values."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language

from guanxi.core.money import to_minor
from guanxi.records.models import CustomField
from guanxi.records.registry import Choice, Field, ObjectType
from guanxi.records.values import clean_value, plain


def custom_fields(object_name: str) -> dict[str, Field]:
    """The tenant's own fields of an object by name, in the reader's language and the tenant's order."""
    rows = CustomField.objects.filter(object=object_name).order_by("position", "name")
    return {row.name: _as_field(row) for row in rows}


def clean_custom(field: Field, value: Any) -> Any:
    """A custom field's value in the form that JSONB stores."""
    return plain(clean_value(field, value))


def write_slots(kind: ObjectType, records: Iterable[Any]) -> None:
    """Repeat the values of custom fields that have a slot in their typed columns; one statement per record."""
    # A record that never had a value of the tenant's own fields has empty slots already.
    filled = [record for record in records if record.custom]
    fields = [item for item in custom_fields(kind.name).values() if item.slot] if filled else []
    if not fields:
        return
    columns = ", ".join(f"{item.slot} = %s" for item in fields)
    rows = [[*(slot_value(item, record.custom.get(item.name)) for item in fields), record.id] for record in filled]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{kind.model._meta.db_table}" SET {columns} WHERE id = %s', rows)


def slot_value(item: Field, value: Any) -> Any:
    """A custom value in the type of its slot: numbers and money in ten-thousandths, dates at midnight UTC."""
    if value in (None, "", []):
        return None
    if item.slot.startswith("sn"):
        if item.kind == "bool":
            return int(value)
        return int(value) if item.kind == "integer" else to_minor(Decimal(str(value)))
    if item.slot.startswith("sd"):
        return datetime.fromisoformat(f"{value}T00:00:00Z" if item.kind == "date" else value)
    if item.slot.startswith("su"):
        return UUID(str(value))
    return str(value)


def _as_field(row: CustomField) -> Field:
    chinese = (get_language() or "").startswith("zh")
    choices = tuple(
        Choice(item["value"], item.get("label_zh" if chinese else "label_en") or item["value"])
        for item in row.options.get("choices", ())
    )
    return Field(
        row.name,
        label=(row.label_zh if chinese else "") or row.label_en,
        kind=row.kind,
        required=bool(row.options.get("required")),
        choices=choices,
        slot=row.slot,
        custom=True,
    )
