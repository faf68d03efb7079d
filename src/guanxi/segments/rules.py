"""What holds for segments: known records, criteria that everybody reads alike and that lead in no circle."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.criteria import compile_q
from guanxi.records.registry import Draft
from guanxi.segments.models import Kept, Segment
from guanxi.segments.queries import OBJECT, mentions, object_choices

Messages = Mapping[str, list[str]] | None
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def prepare_segment(draft: Draft) -> None:
    """What follows from the criteria."""
    segment: Segment = draft.record
    if segment.object not in _known() or not isinstance(segment.criteria, Mapping):
        return
    found = mentions(registry.get(segment.object), segment.criteria)
    segment.uses, segment.reads, segment.timed = sorted(found.segments), sorted(found.objects), found.timed


def known_object(draft: Draft) -> Messages:
    """The records are of an object that there is, that the person sees, and that stays."""
    segment: Segment = draft.record
    if segment.object not in _known() or not may(draft.actor, segment.object, "view"):
        return {"object": [_("Choose which records the segment gathers.")]}
    if draft.before is not None and "object" in draft.changed:
        return {"object": [_("A segment keeps the kind of its records. Make another one.")]}
    if draft.before is not None and "kept" in draft.changed:
        return {"kept": [_("A segment stays as it is kept. Make another one of its members.")]}
    return None


def readable_criteria(draft: Draft) -> Messages:
    """Criteria compile for whoever saves them, name no “me”, and lead in no circle."""
    segment: Segment = draft.record
    if segment.object not in _known() or (draft.before is not None and "criteria" not in draft.changed):
        return None
    if segment.kept == Kept.HAND:
        return {"criteria": [_("The members of this segment are chosen by hand.")]} if segment.criteria else None
    if not isinstance(segment.criteria, Mapping):
        return {"criteria": [_("The filter is not well formed.")]}
    if mentions(registry.get(segment.object), segment.criteria).personal:
        return {
            "criteria": [_("A segment is the same for everybody: name a person or team instead of “me” or “my team”.")]
        }
    try:
        compile_q(draft.actor, segment.object, segment.criteria)
    except Invalid as refusal:
        return {"criteria": [text for texts in refusal.errors.values() for text in texts]}
    if _leads_back(draft, segment):
        return {"criteria": [_("The segment “%(name)s” leads back to itself.") % {"name": segment.name}]}
    return None


def _leads_back(draft: Draft, segment: Segment) -> bool:
    """Whether a segment that this one is combined of is combined of this one. One such change of a company at a time."""
    if not segment.uses:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"segments:{draft.actor.tenant_id}"])
    above: dict[UUID, list[UUID]] = dict(Segment.objects.filter(kept=Kept.CRITERIA).values_list("id", "uses"))
    above[segment.id] = list(segment.uses)
    waiting, seen = list(segment.uses), set()
    while waiting:
        key = waiting.pop()
        if key == segment.id:
            return True
        if key not in seen:
            seen.add(key)
            waiting += above.get(key, [])
    return False


def _known() -> set[str]:
    return {choice.value for choice in object_choices() if choice.value != OBJECT}
