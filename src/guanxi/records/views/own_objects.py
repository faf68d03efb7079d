"""Settings of the tenant's own objects: the list, the editor, the recycle bin."""

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records.custom import worded
from guanxi.records.models import OWN_TABLES, CustomField, OwnObject
from guanxi.records.own_objects.services import (
    change_object,
    create_object,
    describe,
    get_object,
    list_objects,
    purge_object,
    remove_object,
    restore_object,
)
from guanxi.records.views.base import actor_of
from guanxi.records.views.settings import colours

TEXTS = ("label_en", "label_zh", "plural_en", "plural_zh", "icon")
FLAGS = ("dated", "priced")
EMPTY_ROW = {"value": "", "label_en": "", "label_zh": "", "tone": "grey", "closed": ""}


@require_http_methods(["GET", "HEAD"])
def objects(request: HttpRequest) -> HttpResponse:
    """The tenant's own objects and those that were removed."""
    actor = actor_of(request)
    require_admin(actor)
    fields = list(CustomField.objects.filter(deleted_at=None).values_list("object", flat=True))
    context: dict[str, Any] = {
        "page_title": _("Objects"),
        "objects": [_line(row, fields) for row in list_objects(actor)],
        "removed": [_line(row, fields) for row in list_objects(actor, removed=True)],
        "most": len(OWN_TABLES),
    }
    return settings_page(request, "records/settings_objects.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_object(request: HttpRequest) -> HttpResponse:
    """The form of a new object."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values = _posted(request) | {name: request.POST.get(name, "") for name in ("name", "code_pattern")}
        made, errors = attempt(lambda: create_object(actor, values))
        if made is not None:
            text = _("“%(name)s” is ready: it stands in the menu. Give it the fields it needs.")
            messages.success(request, text % {"name": _plural(made)})
            return redirect(f"/settings/fields/?object={made.name}")
    return _page(request, OwnObject(), errors, _("New object"), new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def one_object(request: HttpRequest, id: UUID) -> HttpResponse:
    """The form of an existing object."""
    actor = actor_of(request)
    row = get_object(actor, id)
    if row.deleted_at is not None:
        return redirect("/settings/objects/")
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        clash = _clash(request, row)
        if clash is not None:
            return clash
        values, version = _posted(request), version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: change_object(actor, id, values, version=version))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/objects/")
    return _page(request, row, errors, _plural(row), new=False)


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Into the recycle bin of objects."""
    actor = actor_of(request)
    name = _plural(get_object(actor, id))
    remove_object(actor, id)
    text = _("“%(name)s” removed. The records are kept: the object can be brought back.")
    messages.success(request, text % {"name": name})
    return redirect("/settings/objects/")


@require_POST
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Out of the recycle bin of objects."""
    actor = actor_of(request)
    name = _plural(get_object(actor, id))
    _done, errors = attempt(lambda: restore_object(actor, id))
    _tell(request, errors, _("“%(name)s” is back with its records.") % {"name": name})
    return redirect("/settings/objects/")


@require_POST
def purge(request: HttpRequest, id: UUID) -> HttpResponse:
    """For good, with all records."""
    actor = actor_of(request)
    name = _plural(get_object(actor, id))
    _done, errors = attempt(lambda: purge_object(actor, id))
    _tell(request, errors, _("The records of “%(name)s” are being deleted in the background.") % {"name": name})
    return redirect("/settings/objects/")


def icon_labels() -> dict[str, str]:
    """Icons in words."""
    return {
        "box": _("Box"), "package": _("Parcel"), "building-warehouse": _("Warehouse"), "briefcase": _("Briefcase"), "home": _("House"),
        "map-pin": _("Place"), "calendar-event": _("Date"), "certificate": _("Certificate"), "award": _("Award"), "key": pgettext("icon", "Key"),
        "book": _("Book"), "clipboard": _("Clipboard"), "file-text": _("Document"), "folder": _("Folder"), "tool": _("Tool"),
        "truck": _("Lorry"), "device-mobile": _("Mobile phone"), "credit-card": _("Card"), "coin": _("Coin"), "heart": _("Heart"),
        "star": _("Star"), "flag": _("Flag"), "bulb": _("Light bulb"),
    }  # fmt: skip


def _tell(request: HttpRequest, errors: dict[str, list[str]], text: str) -> None:
    for problem in errors.get("", []):
        messages.error(request, problem)
    if not errors:
        messages.success(request, text)


def _plural(row: OwnObject) -> str:
    return str(worded(row.plural_en, row.plural_zh))


def _line(row: OwnObject, fields: list[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "plural": row.plural,
        "label": _plural(row),
        "icon": row.icon,
        "board": bool(row.statuses),
        "dated": row.dated,
        "fields": fields.count(row.name),
        "records": OWN_TABLES[row.place]._default_manager.filter(deleted_at=None).count(),
        "removed_at": row.deleted_at,
        "purging": row.removed_in is not None,
    }


def _page(request: HttpRequest, row: OwnObject, errors: dict[str, list[str]], title: str, *, new: bool) -> HttpResponse:
    stored = describe(row)
    values = {**stored, **_posted(request)} if errors else stored
    given = {name: request.POST[name] for name in ("name", "code_pattern") if errors and name in request.POST}
    context = {
        "page_title": title,
        "new": new,
        "object": row,
        "values": {**values, **given},
        "errors": errors,
        "statuses": [*values["statuses"], *[EMPTY_ROW] * (1 if values["statuses"] else 3)],
        "tones": colours(),
        "icons": list(icon_labels().items()),
        "before": dump_state(_state(row)),
    }
    return settings_page(request, "records/settings_object.html.jinja", context, status=422 if errors else 200)


def _posted(request: HttpRequest) -> dict[str, Any]:
    """What the form holds, as the services take it."""
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
    values |= {name: name in request.POST and request.POST[name] == "1" for name in FLAGS}
    values["statuses"] = _posted_statuses(request)
    return values


def _posted_statuses(request: HttpRequest) -> list[dict[str, Any]]:
    """The rows of the editor that have a label; or what a clash settled, as one text."""
    settled = request.POST.get("statuses", "")
    if settled:
        try:
            found = orjson.loads(settled)
        except orjson.JSONDecodeError:
            return []
        return found if isinstance(found, list) else []
    columns = [request.POST.getlist(f"status_row_{name}") for name in EMPTY_ROW]
    rows: list[dict[str, Any]] = [dict(zip(EMPTY_ROW, row, strict=True)) for row in zip(*columns, strict=False)]
    return [
        {**row, "closed": row["closed"] == "1"} for row in rows if row["label_en"].strip() or row["label_zh"].strip()
    ]


def _as_text(statuses: Any) -> str:
    return orjson.dumps([{name: item.get(name, "") for name in EMPTY_ROW} for item in statuses]).decode()


def _state(row: OwnObject) -> dict[str, list[str]]:
    """What the form shows, for a clash: the statuses as one text."""
    values: dict[str, Any] = {name: getattr(row, name) for name in (*TEXTS, *FLAGS)}
    return state_of({**values, "statuses": _as_text(row.statuses)})


def _clash(request: HttpRequest, row: OwnObject) -> HttpResponse | None:
    data = request.POST.copy()
    data["statuses"] = _as_text(_posted_statuses(request))
    request.POST = data  # type: ignore[assignment]
    now, yes = _state(row), [("1", _("Yes"))]
    known = [*data.getlist("statuses"), *data.getlist("theirs_statuses"), *now.get("statuses", ())]
    words = {
        "label_en": Word(_("Name in English")),
        "label_zh": Word(_("Name in Chinese")),
        "plural_en": Word(_("Plural in English")),
        "plural_zh": Word(_("Plural in Chinese")),
        "icon": Word(_("Icon")),
        "dated": Word(_("Beginning and end"), yes),
        "priced": Word(_("Amount"), yes),
        "statuses": Word(_("Statuses"), [(text, _names(text)) for text in dict.fromkeys(known)]),
    }
    return settle(request, now=now, words=words, trace=(row.name, row.id), version=row.version)


def _names(text: str) -> str:
    try:
        return ", ".join(str(item.get("label_en") or item.get("label_zh")) for item in orjson.loads(text))
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return text[:60]
