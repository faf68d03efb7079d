"""One request as the API's functions see it, and the answers they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _

from guanxi.identity.actor import Actor
from guanxi.records.api.problems import InvalidAt, Problem
from guanxi.records.registry import Command, ObjectType

PREFIX = "/api/v1"
BODY_LIMIT = 1024 * 1024
BULK_LIMIT = 5 * 1024 * 1024
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """Who asks for what: the request, the actor inside the tenant's transaction, what the address named, and the
    statements compiled for this actor so far."""

    request: HttpRequest
    actor: Actor
    kind: Any = None
    record_id: UUID | None = None
    command: Command | None = None
    plans: dict[Any, Any] = field(default_factory=dict)

    @property
    def object_type(self) -> ObjectType:
        """The object that the address names."""
        kind: ObjectType = self.kind
        return kind

    @property
    def id(self) -> UUID:
        """The record that the address names."""
        if self.record_id is None:
            raise LookupError("this address names no record")
        return self.record_id


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """`content` as JSON."""
    return HttpResponse(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), status=status, content_type=JSON, headers=dict(headers or {})
    )


def nothing(headers: Mapping[str, str] | None = None) -> HttpResponse:
    """204: done, and nothing to say."""
    response = HttpResponse(status=204, headers=dict(headers or {}))
    del response.headers["Content-Type"]
    return response


def etag(version: int) -> str:
    """The entity tag of a record's version."""
    return f'"{version}"'


def raw_body(request: HttpRequest, limit: int) -> bytes:
    """The body, read once; raises `Problem` 413 beyond `limit` bytes, 400 when it breaks off."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        raise Problem(400, _("The length of the body is not a number."))
    try:
        if int(length) > limit or len(request.body) > limit:
            raise Problem(413, _("The body may have at most %(count)d bytes.") % {"count": limit})
        return request.body
    except RequestDataTooBig:
        raise Problem(413, _("The body may have at most %(count)d bytes.") % {"count": limit}) from None
    except UnreadablePostError:
        raise Problem(400, _("The body broke off.")) from None


def json_body(request: HttpRequest, limit: int = BODY_LIMIT, *, optional: bool = False) -> Any:
    """The body as JSON; with `optional`, {} for no body. Raises `Problem` 400, 413, 415."""
    body = raw_body(request, limit)
    if optional and not body:
        return {}
    if (request.content_type or "").lower() != JSON:
        raise Problem(415, _("Send the body as application/json."))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, _("The body is not JSON in UTF-8.")) from None


def object_body(request: HttpRequest, *, optional: bool = False, limit: int = BODY_LIMIT) -> dict[str, Any]:
    """The body as a JSON object. Raises `Problem`, or `Invalid` for JSON of another form."""
    content = json_body(request, limit, optional=optional)
    if not isinstance(content, dict):
        raise InvalidAt({"": [_("A JSON object is expected.")]})
    return content


def query(request: HttpRequest, known: Sequence[str]) -> dict[str, str]:
    """The query parameters, each once. An unknown name is refused: a misspelt filter must not list everything."""
    if not request.META.get("QUERY_STRING"):
        return {}
    values: dict[str, str] = {}
    for name, texts in request.GET.lists():
        if name not in known:
            listed = ", ".join(known) or "–"
            text = _("There is no parameter “%(name)s” here. Known: %(known)s.") % {"name": name[:60], "known": listed}
            raise InvalidAt({"": [text]})
        if len(texts) > 1 or "\x00" in texts[0]:
            raise InvalidAt({"": [_("Give the parameter “%(name)s” once, as plain text.") % {"name": name}]})
        values[name] = str(texts[0])
    return values


def number(values: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most` out of the query."""
    text = values.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= most:
        raise InvalidAt({"": [_("“%(name)s” is a whole number from 1 to %(most)d.") % {"name": name, "most": most}]})
    return int(text)


def flag(values: Mapping[str, str], name: str) -> bool:
    """A switch out of the query: 1 or true, 0 or false."""
    text = values.get(name, "0").lower()
    if text not in ("0", "1", "true", "false"):
        raise InvalidAt({"": [_("“%(name)s” is 1 or 0.") % {"name": name}]})
    return text in ("1", "true")
