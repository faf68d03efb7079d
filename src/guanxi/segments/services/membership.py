"""Choosing the members of a segment that is kept by hand."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.models import Operation
from guanxi.records.operations.carrying import Refusals
from guanxi.records.queries import visible_records
from guanxi.segments.models import Segment, SegmentMember, SegmentMove, SegmentState
from guanxi.segments.queries import hand_kept_segment
from guanxi.segments.services.counting import note_size, tell_moves

MOST_CODES = 5_000
_MOVES = """
INSERT INTO segments_segmentmove (id, tenant_id, segment_id, object, record_id, joined, at, member_id, batch_id)
SELECT gen_random_uuid(), %s, %s, %s, moved.id, %s, now(), %s::uuid, %s::uuid FROM unnest(%s::uuid[]) AS moved(id)
"""
_ADD = """
INSERT INTO segments_segmentmember (id, tenant_id, segment_id, object, record_id, joined_at, batch_id)
SELECT gen_random_uuid(), %s, %s, %s, new.id, now(), %s::uuid FROM unnest(%s::uuid[]) AS new(id)
ON CONFLICT DO NOTHING RETURNING record_id
"""
_REMOVE = "DELETE FROM segments_segmentmember WHERE segment_id = %s AND record_id = ANY(%s::uuid[]) RETURNING record_id"


def add_members(actor: Actor, segment_id: UUID, ids: Sequence[UUID]) -> Refusals:
    """Put records into a segment that is kept by hand; who is in it already stays. Returns those that the actor does not see."""
    with tenant_tx(actor.tenant_id):
        segment = hand_kept_segment(actor, segment_id)
        seen = set(visible_records(actor, segment.object).filter(id__in=ids).values_list("id", flat=True))
        _change(actor, segment, [key for key in ids if key in seen], joined=True)
        return [(key, _absent()) for key in ids if key not in seen]


def remove_members(actor: Actor, segment_id: UUID, ids: Sequence[UUID]) -> Refusals:
    """Take records out of a segment that is kept by hand. Returns those that the actor does not see."""
    with tenant_tx(actor.tenant_id):
        segment = hand_kept_segment(actor, segment_id)
        seen = set(visible_records(actor, segment.object).filter(id__in=ids).values_list("id", flat=True))
        _change(actor, segment, [key for key in ids if key in seen], joined=False)
        return [(key, _absent()) for key in ids if key not in seen]


def add_by_code(actor: Actor, segment_id: UUID, text: str) -> tuple[int, list[str]]:
    """Put records into a segment by their codes, as a spreadsheet lists them; returns how many, and codes that lead nowhere."""
    codes = list(dict.fromkeys(word for word in re.split(r"[\s,;，；]+", text.replace("\x00", "")) if word))
    if not codes:
        raise Invalid({"codes": [_("Give the codes of the records, one a line.")]})
    if len(codes) > MOST_CODES:
        raise Invalid({"codes": [_("Give at most %(count)s codes at once.") % {"count": f"{MOST_CODES:,}"}]})
    with tenant_tx(actor.tenant_id):
        segment = hand_kept_segment(actor, segment_id)
        found = dict(visible_records(actor, segment.object).filter(code__in=codes).values_list("code", "id"))
        _change(actor, segment, list(found.values()), joined=True)
        return len(found), [code for code in codes if code not in found]


def take_back_moves(actor: Actor, operation: Operation) -> tuple[int, Refusals]:
    """Undo what an operation did to a segment, as far as nobody moved the record again since."""
    with tenant_tx(actor.tenant_id):
        moves = list(SegmentMove.objects.filter(batch_id=operation.id).order_by("segment_id", "at"))
        done: set[UUID] = set()
        for key in dict.fromkeys(move.segment_id for move in moves):
            segment = hand_kept_segment(actor, key)
            mine = [move for move in moves if move.segment_id == key]
            # Who was added and is there by another hand now, stays.
            joined = SegmentMember.objects.filter(segment=segment, batch_id=operation.id).values_list(
                "record_id", flat=True
            )
            done |= set(_change(actor, segment, list(joined), joined=False))
            done |= set(_change(actor, segment, [move.record_id for move in mine if not move.joined], joined=True))
        left = {move.record_id for move in moves} - done
        return len(done), [(key, _("Changed since.")) for key in sorted(left)]


def _change(actor: Actor, segment: Segment, ids: Sequence[UUID], *, joined: bool) -> list[UUID]:
    """Move records in or out, note and tell it; returns those that moved."""
    if not ids:
        return []
    SegmentState.objects.get_or_create(segment_id=segment.id)
    state = SegmentState.objects.select_for_update(of=("self",)).get(segment_id=segment.id)
    with connection.cursor() as cursor:
        if joined:
            cursor.execute(_ADD, [segment.tenant_id, segment.id, segment.object, actor.batch_id, list(ids)])
        else:
            cursor.execute(_REMOVE, [segment.id, list(ids)])
        moved = [key for (key,) in cursor.fetchall()]
        if not moved:
            return []
        head: list[Any] = [segment.tenant_id, segment.id, segment.object, joined]
        cursor.execute(_MOVES, [*head, actor.member_id, actor.batch_id, moved])
    state.size += len(moved) if joined else -len(moved)
    state.filled = True
    state.save(update_fields=["size", "filled"])
    note_size(segment, state.size, len(moved) if joined else 0, 0 if joined else len(moved))
    tell_moves(segment, moved if joined else (), () if joined else moved)
    return moved


def _absent() -> str:
    return _("There is no such record, or it is not shown to your role.")
