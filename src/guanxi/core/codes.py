"""The unified coding system: readable codes per tenant and object, such as SO-202611-00042.

A pattern is text with places: {yyyy} {yy} {mm} {dd} for the day and one {seq} or {seq:n} for the number, padded to n
digits. The number restarts with the period that the pattern names (year, month or day). Two callers never get the same
code; a refused caller may leave a gap. Nobody waits for another caller's transaction.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.db.apart import run_apart
from guanxi.core.db.statements import run_prepared
from guanxi.core.errors import Invalid
from guanxi.core.ids import new_id
from guanxi.core.tenancy import current_tenant_id

MAX_PATTERN = 60
MAX_CODE = 40
_PLACE = re.compile(r"\{([^{}]*)\}")
_SEQ = re.compile(r"seq(?::([1-9]))?")
_SEQ_PLACE = re.compile(r"\{seq(?::[1-9])?\}")
_DATES = ("yyyy", "yy", "mm", "dd")

_MAKE = """INSERT INTO core_codepattern (id, tenant_id, object, pattern, period, next_number)
           VALUES (%s, %s, %s, %s, '', 1) ON CONFLICT (tenant_id, object) DO NOTHING RETURNING pattern"""
_READ = "SELECT pattern FROM core_codepattern WHERE tenant_id = %s AND object = %s"
_TAKE = """SELECT period, first FROM core_take_codes(
           %(tenant)s, %(object)s::text, %(pattern)s::text, %(period)s::text, %(count)s::bigint)"""

# The pattern that was in force when this process took its last code; `_TAKE` finds out when it has changed since.
MOST_PATTERNS = 10_000
_patterns: dict[tuple[UUID, str], str] = {}


def next_code(object_name: str, pattern_default: str, *, at: date | datetime | None = None) -> str:
    """The next code of an object for the running tenant; `at` is the day it shows (default: today, local time).

    `pattern_default` counts until the tenant sets a pattern of its own.
    """
    return reserve_codes(object_name, pattern_default, 1, at=at)[0]


def reserve_codes(
    object_name: str, pattern_default: str, count: int, *, at: date | datetime | None = None
) -> list[str]:
    """`count` consecutive codes at once, for imports."""
    if count < 1:
        return []
    tenant_id, day = current_tenant_id(), _day(at)
    key = (tenant_id, object_name)
    while True:
        pattern = _patterns.get(key) or _pattern(key, pattern_default)
        wanted = {
            "tenant": tenant_id,
            "object": object_name,
            "pattern": pattern,
            "period": period_of(pattern, day),
            "count": str(count),
        }
        # What this transaction itself has set is seen within it only.
        taken = run_apart(_TAKE, wanted) or run_prepared(_TAKE, wanted, ordered=False)
        if taken:
            _remember(key, pattern)
            period, first = taken[0]
            return [render_code(pattern, period, number) for number in range(first, first + count)]
        _patterns.pop(key, None)


def _pattern(key: tuple[UUID, str], default: str) -> str:
    """The pattern in force; the default is stored when there is none yet."""
    tenant_id, object_name = key
    while True:
        found = run_prepared(_READ, [tenant_id, object_name], ordered=False)
        if found:
            return str(found[0][0])
        check_pattern(default)
        run_prepared(_MAKE, [new_id(), tenant_id, object_name, default], ordered=False)


def _remember(key: tuple[UUID, str], pattern: str) -> None:
    if len(_patterns) >= MOST_PATTERNS:
        _patterns.clear()
    _patterns[key] = pattern


def set_pattern(object_name: str, pattern: str, *, next_number: int | None = None) -> None:
    """Give the running tenant's object another pattern. Raises Invalid.

    The number goes on within the running period unless `next_number` is given, so that going to and fro between
    patterns repeats no code.
    """
    check_pattern(pattern)
    if next_number is not None and next_number < 1:
        raise Invalid({"next_number": [_("The next number must be at least 1.")]})
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [new_id(), tenant_id, object_name, pattern])
        cursor.execute(
            """UPDATE core_codepattern SET pattern = %s, period = %s, next_number = coalesce(%s, next_number)
               WHERE tenant_id = %s AND object = %s""",
            [pattern, period_of(pattern, _day(None)), next_number, tenant_id, object_name],
        )


def pass_over(object_name: str, pattern_default: str, codes: Iterable[str]) -> None:
    """Have the counter go on behind `codes` that came from elsewhere, as far as they look like its own of this period."""
    tenant_id = current_tenant_id()
    pattern = _pattern((tenant_id, object_name), pattern_default)
    period = period_of(pattern, _day(None))
    sample = render_code(_SEQ_PLACE.sub("\0", pattern), period, 0)
    form = re.compile(r"(\d{1,15})".join(re.escape(part) for part in sample.split("\0")))
    highest = max((int(found[1]) for code in codes if (found := form.fullmatch(code))), default=0)
    if highest:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE core_codepattern
                   SET next_number = greatest(CASE WHEN period < %s THEN 1 ELSE next_number END, %s), period = greatest(period, %s)
                   WHERE tenant_id = %s AND object = %s AND pattern = %s AND period <= %s""",
                [period, highest + 1, period, tenant_id, object_name, pattern, period],
            )


def check_pattern(pattern: str) -> None:
    """Raise Invalid({"pattern": …}) unless the pattern names its number once and its dates without ambiguity."""
    places = _PLACE.findall(pattern)
    numbers = [place for place in places if _SEQ.fullmatch(place)]
    dates = [place for place in places if place in _DATES]
    unknown = sorted(set(places) - set(numbers) - set(dates))
    rest = _PLACE.sub("", pattern)
    problems = []
    if unknown or "{" in rest or "}" in rest:
        problems.append(
            _("Unknown place: %(place)s") % {"place": ", ".join(f"{{{name}}}" for name in unknown) or "{ }"}
        )
    if len(numbers) != 1:
        problems.append(_("The pattern needs {seq} exactly once."))
    if "mm" in dates and not {"yyyy", "yy"} & set(dates):
        problems.append(_("A month needs its year, or codes would repeat."))
    if "dd" in dates and "mm" not in dates:
        problems.append(_("A day needs its month, or codes would repeat."))
    if _PLACE.search(pattern) and re.search(r"[\s\x00-\x1f<>\"'&]", rest):
        problems.append(_("Spaces, quotes, < > and & may not stand in a code."))
    if len(pattern) > MAX_PATTERN or (numbers and not problems and _longest(pattern) > MAX_CODE):
        problems.append(_("The codes would be too long."))
    if problems:
        raise Invalid({"pattern": problems})


def period_of(pattern: str, day: date) -> str:
    """The period of `day` that the pattern counts in: yyyy, yyyymm, yyyymmdd, or "" when it never restarts."""
    places = set(_PLACE.findall(pattern))
    if "dd" in places:
        return f"{day:%Y%m%d}"
    if "mm" in places:
        return f"{day:%Y%m}"
    return f"{day:%Y}" if {"yyyy", "yy"} & places else ""


def render_code(pattern: str, period: str, number: int) -> str:
    """The code of a number in a period (as `period_of` gives it)."""
    parts = {"yyyy": period[:4], "yy": period[2:4], "mm": period[4:6], "dd": period[6:8]}

    def fill(match: re.Match[str]) -> str:
        sequence = _SEQ.fullmatch(match[1])
        return f"{number:0{sequence[1] or 1}d}" if sequence else parts[match[1]]

    return _PLACE.sub(fill, pattern)


def _longest(pattern: str) -> int:
    return len(render_code(pattern, "20261231", 999_999_999))


def _day(at: date | datetime | None) -> date:
    if isinstance(at, datetime):
        return timezone.localtime(at).date()
    return at or timezone.localdate()
