"""Making segments and changing their criteria: on top of the one write path, with what only these pages ask."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.records.lists import ListQuery, filtered
from guanxi.records.registry import Draft
from guanxi.segments.models import Kept, Segment, SegmentMember, SegmentState
from guanxi.segments.services.counting import count_soon, forget_count

OBJECT = "segment"
_COPY = """
INSERT INTO segments_segmentmember (id, tenant_id, segment_id, object, record_id, joined_at)
SELECT gen_random_uuid(), %s, %s, %s, s.id, now() FROM ({inner}) AS s(id) ON CONFLICT DO NOTHING
"""


def begin_segment(draft: Draft) -> None:
    """After a segment was made or changed: other criteria are counted anew."""
    segment: Segment = draft.record
    if draft.before is None or "criteria" in draft.changed:
        forget_count(segment)


def save_criteria(
    actor: Actor, segment_id: UUID, criteria: Mapping[str, Any], *, version: int | None = None
) -> Segment:
    """Other criteria for a segment. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`."""
    found: Segment = update_record(actor, OBJECT, segment_id, {"criteria": dict(criteria)}, version=version)
    return found


def copy_by_hand(actor: Actor, values: Mapping[str, Any]) -> Segment:
    """A segment of the records that `values["criteria"]` finds now, for this actor; later ones do not join by themselves."""
    with tenant_tx(actor.tenant_id):
        query = ListQuery(object=str(values.get("object", "")), criteria=values.get("criteria") or {})
        segment: Segment = create_record(actor, OBJECT, {**values, "kept": str(Kept.HAND), "criteria": {}})
        inner, given = filtered(actor, query).order_by().values_list("id").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_COPY.format(inner=inner), [segment.tenant_id, segment.id, segment.object, *given])
        size = SegmentMember.objects.filter(segment=segment).count()
        SegmentState.objects.filter(segment=segment).update(size=size)
        count_soon(segment.id)
        return segment
