from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from guanxi.core.ui import formats

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("value", "currency", "options", "text"),
    [
        (1580000, "CNY", {}, "¥1,580,000"),
        (Decimal("12.5"), "CNY", {}, "¥12.50"),
        (Decimal("-59000"), "CNY", {}, "−¥59,000"),
        (1200, "EUR", {"home": "CNY"}, "EUR 1,200"),
        (1200, "EUR", {"home": "EUR"}, "€1,200"),
        (1200, "EUR", {}, "€1,200"),
        (1200, "SGD", {}, "SGD 1,200"),
        (Decimal("1200.4"), "JPY", {}, "JPY 1,200"),
        (480000, "CNY", {"decimals": 2}, "¥480,000.00"),
        (0, "CNY", {}, "¥0"),
        (None, "CNY", {}, "–"),
    ],
)
def test_money(value: Decimal | int | None, currency: str, options: dict[str, object], text: str) -> None:
    assert formats.money(value, currency, **options) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (9800, "¥9,800", "¥9,800"),
        (13400, "¥13.4k", "¥1.34万"),
        (55000, "¥55k", "¥5.5万"),
        (1580000, "¥1.58M", "¥158万"),
        (1402000, "¥1.4M", "¥140.2万"),
        (186400000, "¥186.4M", "¥1.86亿"),
        (1284512000, "¥1.28B", "¥12.8亿"),
        (-68000, "−¥68k", "−¥6.8万"),
        (12345678, "¥12.3M", "¥1235万"),
    ],
)
def test_short_money(value: int, english: str, chinese: str) -> None:
    assert formats.money_short(value, "CNY", language="en") == english
    assert formats.money_short(value, "CNY", language="zh-hans") == chinese


def test_short_foreign_money_keeps_its_code() -> None:
    assert formats.money_short(1580000, "EUR", home="CNY", language="en") == "EUR 1.58M"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1284, None, "1,284"),
        (Decimal("0.97"), None, "0.97"),
        (-8, None, "−8"),
        (Decimal("1.50"), None, "1.5"),
        (2, 2, "2.00"),
        (None, None, "–"),
    ],
)
def test_number(value: Decimal | int | None, decimals: int | None, text: str) -> None:
    assert formats.number(value, decimals) == text


def test_percent_has_a_narrow_space_and_a_true_minus() -> None:
    assert formats.percent(61) == "61\u202f%"
    assert formats.percent(-8) == "−8\u202f%"
    assert formats.percent(Decimal("4.1"), 1, sign=True) == "+4.1\u202f%"


def test_counts_are_capped() -> None:
    assert [formats.capped(148), formats.capped(9999), formats.capped(10000)] == ["148", "9,999", "9,999+"]


@pytest.mark.parametrize(
    ("function", "english", "chinese"),
    [
        (formats.day, "19 Nov 2026", "2026年11月19日"),
        (formats.day_long, "Thursday 19 November 2026", "2026年11月19日 星期四"),
        (formats.weekday, "Thu", "周四"),
        (formats.month, "Nov 2026", "2026年11月"),
    ],
)
def test_days(function: "object", english: str, chinese: str) -> None:
    assert callable(function)
    assert function(TODAY, language="en") == english
    assert function(TODAY, language="zh-hans") == chinese


def test_short_days_name_the_year_only_when_it_is_another() -> None:
    assert formats.day_short(date(2026, 6, 24), language="en", today=TODAY) == "24 Jun"
    assert formats.day_short(date(2025, 6, 24), language="en", today=TODAY) == "24 Jun 2025"
    assert formats.day_short(date(2026, 6, 24), language="zh-hans", today=TODAY) == "6月24日"


def test_relative_days_end_at_yesterday() -> None:
    days = [date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 17), date(2026, 11, 20)]
    assert [formats.day_relative(day, language="en", today=TODAY) for day in days] == [
        "Today",
        "Yesterday",
        "17 Nov",
        "20 Nov",
    ]


def test_moments_are_shown_in_the_zone_that_is_asked_for() -> None:
    late = datetime(2026, 11, 18, 20, 20, tzinfo=UTC)
    assert formats.moment(late, language="en", zone=SHANGHAI) == "19 Nov 2026, 04:20"
    assert formats.moment(late, language="zh-hans", zone=SHANGHAI) == "2026年11月19日 04:20"
    assert formats.clock(late, zone=UTC) == "20:20"
    assert formats.day(late, language="en", zone=SHANGHAI) == "19 Nov 2026"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (45, "45 s", "45 秒"),
        (240, "4 min", "4 分"),
        (252, "4 min 12 s", "4 分 12 秒"),
        (5400, "1 h 30", "1 小时 30 分"),
        (None, "–", "–"),
    ],
)
def test_durations(seconds: int | None, english: str, chinese: str) -> None:
    assert formats.duration(seconds, language="en") == english
    assert formats.duration(seconds, language="zh-hans") == chinese


def test_file_sizes() -> None:
    assert [formats.file_size(12), formats.file_size(218_000), formats.file_size(4_200_000)] == [
        "12 B",
        "218 KB",
        "4.2 MB",
    ]


def test_the_active_language_decides_when_none_is_given() -> None:
    with override("zh-hans"):
        assert formats.day(TODAY) == "2026年11月19日"
    with override("en"):
        assert formats.day(TODAY) == "19 Nov 2026"
