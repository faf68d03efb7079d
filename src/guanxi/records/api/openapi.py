"""The OpenAPI 3.1 description of the API, made from the registry in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from guanxi.records import registry
from guanxi.records.api.calls import PREFIX
from guanxi.records.api.problems import CONTENT_TYPE, TITLES
from guanxi.records.api.schemas import (
    UUID_PATTERN,
    command_schema,
    command_schema_name,
    field_schemas,
    read_schema,
    schema_name,
    write_schema,
)
from guanxi.records.lists import MAX_LIMIT
from guanxi.records.registry import Field, ObjectType

Part = dict[str, Any]
JSON = "application/json"
# Every operation may answer these.
ALWAYS = (401, 403, 422, 429, 500, 503)
_ID: Part = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN},
}


def document(own: Mapping[str, Sequence[Field]] | None = None) -> Part:
    """The whole description; labels and texts are in the active language. `own`: a tenant's own fields by object."""
    kinds = [replace(kind, fields=(*kind.fields, *(own or {}).get(kind.name, ()))) for kind in registry.objects()]
    paths: Part = {}
    for kind in kinds:
        paths |= _object_paths(kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Guanxi",
            "version": "1",
            "summary": _("Every record of the company over HTTP, with the permissions of the screens."),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "tags": [{"name": kind.plural, "description": str(kind.label_plural)} for kind in kinds] + _other_tags(),
        "paths": paths | _other_paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "gx_…"}},
            "schemas": _schemas(kinds),
        },
    }


def _other_tags() -> list[Part]:
    return [
        {"name": "people", "description": _("Users and teams")},
        {"name": "files", "description": _("Files")},
        {"name": "search", "description": _("Search")},
        {"name": "fields", "description": _("Fields of your own (administrators)")},
    ]


def _object_paths(kind: ObjectType) -> Part:
    base, one = f"/{kind.plural}", f"/{kind.plural}/{{id}}"
    name = schema_name(kind)
    paths: Part = {
        base: {
            "get": _operation(kind, "list", _("List"), _page_of(name), query=_list_parameters()),
            "post": _operation(kind, "create", _("Create"), name, 201, body=f"{name}Create", write=True, more=(400, 409, 413, 415)),
        },
        f"{base}/bulk": {
            "post": _operation(
                kind, "bulk", _("Change many, all or none"), "BulkAnswer", body=f"{name}Bulk", write=True,
                more=(400, 404, 409, 412, 413, 415),
            )
        },
        one: {
            "get": _operation(
                kind, "get", _("Read one"), name, path=True, query=[_text("fields", _FIELDS())], tagged=True, more=(304, 404)
            ),
            "patch": _operation(
                kind, "update", _("Change"), name, path=True, body=f"{name}Update", write=True, match=True, tagged=True,
                more=(400, 404, 409, 412, 413, 415),
            ),
            "delete": _operation(
                kind, "delete", _("Delete (into the recycle bin)"), "", 204, path=True, write=True, match=True,
                more=(400, 404, 409, 412, 413),
            ),
        },
        **_parts_of_one(kind, one, name),
    }  # fmt: skip
    if not kind.creatable:
        del paths[base]["post"]
    for command in kind.commands:
        operation = _operation(
            kind, command.key, str(command.label), name, path=True, body=command_schema_name(kind, command), optional=True,
            write=True, match=True, tagged=True, more=(400, 404, 409, 412, 413, 415),
        )  # fmt: skip
        paths[f"{one}/{command.key}"] = {"post": operation}
    return paths


def _parts_of_one(kind: ObjectType, one: str, name: str) -> Part:
    return {
        f"{one}/restore": {
            "post": _operation(
                kind, "restore", _("Restore"), name, path=True, write=True, tagged=True, more=(400, 404, 409, 413)
            )
        },
        f"{one}/history": {
            "get": _operation(kind, "history", _("Read the history"), _page_of("HistoryLine"), path=True, more=(404,))
        },
        f"{one}/files": {
            "get": _operation(kind, "files", _("List the files"), _page_of("File"), path=True, more=(404,)),
            "post": _operation(
                kind, "upload", _("Attach a file"), "File", 201, path=True, body="Upload", media="multipart/form-data",
                write=True, more=(400, 404, 409, 413, 415),
            ),
        },
    }  # fmt: skip


def _operation(
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
    more: tuple[int, ...] = (),
) -> Part:
    """One operation: its parameters, its body, and every status it may answer."""
    parameters = [_ID] if path else []
    parameters += query or []
    if write:
        parameters.append(_header("Idempotency-Key", _("Makes a repeated request happen once, for 24 hours."), 200))
    if match:
        parameters.append(_header("If-Match", _("Only if the record still has this entity tag."), 200))
    operation: Part = {
        "operationId": f"{verb}_{kind.name if kind else tag}".replace("-", "_"),
        "summary": summary,
        "tags": [kind.plural if kind else tag],
        "responses": _responses(schema, status, tagged, (*ALWAYS, *more)),
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": not optional, "content": {media: {"schema": _ref(body)}}}
    return operation


def _responses(schema: str | Part, status: int, tagged: bool, others: tuple[int, ...]) -> Part:
    good: Part = {"description": "OK", "headers": _limit_headers()}
    if tagged or status == 201:
        good["headers"] |= {"ETag": _response_header(_("The version"))} if tagged else {}
    if schema:
        good["content"] = {JSON: {"schema": _ref(schema) if isinstance(schema, str) else schema}}
    responses: Part = {str(status): good}
    for other in sorted(set(others)):
        if other == 304:
            responses["304"] = {"description": _("Unchanged")}
            continue
        responses[str(other)] = {
            "description": str(TITLES[other][1]),
            "content": {CONTENT_TYPE: {"schema": _ref("Problem")}},
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


def _text(name: str, text: str) -> Part:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}


def _flag(name: str, text: str) -> Part:
    return _text(name, text) | {"schema": {"type": "string", "enum": ["0", "1", "true", "false"]}}


def _limit(default: int, most: int) -> Part:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return _text("limit", _("How many at most")) | {"schema": schema}


def _FIELDS() -> str:
    return _("The fields to answer, separated by commas; all without it")


def _list_parameters() -> list[Part]:
    return [
        _text("filter", _('Criteria as JSON: {"all": [{"field": "city", "op": "is", "value": "上海"}]}')),
        _text("sort", _("A field to sort by, “-” before it for descending")),
        _text("fields", _FIELDS()),
        _text("cursor", _("`next` of the page before")),
        _limit(50, MAX_LIMIT),
        _flag("count", _("1 adds `count`, exact up to 10,000 (`count_exact`)")),
        _text("q", _("Records that contain this text: characters, pinyin, digits; best first unless sorted")),
        _flag("deleted", _("1 lists the recycle bin")),
    ]


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def _page_of(name: str) -> Part:
    return {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": _ref(name)},
            "next": {"type": ["string", "null"], "description": _("Cursor of the next page")},
            "count": {"type": "integer"},
            "count_exact": {"type": "boolean"},
        },
    }


def _other_paths() -> Part:
    people = [_text("cursor", _("`next` of the page before")), _limit(50, MAX_LIMIT), _flag("count", _("1 adds `count`")),
              _text("q", _("Part of the name"))]  # fmt: skip
    finding = [
        _text("q", _("Characters, pinyin or digits")),
        _text("objects", _("Collections to search, separated by commas")),
        _limit(20, 100),
    ]
    content = _operation(None, "download", _("Download a file"), "", tag="files", path=True, more=(404,))
    content["responses"]["200"]["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "/me": {"get": _operation(None, "get", _("Who am I"), "Me", tag="people")} | {},
        "/users": {"get": _operation(None, "users", _("List users"), _page_of("User"), tag="people", query=people)},
        "/users/{id}": {
            "get": _operation(None, "user", _("Read a user"), "User", tag="people", path=True, more=(404,))
        },
        "/teams": {"get": _operation(None, "teams", _("List teams"), _page_of("Team"), tag="people", query=people)},
        "/teams/{id}": {
            "get": _operation(None, "team", _("Read a team"), "Team", tag="people", path=True, more=(404,))
        },
        "/search": {
            "get": _operation(None, "find", _("Search everything"), _page_of("Hit"), tag="search", query=finding)
        },
        "/files/{id}": {
            "get": _operation(None, "get", _("Read the facts of a file"), "File", tag="files", path=True, more=(404,)),
            "delete": _operation(None, "delete", _("Delete a file"), "", 204, tag="files", path=True, more=(404,)),
        },
        "/files/{id}/content": {"get": content},
        **_field_paths(),
    }


def _field_paths() -> Part:
    which = [
        _text("object", _("Only those of this object, such as account")),
        _flag("deleted", _("1 lists removed fields")),
    ]
    write = (400, 404, 409, 412, 413, 415)
    one: Part = {"tag": "fields", "path": True}
    return {
        "/fields": {
            "get": _operation(None, "list", _("List"), _page_of("OwnField"), tag="fields", query=which),
            "post": _operation(
                None, "create", _("Create"), "OwnField", 201, tag="fields", body="OwnFieldCreate", write=True, more=write
            ),
        },
        "/fields/{id}": {
            "get": _operation(None, "get", _("Read one"), "OwnField", tagged=True, more=(404,), **one),
            "patch": _operation(
                None, "update", _("Change"), "OwnField", body="OwnFieldUpdate", write=True, match=True, tagged=True,
                more=write, **one,
            ),
            "delete": _operation(
                None, "delete", _("Remove: values stay until it is purged"), "", 204, write=True, match=True, more=write, **one
            ),
        },
        "/fields/{id}/restore": {
            "post": _operation(None, "restore", _("Restore"), "OwnField", write=True, tagged=True, more=write, **one)
        },
        "/fields/{id}/purge": {
            "post": _operation(None, "purge", _("Delete for good, with all values"), "", 204, write=True, more=write, **one)
        },
    }  # fmt: skip


def _schemas(kinds: list[ObjectType]) -> Part:
    schemas = {**_fixed_schemas(), **field_schemas()}
    for kind in kinds:
        name = schema_name(kind)
        schemas[name] = read_schema(kind)
        schemas[f"{name}Create"] = write_schema(kind, creating=True)
        schemas[f"{name}Update"] = write_schema(kind, creating=False)
        schemas[f"{name}Bulk"] = _bulk_schema(name, kind.creatable)
        for command in kind.commands:
            schemas[command_schema_name(kind, command)] = command_schema(command)
    return schemas


def _bulk_schema(name: str, creatable: bool) -> Part:
    key = {"id": _ID["schema"]}
    version = {"version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}}
    forms = (
        ("create", {"values": _ref(f"{name}Create")}, ["op", "values"]),
        ("update", key | version | {"values": _ref(f"{name}Update")}, ["op", "id", "values"]),
        ("delete", key | version, ["op", "id"]),
        ("restore", key, ["op", "id"]),
    )
    options = [
        {"type": "object", "additionalProperties": False, "required": required,
         "properties": {"op": {"type": "string", "const": op}, **properties}}
        for op, properties, required in forms
        if creatable or op != "create"
    ]  # fmt: skip
    return {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"oneOf": options}}


def _record_of(required: list[str], **properties: Part) -> Part:
    return {"type": "object", "required": required, "properties": properties}


def _fixed_schemas() -> Part:
    text: Part = {"type": "string"}
    key: Part = {"type": "string", "format": "uuid"}
    maybe_link: Part = {"anyOf": [_ref("Link"), {"type": "null"}]}
    whole: Part = {"type": "integer"}
    error = _record_of(["pointer", "detail"], pointer=text, detail=text)
    change = _record_of(["field", "before", "after"], field=text, before={}, after={})
    return {
        "Link": _record_of(["id", "label"], id=key, label=text),
        "Problem": _record_of(
            ["type", "title", "status"], type=text, title=text, status=whole, detail=text,
            errors={"type": "array", "items": error}, version=whole,
        ),
        "BulkAnswer": _record_of(["data"], data={"type": "array", "items": {"type": "object", "required": ["id"]}}),
        "HistoryLine": _record_of(
            ["version", "at", "by", "action", "via", "changes"], version=whole, at={"type": "string", "format": "date-time"},
            by=text, action=text, via=text, changes={"type": "array", "items": change},
        ),
        "Hit": _record_of(
            ["object", "collection", "id", "label"], object=text, collection=text, id=key, label=text, field=text, text=text
        ),
        "User": _record_of(
            ["id", "name", "email"], id=key, version=whole, name=text, email=text, title=text, phone=text,
            role=_ref("Link"), team=maybe_link, is_active={"type": "boolean"},
        ),
        "Team": _record_of(["id", "name"], id=key, version=whole, name=text, parent=maybe_link),
        "Me": _record_of(["id", "name", "role", "company", "permissions"], id=key, name=text, role=text, company=key,
                         permissions={"type": "object"}),
        "File": _record_of(["id", "name", "size", "content"], id=key, name=text, content_type=text, size=whole, content=text),
        "Upload": _record_of(["file"], file={"type": "string", "format": "binary"}),
    }  # fmt: skip
