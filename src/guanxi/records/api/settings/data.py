"""Saved views, tags, code patterns, and background work that was given up."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.failures import FailedJob, failed_jobs
from guanxi.core.models import OutboxEvent
from guanxi.core.outbox import parked_events
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.identity.services import retry_event, retry_failed_job
from guanxi.records import registry
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    MOMENT,
    OBJECT,
    TEXT,
    TEXTS,
    WHOLE,
    YES_NO,
    moment,
    one_of,
    or_null,
    words,
)
from guanxi.records.code_patterns import Pattern, change_pattern, get_pattern, list_patterns
from guanxi.records.custom import reachable_fields
from guanxi.records.listing import DENSITIES, read_options
from guanxi.records.lists import sort_of
from guanxi.records.models import SavedView, Tag
from guanxi.records.registry import ObjectType
from guanxi.records.saved_views import AUDIENCES, FORMS, delete_view, get_view, save_view, saved_views
from guanxi.records.tags import COLOURS, delete_tag, save_tag

SHOWN = 200


def _view_row(row: SavedView) -> Row:
    names = ("version", "object", "name", "criteria", "sort", "columns", "form", "audience", "pinned")
    options = read_options(row.options).plain()
    return {"id": str(row.id), **{name: getattr(row, name) for name in names}, **options}


def _views(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    wanted = query.get("object", "")
    return [_view_row(row) for row in saved_views(actor) if not wanted or row.object == wanted]


def _save_view(actor: Actor, values: Values, view_id: UUID | None = None) -> UUID:
    begun: Row = {"criteria": {}, "sort": "", "columns": [], "form": "list", "audience": "private", "pinned": False}
    stored = _view_row(get_view(actor, view_id)) if view_id else begun
    whole = {name: value for name, value in stored.items() if name in _VIEW}
    whole |= {name: value for name, value in values.items() if value is not None}
    name = whole.pop("object")
    whole["options"] = {key: whole.pop(key) for key in ("group", "density", "colours") if key in whole}
    if name not in {kind.name for kind in registry.objects() if kind.room not in actor.rooms_off}:
        raise Invalid({"object": [_("“%(name)s” is not an object.") % {"name": name[:60]}]})
    _check_drawn(actor, registry.get(name), values)
    return save_view(actor, object_name=name, view_id=view_id, **whole).id


def _check_drawn(actor: Actor, kind: ObjectType, values: Values) -> None:
    """Columns and order that somebody writes must be there; those of an old view may have gone meanwhile, and are passed over."""
    if values.get("sort"):
        sort_of(actor, kind, values["sort"])
    known = {*kind.by_name, *reachable_fields(kind.name)}
    unknown = [name for name in values.get("columns") or () if name not in known]
    if unknown:
        raise Invalid({"columns": [_("There is no field “%(name)s”.") % {"name": unknown[0][:60]}]})


_VIEW = {
    "object": words(60), "name": words(120), "criteria": OBJECT, "sort": words(80),
    "columns": {"type": "array", "maxItems": 60, "items": words(80)}, "form": one_of(*FORMS), "audience": one_of(*AUDIENCES),
    "pinned": YES_NO, "group": words(80), "density": one_of("", *DENSITIES),
    "colours": {"type": "array", "maxItems": 8, "items": OBJECT},
}  # fmt: skip
VIEWS = Resource(
    name="views",
    schema="View",
    label=gettext_lazy("Views"),
    rows=_views,
    get=lambda actor, key: _view_row(get_view(actor, key)),
    read=_VIEW | {"version": WHOLE, "columns": TEXTS},
    write=_VIEW,
    creating=("object",),
    required=("object", "name"),
    create=lambda actor, values: (_save_view(actor, values), {}),
    update=lambda actor, key, values, _version: _save_view(actor, values, key),
    delete=lambda actor, key, _version: delete_view(actor, key),
    filters={"object": gettext_lazy("Only those of this object, such as account")},
)


def _tag_row(row: Tag) -> Row:
    return {"id": str(row.id), "name": row.name, "colour": row.colour}


def _tag(actor: Actor, key: UUID) -> Row:
    require_admin(actor)
    found = Tag.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("There is no such tag."))
    return _tag_row(found)


def _tags(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_tag_row(row) for row in Tag.objects.order_by("name")]


def _change_tag(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    row = _tag(actor, key) | dict(values)
    save_tag(actor, name=row["name"] or "", colour=row["colour"] or "", tag_id=key)


_TAG = {"name": words(60), "colour": one_of(*COLOURS)}
TAGS = Resource(
    name="tags",
    schema="Tag",
    label=gettext_lazy("Tags"),
    rows=_tags,
    get=_tag,
    read=_TAG,
    write=_TAG,
    required=("name",),
    create=lambda actor, values: (
        save_tag(actor, name=values["name"], colour=values.get("colour") or "grey").id,
        {},
    ),
    update=_change_tag,
    delete=lambda actor, key, _version: delete_tag(actor, key),
)


def _code_row(row: Pattern) -> Row:
    return {"id": row.kind.name, "pattern": row.pattern, "example": row.example, "default": row.kind.code_pattern}


def _codes(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_code_row(row) for row in list_patterns(actor)]


def _code(actor: Actor, key: str) -> Row:
    require_admin(actor)
    return _code_row(get_pattern(actor, key))


CODES = Resource(
    name="code-patterns",
    schema="CodePattern",
    label=gettext_lazy("Codes"),
    rows=_codes,
    get=_code,
    key=str,
    key_schema={"type": "string", "pattern": "^[a-z_]{1,60}$"},
    read={"pattern": TEXT, "example": TEXT, "default": TEXT},
    write={"pattern": words(60)},
    update=lambda actor, key, values, _version: change_pattern(actor, key, values.get("pattern") or ""),
)


def _event_row(row: OutboxEvent) -> Row:
    return {
        "id": str(row.id),
        "name": row.name,
        "attempts": row.attempts,
        "error": row.error,
        "at": moment(row.at),
        "parked_at": moment(row.parked_at),
    }


def _events(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_event_row(row) for row in parked_events(actor.tenant_id, limit=SHOWN)]


def _event(actor: Actor, key: UUID) -> Row:
    require_admin(actor)
    row = OutboxEvent.objects.filter(id=key, tenant_id=actor.tenant_id, parked_at__isnull=False).first()
    if row is None:
        raise NotFound(_("It does not exist."))
    return _event_row(row)


EVENTS = Resource(
    name="parked-events",
    schema="ParkedEvent",
    label=gettext_lazy("Events that were given up"),
    rows=_events,
    get=_event,
    read={"name": TEXT, "attempts": WHOLE, "error": TEXT, "at": MOMENT, "parked_at": MOMENT},
    actions={
        "retry": Action(gettext_lazy("Retry"), lambda actor, key, _version: retry_event(actor, event_id=key), gone=True)
    },
)


def _job_row(row: FailedJob) -> Row:
    return {"id": row.id, "name": row.name, "attempts": row.attempts, "error": row.error, "at": moment(row.at)}


def _jobs(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_job_row(row) for row in failed_jobs(actor.tenant_id, limit=SHOWN)]


def _job(actor: Actor, key: int) -> Row:
    found = next((row for row in _jobs(actor, {}) if row["id"] == key), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(text)
    return int(text)


JOBS = Resource(
    name="failed-jobs",
    schema="FailedJob",
    label=gettext_lazy("Failed jobs"),
    rows=_jobs,
    get=_job,
    key=_number,
    key_schema={"type": "integer", "minimum": 1, "maximum": 2**53},
    read={"name": TEXT, "attempts": WHOLE, "error": TEXT, "at": or_null(MOMENT)},
    actions={
        "retry": Action(
            gettext_lazy("Retry"), lambda actor, key, _version: retry_failed_job(actor, job_id=key), gone=True
        )
    },
)
