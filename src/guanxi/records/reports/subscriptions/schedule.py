"""When a report comes next, in the time zone of who gets it."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

RHYTHMS = ("daily", "workdays", "weekly", "monthly")


def next_after(rhythm: str, day: int, at: time, zone: str, after: datetime) -> datetime:
    """The first time after `after`, in UTC. `day` is the weekday from 1 (Monday), or the day of the month; 31 is its last.

    A time that a change of clocks leaves out comes as much later; one that comes twice is the first.
    """
    local = after.astimezone(ZoneInfo(zone)).date()
    for ahead in range(63):
        on = local + timedelta(days=ahead)
        if not _falls_on(rhythm, day, on):
            continue
        moment = datetime.combine(on, at, ZoneInfo(zone)).astimezone(UTC)
        if moment > after:
            return moment
    raise ValueError(rhythm)


def _falls_on(rhythm: str, day: int, on: date) -> bool:
    if rhythm == "daily":
        return True
    if rhythm == "workdays":
        return on.isoweekday() <= 5
    if rhythm == "weekly":
        return on.isoweekday() == day
    return on.day == min(day, monthrange(on.year, on.month)[1])


def rhythm_words() -> list[tuple[str, str]]:
    """How often, in words."""
    return [("daily", _("Every day")), ("workdays", _("Monday to Friday")), ("weekly", _("Every week")), ("monthly", _("Every month"))]  # fmt: skip
