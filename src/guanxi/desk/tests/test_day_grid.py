"""The day as a grid: hours stretch to hold what is planned, overlapping events share the width, now has its place."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guanxi.desk.queries.my_day import day_grid

NOW = datetime(2026, 11, 19, 10, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """What the grid reads of an agenda's entry."""

    start: datetime
    end: datetime
    all_day: bool = False


def at(start: str, end: str) -> Entry:
    first, last = (NOW.replace(hour=int(text[:2]), minute=int(text[3:])) for text in (start, end))
    return Entry(first, last)


def test_a_day_stands_minute_by_minute() -> None:
    grid = day_grid([at("10:30", "11:30"), at("09:00", "09:10")], NOW)
    assert [(block.top, block.height, block.past) for block in grid.blocks] == [(0, 28, True), (90, 60, False)]
    assert (grid.height, grid.now) == (540, 75)
    assert (grid.hours[0], grid.hours[-1]) == ((0, "09:00"), (480, "17:00"))


def test_hours_stretch_and_now_may_lie_outside() -> None:
    grid = day_grid([at("07:30", "08:00"), at("18:00", "19:20")], NOW.replace(hour=22))
    assert (grid.hours[0][1], grid.hours[-1][1], grid.height, grid.now) == ("07:00", "19:00", 780, None)
    assert day_grid([], NOW).height == 540


def test_events_at_the_same_time_share_the_width() -> None:
    grid = day_grid([at("10:00", "12:00"), at("11:00", "13:00"), at("12:00", "12:30"), at("15:00", "16:00")], NOW)
    assert [(block.left, block.width) for block in grid.blocks] == [(0, 50), (50, 50), (0, 50), (0, 100)]


def test_what_takes_days_stands_above_or_is_cut_at_midnight() -> None:
    fair = Entry(NOW - timedelta(days=1), NOW + timedelta(days=1), all_day=True)
    night = Entry(NOW - timedelta(days=1), NOW.replace(hour=1, minute=15))
    grid = day_grid([fair, night], NOW)
    assert grid.whole_day == [fair]
    assert [(block.top, block.height) for block in grid.blocks] == [(0, 75)]
    assert grid.hours[0][1] == "00:00"
