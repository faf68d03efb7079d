"""Settings of the tenant's own fields: the fields of each object, their editor, the recycle bin."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records import registry
from guanxi.records.custom import DERIVED, HELD, NUMBERED, as_field
from guanxi.records.forms import param_inputs, read_form
from guanxi.records.inputs import Input
from guanxi.records.models import CustomField
from guanxi.records.own_fields import (
    ALL_KINDS,
    CHOSEN,
    WITHOUT_DEFAULT,
    change_field,
    create_field,
    describe,
    get_field,
    list_fields,
    next_code_of,
    objects_with_fields,
    purge_field,
    remove_field,
    restore_field,
)
from guanxi.records.registry import Field, ObjectType
from guanxi.records.views.base import actor_of
from guanxi.records.views.formulas import calculation, calculation_state, calculation_words, posted_calculation
from guanxi.records.views.settings import colours

TEXTS = ("label_en", "label_zh", "help_en", "help_zh", "required")
EMPTY_ROW = {"value": "", "label_en": "", "label_zh": "", "tone": "grey"}


@require_http_methods(["GET", "HEAD"])
def fields(request: HttpRequest) -> HttpResponse:
    """The own fields of one object (`?object=`), in their order, and those that were removed."""
    actor = actor_of(request)
    require_admin(actor)
    kinds = objects_with_fields(actor)
    counts: dict[str, int] = {}
    for row in list_fields(actor):
        counts[row.object] = counts.get(row.object, 0) + 1
    chosen = _kind(kinds, request.GET.get("object", "")) or _kind(kinds, "account") or kinds[0]
    rows = list_fields(actor, chosen.name)
    context: dict[str, Any] = {
        "page_title": _("Fields"),
        "chosen": chosen,
        "objects": [(kind.name, _counted(str(kind.label_plural), counts.get(kind.name, 0))) for kind in kinds],
        "fields": [_line(row, at, len(rows)) for at, row in enumerate(rows, 1)],
        "removed": [_line(row, 0, 0) for row in list_fields(actor, chosen.name, removed=True)],
        "kinds": list(kind_labels().items()),
    }
    return settings_page(request, "records/settings_fields.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_field(request: HttpRequest) -> HttpResponse:
    """The form of a new field of `?object=` and `?kind=`."""
    actor = actor_of(request)
    require_admin(actor)
    given = request.POST if request.method == "POST" else request.GET
    kind = _kind(objects_with_fields(actor), given.get("object", ""))
    if kind is None or given.get("kind") not in ALL_KINDS:
        raise NotFound(_("There is no such page."))
    errors: dict[str, list[str]] = {}
    row = CustomField(object=kind.name, kind=given["kind"], options={})
    if request.method == "POST":
        values = {**_posted(request, row), "object": kind.name, "kind": row.kind}
        values |= {name: request.POST.get(name, "") for name in ("name", "to", "result")}
        made, errors = attempt(lambda: create_field(actor, values))
        if made is not None:
            messages.success(
                request, _("Field “%(name)s” added: it can be used at once.") % {"name": as_field(made).label}
            )
            return redirect(f"/settings/fields/?object={kind.name}")
    context = {
        **_form(request, kind, row, errors),
        "page_title": _("New field"),
        "new": True,
        "targets": _targets(request),
    }
    return settings_page(request, "records/settings_field.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def field(request: HttpRequest, id: UUID) -> HttpResponse:
    """The form of an existing field."""
    actor = actor_of(request)
    row = get_field(actor, id)
    if row.deleted_at is not None:
        return redirect(f"/settings/fields/?object={row.object}")
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        page = _clash(request, row)
        if page is not None:
            return page
        values, version = _posted(request, row), version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: change_field(actor, id, values, version=version))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(f"/settings/fields/?object={row.object}")
    kind = registry.get(row.object)
    context = {**_form(request, kind, row, errors), "page_title": str(as_field(row).label), "new": False}
    return settings_page(request, "records/settings_field.html.jinja", context, status=422 if errors else 200)


@require_POST
def move(request: HttpRequest, id: UUID) -> HttpResponse:
    """One place up or down (`to` is the new place)."""
    actor = actor_of(request)
    row = get_field(actor, id)
    place = request.POST.get("to", "")
    attempt(lambda: change_field(actor, id, {"position": int(place) if place.isascii() and place.isdecimal() else 0}))
    return redirect(f"/settings/fields/?object={row.object}")


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Into the recycle bin of fields."""
    actor = actor_of(request)
    row = get_field(actor, id)
    remove_field(actor, id)
    text = _("Field “%(name)s” removed. Its values are kept: it can be brought back.")
    messages.success(request, text % {"name": as_field(row).label})
    return redirect(f"/settings/fields/?object={row.object}")


@require_POST
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Out of the recycle bin of fields."""
    actor = actor_of(request)
    row = get_field(actor, id)
    _done, errors = attempt(lambda: restore_field(actor, id))
    _tell(request, errors, _("Field “%(name)s” is back.") % {"name": as_field(row).label})
    return redirect(f"/settings/fields/?object={row.object}")


@require_POST
def purge(request: HttpRequest, id: UUID) -> HttpResponse:
    """For good, with all values."""
    actor = actor_of(request)
    row = get_field(actor, id)
    _done, errors = attempt(lambda: purge_field(actor, id))
    _tell(
        request,
        errors,
        _("The values of “%(name)s” are being deleted in the background.") % {"name": as_field(row).label},
    )
    return redirect(f"/settings/fields/?object={row.object}")


def kind_labels() -> dict[str, str]:
    """Kinds of fields in words."""
    return {
        "text": pgettext("kind of a field", "Text"), "longtext": _("Long text"), "number": pgettext("kind of a field", "Number"),
        "money": _("Money"), "date": _("Date"), "datetime": _("Date and time"), "bool": _("Yes or no"),
        "choice": _("Choice"), "multichoice": _("Several choices"), "link": _("Link to a record"), "email": _("E-mail"),
        "phone": _("Phone"), "url": _("Web link"), "formula": _("Formula"), "rollup": _("Roll-up"),
        "address": _("Address"), "autocode": _("Automatic code"), "file": _("File"),
    }  # fmt: skip


def _tell(request: HttpRequest, errors: dict[str, list[str]], text: str) -> None:
    for problem in errors.get("", []):
        messages.error(request, problem)
    if not errors:
        messages.success(request, text)


def _counted(label: str, count: int) -> str:
    return f"{label} ({count})" if count else label


def _kind(kinds: list[ObjectType], name: str) -> ObjectType | None:
    return next((kind for kind in kinds if kind.name == name), None)


def _line(row: CustomField, place: int, count: int) -> dict[str, Any]:
    item = as_field(row)
    target = _kind(list(registry.objects()), item.to)
    return {
        "id": row.id,
        "label": str(item.label),
        "name": row.name,
        "kind": kind_labels()[row.kind] + (f": {target.label}" if target else "") + _holding(row),
        "slot": bool(row.slot),
        "required": item.required,
        "up": place - 1 if place > 1 else 0,
        "down": place + 1 if place < count else 0,
        "removed_at": row.deleted_at,
        "purging": bool(row.options.get("purging")),
    }


def _holding(row: CustomField) -> str:
    return f": {kind_labels()[row.options['result']]}" if row.kind in DERIVED else ""


def _targets(request: HttpRequest) -> list[tuple[str, str]]:
    off = actor_of(request).rooms_off
    kinds = [(kind.name, str(kind.label)) for kind in registry.objects() if kind.room not in off]
    return [("user", _("User")), ("team", _("Team")), *kinds]


def _form(request: HttpRequest, kind: ObjectType, row: CustomField, errors: dict[str, list[str]]) -> dict[str, Any]:
    stored = describe(row)
    values = {**stored, **_posted(request, row)} if errors else stored
    choices = values["choices"] or []
    return {
        "kind": kind,
        "field": row,
        "kind_label": kind_labels()[row.kind],
        "values": {
            **values,
            **{name: request.POST[name] for name in ("name", "to", "result") if errors and name in request.POST},
        },
        **(calculation(kind, row, values) if row.kind in DERIVED else {}),
        "errors": errors,
        "choices": [*choices, *[EMPTY_ROW] * (1 if choices else 3)] if row.kind in CHOSEN else None,
        "next_code": next_code_of(row),
        "tones": colours(),
        "default": _default_input(request, kind, row, values["default"], errors),
        "before": dump_state(_state(row)),
        "back_url": f"/settings/fields/?object={kind.name}",
    }


def _default_field(row: CustomField) -> Field:
    item = as_field(row)
    return Field("default", label=_("Default"), kind=row.kind, choices=item.choices, help=_("What a new record begins with."),
                 max_length=item.max_length)  # fmt: skip


def _default_input(
    request: HttpRequest, kind: ObjectType, row: CustomField, value: Any, errors: dict[str, list[str]]
) -> Input | None:
    if row.kind in (*WITHOUT_DEFAULT, *DERIVED) or (row.kind in CHOSEN and not row.options.get("choices")):
        return None
    made = param_inputs(actor_of(request), kind, [_default_field(row)], {"default": value}, errors)
    return made[0] if made else None


def _posted(request: HttpRequest, row: CustomField) -> dict[str, Any]:
    """What the form holds, as the services take it."""
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
    if row.kind in CHOSEN:
        values["choices"] = _posted_choices(request)
    if row.kind in DERIVED:
        values |= posted_calculation(request, row)
    if row.kind == HELD:
        values["several"] = request.POST.get("several", "")
    if row.kind == NUMBERED:
        values["pattern"] = request.POST.get("pattern", "")
    if row.kind not in (*WITHOUT_DEFAULT, *DERIVED) and (row.kind not in CHOSEN or row.options.get("choices")):
        data = request.POST.copy()
        data["_fields"] = "default"
        values |= read_form(registry.get(row.object), data, [_default_field(row)])
    return values


def _posted_choices(request: HttpRequest) -> list[dict[str, str]]:
    """The rows of the editor that have a label; or what a clash settled, as one text."""
    settled = request.POST.get("choices", "")
    if settled:
        try:
            found = orjson.loads(settled)
        except orjson.JSONDecodeError:
            found = []
        return found if isinstance(found, list) else []
    columns = [request.POST.getlist(f"choice_row_{name}") for name in EMPTY_ROW]
    rows = [dict(zip(EMPTY_ROW, row, strict=True)) for row in zip(*columns, strict=False)]
    return [row for row in rows if row["label_en"].strip() or row["label_zh"].strip()]


def _state(row: CustomField) -> dict[str, list[str]]:
    """What the form of a field shows, for a clash: the choices as one text."""
    shown = describe(row)
    values: dict[str, Any] = {name: shown[name] for name in TEXTS}
    if row.kind in CHOSEN:
        values["choices"] = _as_text(shown["choices"])
    if row.kind == HELD:
        values["several"] = shown["several"]
    if row.kind == NUMBERED:
        values["pattern"] = shown["pattern"]
    return state_of(values | calculation_state(row))


def _as_text(choices: Any) -> str:
    return orjson.dumps([{name: item.get(name, "") for name in EMPTY_ROW} for item in choices]).decode()


def _clash(request: HttpRequest, row: CustomField) -> HttpResponse | None:
    now, words = _state(row), {
        "label_en": Word(_("Label in English")), "label_zh": Word(_("Label in Chinese")), "help_en": Word(_("Help in English")),
        "help_zh": Word(_("Help in Chinese")), "required": Word(_("Required"), [("1", _("Yes"))]),
    }  # fmt: skip
    if row.kind in CHOSEN:
        data = request.POST.copy()
        data["choices"] = _as_text(_posted_choices(request))
        request.POST = data  # type: ignore[assignment]
        words["choices"] = Word(_("Choices"), [(text, _names(text)) for text in _known(request, now)])
    words |= {name: Word(label) for name, label in calculation_words().items()} | {
        "pattern": Word(_("Pattern")), "several": Word(_("Several files"), [("1", _("Yes"))]),
    }  # fmt: skip
    return settle(request, now=now, words=words, trace=(row.object, row.id), version=row.version)


def _known(request: HttpRequest, now: dict[str, list[str]]) -> list[str]:
    """The texts of choices that a clash may show: mine, theirs, and those from before."""
    texts = [*request.POST.getlist("choices"), *request.POST.getlist("theirs_choices"), *now.get("choices", ())]
    with suppress(orjson.JSONDecodeError, AttributeError, TypeError):
        texts += orjson.loads(request.POST.get("before", "{}") or "{}").get("choices", [])
    return [text for text in dict.fromkeys(texts) if isinstance(text, str)]


def _names(text: str) -> str:
    try:
        return ", ".join(str(item.get("label_en") or item.get("label_zh")) for item in orjson.loads(text))
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return text[:60]
