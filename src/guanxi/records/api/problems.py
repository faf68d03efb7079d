"""Problem documents (RFC 9457): how the API says no."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Invalid, Refused, Stale, TooMany

CONTENT_TYPE = "application/problem+json"
TITLES: dict[int, tuple[str, Promise]] = {
    400: ("malformed", _("The request is not well formed")),
    401: ("unauthenticated", _("Sign in first")),
    403: ("not-allowed", _("Not permitted")),
    404: ("not-found", _("Not found")),
    405: ("method-not-allowed", _("This address does not know the method")),
    409: ("conflict", _("The state of the record does not permit this")),
    412: ("stale", _("The record has changed meanwhile")),
    413: ("too-large", _("The request is too large")),
    415: ("unsupported-media-type", _("The content type is not understood")),
    422: ("invalid", _("Some values cannot be accepted")),
    429: ("too-many", _("Too many requests")),
    500: ("internal", _("Something went wrong on our side")),
    503: ("unavailable", _("The service is not available at the moment")),
}
Pointer = Callable[[str], str]


class Problem(Exception):
    """A refusal that belongs to HTTP itself rather than to a service: method, content type, size, address."""

    def __init__(self, status: int, detail: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class InvalidAt(Invalid):
    """Wrong input with JSON pointers already worked out: pointer → messages."""


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """The answer that says no: type, title, status, detail, the wrong fields with a pointer to each, further members."""
    kind, title = TITLES[status]
    content: dict[str, Any] = {"type": f"urn:guanxi:problem:{kind}", "title": str(title), "status": status}
    if detail:
        content["detail"] = detail
    if errors:
        content["errors"] = list(errors)
    return HttpResponse(
        orjson.dumps(content | extra), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {})
    )


def refusal(error: Refused) -> HttpResponse:
    """The problem document for what a service refused."""
    if isinstance(error, Invalid):
        return problem(422, error.message, errors=_errors(error))
    places: Mapping[str, str] = getattr(error, "places", {})
    errors = [{"pointer": place, "detail": text} for place, text in places.items()]
    if isinstance(error, Stale):
        # The values stored now are not told here: the caller reads the record again within its own rights.
        headers = {} if places else {"ETag": f'"{error.version}"'}
        return problem(412, error.message, errors=errors, headers=headers, version=error.version)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    further = {"duplicates": error.duplicates} if hasattr(error, "duplicates") else {}
    return problem(error.status, error.message, errors=errors, headers=headers, **further)


def located_refusal(error: Refused, places: Mapping[str, str]) -> Refused:
    """The same refusal with JSON pointers to what caused it: pointer → message."""
    error.places = dict(places)  # type: ignore[attr-defined]
    return error


def _errors(error: Invalid) -> list[dict[str, str]]:
    located = error.errors.items()
    pairs = located if isinstance(error, InvalidAt) else ((pointer(name), texts) for name, texts in located)
    return [{"pointer": place, "detail": text} for place, texts in pairs for text in texts]


def pointer(*parts: object) -> str:
    """The JSON pointer (RFC 6901) made of `parts`; empty ones are left out, so that "" is the whole document."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts if str(part) != "")
    return "".join(f"/{part}" for part in escaped)
