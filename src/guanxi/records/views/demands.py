"""Settings of what a company demands: rules of fields, gates before stages, rules against duplicates."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records.demands.duplicates import EXACT, FUZZY, NORMALISED, reason
from guanxi.records.demands.gates import gate_fields, gate_values, label_of
from guanxi.records.demands.keeping import Keeping
from guanxi.records.demands.reading import (
    READ_ONLY,
    REQUIRED,
    VISIBLE,
    Gate,
    Likeness,
    Match,
    demands_of,
    fields_now,
)
from guanxi.records.demands.services import DUPLICATE_RULES, FIELD_RULES, GATES, match_fields, rule_fields
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import ObjectType
from guanxi.records.views.base import actor_of
from guanxi.records.views.filters import conditions_dialog
from guanxi.records.wording import in_words

Posted = Callable[[HttpRequest], dict[str, Any]]
Context = Callable[[ObjectType, Mapping[str, Any]], dict[str, Any]]
ROWS = 3


def demand_count(object_name: str) -> int:
    """How many demands are in force for an object."""
    found = demands_of(object_name)
    return len(found.rules) + len(found.gates) + len(found.likenesses)


def demands_context(actor: Actor, kind: ObjectType) -> dict[str, Any]:
    """What the page of an object's rules shows of its demands."""
    known, effects = fields_now(kind), effect_words()
    labels = lambda names: ", ".join(str(known[name].label) if name in known else name for name in names)  # noqa: E731
    return {
        "field_rules": [
            {"row": row, "effect": effects.get(row.effect, row.effect), "fields": labels(row.fields), "words": in_words(actor, kind, row.criteria) or _("all records")}
            for row in FIELD_RULES.rows(actor, kind.name)
        ],
        "stages": gate_fields(kind),
        "gates": [
            {"row": row, "stage": label_of(kind, Gate(row.field, row.value, ())), "fields": labels(row.needs)} for row in GATES.rows(actor, kind.name)
        ],
        "duplicate_rules": [
            {"row": row, "words": reason(kind, Likeness(row.id, row.name, tuple(Match(one["field"], one["how"]) for one in row.matches if one["field"] in known), blocks=False))}
            for row in DUPLICATE_RULES.rows(actor, kind.name)
        ],
    }  # fmt: skip


def effect_words() -> dict[str, str]:
    """What a rule of fields does, in words."""
    return {REQUIRED: _("required"), READ_ONLY: _("read-only"), VISIBLE: _("visible only then")}


def way_words() -> dict[str, str]:
    """How values are compared, in words."""
    return {
        EXACT: _("exactly the same"),
        NORMALISED: _("the same but for case, blanks and legal form"),
        FUZZY: _("similar, also in pinyin"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new_field_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule of fields; it is off until its conditions were looked at."""
    return _new(request, FIELD_RULES, "fields", _posted_rule, _rule_context, _("New rule of fields"))


@require_http_methods(["GET", "HEAD", "POST"])
def field_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """One rule of fields."""
    return _one(request, id, FIELD_RULES, "fields", _posted_rule, _rule_context)


@require_http_methods(["GET", "HEAD", "POST"])
def conditions(request: HttpRequest, id: UUID) -> HttpResponse:
    """The filter builder for the conditions of a rule of fields; POST saves them."""
    actor = actor_of(request)
    row = FIELD_RULES.get(actor, id)
    kind = _kind(actor, row.object)
    return conditions_dialog(
        request,
        kind,
        row.criteria,
        lambda wanted: FIELD_RULES.save(actor, {"criteria": wanted}, id),
        home=f"/settings/rules/fields/{id}/",
        said=_("Saved. It holds from now on."),
        template="records/settings_rule_conditions.html.jinja",
    )


@require_POST
def remove_field_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a rule of fields."""
    return _remove(request, id, FIELD_RULES)


@require_http_methods(["GET", "HEAD", "POST"])
def new_gate(request: HttpRequest) -> HttpResponse:
    """The form of a new gate."""
    return _new(request, GATES, "stages", _posted_gate, _gate_context, _("What a stage needs"))


@require_http_methods(["GET", "HEAD", "POST"])
def gate(request: HttpRequest, id: UUID) -> HttpResponse:
    """One gate."""
    return _one(request, id, GATES, "stages", _posted_gate, _gate_context)


@require_POST
def remove_gate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a gate."""
    return _remove(request, id, GATES)


@require_http_methods(["GET", "HEAD", "POST"])
def new_duplicate_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule against duplicates."""
    return _new(
        request, DUPLICATE_RULES, "duplicates", _posted_matches, _match_context, _("New rule against duplicates")
    )


@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """One rule against duplicates."""
    return _one(request, id, DUPLICATE_RULES, "duplicates", _posted_matches, _match_context)


@require_POST
def remove_duplicate_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a rule against duplicates."""
    return _remove(request, id, DUPLICATE_RULES)


def _new(
    request: HttpRequest, keeping: Keeping[Any], part: str, posted: Posted, context: Context, title: str
) -> HttpResponse:
    actor = actor_of(request)
    require_admin(actor)
    given = request.POST if request.method == "POST" else request.GET
    kind = _kind(actor, given.get("object", ""))
    values = keeping.describe(keeping.model(object=kind.name)) | {"is_active": True}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values |= posted(request)
        made, errors = attempt(lambda: keeping.save(actor, values))
        if made is not None:
            messages.success(request, _("Saved. It holds from now on."))
            return redirect(
                f"/settings/rules/fields/{made.id}/" if part == "fields" else f"/settings/rules/?object={kind.name}"
            )
    return _page(request, kind, part, values, errors, context, row=None, title=title)


def _one(
    request: HttpRequest, id: UUID, keeping: Keeping[Any], part: str, posted: Posted, context: Context
) -> HttpResponse:
    actor = actor_of(request)
    row = keeping.get(actor, id)
    kind = _kind(actor, row.object)
    values = keeping.describe(row)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values |= posted(request)
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: keeping.save(actor, posted(request), id, version=version))
        if saved is not None:
            messages.success(request, _("Saved. It holds from now on."))
            return redirect(f"/settings/rules/?object={kind.name}")
    return _page(
        request, kind, part, values, errors, context, row=row, title=str(values.get("name") or _("What a stage needs"))
    )


def _page(
    request: HttpRequest, kind: ObjectType, part: str, values: Mapping[str, Any], errors: dict[str, list[str]], context: Context,
    *, row: Any, title: str,
) -> HttpResponse:  # fmt: skip
    shown = {
        "page_title": title,
        "kind": kind,
        "part": part,
        "row": row,
        "values": values,
        "errors": errors,
        "back_url": f"/settings/rules/?object={kind.name}",
        "words": in_words(actor_of(request), kind, values.get("criteria") or {}) or _("all records"),
        **context(kind, values),
    }
    return settings_page(request, f"records/settings_{part}_rule.html.jinja", shown, status=422 if errors else 200)


def _remove(request: HttpRequest, id: UUID, keeping: Keeping[Any]) -> HttpResponse:
    actor = actor_of(request)
    row = keeping.get(actor, id)
    keeping.delete(actor, id)
    messages.success(request, _("The rule has ended."))
    return redirect(f"/settings/rules/?object={row.object}")


def _kind(actor: Actor, name: str) -> ObjectType:
    found = next((kind for kind in objects_with_fields(actor) if kind.name == name), None)
    if found is None:
        raise NotFound(_("There is no such object."))
    return found


def _posted_rule(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""),
        "effect": request.POST.get("effect", ""),
        "fields": [one for one in request.POST.getlist("fields") if one],
        "is_active": request.POST.get("is_active", ""),
    }


def _rule_context(kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    names = [(name, str(item.label)) for name, item in rule_fields(kind, VISIBLE).items()]
    names += [(name, str(item.label)) for name, item in rule_fields(kind, REQUIRED).items() if name == kind.title]
    return {"effects": list(effect_words().items()), "choices": names}


def _posted_gate(request: HttpRequest) -> dict[str, Any]:
    field, _dot, value = request.POST.get("stage", "").partition(":")
    return {"field": field, "value": value, "needs": [one for one in request.POST.getlist("needs") if one]}


def _gate_context(kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    items = gate_fields(kind)
    stages = [
        (f"{item.name}:{value}", f"{item.label}: {label}" if len(items) > 1 else label)
        for item in items
        for value, label in gate_values(kind, item)
    ]
    names = [(name, str(item.label)) for name, item in rule_fields(kind, REQUIRED).items() if item.kind != "bool"]
    return {"stages": stages, "stage": f"{values.get('field')}:{values.get('value')}", "choices": names}


def _posted_matches(request: HttpRequest) -> dict[str, Any]:
    pairs = zip(request.POST.getlist("match_field"), request.POST.getlist("match_how"), strict=False)
    return {
        "name": request.POST.get("name", ""),
        "action": request.POST.get("action", ""),
        "matches": [{"field": field, "how": how} for field, how in pairs if field],
        "is_active": request.POST.get("is_active", ""),
    }


def _match_context(kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    rows = list(values.get("matches") or [])
    return {
        "matches": [*rows, *[{"field": "", "how": NORMALISED}] * (1 if rows else ROWS)],
        "choices": [(name, str(item.label)) for name, item in match_fields(kind).items()],
        "ways": list(way_words().items()),
        "actions": [("warn", _("show them beside the form")), ("block", _("do not save"))],
    }
