"""The calendar of an object: its records by any of their dates."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound, Refused
from guanxi.identity.permissions import field_access, matchable, may
from guanxi.records.changes import update_record
from guanxi.records.custom import custom_fields
from guanxi.records.display import Painter, record_url
from guanxi.records.lists import filtered, read_rows, shown_fields, value_column
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, json_body, object_of, problem, version_of
from guanxi.records.views.lists import form_switch, list_chips, list_tabs_of
from guanxi.records.views.state import read_state
from guanxi.records.wording import merged

FEED = 2000


def calendar(request: HttpRequest, plural: str) -> HttpResponse:
    """Records by one of their dates (`?by=`) in a calendar."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    item, fields = _by(request, kind)
    state = read_state(request, kind)
    context = {
        "page_title": str(kind.label_plural),
        "kind": kind,
        "state": state,
        "tabs": list_tabs_of(state, "calendar"),
        "chips": list_chips(actor, state, "calendar"),
        "forms": form_switch(state, "calendar"),
        "by": str(item.label),
        "dates": [
            {"label": str(one.label), "url": state.url(form="calendar", by=one.name), "current": one.name == item.name}
            for one in fields
        ],
        "feed_url": state.url(form="calendar/feed", by=item.name),
        "update_url": f"/{kind.plural}/calendar/{{id}}?by={item.name}",
        "may_create": kind.creatable and may(actor, kind.name, "create"),
        "time_zone": actor.time_zone,
    }
    return page(request, "records/calendar.html.jinja", context)


def calendar_feed(request: HttpRequest, plural: str) -> JsonResponse:
    """[{id, title, start, end, allDay, url, editable, version}] between `start` and `end`."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    item, _fields = _by(request, kind)
    state = read_state(request, kind)
    first, last = _bounds(request)
    bounds = (first.date(), last.date()) if item.kind == "date" else (first, last)
    ended = kind.calendar_end if item.name == kind.calendar else ""
    names = [item.name, kind.title, *([ended] if ended else [])]
    between = [
        {"field": item.name, "op": op, "value": bound.isoformat()}
        for op, bound in zip(("gte", "lt"), bounds, strict=True)
    ]
    query = replace(state.query(actor), criteria=merged(state.criteria, {"all": between}))
    rows, path = value_column(filtered(actor, query), item)
    painter = Painter(actor, kind)
    editable = item.writable and may(actor, kind.name, "edit") and field_access(actor, kind.name, item.name) == "write"
    return JsonResponse(
        [
            {
                "id": row["id"],
                "title": painter.text(kind.by_name[kind.title], row[kind.title], row) or "–",
                "start": row[item.name],
                "end": row.get(ended) if ended else None,
                "allDay": item.kind == "date",
                "url": record_url(kind, row["id"]),
                "editable": editable,
                "version": row["version"],
            }
            for row in read_rows(actor, kind, shown_fields(actor, kind, names), rows.order_by(path)[:FEED])
        ],
        safe=False,
    )


def calendar_move(request: HttpRequest, plural: str, id: UUID) -> JsonResponse:
    """Give a record another time (PATCH JSON start, end, version)."""
    kind = object_of(request, plural, "edit")
    if request.method not in ("PATCH", "POST"):
        return problem(_("Not possible."), 405)
    item, _fields = _by(request, kind)
    body = json_body(request)
    values = {item.name: body.get("start")}
    if item.name == kind.calendar and kind.calendar_end and body.get("end"):
        values[kind.calendar_end] = body["end"]
    try:
        record = update_record(actor_of(request), kind.name, id, values, version=version_of(body.get("version")))
    except Refused as refusal:
        return problem(refusal.message, refusal.status)
    return JsonResponse({"version": record.version, "undo_url": f"/{kind.plural}/{id}/undo?version={record.version}"})


def _by(request: HttpRequest, kind: ObjectType) -> tuple[Field, list[Field]]:
    """The date by which the calendar shows the records, and all that the actor may choose; the tenant's own dates too."""
    known = [*kind.fields, *custom_fields(kind.name).values()]
    fields = [
        item
        for item in known
        if item.kind in ("date", "datetime") and matchable(actor_of(request), kind.name, item.name)
    ]
    wanted = request.GET.get("by") or kind.calendar
    chosen = next((item for item in fields if item.name == wanted), None)
    if chosen is None and not request.GET.get("by"):
        chosen = next(iter(fields), None) if not kind.calendar else None
    if chosen is None:
        raise NotFound(_("There is no calendar of these records."))
    return chosen, fields


def _bounds(request: HttpRequest) -> tuple[datetime, datetime]:
    """The span that the calendar shows, at most some 14 months."""
    found = []
    for name in ("start", "end"):
        try:
            moment = parse_datetime(request.GET.get(name, ""))
        except ValueError:
            moment = None
        found.append(moment if moment is None or moment.tzinfo else timezone.make_aware(moment))
    first = found[0] or timezone.now() - timedelta(days=31)
    last = found[1] or first + timedelta(days=62)
    return first, min(last, first + timedelta(days=430))
