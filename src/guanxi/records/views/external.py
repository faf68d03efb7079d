"""The dialog of a record's keys in other systems: see them, add one, take one away."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import Invalid
from guanxi.records.external import add_external_key, external_keys, remove_external_key
from guanxi.records.queries import get_record, may_change, shown_label
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, object_of


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The keys; POST adds one, and the dialog stays for the next."""
    kind = object_of(request, plural)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            values = {name: _text(request, name) for name in ("source", "key")}
            add_external_key(actor_of(request), kind.name, id, **values)
        except Invalid as refusal:
            errors = refusal.errors
    return _dialog(request, kind, id, errors)


@require_POST
def remove_key(request: HttpRequest, plural: str, id: UUID, key_id: UUID) -> HttpResponse:
    """Take a key away; the dialog stays."""
    kind = object_of(request, plural)
    remove_external_key(actor_of(request), kind.name, id, key_id)
    return _dialog(request, kind, id, {})


def _text(request: HttpRequest, name: str) -> str:
    text = str(request.POST.get(name, ""))
    if not text.isprintable():
        raise Invalid({name: [_("The text contains characters that cannot be stored.")]})
    return text


def _dialog(request: HttpRequest, kind: ObjectType, id: UUID, errors: dict[str, Any]) -> HttpResponse:
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    context = {
        "name": shown_label(actor, record),
        "action": f"/{kind.plural}/{id}/keys",
        "keys": external_keys(id),
        "may_edit": may_change(actor, kind.name, record),
        "errors": errors,
        "values": request.POST if errors else {},
    }
    return fragment(request, "records/external_keys.html.jinja", context, status=422 if errors else 200)
