"""Working time of a business calendar: open hours, public holidays, own days off and on.

`hours` of a calendar is {"0": [["09:00", "12:00"], …], …} with Monday as "0", in the calendar's own time zone. "24:00" is
the end of a day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays as public_holidays
from django.utils.translation import get_language

from guanxi.identity.models import BusinessCalendar

OFFICE_HOURS: dict[str, list[list[str]]] = {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(5)}
HORIZON = 3660


def is_working(calendar: BusinessCalendar, at: datetime) -> bool:
    """Whether the aware moment `at` lies in working time."""
    local = at.astimezone(ZoneInfo(calendar.time_zone)).date()
    days = (local - timedelta(days=1), local)
    return any(start <= at < end for day in days for start, end in _spans(calendar, day))


def add_working_time(calendar: BusinessCalendar, start: datetime, minutes: int) -> datetime:
    """The moment at which `minutes` of working time have passed since `start`, in UTC.

    With 0 minutes: `start` itself, or the next opening. Raises ValueError for a calendar without working time within ten years.
    """
    if minutes < 0:
        raise ValueError("minutes must not be negative")
    left = timedelta(minutes=minutes)
    for opens, closes in _spans_from(calendar, start):
        begin = max(opens, start)
        if left <= closes - begin:
            return (begin + left).astimezone(UTC)
        left -= closes - begin
    raise ValueError("the calendar has no working time")


def working_minutes(calendar: BusinessCalendar, start: datetime, end: datetime) -> int:
    """Whole minutes of working time between two moments; 0 when `end` is not after `start`."""
    total = timedelta()
    for opens, closes in _spans_from(calendar, start):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return int(total.total_seconds() // 60)


def holidays(calendar: BusinessCalendar, year: int) -> dict[date, str]:
    """Public holidays of the calendar's country and region (named in the active language where known) and its own days off,
    by date; working days put in stay out."""
    found = dict(_public(calendar.country, calendar.region, year, _language(calendar.country)))
    for day in calendar.days_off:
        if day.year == year:
            found.setdefault(day, "")
    for day in calendar.days_on:
        found.pop(day, None)
    return dict(sorted(found.items()))


def substituted_workdays(calendar: BusinessCalendar, year: int) -> list[date]:
    """Weekend days on which people work instead of a bridged day (China publishes these each year)."""
    return sorted(_workdays(calendar.country, calendar.region, year))


@lru_cache(maxsize=256)
def _public(country: str, region: str, year: int, language: str | None = None) -> dict[date, str]:
    return dict(_country(country, region, year, language))


@lru_cache(maxsize=256)
def _workdays(country: str, region: str, year: int) -> frozenset[date]:
    # A day worked in one year may be published with the year before.
    found = _country(country, region, year)
    list(found)
    return frozenset(day for day in getattr(found, "weekend_workdays", ()) if day.year == year)


def _country(country: str, region: str, year: int, language: str | None = None) -> Any:
    known = public_holidays.list_supported_countries()
    if country not in known:
        return {}
    subdivision = region if region in known[country] else None
    return public_holidays.country_holidays(country, subdiv=subdivision, years=year, language=language)


def _language(country: str) -> str | None:
    """The library's name of the active language if it names this country's holidays in it, else its default."""
    wanted = "zh_CN" if (get_language() or "").startswith("zh") else "en_US"
    languages = public_holidays.list_localized_countries().get(country, [])
    return wanted if wanted in languages else None


def _spans_from(calendar: BusinessCalendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Open spans that end after `start`, in order, for ten years."""
    first = start.astimezone(ZoneInfo(calendar.time_zone)).date() - timedelta(days=1)
    for offset in range(HORIZON):
        for opens, closes in _spans(calendar, first + timedelta(days=offset)):
            if closes > start:
                yield opens, closes


def _spans(calendar: BusinessCalendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(calendar.time_zone)
    for opens, closes in _hours_of(calendar, day):
        # Through UTC, so that a span over a change of the clock has its true length.
        yield _moment(day, opens, zone), _moment(day, closes, zone)


def _hours_of(calendar: BusinessCalendar, day: date) -> list[list[str]]:
    hours: dict[str, list[list[str]]] = calendar.hours
    own = hours.get(str(day.weekday()), [])
    if day in calendar.days_off:
        return []
    if day in calendar.days_on or day in _workdays(calendar.country, calendar.region, day.year):
        return own or _usual_day(hours)
    return [] if day in _public(calendar.country, calendar.region, day.year) else own


def _usual_day(hours: dict[str, list[list[str]]]) -> list[list[str]]:
    """The first day of the week with hours: what a worked weekend day is like."""
    return next((hours[key] for key in sorted(hours) if hours[key]), [])


def _moment(day: date, text: str, zone: ZoneInfo) -> datetime:
    if text == "24:00":
        day, text = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(text), tzinfo=zone).astimezone(UTC)
