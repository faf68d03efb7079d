"""The OpenAPI description of operations on many records and of merging."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from guanxi.records.api.operations import Part, limit_parameter, operation, page_of, ref, text_parameter
from guanxi.records.api.schemas import UUID_PATTERN, schema_name
from guanxi.records.lists import MAX_LIMIT
from guanxi.records.registry import ObjectType

KEY: Part = {"type": "string", "format": "uuid", "pattern": UUID_PATTERN}
_WRITE = (400, 404, 409, 413, 415)
_TEXTS: Part = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 60}}


def mass_tags() -> list[Part]:
    """The heading."""
    return [{"name": "operations", "description": _("Operations on many records")}]


def mass_paths(kinds: Iterable[ObjectType]) -> Part:
    """Addresses of operations, and those that begin one of each object."""
    one: Part = {"tag": "operations", "path": True}
    pages = [text_parameter("cursor", _("`next` of the page before")), limit_parameter(50, MAX_LIMIT)]
    paths: Part = {
        "/operations": {"get": operation(None, "list", _("List"), page_of("Operation"), tag="operations", query=pages, more=(404,))},
        "/operations/{id}": {"get": _either(operation(None, "get", _("Read one"), "Operation", more=(404,), **one))},
        "/operations/{id}/left": {
            "get": operation(None, "read_left", _("Read what it left, and why"), page_of("LeftRecord"), query=pages, more=(404,), **one)
        },
        "/operations/{id}/cancel": {
            "post": _either(operation(None, "cancel", _("Stop"), "Operation", write=True, more=_WRITE, **one))
        },
        "/operations/{id}/undo": {
            "post": _either(operation(None, "undo", _("Take back"), "Operation", write=True, more=_WRITE, **one))
        },
    }  # fmt: skip
    for kind in kinds:
        paths[f"/{kind.plural}/operations"] = {
            "post": _either(
                operation(kind, "start_operation", _("Do the same to many"), "Operation", body=schema_name(kind, "Operation"), write=True, more=_WRITE)
            )
        }  # fmt: skip
        if kind.mergeable:
            described = operation(
                kind, "merge", _("Merge others into this one"), "Operation", path=True, body="MergeOrder", write=True,
                match=True, more=(*_WRITE, 412),
            )  # fmt: skip
            paths[f"/{kind.plural}/{{id}}/merge"] = {"post": described}
    return paths


def mass_schemas(kinds: Iterable[ObjectType]) -> Part:
    """What is ordered, answered and left."""
    found: Part = {"Operation": _operation(), "LeftRecord": _left(), "MergeOrder": _merge()}
    for kind in kinds:
        found[schema_name(kind, "Operation")] = _order(kind)
    return found


def _either(described: Part) -> Part:
    """While the worker is at it, the same answer comes with 202."""
    described["responses"]["202"] = dict(described["responses"]["200"]) | {"description": _("The worker is at it")}
    return described


def _order(kind: ObjectType) -> Part:
    actions: dict[str, tuple[Part, list[str]]] = {
        "edit": ({"values": ref(f"{schema_name(kind)}Update")}, ["values"]),
        "assign": ({"owner": {"type": ["string", "null"], "format": "uuid"}, "team": {"type": ["string", "null"], "format": "uuid"}}, []),
        "tag": ({"add": _TEXTS, "remove": _TEXTS}, []),
        "delete": ({}, []),
        "restore": ({}, []),
    }  # fmt: skip
    which: dict[str, Any] = {
        "ids": {"type": "array", "items": KEY, "minItems": 1, "maxItems": 10_000},
        "criteria": {"type": "object"},
    }
    options = [
        {"type": "object", "additionalProperties": False, "required": ["action", chosen, *required],
         "properties": {"action": {"type": "string", "const": action}, chosen: which[chosen], **properties}}
        for action, (properties, required) in actions.items()
        for chosen in which
    ]  # fmt: skip
    return {"oneOf": options}


def _operation() -> Part:
    text: Part = {"type": "string"}
    whole: Part = {"type": "integer"}
    moment: Part = {"type": ["string", "null"], "format": "date-time"}
    key: Part = {"type": ["string", "null"], "format": "uuid"}
    states = ["waiting", "running", "done", "cancelled", "failed"]
    properties: Part = {
        "id": {"type": "string", "format": "uuid"}, "action": text, "collection": text, "state": {"type": "string", "enum": states},
        "total": whole, "done": whole, "left": whole, "error": text, "by": key, "created_at": moment, "finished_at": moment,
        "may_undo": {"type": "boolean"}, "undoes": key, "undone_by": key,
    }  # fmt: skip
    return {"type": "object", "required": list(properties), "properties": properties}


def _left() -> Part:
    text: Part = {"type": "string"}
    properties: Part = {"id": {"type": "string", "format": "uuid"}, "collection": text, "label": text, "reason": text}
    return {"type": "object", "required": list(properties), "properties": properties}


def _merge() -> Part:
    choices: Part = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": _("By field: the id of the record whose value stays, or “both” for lists"),
    }
    ids: Part = {"type": "array", "items": KEY, "minItems": 1, "maxItems": 2}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["ids"],
        "properties": {"ids": ids, "choices": choices},
    }
