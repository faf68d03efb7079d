"""Pages of segments beside the generic ones: the way from a filter to a segment, criteria, codes, what a record is in."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.ui import formats
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.lists import COUNT_CAP, ListQuery, count_records
from guanxi.records.queries import get_record
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, object_of, version_of
from guanxi.records.views.filters import builder_fields
from guanxi.records.wording import parse_criteria, sentence
from guanxi.segments.models import Kept, Segment
from guanxi.segments.queries import OBJECT, hand_kept_segment, segments_of_record, usable
from guanxi.segments.services import add_by_code, copy_by_hand, save_criteria

PLURAL = "segments"


def build(request: HttpRequest, object: str) -> HttpResponse:
    """From the filter of a list (`?filter=…`) to a segment: its name, and whether it stays current."""
    object_of(request, PLURAL, "create")
    data = request.POST if request.method == "POST" else request.GET
    kind = _source(request, object)
    criteria = parse_criteria(data.get("filter", ""))
    if request.method != "POST":
        return _build_form(request, kind, criteria, {})
    values = {
        "name": data.get("name", ""),
        "description": data.get("description", ""),
        "object": kind.name,
        "criteria": criteria,
    }
    try:
        by_hand = data.get("kept") == Kept.HAND
        made = copy_by_hand(actor_of(request), values) if by_hand else create_record(actor_of(request), OBJECT, values)
    except Invalid as refusal:
        return _build_form(request, kind, criteria, refusal.errors)
    return done(request, f"/segments/{made.id}/", _("Segment “%(name)s” made.") % {"name": made.name})


def criteria(request: HttpRequest, id: UUID) -> HttpResponse:
    """The filter builder with the criteria of a segment; POST saves them."""
    object_of(request, PLURAL, "edit")
    actor = actor_of(request)
    segment: Segment = get_record(actor, OBJECT, id, "edit")
    if segment.kept == Kept.HAND or not usable(actor, segment):
        raise NotFound(_("There is no such page."))
    kind = _source(request, segment.object)
    wanted, error = segment.criteria, ""
    if request.method == "POST":
        wanted = parse_criteria(request.POST.get("filter", ""))
        try:
            save_criteria(actor, id, wanted, version=version_of(request.POST.get("version")))
            return done(request, f"/segments/{id}/", _("Criteria saved. The members are counted anew."))
        except Invalid as refusal:
            error = " ".join(text for texts in refusal.errors.values() for text in texts)
    context = {
        "kind": kind,
        "segment": segment,
        "fields": builder_fields(actor, kind),
        "criteria": wanted or {"all": []},
        "error": error,
    }
    return fragment(request, "segments/criteria.html.jinja", context, status=422 if error else 200)


def codes(request: HttpRequest, id: UUID) -> HttpResponse:
    """Records by their codes into a segment that is kept by hand."""
    object_of(request, PLURAL, "edit")
    actor = actor_of(request)
    segment = hand_kept_segment(actor, id)
    errors: Any = {}
    if request.method == "POST":
        try:
            count, strange = add_by_code(actor, id, request.POST.get("codes", ""))
            text = ngettext("%(count)s record found.", "%(count)s records found.", count) % {"count": f"{count:,}"}
            if strange:
                text += " " + _("These codes lead nowhere: %(codes)s") % {"codes": ", ".join(strange[:20])}
            return done(request, f"/segments/{id}/", text)
        except Invalid as refusal:
            errors = refusal.errors
    context = {
        "segment": segment,
        "kind": _source(request, segment.object),
        "errors": errors,
        "given": request.POST.get("codes", ""),
    }
    return fragment(request, "segments/codes.html.jinja", context, status=422 if errors else 200)


@require_safe
def of_record(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The segments that a record is in, as chips in its head."""
    kind = object_of(request, plural)
    found = segments_of_record(actor_of(request), kind, id)
    return fragment(request, "segments/_of_record.html.jinja", {"found": found})


def _source(request: HttpRequest, name: str) -> ObjectType:
    """The object whose records are gathered. Raises `NotFound`, `NotAllowed`."""
    actor = actor_of(request)
    kind = next((one for one in registry.objects() if one.name == name and name != OBJECT), None)
    if kind is None or kind.room in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    require(actor, kind.name, "view")
    return kind


def _build_form(request: HttpRequest, kind: ObjectType, given: dict[str, Any], errors: Any) -> HttpResponse:
    actor = actor_of(request)
    count, problem = "", ""
    try:
        found, exact = count_records(actor, ListQuery(object=kind.name, criteria=given))
        count = formats.capped(found, COUNT_CAP - 1) if exact else "9,999+"
    except Invalid as refusal:
        problem = refusal.message
    context = {
        "page_title": _("New segment: %(what)s") % {"what": kind.label_plural},
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}],
        "kind": kind,
        "criteria": given,
        "words": "" if problem else sentence(actor, kind, given),
        "count": count,
        "problem": problem,
        "errors": errors,
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "kept": request.POST.get("kept", str(Kept.CRITERIA)),
    }
    return page(request, "segments/build.html.jinja", context, status=422 if errors or problem else 200)
