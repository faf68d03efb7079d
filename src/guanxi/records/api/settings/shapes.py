"""The few shapes of JSON that settings are written in, and the check of a body against them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.records.api.schemas import PLAIN_TEXT, UUID_PATTERN

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
KEY: Schema = {"type": "string", "format": "uuid", "pattern": UUID_PATTERN}
LINK: Schema = {"$ref": "#/components/schemas/Link"}
TEXTS: Schema = {"type": "array", "items": TEXT}
OBJECT: Schema = {"type": "object"}
MATRIX: Schema = {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": TEXT}}


def words(most: int) -> Schema:
    """Text of at most so many characters."""
    return {"type": "string", "maxLength": most, "pattern": PLAIN_TEXT}


def one_of(*values: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(values)}


def or_null(schema: Schema) -> Schema:
    """The same, or nothing."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def link(key: UUID | None, label: str) -> dict[str, str] | None:
    """A link as the API answers it."""
    return None if key is None else {"id": str(key), "label": label}


def moment(at: datetime | None) -> str | None:
    """A time in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def days(text: Sequence[str], field: str) -> list[date]:
    """Dates out of a list of texts. Raises `Invalid`."""
    try:
        return [date.fromisoformat(day) for day in text]
    except ValueError:
        raise Invalid({field: [_("Write the date as 2026-12-31.")]}) from None


def key_in(values: Mapping[str, Any], name: str) -> UUID | None:
    """The key that a member holds, None for null. Raises `Invalid` for what is no key."""
    text = values.get(name)
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise Invalid({name: [_("Choose one of the list.")]}) from None


def check_body(values: Mapping[str, Any], known: Mapping[str, Schema], required: Sequence[str] = ()) -> None:
    """Raise `Invalid` with every unknown, missing or wrongly typed member at once."""
    errors = {name: [_("There is no such field.")] for name in values if name not in known}
    errors |= {name: [_("This is required.")] for name in required if values.get(name) is None}
    for name, value in values.items():
        if name in known and name not in errors and not fits(value, known[name]):
            errors[name] = [_("The value does not have the right type.")]
    if errors:
        raise Invalid(errors)


def fits(value: Any, schema: Schema) -> bool:
    """Whether JSON has the type that a schema asks for, in depth; lengths and patterns are the services' to judge."""
    if "anyOf" in schema:
        return any(fits(value, part) for part in schema["anyOf"])
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if not any(_TYPES[kind](value) for kind in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, list):
        right = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return right and all(fits(item, schema.get("items", ANY)) for item in value)
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties", ANY)
        return all(name in value for name in schema.get("required", ())) and all(
            fits(item, named[name]) if name in named else others is not False and fits(item, others)
            for name, item in value.items()
        )
    return True


ANY: Schema = {"type": ["string", "number", "boolean", "array", "object", "null"]}
_TYPES: Mapping[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
