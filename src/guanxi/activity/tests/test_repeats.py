"""Rules of repetition: what is refused, when the next one is, what a window shows."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.activity.repeats import MAX_OCCURRENCES, WrongRule, next_after, occurrences, parse_rule, rest_of

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=100000",
        "FREQ=DAILY;BYMONTH=2",
        "FREQ=DAILY;COUNT=2;UNTIL=20261231",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=MONTHLY;BYMONTHDAY=40",
        "RRULE",
    ],
)
def test_wrong_rules(rule: str) -> None:
    with pytest.raises(WrongRule):
        parse_rule(rule)


@given(st.text(max_size=80))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with suppress(WrongRule):
        parse_rule(text)


def test_nine_oclock_stays_nine_oclock_in_summer() -> None:
    friday = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)  # 9:00 in Berlin, before the clocks change
    assert next_after("FREQ=WEEKLY", friday, BERLIN) == datetime(2026, 4, 3, 7, 0, tzinfo=UTC)
    assert next_after("FREQ=WEEKLY", friday, SHANGHAI) == datetime(2026, 4, 3, 8, 0, tzinfo=UTC)


def test_next_by_weekday_and_last() -> None:
    monday = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    assert next_after("FREQ=WEEKLY;BYDAY=MO,WE", monday, SHANGHAI) == datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
    assert next_after("FREQ=DAILY;COUNT=1", monday, SHANGHAI) is None
    assert next_after("FREQ=DAILY;UNTIL=20261117", monday, SHANGHAI) == datetime(2026, 11, 17, 1, 0, tzinfo=UTC)
    assert next_after("FREQ=DAILY;UNTIL=20261116", monday, SHANGHAI) is None


def test_rest_of_counts_down() -> None:
    assert rest_of("FREQ=DAILY;COUNT=3") == "FREQ=DAILY;COUNT=2"
    assert rest_of("FREQ=DAILY;COUNT=1") == ""
    assert rest_of("rrule:freq=daily") == "FREQ=DAILY"


def test_window_of_a_series() -> None:
    start = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    since, until = datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    second = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    assert occurrences("FREQ=WEEKLY", start, SHANGHAI, since, until, skip=[second]) == [
        datetime(2026, 11, 9, 1, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
    ]
    far = datetime(2036, 1, 1, tzinfo=UTC)
    assert len(occurrences("FREQ=DAILY", start, SHANGHAI, start, far)) == MAX_OCCURRENCES
