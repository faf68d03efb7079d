"""JSON Schema of records, made from the registry: what is read, what is written, what commands take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from guanxi.core.codes import MAX_PATTERN
from guanxi.records.addresses import PARTS
from guanxi.records.definitions import LABEL, MOST_CHOICES, TONES
from guanxi.records.derived.definitions import RESULTS
from guanxi.records.derived.graph import FUNCTIONS
from guanxi.records.formulas.syntax import LONGEST
from guanxi.records.own_fields import ALL_KINDS, HELP, MOST_FIELDS
from guanxi.records.parts import Part
from guanxi.records.registry import Command, Field, ObjectType

Schema = dict[str, Any]
NUL = "\x00"
PLAIN_TEXT = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"
DECIMAL = r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$"
UUID_PATTERN = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"

_ADDRESS: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "string", "maxLength": most} for name, most in PARTS.items()},
}

_READ: Mapping[str, Schema] = {
    "integer": {"type": "integer"},
    "number": {"type": ["string", "number"]},
    "percent": {"type": ["string", "number"]},
    "money": {"type": "string", "description": "Decimal number as text"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "multichoice": {"type": "array", "items": {"type": "string"}},
    "tags": {"type": "array", "items": {"type": "string"}},
    "link": {"$ref": "#/components/schemas/Link"},
    "uuid": {"type": "string", "format": "uuid"},
    "json": {},
    "address": _ADDRESS,
    "file": {"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}, "size": {"type": "integer"},
    }}},
}  # fmt: skip
_WRITE: Mapping[str, Schema] = {
    **_READ,
    "integer": {"type": "integer"},
    "number": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL}]},
    "percent": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL}]},
    "money": {"anyOf": [{"type": "string", "pattern": DECIMAL}, {"type": "number"}]},
    "link": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN},
    "uuid": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN},
    "file": {"type": "array", "items": {"anyOf": [
        {"type": "string", "format": "uuid", "pattern": UUID_PATTERN},
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN}}},
    ]}},
}  # fmt: skip


def schema_name(kind: ObjectType, suffix: str = "") -> str:
    """PascalCase of the object's name: price_book → PriceBook, PriceBookCreate."""
    return "".join(part.capitalize() for part in kind.name.split("_")) + suffix


def read_schema(kind: ObjectType) -> Schema:
    """A record as answered. Only id and version are always there: a role may hide fields, `fields` may leave them out."""
    properties: dict[str, Any] = {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "description": "Grows by one with every change; the entity tag."},
    }
    for item in kind.fields:
        properties[item.name] = _described(item, _nullable(_READ.get(item.kind, {"type": "string"})))
    return {"type": "object", "title": str(kind.label), "required": ["id", "version"], "properties": properties}


def write_schema(kind: ObjectType, *, creating: bool) -> Schema:
    """The fields that a caller may set."""
    fields = [item for item in kind.fields if item.writable]
    return _object(fields, required=[item.name for item in fields if item.required] if creating else [])


def part_schema(part: Part) -> Schema:
    """A row that belongs to a record. A role may not be shown all of its members."""
    columns = {name: _nullable(_READ.get(kind, {"type": "string"})) for name, kind in part.columns.items()}
    return {"type": "object", "title": str(part.label), "properties": columns}


def command_schema(command: Command) -> Schema:
    """What a command takes."""
    return members_schema(command.params)


def members_schema(params: Sequence[Field], *, changing: bool = False) -> Schema:
    """A body with these members; nothing is required of a change."""
    return _object(params, required=[] if changing else [item.name for item in params if item.required])


def command_schema_name(kind: ObjectType, command: Command) -> str:
    """The name of a command's schema: OpportunityWin."""
    return schema_name(kind, "".join(part.capitalize() for part in command.key.replace("-", "_").split("_")))


def field_schemas() -> dict[str, Schema]:
    """A field of the tenant's own as it is read, made and changed."""
    text = {"type": "string"}
    fixed: dict[str, Schema] = {
        "object": {"type": "string", "maxLength": 60},
        "kind": {"type": "string", "enum": list(ALL_KINDS)},
        "name": {"type": "string", "maxLength": 60, "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"},
        "to": {"type": "string", "maxLength": 60},
        "result": {"type": "string", "enum": list(RESULTS)},
    }
    names = (
        "object",
        "name",
        "kind",
        "to",
        "label_en",
        "label_zh",
        "help_en",
        "help_zh",
        "result",
        "formula",
        "pattern",
        "next_code",
    )
    read: dict[str, Schema] = {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer"},
        **dict.fromkeys(names, text),
        "required": {"type": "boolean"},
        "several": {"type": "boolean"},
        "default": {},
        "choices": {"type": "array", "items": {"type": "object"}},
        "position": {"type": "integer"},
        "indexed": {"type": "boolean"},
        "rollup": {"anyOf": [_rollup(), {"type": "null"}]},
        "removed": {"type": "boolean"},
    }
    changed = _changeable()
    made = {"type": "object", "additionalProperties": False, "required": ["object", "kind"]}
    return {
        "OwnField": {"type": "object", "required": ["id", "version", "object", "name", "kind"], "properties": read},
        "OwnFieldCreate": {**made, "properties": {**fixed, **changed}},
        "OwnFieldUpdate": {"type": "object", "additionalProperties": False, "properties": changed},
    }


def _changeable() -> dict[str, Schema]:
    label = {"type": "string", "maxLength": LABEL, "pattern": PLAIN_TEXT}
    note = {"type": "string", "maxLength": HELP, "pattern": PLAIN_TEXT}
    choice: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "value": {"type": "string", "maxLength": 60, "pattern": PLAIN_TEXT},
            "label_en": label,
            "label_zh": label,
            "tone": {"type": "string", "enum": list(TONES)},
        },
    }
    return {
        "label_en": label,
        "label_zh": label,
        "help_en": note,
        "help_zh": note,
        "required": {"type": "boolean"},
        "default": {},
        "choices": {"type": "array", "minItems": 1, "maxItems": MOST_CHOICES, "items": choice},
        "position": {"type": "integer", "minimum": 1, "maximum": MOST_FIELDS},
        "formula": _FORMULA,
        "rollup": _rollup(),
        "pattern": {"type": "string", "maxLength": MAX_PATTERN, "pattern": PLAIN_TEXT},
        "several": {"type": "boolean"},
    }


_FORMULA: Schema = {"type": "string", "maxLength": LONGEST}


def _rollup() -> Schema:
    """`of` names object and link, such as opportunity.account; `value` and `where` are formulas."""
    parts = {
        "of": {"type": "string", "maxLength": 121},
        "function": {"type": "string", "enum": list(FUNCTIONS)},
        "value": _FORMULA,
        "where": _FORMULA,
    }
    return {"type": "object", "additionalProperties": False, "required": ["of", "function"], "properties": parts}


def formula_schemas() -> dict[str, Schema]:
    """A formula that is tried: what is asked and what is answered."""
    number = {"type": "integer"}
    asked = {
        "object": {"type": "string", "maxLength": 60},
        "formula": _FORMULA,
        "result": {"type": "string", "enum": list(RESULTS)},
    }
    wrong = {
        "type": "object",
        "required": ["text", "start", "end"],
        "properties": {"text": {"type": "string"}, "start": number, "end": number},
    }
    answered = {
        "type": {"type": "string"},
        "value": {},
        "record": {"type": "string"},
        "error": {"anyOf": [wrong, {"type": "null"}]},
    }
    return {
        "Formula": {"type": "object", "additionalProperties": False, "required": ["object", "formula"], "properties": asked},
        "FormulaTried": {"type": "object", "required": ["type", "value", "record", "error"], "properties": answered},
    }  # fmt: skip


def _object(fields: Iterable[Field], required: list[str]) -> Schema:
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {item.name: _written(item) for item in fields},
    }
    return schema | ({"required": required} if required else {})


def _written(item: Field) -> Schema:
    schema = dict(_WRITE.get(item.kind, {"type": "string", "pattern": PLAIN_TEXT}))
    if schema.get("type") == "string" and item.max_length and item.kind not in ("choice", "link", "uuid"):
        schema["maxLength"] = item.max_length
    if item.kind == "integer":
        schema |= {"minimum": item.min_value if item.min_value is not None else -(2**15)}
        schema |= {"maximum": item.max_value if item.max_value is not None else 2**15 - 1}
    if item.kind == "choice" and item.choices:
        schema = {"type": "string", "enum": [choice.value for choice in item.choices]}
    if item.kind == "multichoice" and item.choices:
        schema["items"] = {"type": "string", "enum": [choice.value for choice in item.choices]}
    if item.required and schema.get("type") == "string" and "enum" not in schema:
        schema["minLength"] = 1
    return _described(item, schema if item.required else _nullable(schema))


def _nullable(schema: Schema) -> Schema:
    if not schema:
        return {}
    if "enum" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    if isinstance(schema.get("type"), list):
        return schema | {"type": [*schema["type"], "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}


def _described(item: Field, schema: Schema) -> Schema:
    label = str(item.label)
    text = f"{label}. {item.help}" if item.help else label
    if item.command:
        text += " (command)"
    own = schema.get("description")
    return {**schema, "description": f"{text}. {own}" if own else text}
