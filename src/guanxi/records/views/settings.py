"""Settings of the record engine: tags, and how codes of each object look."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.audit import log_access
from guanxi.core.codes import check_pattern, period_of, render_code, set_pattern
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.models import CodePattern
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import settings_page
from guanxi.records import registry
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
        try:
            _change_pattern(request, name)
            return redirect("/settings/codes/")
        except Invalid as refusal:
            errors = refusal.errors
    own = {row.object: row for row in CodePattern.objects.all()}
    rows = [
        {
            "name": kind.name,
            "label": str(kind.label_plural),
            "icon": kind.icon,
            "pattern": request.POST.get("pattern", "") if errors and kind.name == name else _pattern(own, kind),
            "example": _example(_pattern(own, kind), own[kind.name].next_number if kind.name in own else 1),
            "default": kind.code_pattern,
            "errors": errors if kind.name == name else {},
        }
        for kind in registry.objects()
        if kind.code_pattern and kind.room not in actor.rooms_off
    ]
    context = {"page_title": _("Codes"), "rows": rows}
    return settings_page(request, "records/settings_codes.html.jinja", context, status=422 if errors else 200)


def _change_pattern(request: HttpRequest, name: str) -> None:
    actor = actor_of(request)
    kind = next((one for one in registry.objects() if one.name == name and one.code_pattern), None)
    if kind is None:
        raise NotFound(_("There is no such page."))
    pattern = request.POST.get("pattern", "").strip()
    check_pattern(pattern)
    set_pattern(name, pattern)
    log_access(
        "settings", member_id=actor.member_id, origin=actor.origin, object_name=name, detail={"pattern": pattern}
    )
    text = _("The next codes of %(what)s follow the new pattern.") % {"what": kind.label_plural}
    messages.success(request, text)


def _pattern(own: dict[str, CodePattern], kind: registry.ObjectType) -> str:
    return own[kind.name].pattern if kind.name in own else kind.code_pattern


def _example(pattern: str, number: int) -> str:
    return render_code(pattern, period_of(pattern, timezone.localdate()), number)
