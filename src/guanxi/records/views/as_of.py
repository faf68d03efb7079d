"""The page of a record as it was at a moment, beside what it is now; and the way of one of its fields."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.core.errors import Invalid
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.as_of import AsOf, Point, charted_fields, field_points, fields_of_kind, moment_of, record_as_of
from guanxi.records.history import HistoryLine
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.histories import HistoryWords

NUMBERS = ("integer", "number", "percent", "money")


@require_safe
def as_of(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """`?at=` a day or a moment (now without it), `?field=` whose values are drawn."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    text, errors = request.GET.get("at", ""), []
    try:
        at = moment_of(actor, text) if text else timezone.now()
    except Invalid as error:
        at, errors = timezone.now(), [text for texts in error.errors.values() for text in texts]
    found = record_as_of(actor, kind.name, id, at)
    charted = charted_fields(actor, kind)
    field = request.GET.get("field", "")
    context = {
        "page_title": _("%(name)s as of a date") % {"name": shown_label(actor, record)},
        "name": shown_label(actor, record),
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}, {"label": shown_label(actor, record), "url": f"/{kind.plural}/{id}/"}],
        "kind": kind,
        "base_url": f"/{kind.plural}/{id}/",
        "given": text if not errors else "",
        "errors": errors,
        "found": found,
        "lines": _lines(actor, kind, found),
        "fields": [(name, str(item.label)) for name, item in charted.items()],
        "field": field if field in charted else "",
        "chart": _chart(actor, kind, charted[field], field_points(actor, kind.name, id, field)) if field in charted else None,
        "points": _points(actor, kind, field, field_points(actor, kind.name, id, field)) if field in charted else [],
    }  # fmt: skip
    return page(request, "records/as_of.html.jinja", context, status=400 if errors else 200)


def _lines(actor: Actor, kind: ObjectType, found: AsOf) -> list[dict[str, Any]]:
    """All fields that had or have a value, those that differ first."""
    known = fields_of_kind(kind)
    changes = [
        (name, found.then.get(name), now)
        for name, now in found.now.items()
        if known[name].kind not in ("json", "uuid") and not (_blank(found.then.get(name)) and _blank(now))
    ]
    words = _words(actor, kind, changes)
    lines = [{**words(*change), "differs": change[0] in found.differing} for change in changes]
    return sorted(lines, key=lambda line: not line["differs"])


def _blank(value: Any) -> bool:
    return value in (None, "", [], {}, False)


def _words(actor: Actor, kind: ObjectType, changes: list[tuple[str, Any, Any]]) -> HistoryWords:
    line = HistoryLine(at=None, who="", action="", via="", version=0, changes=tuple(changes))
    return HistoryWords(actor, kind, [line])


def _points(actor: Actor, kind: ObjectType, name: str, points: list[Point]) -> list[dict[str, Any]]:
    words = _words(actor, kind, [(name, None, point.value) for point in points])
    return [
        {"at": point.at, "who": point.who or "Guanxi", "text": words(name, None, point.value)["after"]}
        for point in points
    ]


def _chart(actor: Actor, kind: ObjectType, item: Field, points: list[Point]) -> dict[str, Any] | None:
    """A line of figures; words have no height and are told in the table only."""
    if item.kind not in NUMBERS or len(points) < 2:
        return None
    categories = [formats.moment(point.at) for point in points]
    values = [float(point.value) if point.value not in (None, "") else None for point in points]
    unit = "money" if item.kind == "money" else "number"
    series = [{"name": str(item.label), "values": values}]
    return {
        "kind": "line",
        "unit": unit,
        "currency": actor.currency,
        "categories": categories,
        "series": series,
        "category_label": _("When"),
    }
