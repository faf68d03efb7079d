"""Counting segments: who meets the criteria now, who joined and left since the last count.

A filter by `$segment` reads the criteria themselves and is always current. The rows here follow within seconds, so that joining and
leaving can be told as events and the size over time be drawn. The row of `SegmentState` is locked while a segment is counted.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone

from guanxi.core.errors import Invalid
from guanxi.core.events import publish
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records import registry
from guanxi.records.lists import ListQuery, filtered
from guanxi.segments.events import SegmentFilled, SegmentJoined, SegmentLeft
from guanxi.segments.models import Kept, Segment, SegmentMember, SegmentMove, SegmentSize, SegmentState
from guanxi.segments.queries import members_criteria

AT_A_TIME = 1_000
SOON = timedelta(seconds=20)
KEEP_MOVES = timedelta(days=400)
_FILL = """
INSERT INTO segments_segmentmember (id, tenant_id, segment_id, object, record_id, joined_at)
SELECT gen_random_uuid(), %s, %s, %s, s.id, now() FROM ({inner}) AS s(id) ON CONFLICT DO NOTHING
"""
_JOIN = """
WITH new AS (INSERT INTO segments_segmentmember (id, tenant_id, segment_id, object, record_id, joined_at)
    SELECT gen_random_uuid(), %s, %s, %s, s.id, now() FROM ({inner}) AS s(id)
    WHERE NOT EXISTS (SELECT FROM segments_segmentmember m WHERE m.segment_id = %s AND m.record_id = s.id)
    ON CONFLICT DO NOTHING RETURNING tenant_id, segment_id, object, record_id)
INSERT INTO segments_segmentmove (id, tenant_id, segment_id, object, record_id, joined, at)
SELECT gen_random_uuid(), tenant_id, segment_id, object, record_id, true, now() FROM new RETURNING record_id
"""
_LEAVE = """
WITH gone AS (DELETE FROM segments_segmentmember m WHERE m.segment_id = %s AND (%s::uuid[] IS NULL OR m.record_id = ANY(%s::uuid[]))
    AND NOT EXISTS (SELECT FROM ({inner}) AS s(id) WHERE s.id = m.record_id)
    RETURNING tenant_id, segment_id, object, record_id)
INSERT INTO segments_segmentmove (id, tenant_id, segment_id, object, record_id, joined, at)
SELECT gen_random_uuid(), tenant_id, segment_id, object, record_id, false, now() FROM gone RETURNING record_id
"""


def system_actor() -> Actor:
    """The installation, with the day and currency of the running tenant."""
    company = Company.objects.values("currency", "time_zone").first() or {}
    return Actor.system(current_tenant_id(), **company)


def count_segment(segment_id: UUID, ids: Sequence[UUID] | None = None) -> int | None:
    """Bring the members of a segment up to date, all or only those of `ids`; returns its size, None when it cannot be counted."""
    segment = Segment.objects.filter(id=segment_id, deleted_at__isnull=True).first()
    if segment is None or not any(kind.name == segment.object for kind in registry.objects()):
        return None
    SegmentState.objects.get_or_create(segment_id=segment.id)
    state = SegmentState.objects.select_for_update(of=("self",)).get(segment_id=segment.id)
    if ids is not None and not state.filled:
        ids = None
    try:
        joined, left = _move(segment, state, ids)
    except Invalid as refusal:
        state.error = next(iter(next(iter(refusal.errors.values()), [])), refusal.message)
        state.save(update_fields=["error"])
        return None
    _note(segment, state, len(joined), len(left))
    _tell(segment, joined, left)
    return int(state.size)


def count_all(*, timed: bool = False) -> None:
    """Count every segment, or those only whose criteria hold by the day; drop moves of more than a year ago."""
    rows = Segment.objects.filter(deleted_at__isnull=True)
    for key in rows.filter(timed=True).values_list("id", flat=True) if timed else rows.values_list("id", flat=True):
        count_segment(key)
    if not timed:
        SegmentMove.objects.filter(at__lt=timezone.now() - KEEP_MOVES).delete()


@job(name="segments.count")
def count_again(segment_id: UUID) -> None:
    """Count one segment as a whole."""
    count_segment(segment_id)


def count_soon(segment_id: UUID, delay: timedelta | None = None) -> None:
    """Let the worker count a segment; several wishes until then are one."""
    enqueue(count_again, current_tenant_id(), segment_id=segment_id, once_key=f"segment-{segment_id}", delay=delay)


def follow_records(object_name: str, ids: Sequence[UUID]) -> None:
    """Records changed (all of the object, when `ids` is empty): count them in the segments of their object, others as a whole soon."""
    for segment in Segment.objects.filter(deleted_at__isnull=True, kept=Kept.CRITERIA):
        own = segment.object == object_name
        if object_name in segment.reads or (own and not ids):
            count_soon(segment.id, SOON)
        elif own:
            count_segment(segment.id, ids)


def forget_records(object_name: str, ids: Sequence[UUID]) -> None:
    """Records are gone for good: so are their places in segments."""
    for model in (SegmentMember, SegmentMove):
        model.objects.filter(object=object_name, record_id__in=ids).delete()


def follow_moves(segment_id: UUID, object_name: str, ids: Sequence[UUID]) -> None:
    """Members of a segment came or went: count those that are combined of it."""
    for segment in Segment.objects.filter(deleted_at__isnull=True, kept=Kept.CRITERIA):
        if segment_id in segment.uses:
            if segment.object == object_name and ids:
                count_segment(segment.id, ids)
            else:
                count_soon(segment.id, SOON)


def _move(segment: Segment, state: SegmentState, ids: Sequence[UUID] | None) -> tuple[list[UUID], list[UUID]]:
    """Who joined and left; the first count finds members, not joiners."""
    if segment.kept == Kept.HAND:
        state.filled = True
        return [], []
    query = ListQuery(object=segment.object, criteria=members_criteria(segment.id), ids=ids)
    try:
        inner, given = filtered(system_actor(), query).order_by().values_list("id").query.sql_with_params()
    except EmptyResultSet:
        inner, given = "SELECT NULL::uuid WHERE false", ()
    head: list[Any] = [segment.tenant_id, segment.id, segment.object]
    chosen = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        if not state.filled:
            cursor.execute("DELETE FROM segments_segmentmember WHERE segment_id = %s", [segment.id])
            cursor.execute(_FILL.format(inner=inner), [*head, *given])
            return [], []
        cursor.execute(_JOIN.format(inner=inner), [*head, *given, segment.id])
        joined = [key for (key,) in cursor.fetchall()]
        cursor.execute(_LEAVE.format(inner=inner), [segment.id, chosen, chosen, *given])
        return joined, [key for (key,) in cursor.fetchall()]


def _note(segment: Segment, state: SegmentState, joined: int, left: int) -> None:
    first = not state.filled
    if first or segment.kept == Kept.HAND or not (joined or left):
        state.size = _size(segment)
    else:
        state.size += joined - left
    state.filled, state.error, state.counted_at = True, "", timezone.now()
    state.save()
    note_size(segment, state.size, joined, left)
    if first:
        publish(SegmentFilled(segment_id=segment.id, object=segment.object, size=state.size))


def _size(segment: Segment) -> int:
    """Members that are not in the recycle bin."""
    return int(
        filtered(system_actor(), ListQuery(object=segment.object, criteria=members_criteria(segment.id))).count()
    )


def note_size(segment: Segment, size: int, joined: int, left: int) -> None:
    """Keep the size of today, and add to who joined and left on it."""
    day = timezone.localdate()
    row, made = SegmentSize.objects.get_or_create(
        segment_id=segment.id, day=day, defaults={"size": size, "joined": joined, "left": left}
    )
    if not made:
        row.size, row.joined, row.left = size, row.joined + joined, row.left + left
        row.save(update_fields=["size", "joined", "left"])


def _tell(segment: Segment, joined: Sequence[UUID], left: Sequence[UUID]) -> None:
    for part in _parts(joined):
        publish(SegmentJoined(segment_id=segment.id, object=segment.object, record_ids=part))
    for part in _parts(left):
        publish(SegmentLeft(segment_id=segment.id, object=segment.object, record_ids=part))


def tell_moves(segment: Segment, joined: Sequence[UUID], left: Sequence[UUID]) -> None:
    """Publish who joined and left, a thousand an event."""
    _tell(segment, joined, left)


def _parts(ids: Sequence[UUID]) -> Iterable[tuple[UUID, ...]]:
    return (tuple(ids[start : start + AT_A_TIME]) for start in range(0, len(ids), AT_A_TIME))


def forget_count(segment: Any) -> None:
    """Other criteria are another list: what it holds then are no joiners."""
    SegmentState.objects.update_or_create(segment_id=segment.id, defaults={"filled": False})
    count_soon(segment.id)
