"""The list of an object: tabs, chips, table, foot; its dialog for columns."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.errors import Invalid
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.custom import reachable_fields
from guanxi.records.display import NUMERIC, Painter, record_url
from guanxi.records.exports.formats import formats_of
from guanxi.records.list_plans import planned_page
from guanxi.records.lists import COUNT_CAP, ListQuery, Page, count_records, filtered, list_records, shown_fields
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.bulk import bulk_actions
from guanxi.records.views.drawing import grouped, tones_of
from guanxi.records.views.rows import draw_rows
from guanxi.records.views.state import FIRST, NONE, ListState, Tab, read_state
from guanxi.records.wording import chips, merged, parse_criteria

PAGE = 50
READY = 3
UNSORTABLE = ("json", "tags", "multichoice", "longtext")


def list_page(request: HttpRequest, plural: str) -> HttpResponse:
    """The list, or only its foot (`part=foot`), which is counted after the page stands."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    if request.GET.get("part") == "foot":
        return fragment(request, "records/_foot.html.jinja", foot(actor_of(request), state))
    if request.GET.get("part") == "group":
        return fragment(
            request, "records/_group.html.jinja", group_context(actor_of(request), state, request.GET.get("in", ""))
        )
    return page(request, "records/list.html.jinja", list_context(actor_of(request), state))


def list_context(actor: Actor, state: ListState) -> dict[str, Any]:
    """Everything that records/list.html.jinja draws."""
    kind = state.kind
    fields = shown_fields(actor, kind, state.columns)
    error, found, tones = "", Page([], None), {}
    groups: list[dict[str, Any]] = []
    complete_groups = True
    try:
        if state.options.group:
            groups, complete_groups = grouped(actor, state, _sums(actor, state))
        else:
            found = planned_page(actor, state.query(actor, needed_fields(kind, fields), PAGE))
            tones = tones_of(actor, state, found.rows)
    except Invalid as refusal:
        error = refusal.message
    rows = draw_rows(actor, state, fields, found.rows, tones)
    # The first view as it is: what it shows nothing of, the person has nothing of.
    pristine = state.tab is state.tabs[0] and not (state.changed or state.q or state.cursor or state.deleted or error)
    complete = not error and not state.cursor and found.next is None
    return {
        "page_title": str(kind.label_plural),
        "kind": kind,
        "state": state,
        "tabs": list_tabs_of(state),
        "chips": [] if error else list_chips(actor, state),
        "error": error,
        "columns": list_heads(actor, state, fields),
        "rows": rows,
        "groups": groups,
        "complete_groups": complete_groups,
        "sum_columns": [item.name for item in fields],
        **({"density": state.options.density} if state.options.density else {}),
        "filtered": bool(state.criteria or state.q) and not pristine,
        "foot": foot(actor, state, len(rows)) if complete and not groups and not _sums(actor, state) else None,
        "foot_url": state.url(part="foot"),
        "next_url": _next_url(state, found.next),
        "previous_url": _previous_url(state),
        "bulk": bulk_actions(actor, kind, deleted=state.deleted),
        "forms": form_switch(state, "list"),
        "may_create": kind.creatable and may(actor, kind.name, "create"),
        "may_review": bool(kind.compared) and may(actor, kind.name, "edit") and may(actor, kind.name, "delete"),
        "may_import": kind.importable and may(actor, kind.name, "import"),
        "export_forms": _export_forms(kind) if may(actor, kind.name, "export") else [],
        "calendar": bool(kind.calendar),
        "ready": ready_records(actor, kind) if pristine and not rows and not groups else None,
    }


def _export_forms(kind: ObjectType) -> list[tuple[str, str]]:
    words = {"csv": "CSV", "xlsx": "XLSX", "jsonl": _("JSON lines"), "vcard": "vCard", "ics": "iCalendar"}
    return [(form.key, words[form.key]) for form in formats_of(kind)]


def ready_records(actor: Actor, kind: ObjectType) -> dict[str, Any] | None:
    """Records from which one of this object is made, for its empty list; None where there are none or the role may not."""
    ready = kind.ready
    if ready is None or not may(actor, kind.name, "create") or not may(actor, ready.object, "view"):
        return None
    source = registry.get(ready.object)
    if source.room in actor.rooms_off:
        return None
    query = ListQuery(object=source.name, criteria=ready.criteria)
    names = tuple(name for name in source.list_columns if name != source.title)[:3]
    found = list_records(
        actor, replace(query, fields=needed_fields(source, shown_fields(actor, source, names)), limit=READY)
    )
    if not found.rows:
        return None
    painter = Painter(actor, source)
    return {
        "label": str(ready.label),
        "action": str(ready.action),
        "count": count_records(actor, query)[0],
        "rows": [
            {
                "name": painter.text(source.by_name[source.title], row[source.title]),
                "note": " · ".join(painter.text(source.by_name[one], row[one], row) for one in names if row.get(one)),
                "url": record_url(source, row["id"]),
                "make_url": ready.url.format(id=row["id"]),
            }
            for row in found.rows
        ],
    }


def foot(actor: Actor, state: ListState, count: int | None = None) -> dict[str, Any]:
    """Count of the whole filter, up to a cap, and the sums of amounts in the company's currency. `count` when known."""
    kind = state.kind
    query = state.query(actor)
    sums = _sums(actor, state)
    figures: list[dict[str, str]] = []
    exact = True
    if count is None and not sums:
        count, exact = count_records(actor, query)
    elif sums:
        count, exact, figures = _summed(actor, kind, query, sums)
    total = count or 0
    shown = formats.capped(total, COUNT_CAP - 1) if exact else formats.capped(COUNT_CAP, COUNT_CAP - 1)
    text = ngettext("%(count)s record", "%(count)s records", total) % {"count": shown}
    return {"foot_count": total, "foot_text": text, "foot_sums": figures}


def _summed(
    actor: Actor, kind: ObjectType, query: ListQuery, sums: list[Field]
) -> tuple[int, bool, list[dict[str, str]]]:
    expressions: dict[str, Any] = {"count": Count("id")}
    for item in sums:
        home = Q(**{kind.by_name[item.currency].column: actor.currency}) if item.currency else None
        expressions[f"sum_{item.name}"] = Sum(item.column, filter=home)
    result = filtered(actor, query).order_by()[: COUNT_CAP + 1].aggregate(**expressions)
    if result["count"] > COUNT_CAP:
        return COUNT_CAP, False, []
    figures = []
    for item in sums:
        total = Decimal(result[f"sum_{item.name}"] or 0)
        note = _("amounts in %(currency)s only") % {"currency": actor.currency} if item.currency else ""
        figures.append(
            {
                "label": str(item.label),
                "value": formats.money(total, actor.currency, home=actor.currency),
                "title": note,
            }
        )
    return result["count"], True, figures


def group_context(actor: Actor, state: ListState, value: str) -> dict[str, Any]:
    """The first rows of a group, and the way to all of them as a list."""
    kind = state.kind
    fields = shown_fields(actor, kind, state.columns)
    narrowed = replace(state, criteria=merged(state.criteria, parse_criteria(value)), cursor="")
    found = list_records(actor, narrowed.query(actor, needed_fields(kind, fields), PAGE))
    rows = draw_rows(actor, state, fields, found.rows, tones_of(actor, state, found.rows))
    more = state.url(filter=narrowed.criteria, group=NONE) if found.next else None
    return {"rows": rows, "more_url": more, "width": len(fields) + 1}


def _sums(actor: Actor, state: ListState) -> list[Field]:
    known = [state.kind.by_name[name] for name in state.columns if name in state.kind.by_name]
    return [item for item in known if item.kind == "money" and matchable(actor, state.kind.name, item.name)][:3]


def needed_fields(kind: ObjectType, fields: list[Field]) -> tuple[str, ...]:
    """The shown fields and what their drawing needs besides: the title, currencies of amounts."""
    names = [item.name for item in fields] + [kind.title]
    names += [item.currency for item in fields if item.kind == "money" and item.currency]
    return tuple(dict.fromkeys(names))


def list_tabs_of(state: ListState, form: str = "list") -> list[dict[str, Any]]:
    """The views as tabs; those of the registry keep the form (board, calendar) one looks at."""
    return [
        {
            "label": tab.label,
            "url": _tab_url(state, tab, form),
            "current": tab.key == state.tab.key and not state.deleted,
            "key": tab.key,
            "saved": tab.saved is not None,
            "counter": f"view:{tab.key}",
        }
        for tab in state.tabs
    ]


def _tab_url(state: ListState, tab: Tab, form: str) -> str:
    wanted = tab.form if tab.saved else form
    pipeline = f"&pipeline={quote(state.given['pipeline'])}" if "pipeline" in state.given else ""
    return f"/{state.kind.plural}/{'' if wanted == 'list' else wanted}?view={tab.key}{pipeline}"


def list_chips(actor: Actor, state: ListState, form: str = "list") -> list[dict[str, Any]]:
    """The conditions in force, each with the address of the list without it."""
    path = "" if form == "list" else form
    return [
        {
            "field": chip.field,
            "op": chip.op,
            "value": chip.value,
            "remove_url": state.url(form=path, filter=chip.without or {"all": []}),
        }
        for chip in chips(actor, state.kind, state.criteria)
    ]


def list_heads(actor: Actor, state: ListState, fields: list[Field]) -> list[dict[str, Any]]:
    """The heads of the columns, with the way to the list sorted by each."""
    current = state.sort.removeprefix("-")
    heads = []
    for item in fields:
        sortable = item.sortable and item.kind not in UNSORTABLE and matchable(actor, state.kind.name, item.name)
        down = current == item.name and state.sort.startswith("-")
        first_down = item.kind in (*NUMERIC, "date", "datetime")
        target = (
            ("-" if not down else "") + item.name if current == item.name else ("-" if first_down else "") + item.name
        )
        heads.append(
            {
                "key": item.name,
                "label": str(item.label),
                "num": item.kind in NUMERIC,
                "sort_url": state.url(sort=target) if sortable else None,
                "sorted": ("descending" if down else "ascending") if current == item.name else None,
            }
        )
    return heads


def _next_url(state: ListState, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    back = ".".join([*state.back, state.cursor or FIRST])
    return state.url(cursor=cursor, back=back)


def _previous_url(state: ListState) -> str | None:
    if not state.cursor:
        return None
    last = state.back[-1] if state.back else FIRST
    rest = ".".join(state.back[:-1])
    return state.url(cursor=None if last == FIRST else last, back=rest or None)


def form_switch(state: ListState, current: str) -> list[dict[str, Any]]:
    """List, board and calendar, as far as the object has them."""
    forms = [("list", "", _("List"), "layout-list")]
    if state.kind.board:
        forms.append(("board", "board", _("Board"), "layout-kanban"))
    if state.kind.calendar or state.kind.in_menu:
        forms.append(("calendar", "calendar", _("Calendar"), "calendar"))
    if len(forms) == 1:
        return []
    return [
        {
            "label": label,
            "url": state.url(form=path, columns=None, **({} if path == "calendar" else {"by": None})),
            "icon": symbol,
            "current": key == current,
        }
        for key, path, label, symbol in forms
    ]


def columns_dialog(request: HttpRequest, plural: str) -> HttpResponse:
    """Which columns to show; the choice goes into the address of the list."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    readable = shown_fields(actor_of(request), kind, [*kind.by_name, *reachable_fields(kind.name)])
    chosen = [name for name in state.columns if any(item.name == name for item in readable)]
    order = chosen + [item.name for item in readable if item.name not in chosen]
    by_name = {item.name: item for item in readable}
    context = {
        "kind": kind,
        "fields": [{"name": name, "label": str(by_name[name].label), "checked": name in chosen} for name in order],
        "hidden": {name: value for name, value in state.given.items() if name not in ("columns", "cursor", "back")},
        "reset_url": state.url(columns=None),
    }
    return fragment(request, "records/columns.html.jinja", context)


def apply_columns(request: HttpRequest, plural: str) -> HttpResponse:
    """Go to the list with the chosen columns."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    chosen = [name for name in request.GET.getlist("column") if name in kind.by_name or "," not in name]
    url = state.url(columns=",".join(chosen) or None)
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.headers.get("HX-Request") else _go(url)


def _go(url: str) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": url})


def tab_criteria(state: ListState) -> dict[str, Any]:
    """The criteria in force together with those of the tab."""
    return merged(state.tab.criteria, state.criteria)
