"""Working time over lunch, nights, weekends, holidays, bridged days and changes of the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from guanxi.identity.models import BusinessCalendar
from guanxi.identity.working_time import (
    OFFICE_HOURS,
    add_working_time,
    holidays,
    is_working,
    substituted_workdays,
    working_minutes,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def chinese() -> BusinessCalendar:
    return calendar(country="CN", time_zone="Asia/Shanghai")


def calendar(**values: object) -> BusinessCalendar:
    return BusinessCalendar(**{"hours": OFFICE_HOURS, "tenant_id": None, **values})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-19T09:00", True),
        ("2026-11-19T08:59", False),
        ("2026-11-19T12:00", False),
        ("2026-11-19T12:30", False),
        ("2026-11-19T13:00", True),
        ("2026-11-19T17:59", True),
        ("2026-11-19T18:00", False),
        ("2026-11-21T10:00", False),  # Saturday
        ("2026-10-01T10:00", False),  # National Day
        ("2026-10-06T10:00", False),  # bridged
        ("2026-10-10T10:00", True),  # the Saturday worked instead
        ("2026-02-28T10:00", True),
    ],
)
def test_is_working(chinese: BusinessCalendar, moment: str, expected: bool) -> None:
    assert is_working(chinese, at(moment)) is expected
    assert is_working(chinese, at(moment).astimezone(UTC)) is expected


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-19T09:00", 0, "2026-11-19T09:00"),
        ("2026-11-19T09:00", 60, "2026-11-19T10:00"),
        ("2026-11-19T11:30", 60, "2026-11-19T13:30"),
        ("2026-11-19T12:15", 0, "2026-11-19T13:00"),
        ("2026-11-19T17:30", 60, "2026-11-20T09:30"),
        ("2026-11-20T17:30", 60, "2026-11-23T09:30"),  # over a weekend
        ("2026-11-19T09:00", 480, "2026-11-19T18:00"),
        ("2026-11-19T09:00", 481, "2026-11-20T09:01"),
        ("2026-09-30T17:00", 120, "2026-10-08T10:00"),  # over the golden week
        ("2026-10-09T17:30", 60, "2026-10-10T09:30"),  # into the worked Saturday
    ],
)
def test_add_working_time(chinese: BusinessCalendar, start: str, minutes: int, end: str) -> None:
    assert add_working_time(chinese, at(start), minutes) == at(end)
    if minutes:
        assert working_minutes(chinese, at(start), at(end)) == minutes


def test_nights_and_changes_of_the_clock() -> None:
    night = calendar(
        country="DE", time_zone="Europe/Berlin", hours={str(day): [["00:00", "24:00"]] for day in range(7)}
    )
    # The night of 25 October 2026 has 25 hours, that of 29 March 23.
    assert working_minutes(night, at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN)) == 25 * 60
    assert working_minutes(night, at("2026-03-29T00:00", BERLIN), at("2026-03-30T00:00", BERLIN)) == 23 * 60
    assert add_working_time(night, at("2026-10-24T12:00", BERLIN), 24 * 60) == at("2026-10-25T11:00", BERLIN)


def test_no_working_time_and_wrong_minutes(chinese: BusinessCalendar) -> None:
    with pytest.raises(ValueError, match="no working time"):
        add_working_time(calendar(hours={}, country="CN", time_zone="Asia/Shanghai"), at("2026-11-19T09:00"), 1)
    with pytest.raises(ValueError, match="negative"):
        add_working_time(chinese, at("2026-11-19T09:00"), -1)
    assert working_minutes(chinese, at("2026-11-19T10:00"), at("2026-11-19T09:00")) == 0


def test_own_days_win_over_the_law(chinese: BusinessCalendar) -> None:
    chinese.days_off = [date(2026, 11, 19)]
    chinese.days_on = [date(2026, 10, 1), date(2026, 11, 21)]
    assert not is_working(chinese, at("2026-11-19T10:00"))
    assert is_working(chinese, at("2026-10-01T10:00"))
    assert is_working(chinese, at("2026-11-21T10:00"))
    found = holidays(chinese, 2026)
    assert found[date(2026, 11, 19)] == ""
    assert date(2026, 10, 1) not in found


def test_holidays_speak_the_language(chinese: BusinessCalendar) -> None:
    with override("en"):
        assert holidays(chinese, 2026)[date(2026, 10, 2)] == "National Day"
    with override("zh-hans"):
        assert holidays(chinese, 2026)[date(2026, 10, 2)] == "国庆节"
    assert substituted_workdays(chinese, 2026) == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


def test_regions_and_unknown_countries() -> None:
    bavaria = calendar(country="DE", region="BY", time_zone="Europe/Berlin")
    assert date(2026, 1, 6) in holidays(bavaria, 2026)
    assert date(2026, 1, 6) not in holidays(calendar(country="DE", time_zone="Europe/Berlin"), 2026)
    assert holidays(calendar(country="XX", time_zone="Asia/Shanghai"), 2026) == {}
