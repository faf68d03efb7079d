"""Reading segments: which there are, what their criteria name, who is in them as far as the reader sees it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may, scope_of
from guanxi.records import registry
from guanxi.records.criteria import SEGMENT, compile_q
from guanxi.records.lists import ListQuery, filtered
from guanxi.records.ports import SegmentRule
from guanxi.records.queries import get_record, linked_labels, visible_records
from guanxi.records.registry import Choice, ObjectType
from guanxi.segments.models import Kept, Segment, SegmentMember, SegmentMove, SegmentSize

OBJECT = "segment"
ROOM = "segments"
MOST = 200
SHOWN = 200
RELATIVE_PEOPLE = ("$me", "$my_team", "$my_teams")


@dataclass
class Mentions:
    """What criteria name: segments, other objects, the day, the reader."""

    segments: set[UUID] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    timed: bool = False
    personal: bool = False


def object_choices() -> tuple[Choice, ...]:
    """Objects whose records can be gathered in a segment."""
    return tuple(Choice(kind.name, kind.label_plural) for kind in registry.objects() if kind.name != OBJECT)


def kind_of(segment: Segment) -> ObjectType:
    """The object whose records the segment gathers."""
    return registry.get(segment.object)


def members_criteria(segment_id: UUID) -> dict[str, Any]:
    """The filter that shows the members of a segment in the list of their object."""
    return {"field": SEGMENT, "op": "in", "value": [str(segment_id)]}


def find_rule(actor: Actor, object_name: str, segment_id: UUID, *, nested: bool) -> SegmentRule | None:
    """See records.ports.FindSegment. What a segment names need not be visible to whoever may use the segment."""
    if ROOM in actor.rooms_off:
        return None
    rows = Segment.objects.filter(deleted_at__isnull=True) if nested else visible_records(actor, OBJECT)
    found = rows.filter(id=segment_id, object=object_name).first()
    if found is None:
        return None
    if found.kept == Kept.HAND:
        return SegmentRule(found.name, members=SegmentMember.objects.filter(segment_id=segment_id))
    return SegmentRule(found.name, criteria=found.criteria)


def choices_by_object(actor: Actor) -> Mapping[str, Sequence[tuple[str, str]]]:
    """See records.ports.ListSegments."""
    if ROOM in actor.rooms_off or not may(actor, OBJECT, "view"):
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    rows = visible_records(actor, OBJECT).order_by("name", "id").values_list("object", "id", "name")
    for name, key, label in rows[:MOST]:
        found.setdefault(name, []).append((str(key), label))
    return found


def hand_kept(actor: Actor, object_name: str) -> tuple[Choice, ...]:
    """Segments of an object to which the actor may add records."""
    rows = visible_records(actor, OBJECT, "edit").filter(object=object_name, kept=Kept.HAND).order_by("name", "id")
    return tuple(Choice(str(key), name) for key, name in rows.values_list("id", "name")[:MOST])


def hand_kept_segment(actor: Actor, segment_id: UUID, object_name: str = "") -> Segment:
    """One whose members the actor may choose. Raises `NotFound`, `Invalid` when its criteria do that."""
    segment: Segment = get_record(actor, OBJECT, segment_id, "edit")
    if object_name and segment.object != object_name:
        raise Invalid({"segment": [_("This segment gathers other records.")]})
    if segment.kept != Kept.HAND:
        raise Invalid({"segment": [_("Criteria say who is in this segment. Change them instead.")]})
    return segment


def members_of(actor: Actor, segment: Segment) -> Any:
    """The query set of the members that the actor sees. Raises `Invalid` when the actor may not use the segment."""
    return filtered(actor, ListQuery(object=segment.object, criteria=members_criteria(segment.id)))


def usable(actor: Actor, segment: Segment) -> bool:
    """Whether the actor may see the records at all, and every field that the criteria look at."""
    kind = registry.find(segment.object)
    if kind is None or kind.room in actor.rooms_off or not may(actor, kind.name, "view"):
        return False
    try:
        compile_q(actor, segment.object, members_criteria(segment.id))
    except Invalid:
        return False
    return True


def sees_whole(actor: Actor, segment: Segment) -> bool:
    """Whether figures of the whole company may be shown: the count of what one does not see would tell of it."""
    return scope_of(actor, segment.object, "view") == "all" and usable(actor, segment)


def sizes_of(segment: Segment, *, days: int = 400) -> list[SegmentSize]:
    """Size by day, oldest first."""
    return list(SegmentSize.objects.filter(segment=segment).order_by("-day")[:days])[::-1]


def segments_of_record(actor: Actor, kind: ObjectType, record_id: UUID) -> list[Segment]:
    """Segments that the record is in, of those that the actor may use. Raises `NotFound` for a record that is not shown."""
    if not visible_records(actor, kind.name).filter(id=record_id).exists():
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    if ROOM in actor.rooms_off or not may(actor, OBJECT, "view"):
        return []
    named = SegmentMember.objects.filter(record_id=record_id).values("segment_id")
    found = visible_records(actor, OBJECT).filter(object=kind.name, id__in=named).order_by("name", "id")[:MOST]
    return [segment for segment in found if usable(actor, segment) and _holds(actor, segment, record_id)]


def _holds(actor: Actor, segment: Segment, record_id: UUID) -> bool:
    """The last count speaks for the whole company; what looks at other records is asked anew, within the actor's rights."""
    if segment.kept == Kept.HAND or not (segment.reads or segment.uses or segment.timed):
        return True
    return bool(members_of(actor, segment).filter(id=record_id).exists())


def members_part(actor: Actor, segment: Segment) -> Sequence[Mapping[str, Any]]:
    """Some members by id and name, for the API; all of them are the collection filtered by `$segment`."""
    if not usable(actor, segment):
        return []
    keys = list(members_of(actor, segment).order_by("id").values_list("id", flat=True)[:SHOWN])
    labels = linked_labels(actor, segment.object, set(keys))
    return [{"id": str(key), "label": labels.get(key, "")} for key in keys]


def sizes_part(actor: Actor, segment: Segment) -> Sequence[Mapping[str, Any]]:
    """Size by day for who may see figures of the whole company; else nothing."""
    rows = sizes_of(segment) if sees_whole(actor, segment) else []
    return [{"day": row.day, "size": row.size, "joined": row.joined, "left": row.left} for row in rows]


def moves_part(actor: Actor, segment: Segment, *, most: int = SHOWN) -> Sequence[Mapping[str, Any]]:
    """Who joined and left last, newest first, as far as the actor sees the records."""
    if not usable(actor, segment):
        return []
    visible = visible_records(actor, segment.object).values("id")
    rows = list(SegmentMove.objects.filter(segment=segment, record_id__in=visible).order_by("-at", "-id")[:most])
    labels = linked_labels(actor, segment.object, {row.record_id for row in rows})
    return [
        {"id": str(row.record_id), "label": labels.get(row.record_id, ""), "joined": row.joined, "at": row.at}
        for row in rows
    ]


def mentions(kind: ObjectType, criteria: Any) -> Mentions:
    """What criteria name; of an object `kind`."""
    found = Mentions()
    _mention(kind, criteria, found)
    found.objects.discard(kind.name)
    return found


def _mention(kind: ObjectType | None, node: Any, found: Mentions) -> None:
    if not isinstance(node, Mapping) or kind is None:
        return
    for key in ("all", "any"):
        items = node.get(key)
        for item in items if isinstance(items, list) else ():
            _mention(kind, item, found)
    _mention(kind, node.get("not"), found)
    if "related" in node:
        name = str(node["related"]).partition(".")[0]
        found.objects.add(name)
        _mention(_object(name), node.get("where"), found)
    if "field" in node:
        _mention_field(kind, node, found)


def _mention_field(kind: ObjectType, node: Mapping[str, Any], found: Mentions) -> None:
    *links, last = str(node["field"]).split(".")
    at: ObjectType | None = kind
    for part in links:
        at = _object(at.by_name[part].to) if at is not None and part in at.by_name else None
        if at is not None:
            found.objects.add(at.name)
    values = list(_values(node.get("value")))
    found.personal |= any(value in RELATIVE_PEOPLE for value in values)
    found.timed |= node.get("op") == "within" or "$today" in values
    if last == SEGMENT:
        found.segments |= {key for value in values if (key := _key(value))}


def _values(value: Any) -> Iterator[str]:
    yield from (str(one) for one in (value if isinstance(value, list) else [value]))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _object(name: str) -> ObjectType | None:
    return next((kind for kind in registry.objects() if kind.name == name), None)
