"""The OpenAPI 3.1 description of the API, made from the registry in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from guanxi.records import registry
from guanxi.records.api.as_of import as_of_parameter, field_parameter
from guanxi.records.api.calls import PREFIX
from guanxi.records.api.exports import EXPORT_PARAMETERS
from guanxi.records.api.mass_described import mass_paths, mass_schemas, mass_tags
from guanxi.records.api.operations import (
    ID,
    ROW,
    Part,
    flag_parameter,
    limit_parameter,
    operation,
    page_of,
    ref,
    text_parameter,
)
from guanxi.records.api.parts import parts_of
from guanxi.records.api.reports import report_paths, report_schemas
from guanxi.records.api.schemas import (
    command_schema,
    command_schema_name,
    field_schemas,
    formula_schemas,
    members_schema,
    part_schema,
    read_schema,
    schema_name,
    write_schema,
)
from guanxi.records.api.settings.described import settings_paths, settings_schemas, settings_tags
from guanxi.records.api.why import WHY_SCHEMA, why_operation
from guanxi.records.exports.formats import formats_of
from guanxi.records.lists import MAX_LIMIT
from guanxi.records.parts import Document
from guanxi.records.parts import Part as RecordPart
from guanxi.records.registry import Field, ObjectType


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
        "paths": paths | mass_paths(kinds) | report_paths() | _other_paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "gx_…"}},
            "schemas": _schemas(kinds),
        },
    }


def _other_tags() -> list[Part]:
    return [
        {"name": "people", "description": _("Who am I")},
        {"name": "files", "description": _("Files")},
        {"name": "search", "description": _("Search")},
        {"name": "fields", "description": _("Fields of your own (administrators)")},
        *mass_tags(),
        *settings_tags(),
    ]


def _object_paths(kind: ObjectType) -> Part:
    base, one = f"/{kind.plural}", f"/{kind.plural}/{{id}}"
    name = schema_name(kind)
    paths: Part = {
        base: {
            "get": operation(kind, "list", _("List"), page_of(name), query=_list_parameters()),
            "post": operation(kind, "create", _("Create"), name, 201, body=f"{name}Create", write=True, doubts=True, more=(400, 409, 413, 415)),
        },
        f"{base}/bulk": {
            "post": operation(
                kind, "bulk", _("Change many, all or none"), "BulkAnswer", body=f"{name}Bulk", write=True, doubts=True,
                more=(400, 404, 409, 412, 413, 415),
            )
        },
        one: {
            "get": operation(
                kind, "get", _("Read one"), name, path=True, query=[text_parameter("fields", _FIELDS()), as_of_parameter()], tagged=True, more=(304, 404)
            ),
            "patch": operation(
                kind, "update", _("Change"), name, path=True, body=f"{name}Update", write=True, match=True, tagged=True, doubts=True,
                more=(400, 404, 409, 412, 413, 415),
            ),
            "delete": operation(
                kind, "delete", _("Delete (into the recycle bin)"), "", 204, path=True, write=True, match=True,
                more=(400, 404, 409, 412, 413),
            ),
        },
        **_parts_of_one(kind, one, name),
    }  # fmt: skip
    paths[f"{base}/export"] = {"get": _export(kind)}
    if not kind.creatable:
        del paths[base]["post"]
    if kind.mergeable:
        paths[one]["get"]["responses"]["307"] = {"description": _("Merged into the record at Location")}
    for part in parts_of(kind):
        paths |= _rows_of_part(kind, part, f"{one}/{part.key}")
    for document in kind.documents:
        paths[f"{one}/{document.key}"] = {"get": _document(kind, document)}
    for command in kind.commands:
        described = operation(
            kind, command.key, str(command.label), name, path=True, body=command_schema_name(kind, command), optional=True,
            write=True, match=True, tagged=True, more=(400, 404, 409, 412, 413, 415),
        )  # fmt: skip
        paths.setdefault(f"{one}/{command.key}", {})["post"] = described
    return paths


def part_schema_name(kind: ObjectType, key: str, suffix: str = "Row") -> str:
    """The name of a row's schema: QuoteLinesRow, AccountAddressesCreate."""
    return schema_name(kind, "".join(word.capitalize() for word in key.split("-")) + suffix)


def _rows_of_part(kind: ObjectType, part: RecordPart, base: str) -> Part:
    """The addresses of rows that belong to a record: all of them, and one of them where they have a key."""
    name, verb = part_schema_name(kind, part.key), part.key.replace("-", "_")
    row: Part = {"path": True, "query": [ROW]}
    write: Part = {"write": True, "match": True, "more": (400, 404, 409, 412, 413, 415)}
    paths: Part = {
        base: {"get": operation(kind, f"read_{verb}", str(part.label), page_of(name), path=True, more=(404,))}
    }
    if part.add is not None:
        body = part_schema_name(kind, part.key, "Create")
        paths[base]["post"] = operation(
            kind, f"add_{verb}", f"{part.label}: {_('Add')}", name, 201, path=True, body=body, **write
        )
    if "id" not in part.columns:
        return paths
    one: Part = {
        "get": operation(kind, f"read_one_of_{verb}", f"{part.label}: {_('Read one')}", name, more=(404,), **row)
    }
    if part.change is not None:
        body = part_schema_name(kind, part.key, "Update")
        one["patch"] = operation(
            kind, f"change_{verb}", f"{part.label}: {_('Change')}", name, body=body, **row, **write
        )
    if part.remove is not None:
        one["delete"] = operation(kind, f"remove_{verb}", f"{part.label}: {_('Remove')}", "", 204, **row, **write)
    return paths | {f"{base}/{{row}}": one}


def _export(kind: ObjectType) -> Part:
    forms = formats_of(kind)
    form = text_parameter("format", _("The form of the file; csv without it"))
    form["schema"] = {"type": "string", "enum": [one.key for one in forms], "default": "csv"}
    query = [form, *(one for one in _list_parameters() if one["name"] in EXPORT_PARAMETERS)]
    described = operation(kind, "export", _("The whole list as a file"), "", query=query, more=(404,))
    binary = {"schema": {"type": "string", "format": "binary"}}
    described["responses"]["200"]["content"] = {one.content_type: binary for one in forms}
    return described


def _document(kind: ObjectType, document: Document) -> Part:
    language = text_parameter("lang", _("The language; without it the record's own"))
    language["schema"] = {"type": "string", "enum": list(document.languages)}
    described = operation(
        kind, f"read_{document.key}", str(document.label), "", path=True, query=[language], more=(404,)
    )
    described["responses"]["200"]["content"] = {
        document.content_type: {"schema": {"type": "string", "format": "binary"}}
    }
    return described


def _parts_of_one(kind: ObjectType, one: str, name: str) -> Part:
    return {
        f"{one}/restore": {
            "post": operation(
                kind, "restore", _("Restore"), name, path=True, write=True, tagged=True, more=(400, 404, 409, 413)
            )
        },
        f"{one}/history": {
            "get": operation(kind, "history", _("Read the history"), page_of("HistoryLine"), path=True, query=[field_parameter()], more=(404,))
        },
        f"{one}/why": {"get": why_operation(kind)},
        f"{one}/files": {
            "get": operation(kind, "files", _("List the files"), page_of("File"), path=True, more=(404,)),
            "post": operation(
                kind, "upload", _("Attach a file"), "File", 201, path=True, body="Upload", media="multipart/form-data",
                write=True, more=(400, 404, 409, 413, 415),
            ),
        },
    }  # fmt: skip


def _FIELDS() -> str:
    return _("The fields to answer, separated by commas; all without it")


def _list_parameters() -> list[Part]:
    return [
        text_parameter("filter", _('Criteria as JSON: {"all": [{"field": "city", "op": "is", "value": "上海"}]}')),
        text_parameter("sort", _("A field to sort by, “-” before it for descending")),
        text_parameter("fields", _FIELDS()),
        text_parameter("cursor", _("`next` of the page before")),
        limit_parameter(50, MAX_LIMIT),
        flag_parameter("count", _("1 adds `count`, exact up to 10,000 (`count_exact`)")),
        text_parameter("q", _("Records that contain this text: characters, pinyin, digits; best first unless sorted")),
        flag_parameter("deleted", _("1 lists the recycle bin")),
    ]


def _other_paths() -> Part:
    finding = [
        text_parameter("q", _("Characters, pinyin or digits")),
        text_parameter("objects", _("Collections to search, separated by commas")),
        limit_parameter(20, 100),
    ]
    content = operation(None, "download", _("Download a file"), "", tag="files", path=True, more=(404,))
    content["responses"]["200"]["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "/me": {"get": operation(None, "get", _("Who am I"), "Me", tag="people")} | {},
        "/search": {
            "get": operation(None, "find", _("Search everything"), page_of("Hit"), tag="search", query=finding)
        },
        "/files": {
            "post": operation(
                None,
                "upload",
                _("Upload a file for a field of a record"),
                "File",
                201,
                body="Upload",
                media="multipart/form-data",
                tag="files",
                write=True,
                more=(400, 409, 413, 415),
            )
        },
        "/files/{id}": {
            "get": operation(None, "get", _("Read the facts of a file"), "File", tag="files", path=True, more=(404,)),
            "delete": operation(None, "delete", _("Delete a file"), "", 204, tag="files", path=True, more=(404,)),
        },
        "/files/{id}/content": {"get": content},
        **_field_paths(),
        **settings_paths(),
    }


def _field_paths() -> Part:
    which = [
        text_parameter("object", _("Only those of this object, such as account")),
        flag_parameter("deleted", _("1 lists removed fields")),
    ]
    write = (400, 404, 409, 412, 413, 415)
    one: Part = {"tag": "fields", "path": True}
    return {
        "/fields": {
            "get": operation(None, "list", _("List"), page_of("OwnField"), tag="fields", query=which),
            "post": operation(
                None, "create", _("Create"), "OwnField", 201, tag="fields", body="OwnFieldCreate", write=True, more=write
            ),
        },
        "/fields/try": {
            "post": operation(None, "try", _("Try a formula"), "FormulaTried", tag="fields", body="Formula", more=(400, 413, 415))
        },
        "/fields/{id}": {
            "get": operation(None, "get", _("Read one"), "OwnField", tagged=True, more=(404,), **one),
            "patch": operation(
                None, "update", _("Change"), "OwnField", body="OwnFieldUpdate", write=True, match=True, tagged=True,
                more=write, **one,
            ),
            "delete": operation(
                None, "delete", _("Remove: values stay until it is purged"), "", 204, write=True, match=True, more=write, **one
            ),
        },
        "/fields/{id}/restore": {
            "post": operation(None, "restore", _("Restore"), "OwnField", write=True, tagged=True, more=write, **one)
        },
        "/fields/{id}/purge": {
            "post": operation(None, "purge", _("Delete for good, with all values"), "", 204, write=True, more=write, **one)
        },
    }  # fmt: skip


def _schemas(kinds: list[ObjectType]) -> Part:
    schemas = {
        **_fixed_schemas(),
        **field_schemas(),
        **formula_schemas(),
        **settings_schemas(),
        **report_schemas(),
        **mass_schemas(kinds),
    }
    for kind in kinds:
        name = schema_name(kind)
        schemas[name] = read_schema(kind)
        schemas[f"{name}Create"] = write_schema(kind, creating=True)
        schemas[f"{name}Update"] = write_schema(kind, creating=False)
        schemas[f"{name}Bulk"] = _bulk_schema(name, kind.creatable)
        for part in parts_of(kind):
            schemas[part_schema_name(kind, part.key)] = part_schema(part)
            if part.add is not None:
                schemas[part_schema_name(kind, part.key, "Create")] = members_schema(part.takes)
            if part.change is not None:
                schemas[part_schema_name(kind, part.key, "Update")] = members_schema(part.changeable, changing=True)
        for command in kind.commands:
            schemas[command_schema_name(kind, command)] = command_schema(command)
    return schemas


def _bulk_schema(name: str, creatable: bool) -> Part:
    key = {"id": ID["schema"]}
    version = {"version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}}
    forms = (
        ("create", {"values": ref(f"{name}Create")}, ["op", "values"]),
        ("update", key | version | {"values": ref(f"{name}Update")}, ["op", "id", "values"]),
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
        "Why": WHY_SCHEMA,
        "HistoryLine": _record_of(
            ["version", "at", "by", "action", "via", "changes"], version=whole, at={"type": "string", "format": "date-time"},
            by=text, on_behalf_of={"type": ["string", "null"]}, action=text, via=text, changes={"type": "array", "items": change},
        ),
        "Hit": _record_of(
            ["object", "collection", "id", "label"], object=text, collection=text, id=key, label=text, field=text, text=text
        ),
        "Me": _record_of(["id", "name", "role", "company", "permissions"], id=key, name=text, role=text, company=key,
                         permissions={"type": "object"}),
        "File": _record_of(["id", "name", "size", "content"], id=key, name=text, content_type=text, size=whole, content=text),
        "Upload": _record_of(["file"], file={"type": "string", "format": "binary"}),
    }  # fmt: skip
