"""What the generic views share: the object of an address, answers after a change, messages with undo."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.registry import ObjectType


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the middleware found."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def object_of(request: HttpRequest, plural: str, action: str = "view") -> ObjectType:
    """The object of an address; `NotFound` when its room is off, `NotAllowed` when the role may not do `action` at all."""
    kind = registry.by_plural(plural)
    actor = actor_of(request)
    if kind is None or kind.room in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    require(actor, kind.name, action)
    return kind


def is_htmx(request: HttpRequest) -> bool:
    """Whether the answer goes into a part of the page."""
    return request.headers.get("HX-Request") == "true"


def done(request: HttpRequest, url: str, text: str = "", *, undo: str = "") -> HttpResponse:
    """After a change: go to `url` and say `text` there, with a way back when `undo` is an address to POST to."""
    if text:
        messages.success(request, _with_undo(text, undo))
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def triggered(*, status: int = 204, **events: Any) -> HttpResponse:
    """An answer without content that raises events in the page: `gx_toast={"text": …}` raises gx:toast."""
    body = {name.replace("_", ":", 1): detail for name, detail in events.items()}
    # A header is Latin-1: with a Chinese word in it, Django would send a form that no browser reads. JSON escapes such words.
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps(body)})


def problem(text: str, status: int) -> JsonResponse:
    """A refusal as scripts read it."""
    return JsonResponse({"detail": text}, status=status)


def next_url(request: HttpRequest, default: str) -> str:
    """The address to go on to, from `next` or the page the person came from, when it is ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or request.headers.get("HX-Current-URL", "")
    allowed = wanted.startswith(("/", "http://", "https://")) and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and allowed else default


def uuids(values: list[str]) -> list[UUID]:
    """Keys from a form; what is no key is left out."""
    keys = []
    for value in values:
        try:
            keys.append(UUID(value))
        except ValueError:
            continue
    return list(dict.fromkeys(keys))


def json_body(request: HttpRequest) -> Mapping[str, Any]:
    """The JSON object that a script sent; {} when it is none."""
    try:
        body = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def version_of(text: Any) -> int | None:
    """The version a form was opened with."""
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 10 else None


def _with_undo(text: str, undo: str) -> str:
    if not undo:
        return text
    return format_html('{} <button class="link" type="button" data-undo="{}">{}</button>', text, undo, _("Undo"))
