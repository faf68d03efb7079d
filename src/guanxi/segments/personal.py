"""What the tables of segments hold about customers."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.privacy.declaring import RoomPersonalData, Table, impersonal, scrubbed
from guanxi.segments.models import Segment, SegmentMember, SegmentMove, SegmentSize, SegmentState

TABLES = (
    Table(
        Segment,
        columns=scrubbed("name", "description", "criteria"),
        plain=("object", "kept", "uses", "reads"),
        anywhere=True,
    ),
    impersonal(SegmentState, "error"),
    Table(SegmentMember, about=("record_id",), plain=("object",), goes=True, label=_("Being in segments")),
    Table(SegmentMove, about=("record_id",), plain=("object",), goes=True, label=_("Joining and leaving segments")),
    impersonal(SegmentSize, "day"),
)


def personal_data() -> RoomPersonalData:
    """A person leaves all segments."""
    return RoomPersonalData(tables=TABLES)
