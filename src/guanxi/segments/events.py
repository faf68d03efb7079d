"""Facts of segments."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SegmentJoined(Event):
    """Records came into a segment: they meet its criteria now, or somebody added them. Many are told in several events."""

    segment_id: UUID
    object: str
    record_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class SegmentLeft(Event):
    """Records left a segment: they meet its criteria no more, were taken out or deleted. Many are told in several events."""

    segment_id: UUID
    object: str
    record_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class SegmentFilled(Event):
    """A segment was counted for the first time, or anew after its criteria changed: nobody joined or left by that."""

    segment_id: UUID
    object: str
    size: int
