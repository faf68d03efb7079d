"""The editor of layouts: fields dragged into sections and tabs, for one role or for everybody."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.models import Role
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records.layouts.services import get_layout, laid_fields, list_layouts, reset_layout, save_layout, stored
from guanxi.records.models import Layout
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import ObjectType
from guanxi.records.views.base import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def layouts(request: HttpRequest) -> HttpResponse:
    """The layout of `object` for `role` ("" is everybody); POST saves it."""
    actor = actor_of(request)
    require_admin(actor)
    given = request.POST if request.method == "POST" else request.GET
    kinds = objects_with_fields(actor)
    kind = next((one for one in kinds if one.name == given.get("object", "account")), None)
    roles = list(Role.objects.order_by("name"))
    role = given.get("role", "")
    if kind is None or (role and role not in {one.key for one in roles}):
        raise NotFound(_("There is no such page."))
    known = list_layouts(actor, kind.name)
    row = next((one for one in known if (one.role.key if one.role else "") == role), None)
    values: Mapping[str, Any] = _values(kind, row, known)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values = {"tabs": [], "quick": [], **_posted(request)}
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_layout(actor, kind.name, role, values, version=version))
        if saved is not None:
            messages.success(request, _("Saved. It holds from now on."))
            return redirect(f"/settings/layouts/?object={kind.name}&role={role}")
    own = {one.role.key if one.role else "" for one in known}
    marked = lambda key, label: f"{label} · {_('own layout')}" if key in own else label  # noqa: E731
    context = {
        "page_title": _("Layouts"),
        "kind": kind,
        "row": row,
        "role": role,
        "objects": [(one.name, str(one.label_plural)) for one in kinds],
        "roles": [("", marked("", _("Everybody without a layout of their role"))), *((one.key, marked(one.key, one.name)) for one in roles)],
        "errors": errors,
        **_shown(kind, values),
    }  # fmt: skip
    return settings_page(request, "records/settings_layouts.html.jinja", context, status=422 if errors else 200)


@require_POST
def reset(request: HttpRequest, id: UUID) -> HttpResponse:
    """Back to what holds without this layout."""
    actor = actor_of(request)
    row = get_layout(actor, id)
    role = row.role.key if row.role else ""
    reset_layout(actor, id)
    messages.success(request, _("The layout is as it was at first."))
    return redirect(f"/settings/layouts/?object={row.object}&role={role}")


def _values(kind: ObjectType, row: Layout | None, known: list[Layout]) -> dict[str, Any]:
    """What the editor begins with: the layout, else that of everybody, else the object's own description."""
    found = row or next((one for one in known if one.role is None), None)
    return {"tabs": found.tabs, "quick": found.quick} if found else {"tabs": stored(kind), "quick": []}


def _posted(request: HttpRequest) -> dict[str, Any]:
    try:
        found = orjson.loads(request.POST.get("layout", ""))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _shown(kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Tabs, sections and fields as the template draws them; fields that stand nowhere are not shown."""
    fields = {
        name: {"name": name, "label": str(item.label), "own": item.custom, "required": bool(item.required and not item.custom and item.writable), "writable": item.writable}
        for name, item in laid_fields(kind).items()
    }  # fmt: skip
    tabs = [tab for tab in values["tabs"] if isinstance(tab, Mapping)] if isinstance(values["tabs"], list) else []
    shown = [tab for tab in tabs if tab.get("shown", True)]
    placed = {name for tab in shown for one in tab.get("sections") or () for name in one.get("fields") or ()}
    return {
        "tabs": shown,
        "fields": fields,
        "pool": [name for name in fields if name not in placed],
        "quick": values["quick"] if isinstance(values["quick"], list) else [],
    }
