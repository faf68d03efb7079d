"""One record: its page with facts, related records, files and history; the preview beside a list."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from guanxi.core.audit import log_access
from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.files import files_of, tells_nothing_hidden
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access, may
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.demands.states import states_of
from guanxi.records.display import Painter, labels_of, links_of, plain_row, record_url
from guanxi.records.former import survivor_of
from guanxi.records.layouts.reading import Arrangement, arrangement_of
from guanxi.records.lists import ListQuery, count_records, list_records, ordered_ids, shown_fields
from guanxi.records.ports import BESIDE
from guanxi.records.privacy.finding import is_person
from guanxi.records.queries import get_record, may_change, shown_label
from guanxi.records.recents import note_opened
from guanxi.records.registry import Command, ObjectType, Related
from guanxi.records.related import related_of
from guanxi.records.screens import fragment, page, request_views
from guanxi.records.texts.documents import why_not_searched
from guanxi.records.values import masked
from guanxi.records.views.base import actor_of, done, object_of
from guanxi.records.views.histories import history_lines
from guanxi.records.views.state import ListState, state_of_text

RELATED_ROWS = 50
# The further tabs of a layout: facts-1, facts-2.
LAID = "facts-"


def detail(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The page of a record; `?tab=` chooses facts, files, history or a related object."""
    kind = object_of(request, plural)
    return or_survivor(request, kind, id, lambda: _detail(request, kind, id))


def or_survivor(request: HttpRequest, kind: ObjectType, id: UUID, show: Callable[[], HttpResponse]) -> HttpResponse:
    """What `show` answers; from the address of a record that was merged, the way to what it has become a part of."""
    try:
        return show()
    except NotFound:
        survivor = survivor_of(actor_of(request), kind.name, id) if kind.mergeable else None
        if survivor is None:
            raise
        return done(request, record_url(kind, survivor), _("The record was merged into this one."))


def _detail(request: HttpRequest, kind: ObjectType, id: UUID) -> HttpResponse:
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    if not request.GET.get("tab"):
        note_opened(actor, kind.name, id)
    context = detail_context(request, kind, record)
    if kind.detail_context:
        context |= kind.detail_context(actor, record, request)
    return page(request, kind.detail_template or "records/detail.html.jinja", context)


def detail_context(request: HttpRequest, kind: ObjectType, record: Any) -> dict[str, Any]:
    """What records/detail.html.jinja draws, and what a room's own template may use of it."""
    actor = actor_of(request)
    tabs = record_tabs(request, kind, record, request.GET.get("tab", "facts"))
    tab = next(one["key"] for one in tabs if one["current"])
    state = state_of_text(actor, kind, request.GET.get("in", ""), request_views(request))
    facts = Facts(actor, kind, record)
    facts.tab = int(tab.removeprefix(LAID)) if tab.startswith(LAID) else 0
    return {
        "page_title": shown_label(actor, record),
        "breadcrumbs": [
            {"label": str(kind.label_plural), "url": f"/{kind.plural}/"},
            {"label": state.tab.label, "url": state.url()},
        ],
        "kind": kind,
        "record": record,
        "facts": facts,
        "tab": tab,
        "tabs": tabs,
        "commands": commands_of(actor, kind, record),
        "may_edit": may_change(actor, kind.name, record, "edit"),
        "may_delete": may_change(actor, kind.name, record, "delete"),
        "base_url": f"/{kind.plural}/{record.id}",
        "is_person": is_person(kind.name, record),
        "beside": [address for describe in BESIDE if (address := describe(actor, kind.name, record.id))],
        **neighbours(actor, state, record.id, request.GET.get("in", "")),
        **_tab_context(actor, kind, record, tab),
    }


class Facts:
    """The values of a record for one actor, drawn on demand by templates."""

    def __init__(self, actor: Actor, kind: ObjectType, record: Any) -> None:
        self.actor, self.kind, self.record = actor, kind, record
        self.painter = Painter(actor, kind)
        self.custom = custom_fields(kind.name)
        fields = [*kind.fields, *self.custom.values()]
        self.row = plain_row(kind, fields, record, labels_of(actor, kind, fields, links_of(fields, record)))
        self.editable = may_change(actor, kind.name, record, "edit")
        self.states = states_of(actor, kind, record, record)
        self.arranged = arrangement_of(actor, kind)
        self.tab = 0

    def one(self, name: str) -> dict[str, Any]:
        """A fact: label, shown value, whether hidden from the role or absent by a rule, address of its editor or ""."""
        item = self.kind.by_name.get(name) or self.custom[name]
        access = field_access(self.actor, self.kind.name, name)
        value = self.row[name]
        if access == "masked" and value not in (None, "", []):
            value = masked(value)
        editable = self.editable and item.writable and access == "write" and item.kind != "json"
        editable = editable and name not in self.states.idle
        base = f"/{self.kind.plural}/{self.record.id}"
        return {
            "name": name,
            "label": str(item.label),
            "hidden": access == "hidden",
            "absent": name in self.states.hidden,
            "shown": None if access == "hidden" else self.painter.show(item, value, self.row),
            "edit_url": f"{base}/cell/{name}" if editable else "",
            "reveal_url": f"{base}/reveal/{name}" if access == "masked" and item.maskable and value else "",
        }

    def sections(self) -> list[dict[str, Any]]:
        """All facts by section, as the layout of the tab or the object's description say; fields of no section come last."""
        if self.arranged is not None:
            return self._arranged(self.arranged)
        placed = {name for section in self.kind.sections for name in section.fields} | {self.kind.title}
        sections: list[dict[str, Any]] = [
            {"label": str(section.label), "facts": [self.one(name) for name in section.fields]}
            for section in self.kind.sections
        ]
        rest = [item.name for item in self.kind.fields if item.name not in placed and item.kind not in ("uuid", "json")]
        label = _("Record") if self.kind.sections else ""
        sections.append(self.own())
        sections.append({"label": label, "facts": [self.one(name) for name in rest]})
        return [section for section in sections if any(not fact["absent"] for fact in section["facts"])]

    def _arranged(self, arranged: Arrangement) -> list[dict[str, Any]]:
        tab = arranged.tabs[min(self.tab, len(arranged.tabs) - 1)]
        sections: list[dict[str, Any]] = [
            {"label": str(one.label), "facts": [self.one(name) for name in one.fields]} for one in tab.sections
        ]
        return [section for section in sections if any(not fact["absent"] for fact in section["facts"])]

    def own(self) -> dict[str, Any]:
        """The company's own fields as a section; without facts where it has none."""
        return {"label": _("Further fields"), "facts": [self.one(name) for name in self.custom]}

    def subtitle(self) -> list[str]:
        """The line under the name: code and what the object says, as far as it is filled and shown."""
        names = self.kind.subtitle or ("code",)
        names = names if "code" in names else ("code", *names)
        facts = [self.one(name) for name in names if name in self.kind.by_name]
        return [self.painter.text(self.kind.by_name[fact["name"]], self.row[fact["name"]], self.row) for fact in facts
                if fact["shown"] and not fact["shown"].empty]  # fmt: skip

    def tags(self) -> list[str]:
        """The record's tags as far as the actor may read them."""
        access = field_access(self.actor, self.kind.name, "tags")
        return list(self.record.tags) if access in ("read", "write") else []

    def marks(self) -> list[dict[str, Any]]:
        """Toned choices (stage, status, grade) beside the name."""
        found: list[dict[str, Any]] = []
        for item in self.kind.fields:
            toned = item.kind == "choice" and (
                item.name == "grade" or any(choice.tone != "grey" for choice in item.choices)
            )
            if toned and len(found) < 4:
                fact = self.one(item.name)
                quiet = fact["shown"] is not None and fact["shown"].form == "dot" and fact["shown"].tone == "grey"
                if fact["shown"] and not fact["shown"].empty and not quiet:
                    found.append(fact)
        return found


def record_tabs(request: HttpRequest, kind: ObjectType, record: Any, current: str) -> list[dict[str, Any]]:
    """Facts, one tab per related object that the actor may see, files, history; an unknown `current` falls back to the first."""
    actor = actor_of(request)
    suffix = f"&in={quote(request.GET['in'], safe='')}" if request.GET.get("in") else ""
    base = record_url(kind, record.id)
    arranged = arrangement_of(actor, kind)
    laid = [str(tab.label) or _("Facts") for tab in arranged.tabs] if arranged else [_("Overview")]
    entries = [(f"{LAID}{at}" if at else "facts", label) for at, label in enumerate(laid)]
    entries += [(f"{one.object}.{one.field}", str(one.label)) for one in related_of(actor, kind)]
    entries += [("files", _("Files")), ("history", _("History"))]
    chosen = current if any(key == current for key, _label in entries) else entries[0][0]
    return [
        {"key": key, "label": label, "url": f"{base}?tab={key}{suffix}" if key != "facts" else base + (f"?{suffix[1:]}" if suffix else ""),
         "current": key == chosen, "counter": f"tab:{key}" if "." in key else None}
        for key, label in entries
    ]  # fmt: skip


def _tab_context(actor: Actor, kind: ObjectType, record: Any, tab: str) -> dict[str, Any]:
    if tab == "history":
        return {"history": history_lines(actor, kind, record)}
    if tab == "files":
        shown = [file for file in files_of(kind.name, record.id) if tells_nothing_hidden(actor, file)]
        unread = why_not_searched(file.id for file in shown)
        return {"files": shown, "unread": unread, "upload_url": f"/{kind.plural}/{record.id}/files"}
    related = next((one for one in related_of(actor, kind) if f"{one.object}.{one.field}" == tab), None)
    return {"related": related_table(actor, related, record)} if related else {}


def related_table(actor: Actor, related: Related, record: Any, limit: int = RELATED_ROWS) -> dict[str, Any]:
    """The records of a tab as a small table, with the way to the whole list and to a new one."""
    kind = registry.get(related.object)
    criteria = {"field": related.field, "op": "is", "value": str(record.id)}
    names = tuple(name for name in kind.list_columns if name != related.field) or (kind.title,)
    fields = shown_fields(actor, kind, names)
    extra = [item.currency for item in fields if item.kind == "money" and item.currency]
    query = ListQuery(
        object=kind.name, criteria=criteria, fields=tuple(dict.fromkeys([*names, kind.title, *extra])), limit=limit
    )
    found = list_records(actor, query)
    painter = Painter(actor, kind)
    state_url = f"/{kind.plural}/?{urlencode({'filter': orjson.dumps(criteria).decode()})}"
    return {
        "kind": kind,
        "label": str(related.label),
        "columns": [{"key": item.name, "label": str(item.label), "num": painter.show(item, None, {}).numeric} for item in fields],
        "rows": [
            {"id": row["id"], "name": painter.text(kind.by_name[kind.title], row[kind.title]), "url": record_url(kind, row["id"]),
             "cells": [{"name": item.name, "shown": painter.show(item, row[item.name], row)} for item in fields]}
            for row in found.rows
        ],
        "more_url": state_url if found.next else None,
        "list_url": state_url,
        "new_url": f"/{kind.plural}/new?{related.field}={record.id}" if kind.creatable and may(actor, kind.name, "create") else None,
    }  # fmt: skip


def commands_of(actor: Actor, kind: ObjectType, record: Any) -> list[dict[str, Any]]:
    """Commands that the record's state and the actor's role permit, as buttons."""
    return [
        {
            "key": command.key,
            "label": str(command.label),
            "icon": command.icon or "player-play",
            "tone": command.tone,
            "url": f"/{kind.plural}/{record.id}/do/{command.key}",
            "dialog": bool(command.params),
        }
        for command in kind.commands
        if permitted(actor, kind, record, command)
    ]


def permitted(actor: Actor, kind: ObjectType, record: Any, command: Command) -> bool:
    """Whether a command may be run on the record now."""
    if command.when is not None and not command.when(record):
        return False
    return may_change(actor, kind.name, record, command.permission)


def neighbours(actor: Actor, state: ListState, key: UUID, given: str) -> dict[str, Any]:
    """Place in the list the record was opened from, with the records before and after it."""
    try:
        ids = ordered_ids(actor, state.query(actor))
    except Invalid:
        ids = []
    if key not in ids:
        return {"position": None, "previous_url": None, "next_url": None, "list_url": state.url()}
    at = ids.index(key)
    suffix = f"?in={quote(given, safe='')}" if given else ""
    total = len(ids) if len(ids) < 1000 else count_records(actor, state.query(actor))[0]
    address = lambda index: record_url(state.kind, ids[index]) + suffix if 0 <= index < len(ids) else None  # noqa: E731
    return {
        "position": _("%(at)s of %(total)s") % {"at": at + 1, "total": total},
        "previous_url": address(at - 1) if at else None,
        "next_url": address(at + 1),
        "list_url": state.url(),
    }


def preview(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The record in the right pane of its list."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    return fragment(request, "records/preview.html.jinja", preview_context(actor, kind, record))


def preview_context(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    """What records/preview.html.jinja draws, and what a room's own preview may use of it."""
    facts = Facts(actor, kind, record)
    return {
        "name": shown_label(actor, record),
        "kind": kind,
        "record": record,
        "facts": facts,
        "url": record_url(kind, record.id),
        "commands": commands_of(actor, kind, record)[:3],
        "may_edit": facts.editable,
        "base_url": f"/{kind.plural}/{record.id}",
    }


def reveal(request: HttpRequest, plural: str, id: UUID, name: str) -> HttpResponse:
    """Show a masked value (POST); who looked is written down."""
    kind = object_of(request, plural)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = actor_of(request)
    item = kind.by_name.get(name) or custom_fields(kind.name).get(name)
    if item is None or field_access(actor, kind.name, name) == "hidden":
        raise NotFound(_("There is no such field."))
    if not item.maskable:
        raise NotAllowed(_("You may not see this field."))
    record = get_record(actor, kind.name, id)
    log_access(
        "reveal",
        member_id=actor.member_id,
        origin=actor.origin,
        object_name=kind.name,
        record_id=id,
        detail={"field": name},
    )
    value = record.custom.get(name, "") if item.custom else getattr(record, item.column)
    return HttpResponse(_escaped(value), content_type="text/html; charset=utf-8")


def _escaped(value: Any) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
