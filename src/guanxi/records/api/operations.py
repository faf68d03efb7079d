"""Parts of the OpenAPI document that every address is made of: operations, parameters, answers."""

from typing import Any

from django.utils.translation import gettext as _

from guanxi.records.api.problems import CONTENT_TYPE, TITLES
from guanxi.records.api.schemas import UUID_PATTERN
from guanxi.records.registry import ObjectType

Part = dict[str, Any]
JSON = "application/json"
# Every operation may answer these.
ALWAYS = (401, 403, 422, 429, 500, 503)
ID: Part = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN},
}

ROW: Part = {**ID, "name": "row"}


def operation(
    kind: ObjectType | None,
    verb: str,
    summary: str,
    schema: str | Part,
    status: int = 200,
    *,
    tag: str = "",
    path: bool = False,
    query: list[Part] | None = None,
    body: str = "",
    media: str = JSON,
    optional: bool = False,
    write: bool = False,
    match: bool = False,
    tagged: bool = False,
    doubts: bool = False,
    more: tuple[int, ...] = (),
) -> Part:
    """One operation: its parameters, its body, and every status it may answer."""
    parameters = [ID] if path else []
    parameters += query or []
    if write:
        parameters.append(_header("Idempotency-Key", _("Makes a repeated request happen once, for 24 hours."), 200))
    if match:
        parameters.append(_header("If-Match", _("Only if the record still has this entity tag."), 200))
    if doubts:
        meant = _header("Duplicates", _("“allow” saves what is likely there already by the company's rules."), 5)
        meant["schema"] = {"type": "string", "enum": ["allow"]}
        parameters.append(meant)
    made: Part = {
        "operationId": f"{verb}_{kind.name if kind else tag}".replace("-", "_"),
        "summary": summary,
        "tags": [kind.plural if kind else tag],
        "responses": _responses(schema, status, tagged, (*ALWAYS, *more)),
    }
    if parameters:
        made["parameters"] = parameters
    if body:
        made["requestBody"] = {"required": not optional, "content": {media: {"schema": ref(body)}}}
    return made


def _responses(schema: str | Part, status: int, tagged: bool, others: tuple[int, ...]) -> Part:
    good: Part = {"description": "OK", "headers": _limit_headers()}
    if tagged or status == 201:
        good["headers"] |= {"ETag": _response_header(_("The version"))} if tagged else {}
    if schema:
        good["content"] = {JSON: {"schema": ref(schema) if isinstance(schema, str) else schema}}
    responses: Part = {str(status): good}
    for other in sorted(set(others)):
        if other == 304:
            responses["304"] = {"description": _("Unchanged")}
            continue
        responses[str(other)] = {
            "description": str(TITLES[other][1]),
            "content": {CONTENT_TYPE: {"schema": ref("Problem")}},
        }
    return responses


def _limit_headers() -> Part:
    names = {
        "RateLimit-Limit": _("Requests in a minute"),
        "RateLimit-Remaining": _("Requests left in this minute"),
        "RateLimit-Reset": _("Seconds until the next minute begins"),
    }
    return {name: {"description": text, "schema": {"type": "integer"}} for name, text in names.items()}


def _response_header(text: str) -> Part:
    return {"description": text, "schema": {"type": "string"}}


def _header(name: str, text: str, length: int) -> Part:
    schema = {"type": "string", "minLength": 1, "maxLength": length, "pattern": "^[!-~]+$"}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def text_parameter(name: str, text: str) -> Part:
    """A parameter of the query that is text."""
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}


def flag_parameter(name: str, text: str) -> Part:
    """A parameter that is 1 or 0."""
    return text_parameter(name, text) | {"schema": {"type": "string", "enum": ["0", "1", "true", "false"]}}


def limit_parameter(default: int, most: int) -> Part:
    """How many rows at most."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return text_parameter("limit", _("How many at most")) | {"schema": schema}


def ref(name: str) -> Part:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Part:
    """A list of what a schema describes."""
    return {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": ref(name)},
            "next": {"type": ["string", "null"], "description": _("Cursor of the next page")},
            "count": {"type": "integer"},
            "count_exact": {"type": "boolean"},
        },
    }
