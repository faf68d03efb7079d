"""Commands of segments."""

from guanxi.segments.services.counting import (
    count_again,
    count_all,
    count_segment,
    follow_moves,
    follow_records,
    forget_records,
    system_actor,
)
from guanxi.segments.services.membership import add_by_code, add_members, remove_members, take_back_moves
from guanxi.segments.services.saving import begin_segment, copy_by_hand, save_criteria

__all__ = [
    "add_by_code",
    "add_members",
    "begin_segment",
    "copy_by_hand",
    "count_again",
    "count_all",
    "count_segment",
    "follow_moves",
    "follow_records",
    "forget_records",
    "remove_members",
    "save_criteria",
    "system_actor",
    "take_back_moves",
]
