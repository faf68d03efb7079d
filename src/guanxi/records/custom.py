"""Custom fields: their definitions as registry fields, and cleaning of their JSON values."""

from typing import Any

from django.utils.translation import get_language

from guanxi.records.models import CustomField
from guanxi.records.registry import Choice, Field
from guanxi.records.values import clean_value, plain


def custom_fields(object_name: str) -> dict[str, Field]:
    """The tenant's own fields of an object by name, in the reader's language and the tenant's order."""
    rows = CustomField.objects.filter(object=object_name).order_by("position", "name")
    return {row.name: _as_field(row) for row in rows}


def clean_custom(field: Field, value: Any) -> Any:
    """A custom field's value in the form that JSONB stores."""
    return plain(clean_value(field, value))


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
