"""What segments hear: records that change, segments they are combined of."""

from guanxi.core.events import Delivery, on
from guanxi.records.events import RecordsChanged, RecordsImported, RecordsMerged
from guanxi.segments.events import SegmentFilled, SegmentJoined, SegmentLeft
from guanxi.segments.services import follow_moves, follow_records, forget_records


@on(RecordsChanged)
def follow_changes(event: RecordsChanged, delivery: Delivery) -> None:
    """Whoever meets the criteria now, joins; whoever does no more, leaves."""
    if event.action == "purged":
        forget_records(event.object, event.ids)
    if event.ids:
        follow_records(event.object, event.ids)


@on(RecordsImported)
def follow_imports(event: RecordsImported, delivery: Delivery) -> None:
    """An import tells no ids: count anew."""
    follow_records(event.object, ())


@on(RecordsMerged)
def follow_merges(event: RecordsMerged, delivery: Delivery) -> None:
    """The survivor may meet other criteria than before; the others left."""
    follow_records(event.object, (event.survivor_id, *event.ids))


@on(SegmentJoined)
def follow_joined(event: SegmentJoined, delivery: Delivery) -> None:
    """Segments that are combined of this one."""
    follow_moves(event.segment_id, event.object, event.record_ids)


@on(SegmentLeft)
def follow_left(event: SegmentLeft, delivery: Delivery) -> None:
    """Segments that are combined of this one."""
    follow_moves(event.segment_id, event.object, event.record_ids)


@on(SegmentFilled)
def follow_filled(event: SegmentFilled, delivery: Delivery) -> None:
    """Segments that are combined of this one, as a whole."""
    follow_moves(event.segment_id, event.object, ())
