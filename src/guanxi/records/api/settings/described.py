"""The OpenAPI description of the settings."""

from django.utils.translation import gettext as _

from guanxi.records.api.operations import (
    ID,
    Part,
    flag_parameter,
    limit_parameter,
    operation,
    page_of,
    text_parameter,
)
from guanxi.records.api.settings import RESOURCES
from guanxi.records.api.settings.resources import Resource
from guanxi.records.api.settings.shapes import KEY
from guanxi.records.lists import MAX_LIMIT

_WRITE = (400, 404, 409, 412, 413, 415)


def settings_tags() -> list[Part]:
    """A heading for each kind of settings."""
    return [{"name": one.name, "description": str(one.label)} for one in RESOURCES.values()]


def settings_paths() -> Part:
    """Every address of the settings."""
    paths: Part = {}
    for one in RESOURCES.values():
        paths |= {f"/{one.name}": _row(one)} if one.single else _collection(one)
    return paths | {"/company/logo": _logo()}


def settings_schemas() -> Part:
    """What is read, made and changed."""
    schemas: Part = {}
    for one in RESOURCES.values():
        key = {"id": one.key_schema or KEY}
        schemas[one.schema] = {"type": "object", "required": ["id"], "properties": key | dict(one.read)}
        closed = {"type": "object", "additionalProperties": False}
        if one.create:
            schemas[f"{one.schema}Create"] = {**closed, "required": list(one.required), "properties": dict(one.write)}
        if one.update:
            schemas[f"{one.schema}Update"] = {**closed, "properties": dict(one.changeable)}
    return schemas


def _collection(one: Resource) -> Part:
    base = f"/{one.name}"
    listed: Part = {"get": operation(None, "list", _("List"), page_of(one.schema), tag=one.name, query=_query(one))}
    if one.create:
        listed["post"] = operation(
            None,
            "create",
            _("Create"),
            one.schema,
            201,
            tag=one.name,
            body=f"{one.schema}Create",
            write=True,
            more=_WRITE,
        )
    paths = {base: listed, f"{base}/{{id}}": _row(one)}
    for key, action in one.actions.items():
        schema, status = ("", 204) if action.gone else (one.schema, 200)
        described = operation(
            None, key, str(action.label), schema, status, tag=one.name, path=True, write=True, match=one.versioned,
            tagged=one.versioned and not action.gone, more=_WRITE,
        )  # fmt: skip
        paths[f"{base}/{{id}}/{key}"] = {"post": _keyed(one, described)}
    return paths


def _row(one: Resource) -> Part:
    path = not one.single
    methods = {
        "get": operation(
            None, "get", _("Read one"), one.schema, tag=one.name, path=path, tagged=one.versioned, more=(404,)
        )
    }
    if one.update:
        methods["patch"] = operation(
            None, "update", _("Change"), one.schema, tag=one.name, path=path, body=f"{one.schema}Update", write=True,
            match=one.versioned, tagged=one.versioned, more=_WRITE,
        )  # fmt: skip
    if one.delete:
        methods["delete"] = operation(
            None, "delete", _("Delete"), "", 204, tag=one.name, path=path, write=True, match=one.versioned, more=_WRITE
        )
    return {method: _keyed(one, described) for method, described in methods.items()}


def _logo() -> Part:
    upload = operation(
        None, "upload_logo", _("Show a picture as the company's logo"), "File", 201, tag="company", body="Upload",
        media="multipart/form-data", write=True, more=(400, 409, 413, 415),
    )  # fmt: skip
    remove = operation(None, "remove_logo", _("Show the seal again"), "", 204, tag="company", more=(404,))
    return {"post": upload, "delete": remove}


def _keyed(one: Resource, described: Part) -> Part:
    """The key in the address may be another than an id of ours."""
    if one.key_schema:
        found = described.get("parameters", [])
        described["parameters"] = [item | {"schema": one.key_schema} if item is ID else item for item in found]
    return described


def _query(one: Resource) -> list[Part]:
    if one.list_call is None:
        return [text_parameter(name, str(text)) for name, text in one.filters.items()]
    pages = [text_parameter("cursor", _("`next` of the page before")), limit_parameter(50, MAX_LIMIT)]
    if one.filters:
        return [*pages, *(text_parameter(name, str(text)) for name, text in one.filters.items())]
    return [
        *pages,
        flag_parameter("count", _("1 adds `count`")),
        text_parameter("q", _("Part of the name")),
    ]
