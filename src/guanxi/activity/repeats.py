"""Repetition by RFC 5545 rules, in the wall-clock time of a zone: nine o'clock stays nine o'clock when summer time begins."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "BYMONTH", "WKST", "COUNT", "UNTIL"})
# Parts that a frequency may carry beside the common ones: others can describe days that never come.
ONLY_WITH = {"BYMONTHDAY": "MONTHLY", "BYSETPOS": "MONTHLY", "BYMONTH": "YEARLY"}
MAX_NUMBER = 999
MAX_OCCURRENCES = 400


class WrongRule(ValueError):
    """The text is not a rule that we repeat by; the message is for the person."""


def parse_rule(text: str) -> dict[str, str]:
    """The parts of a rule such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10. Raises `WrongRule`."""
    pairs = [part.partition("=") for part in text.strip().upper().removeprefix("RRULE:").split(";") if part]
    parts = {name: value for name, _equals, value in pairs}
    wrong = len(parts) != len(pairs) or not set(parts) <= PARTS or parts.get("FREQ") not in FREQUENCIES
    wrong = wrong or any(parts.get("FREQ") != frequency for name, frequency in ONLY_WITH.items() if name in parts)
    for name in ("INTERVAL", "COUNT"):
        number = parts.get(name, "1")
        wrong = wrong or not number.isdecimal() or not 1 <= int(number) <= MAX_NUMBER
    days = parts.get("BYMONTHDAY", "1").split(",")
    wrong = wrong or any(not day.lstrip("-").isdecimal() or not 1 <= abs(int(day)) <= 31 for day in days)
    if wrong or ("COUNT" in parts and "UNTIL" in parts):
        raise WrongRule(_("This is not a rule of repetition, such as FREQ=WEEKLY;BYDAY=MO."))
    try:
        _series(parts, datetime(2026, 1, 1, tzinfo=UTC))
    except (ValueError, KeyError, TypeError, IndexError):
        raise WrongRule(_("This is not a rule of repetition, such as FREQ=WEEKLY;BYDAY=MO.")) from None
    return parts


def next_after(rule: str, start: datetime, zone: str) -> datetime | None:
    """The occurrence that follows `start`, which is one itself; None after the last."""
    local = start.astimezone(ZoneInfo(zone))
    found = _series(parse_rule(rule), local).after(local)
    return found.astimezone(UTC) if found else None


def rest_of(rule: str) -> str:
    """The rule as it holds for the occurrence after this one: a COUNT is one less."""
    parts = parse_rule(rule)
    if "COUNT" in parts:
        parts["COUNT"] = str(int(parts["COUNT"]) - 1)
    return "" if parts.get("COUNT") == "0" else ";".join(f"{name}={value}" for name, value in parts.items())


def occurrences(
    rule: str, start: datetime, zone: str, since: datetime, until: datetime, *, skip: Iterable[datetime] = ()
) -> list[datetime]:
    """Starts of a series in [since, until), without those in `skip`; at most `MAX_OCCURRENCES`."""
    local = start.astimezone(ZoneInfo(zone))
    left_out = set(skip)
    found: list[datetime] = []
    for moment in _series(parse_rule(rule), local).xafter(since, inc=True):
        if moment >= until or len(found) >= MAX_OCCURRENCES:
            break
        if moment not in left_out:
            found.append(moment.astimezone(UTC))
    return found


def _series(parts: dict[str, str], start: datetime) -> rrule:
    text = ";".join(f"{name}={_until(value, start) if name == 'UNTIL' else value}" for name, value in parts.items())
    series = rrulestr(f"RRULE:{text}", dtstart=start)
    assert isinstance(series, rrule)
    return series


def _until(value: str, start: datetime) -> str:
    """RFC 5545 wants UTC beside a start with a zone; people mean the whole day in their own."""
    if value.endswith("Z"):
        return value
    moment = datetime.fromisoformat(value)
    if "T" not in value:
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    return moment.replace(tzinfo=start.tzinfo).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
