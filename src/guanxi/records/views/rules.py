"""Settings of a company's own rules: those of one object, and their editor."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.derived.preview import function_names
from guanxi.records.models import ValidationRule
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import ObjectType
from guanxi.records.rules.services import EDITABLE, delete_rule, describe, get_rule, list_rules, save_rule
from guanxi.records.views.base import actor_of
from guanxi.records.views.demands import demand_count, demands_context


@require_http_methods(["GET", "HEAD"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of one object (`?object=`)."""
    actor = actor_of(request)
    rows = list_rules(actor)
    kinds = objects_with_fields(actor)
    wanted = request.GET.get("object") or (rows[0].object if rows else "account")
    chosen = next((kind for kind in kinds if kind.name == wanted), kinds[0])
    counts = {kind.name: sum(row.object == kind.name for row in rows) + demand_count(kind.name) for kind in kinds}
    context = {
        "page_title": _("Rules"),
        "chosen": chosen,
        "objects": [(one.name, f"{one.label_plural} ({counts[one.name]})" if counts[one.name] else str(one.label_plural)) for one in kinds],
        "rules": [row for row in rows if row.object == chosen.name],
        "labels": {name: str(item.label) for name, item in _fields(chosen).items()},
        **demands_context(actor, chosen),
    }  # fmt: skip
    return settings_page(request, "records/settings_rules.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule of `?object=`."""
    actor = actor_of(request)
    require_admin(actor)
    given = request.POST if request.method == "POST" else request.GET
    kind = _kind(actor, given.get("object", ""))
    row = ValidationRule(object=kind.name)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        made, errors = attempt(lambda: save_rule(actor, {**_posted(request), "object": kind.name}))
        if made is not None:
            messages.success(request, _("Rule “%(name)s” added: it holds from now on.") % {"name": made.name})
            return redirect(f"/settings/rules/?object={kind.name}")
    return _form(request, kind, row, errors, new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """The form of a rule."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    kind = _kind(actor, row.object)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        words = {name: Word(label) for name, label in _words().items()}
        page = settle(request, now=_state(row), words=words, trace=(row.object, row.id), version=row.version)
        if page is not None:
            return page
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_rule(actor, _posted(request), id, version=version))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(f"/settings/rules/?object={row.object}")
    return _form(request, kind, row, errors, new=False)


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a rule."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    delete_rule(actor, id)
    messages.success(request, _("Rule “%(name)s” deleted.") % {"name": row.name})
    return redirect(f"/settings/rules/?object={row.object}")


def _form(
    request: HttpRequest, kind: ObjectType, row: ValidationRule, errors: dict[str, list[str]], *, new: bool
) -> HttpResponse:
    fields = _fields(kind)
    context: dict[str, Any] = {
        "page_title": _("New rule") if new else row.name,
        "kind": kind,
        "rule": row,
        "new": new,
        "values": {**describe(row), **(_posted(request) if errors else {})},
        "errors": errors,
        "choices": [(name, str(item.label)) for name, item in fields.items() if item.writable],
        "before": dump_state(_state(row)),
        "function_names": function_names(),
        "field_names": sorted(fields),
        "back_url": f"/settings/rules/?object={kind.name}",
    }
    return settings_page(request, "records/settings_rule.html.jinja", context, status=422 if errors else 200)


def _fields(kind: ObjectType) -> dict[str, registry.Field]:
    return {**kind.by_name, **custom_fields(kind.name)}


def _kind(actor: Actor, name: str) -> ObjectType:
    found = next((kind for kind in objects_with_fields(actor) if kind.name == name), None)
    if found is None:
        raise NotFound(_("There is no such page."))
    return found


def _posted(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in EDITABLE}


def _state(row: ValidationRule) -> dict[str, list[str]]:
    return state_of({name: value for name, value in describe(row).items() if name in EDITABLE})


def _words() -> dict[str, str]:
    return {
        "name": _("Name"), "formula": _("Refuse records for which"), "field": _("Beside the field"), "message_en": _("Message in English"),
        "message_zh": _("Message in Chinese"), "is_active": _("In force"),
    }  # fmt: skip
