"""The span of days that a report covers, in the company's time zone and fiscal year, and the one it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.models import Company
from guanxi.records.periods import period_bounds

FISCAL = ("this_fiscal_quarter", "last_fiscal_quarter", "next_fiscal_quarter", "this_fiscal_year", "last_fiscal_year")


@dataclass(frozen=True)
class Calendar:
    """How the company counts time: its zone, the first month of its fiscal year, and today."""

    zone: str
    fiscal: int
    today: date


@dataclass(frozen=True)
class Span:
    """Days from `first` up to, not including, `after`."""

    first: date
    after: date

    def moments(self, zone: str) -> tuple[datetime, datetime]:
        """The same as times in UTC."""
        at = lambda day: datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)  # noqa: E731
        return at(self.first), at(self.after)


def company_calendar() -> Calendar:
    """The running tenant's."""
    row = Company.objects.values_list("time_zone", "fiscal_year_start").first()
    zone, fiscal = row or ("UTC", 1)
    zone = zone or "UTC"
    return Calendar(zone, fiscal or 1, timezone.now().astimezone(ZoneInfo(zone)).date())


def span_of(within: Any, calendar: Calendar) -> Span:
    """The days that a period means today. Raises `Invalid`."""
    if isinstance(within, Mapping) and ("from" in within or "to" in within):
        return _given(within)
    if isinstance(within, str) and within in FISCAL:
        return _fiscal(within, calendar)
    return Span(*period_bounds(within, calendar.zone, as_date=True))


def compared_with(span: Span, how: str, today: date) -> Span:
    """The span before: "year" the same days a year ago, "before" as many months or days just before.

    Of a period that is still running only the days so far are compared.
    """
    months = (span.after.year - span.first.year) * 12 + span.after.month - span.first.month
    back: relativedelta | timedelta = span.after - span.first
    if how == "year":
        back = relativedelta(years=1)
    elif span.first.day == 1 and span.after.day == 1 and months:
        back = relativedelta(months=months)
    after = min(span.after, today + timedelta(days=1)) if span.first <= today else span.after
    return Span(span.first - back, after - back)


def _given(within: Mapping[str, Any]) -> Span:
    try:
        first = date.fromisoformat(str(within["from"]))
        after = date.fromisoformat(str(within["to"])) + timedelta(days=1)
    except (KeyError, ValueError, OverflowError):
        raise Invalid({"period.within": [_("Give the first and the last day as 2026-12-31.")]}) from None
    if not first < after or first.year < 1900 or after.year > 2999:
        raise Invalid({"period.within": [_("The last day must not lie before the first.")]})
    return Span(first, after)


def _fiscal(name: str, calendar: Calendar) -> Span:
    months = 3 if name.endswith("quarter") else 12
    passed = (calendar.today.month - calendar.fiscal) % 12
    first = calendar.today.replace(day=1) - relativedelta(months=passed % months)
    first += relativedelta(months=months * {"this": 0, "last": -1, "next": 1}[name.split("_")[0]])
    return Span(first, first + relativedelta(months=months))
