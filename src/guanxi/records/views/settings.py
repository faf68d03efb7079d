"""Settings of the record engine: tags, and how codes of each object look."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import Invalid
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import settings_page
from guanxi.records.code_patterns import TRACE, Pattern, change_pattern, get_pattern, list_patterns
from guanxi.records.models import Tag
from guanxi.records.tags import COLOURS, delete_tag, save_tag
from guanxi.records.views.base import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: HttpRequest) -> HttpResponse:
    """The tags that are offered; POST adds one."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            made = save_tag(actor, name=request.POST.get("name", ""), colour=request.POST.get("colour", "grey"))
            messages.success(request, _("Tag “%(name)s” saved.") % {"name": made.name})
            return redirect("/settings/tags/")
        except Invalid as refusal:
            errors = refusal.errors
    context: dict[str, Any] = {
        "page_title": _("Tags"),
        "tags": Tag.objects.order_by("name"),
        "colours": colours(),
        "errors": errors,
        "values": request.POST,
    }
    return settings_page(request, "records/settings_tags.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_tag(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a tag out of the offer."""
    found = Tag.objects.filter(id=id).first()
    delete_tag(actor_of(request), id)
    messages.success(
        request, _("Tag “%(name)s” deleted. Records keep the word.") % {"name": found.name if found else ""}
    )
    return redirect("/settings/tags/")


def colours() -> list[tuple[str, str]]:
    """The colours of tags and choices in words."""
    words = {
        "grey": _("Grey"),
        "indigo": _("Indigo"),
        "jade": _("Jade"),
        "amber": _("Amber"),
        "rose": _("Rose"),
        "teal": _("Teal"),
    }
    return [(name, words[name]) for name in COLOURS]


@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """The pattern of each object's codes with an example; POST changes that of one object."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    name = request.POST.get("object", "")
    if request.method == "POST":
        clash = _code_clash(request, get_pattern(actor, name, lock=True))
        if clash is not None:
            return clash
        try:
            changed = change_pattern(actor, name, request.POST.get("pattern", ""))
            text = _("The next codes of %(what)s follow the new pattern.") % {"what": changed.kind.label_plural}
            messages.success(request, text)
            return redirect("/settings/codes/")
        except Invalid as refusal:
            errors = refusal.errors
    rows = [
        {
            "name": one.kind.name,
            "label": str(one.kind.label_plural),
            "icon": one.kind.icon,
            "pattern": request.POST.get("pattern", "") if errors and one.kind.name == name else one.pattern,
            "before": dump_state(state_of({"pattern": one.pattern})),
            "example": one.example,
            "default": one.kind.code_pattern,
            "errors": errors if one.kind.name == name else {},
        }
        for one in list_patterns(actor)
    ]
    context = {"page_title": _("Codes"), "rows": rows}
    return settings_page(request, "records/settings_codes.html.jinja", context, status=422 if errors else 200)


def _code_clash(request: HttpRequest, stored: Pattern) -> HttpResponse | None:
    words = {"pattern": Word(str(stored.kind.label_plural))}
    now = state_of({"pattern": stored.pattern})
    return settle(request, now=now, words=words, trace=(TRACE, stored.id or actor_of(request).tenant_id))
