"""Periods relative to now, in a person's time zone: today, this month, the last 180 days."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid

UNITS = {"days": "days", "weeks": "weeks", "months": "months", "years": "years"}
NAMED = (
    "today", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month", "next_month",
    "this_quarter", "last_quarter", "next_quarter", "this_year", "last_year",
)  # fmt: skip


def period_bounds(period: Any, time_zone: str, *, as_date: bool) -> tuple[Any, Any]:
    """First moment and first moment after a period: dates, or times in UTC when not `as_date`. Raises `Invalid`.

    `period` is a name from NAMED, or {"last": n, "unit": "days"} (up to and with today), or {"next": n, "unit": …} (from today on).
    """
    zone = ZoneInfo(time_zone)
    today = timezone.now().astimezone(zone).date()
    first, after = _named(period, today) if isinstance(period, str) else _counted(period, today)
    if as_date:
        return first, after
    return tuple(datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))  # type: ignore[return-value]


def _counted(period: Any, today: date) -> tuple[date, date]:
    unit = UNITS.get(str(period.get("unit", "days"))) if isinstance(period, Mapping) else None
    count = next((period[key] for key in ("last", "next") if key in period), None) if unit else None
    if not unit or not isinstance(count, int) or not 0 < count <= 3660:
        raise Invalid({"filter": [_("Give a period such as the last 180 days.")]})
    step = relativedelta(**{unit: count})  # type: ignore[arg-type]
    if "last" in period:
        return today - step + timedelta(days=1), today + timedelta(days=1)
    return today, today + step


def _named(name: str, today: date) -> tuple[date, date]:
    if name not in NAMED:
        raise Invalid({"filter": [_("Give a period such as the last 180 days.")]})
    shift = {"last": -1, "yesterday": -1, "next": 1, "tomorrow": 1}.get(name.split("_")[0], 0)
    unit = name.split("_")[-1]
    if unit in ("today", "yesterday", "tomorrow"):
        first = today + timedelta(days=shift)
        return first, first + timedelta(days=1)
    if unit == "week":
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return first, first + timedelta(weeks=1)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = today.replace(day=1, month=(today.month - 1) // months * months + 1) + relativedelta(months=months * shift)
    return start, start + relativedelta(months=months)
