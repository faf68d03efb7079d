"""The description of the API for machines (openapi.json) and for people (docs).

Both are open, and tell nothing of any tenant; a caller who is known finds the own fields of the company in them too.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from guanxi.core.errors import Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.permissions import field_access
from guanxi.records.api.credentials import address_of, read_credentials
from guanxi.records.api.openapi import document
from guanxi.records.api.problems import Problem
from guanxi.records.api.throttle import check_failures, note_failure
from guanxi.records.custom import custom_fields_of_all

METHODS = ("get", "post", "patch", "delete")


@lru_cache(maxsize=4)
def described(language: str) -> dict[str, Any]:
    """The OpenAPI document in a language, made once."""
    with translation.override(language):
        # Through JSON, so that no lazy text stays behind in another reader's language.
        loaded: dict[str, Any] = orjson.loads(orjson.dumps(document()))
        return loaded


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json, in the reader's language; who sends a token or is signed in finds the company's own fields too."""
    language = reader_language(request)
    content = orjson.dumps(described_for(request, language) or described(language))
    return HttpResponse(
        content, content_type="application/json", headers={"Vary": "Accept-Language, Cookie, Authorization"}
    )


def described_for(request: HttpRequest, language: str) -> dict[str, Any] | None:
    """The description with those of the company's own fields that the caller may see; None without a caller or such fields."""
    try:
        check_failures(address_of(request))
        credentials = read_credentials(request)
    except (Problem, Refused):
        return None
    with tenant_tx(credentials.tenant_id), translation.override(language):
        caller = credentials.load()
        if caller is None:
            note_failure(address_of(request))
            return None
        actor = caller.actor
        own = {
            name: [item for item in fields.values() if field_access(actor, name, item.name) != "hidden"]
            for name, fields in custom_fields_of_all().items()
        }
        return orjson.loads(orjson.dumps(document(own))) if any(own.values()) else None


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/docs: the same for people, made here, without a script."""
    language = reader_language(request)
    api = described_for(request, language) or described(language)
    with translation.override(language):
        context = {
            "api": api,
            "groups": list(_groups(api)),
            "theme": getattr(request.user, "theme", "auto"),
            "csp_nonce": getattr(request, "csp_nonce", ""),
        }
        return render(request, "records/api_docs.html.jinja", context)


def reader_language(request: HttpRequest) -> str:
    """The signed-in person's language, else the cookie's, else the browser's."""
    if request.user.is_authenticated:
        return str(request.user.language)
    wanted = request.COOKIES.get("guanxi_language") or translation.get_language_from_request(request)
    return "zh-hans" if wanted.startswith("zh") else "en"


def _groups(api: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Operations by tag, in the order of the description, each with its address, body fields and answers."""
    for tag in api["tags"]:
        operations = [
            {"path": path, "method": method.upper(), **operation, "takes": _takes(api, operation)}
            for path, methods in api["paths"].items()
            for method, operation in methods.items()
            if method in METHODS and tag["name"] in operation["tags"]
        ]
        yield {
            "name": tag["name"],
            "label": tag["description"],
            "operations": operations,
            "fields": _fields(api, operations),
        }


def _fields(api: dict[str, Any], operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of the group's record, with type, and whether and when they may be written."""
    get = next((item for item in operations if item["method"] == "GET" and item["path"].endswith("/{id}")), None)
    if get is None or not get["operationId"].startswith("get_"):
        return []
    name = get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    schemas = api["components"]["schemas"]
    writable = schemas.get(f"{name}Create", {}).get("properties", {})
    required = schemas.get(f"{name}Create", {}).get("required", [])
    return [
        {
            "name": field,
            "type": type_of(schema),
            "description": schema.get("description", ""),
            "choices": _choices(writable.get(field, {})),
            "writable": field in writable,
            "required": field in required,
        }
        for field, schema in schemas[name]["properties"].items()
    ]


def _takes(api: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a command's body."""
    body = (
        operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
        .get("$ref", "")
    )
    name = body.rsplit("/", 1)[-1]
    if not name or name.endswith(("Create", "Update", "Bulk")):
        return []
    schema = api["components"]["schemas"][name]
    # A body of several forms is told as one: required is what all of them require.
    forms = schema.get("oneOf", [schema])
    members = {field: item for form in forms for field, item in form.get("properties", {}).items()}
    return [
        {
            "name": field,
            "type": type_of(item),
            "description": item.get("description", ""),
            "required": all(field in form.get("required", []) for form in forms),
        }
        for field, item in members.items()
    ]


def _choices(schema: dict[str, Any]) -> list[str]:
    for part in (schema, schema.get("items", {}), *schema.get("anyOf", [])):
        if "enum" in part:
            return [str(value) for value in part["enum"]]
    return []


def type_of(schema: dict[str, Any]) -> str:
    """A schema's type in a word."""
    kind = schema.get("format") or schema.get("type")
    if isinstance(kind, list):
        kind = schema.get("format") or next(name for name in kind if name != "null")
    if kind is None and any("$ref" in part for part in (schema, *schema.get("anyOf", []))):
        return "link"
    if kind is None and "anyOf" in schema:
        return type_of(schema["anyOf"][0])
    return str(kind or "json")
