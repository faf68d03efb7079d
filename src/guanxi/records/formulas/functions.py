"""What operators and functions mean, in Python and in SQL side by side; a property test holds both together.

Blank is None and NULL; a text is never empty, but blank; yes and no are never blank. Numbers are exact decimals, rounded half
away from zero at the tenth place where they are multiplied or divided. Whatever has no answer (division by zero, a day that
the calendar does not have) is blank.

In SQL each argument stands once in its template, so that nesting does not multiply the text: what needs one twice names it
by `_let`. A type in a signature: number, text, date, moment, bool, list; `any` is one type, the same wherever it stands;
"?" behind the last means that it may be left out, "*" that it may be repeated.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

EXACT = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999, traps=[])
_TENTH = Decimal("1e-10")
_ONE = date(1, 1, 1)
_DAYS = (date.max - _ONE).days
_MONTHS = 9999 * 12
_LONGEST = 10_000
# Moments between which every zone has a day of the calendar.
EARLIEST, LATEST = "0001-01-03T00:00:00Z", "9999-12-29T00:00:00Z"
_EARLIEST, _LATEST = datetime.fromisoformat(EARLIEST), datetime.fromisoformat(LATEST)
_NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,10})?", re.ASCII)


@dataclass(frozen=True)
class Setting:
    """What a formula knows beside the record: the company's time zone, and its day today."""

    time_zone: str
    today: date


@dataclass(frozen=True)
class Signature:
    """Types of the arguments and of the result, and the meaning: a function of (values, setting) and an SQL template."""

    given: tuple[str, ...]
    result: str
    python: Callable[..., Any]
    sql: str
    setting: bool = False


def _let(body: str, count: int) -> str:
    columns = ", ".join(f"{{{number}}} AS p{number}" for number in range(count))
    # OFFSET 0 keeps the planner from writing an argument out wherever it is named.
    return f"(SELECT {body} FROM (SELECT {columns} OFFSET 0) AS given)"


def _of(result: str, given: str, python: Callable[..., Any], sql: str, *, setting: bool = False) -> Signature:
    return Signature(tuple(given.split()), result, python, sql, setting)


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Blank as soon as one of the values is, as SQL has it."""
    return lambda *values: None if any(value is None for value in values) else function(*values)


def _filled(text: str) -> str | None:
    return text or None


def _half_up(value: Decimal, places: int) -> Decimal:
    return EXACT.quantize(value, Decimal(1).scaleb(-places))


def _times(one: Decimal, other: Decimal) -> Decimal:
    return _half_up(EXACT.multiply(one, other), 10)


def _divided(one: Decimal, other: Decimal) -> Decimal | None:
    if not other:
        return None
    whole = EXACT.divide_int(EXACT.multiply(one, Decimal(10) ** 11), other)
    return _half_up(EXACT.multiply(whole, Decimal("1e-11")), 10)


def _rest(one: Decimal, other: Decimal) -> Decimal | None:
    return EXACT.remainder(one, other) if other else None


def _rounded(value: Decimal, places: Decimal | None) -> Decimal:
    return _half_up(value, max(-9, min(10, int(places or 0))))


def _cut(value: Decimal) -> int:
    return max(0, min(_LONGEST, int(value)))


def _middle(text: str, start: Decimal, count: Decimal) -> str | None:
    begin = max(1, _cut(start))
    return _filled(text[begin - 1 : begin - 1 + _cut(count)])


def upper(text: str) -> str:
    """Capitals, sign by sign, as the database's C.UTF-8 has them: no sign becomes two."""
    return "".join(made if len(made := sign.upper()) == 1 else sign for sign in text)


def lower(text: str) -> str:
    """Small letters, likewise."""
    return "".join("i" if sign == "İ" else sign.lower() for sign in text)


def _number_in(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def written(value: Decimal) -> str:
    """A number as text, without zeros at the end."""
    return format(value.normalize(EXACT), "f") if value else "0"


def _day_of(moment: datetime, setting: Setting) -> date | None:
    if not _EARLIEST <= moment <= _LATEST:
        return None
    return moment.astimezone(ZoneInfo(setting.time_zone)).date()


def _made_date(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def _days_later(day: date, count: Decimal) -> date | None:
    number = (day - _ONE).days + int(count)
    return _ONE + timedelta(days=number) if 0 <= number <= _DAYS else None


def _months_later(day: date, count: Decimal) -> date | None:
    number = day.year * 12 + day.month - 1 + int(count)
    if not 12 <= number < _MONTHS + 12:
        return None
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _months_between(one: date, other: date) -> Decimal:
    """Whole months, cut towards the smaller: from the 31st to the 30th of the next month there is none yet."""
    months = (other.year - one.year) * 12 + other.month - one.month
    return Decimal(months - (other.day < one.day))


def _replaced(text: str | None, old: str | None, new: str | None = None) -> str | None:
    if text is None:
        return None
    short = text[:_LONGEST]
    return _filled((short.replace(old, (new or "")[:255]) if old else short)[:_LONGEST])


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    return lambda one, other: one is not None and other is not None and holds(one, other)


def _switch(value: Any, *rest: Any) -> Any:
    return next((rest[at + 1] for at in range(0, len(rest) - 1, 2) if rest[at] == value), rest[-1])


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


def _joined(*texts: str | None) -> str | None:
    return _filled("".join(text or "" for text in texts))


_ORDER = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_NUMBER_SQL = r"CASE WHEN p0 ~ '^-?[0-9]{{1,14}}(\.[0-9]{{1,10}})?$' THEN p0::numeric END"
_PLUS_DAYS = _let(
    f"CASE WHEN trunc(p1) + (p0 - date '0001-01-01') BETWEEN 0 AND {_DAYS} "
    "THEN date '0001-01-01' + (trunc(p1) + (p0 - date '0001-01-01'))::integer END",
    2,
)
_PLUS_MONTHS = _let(
    f"CASE WHEN trunc(p1) + extract(year FROM p0) * 12 + extract(month FROM p0) - 1 BETWEEN 12 AND {_MONTHS + 11} "
    "THEN (p0 + make_interval(months => trunc(p1)::integer))::date END",
    2,
)
_MONTHS_SQL = (
    "(extract(year FROM p1) - extract(year FROM p0)) * 12 + extract(month FROM p1) - extract(month FROM p0)"
    " - (extract(day FROM p1) < extract(day FROM p0))::integer"
)
_MAKE_DATE = _let(
    "CASE WHEN trunc(p0) BETWEEN 1 AND 9999 AND trunc(p1) BETWEEN 1 AND 12 AND trunc(p2) BETWEEN 1 AND "
    "extract(day FROM make_date(greatest(1, least(9998, trunc(p0)))::integer, greatest(1, least(12, trunc(p1)))::integer, 1)"
    " + interval '1 month' - interval '1 day') THEN make_date(greatest(1, least(9999, trunc(p0)))::integer,"
    " greatest(1, least(12, trunc(p1)))::integer, greatest(1, least(28, trunc(p2)))::integer)"
    " + (greatest(0, least(3, trunc(p2) - 28)))::integer END",
    3,
)
_DAY_SQL = _let(f"CASE WHEN p0 BETWEEN '{EARLIEST}' AND '{LATEST}' THEN (p0 AT TIME ZONE {{zone}})::date END", 1)


def _cut_sql(name: str) -> str:
    return f"greatest(0, least({_LONGEST}, trunc({name})))::integer"


_LEFT = _let(f"CASE WHEN p1 IS NOT NULL THEN nullif(left(p0, {_cut_sql('p1')}), '') END", 2)
_RIGHT = _let(f"CASE WHEN p1 IS NOT NULL THEN nullif(right(p0, {_cut_sql('p1')}), '') END", 2)
_MIDDLE = _let(
    "CASE WHEN p1 IS NOT NULL AND p2 IS NOT NULL THEN "
    f"nullif(substr(p0, greatest(1, {_cut_sql('p1')}), {_cut_sql('p2')}), '') END",
    3,
)

FUNCTIONS: dict[str, tuple[Signature, ...]] = {
    "+": (
        _of("number", "number number", _strict(EXACT.add), "({0} + {1})"),
        _of("date", "date number", _strict(_days_later), _PLUS_DAYS),
    ),
    "-": (
        _of("number", "number number", _strict(EXACT.subtract), "({0} - {1})"),
        _of("number", "date date", _strict(lambda one, other: Decimal((one - other).days)), "({0} - {1})::numeric"),
        _of("date", "date number", _strict(lambda day, count: _days_later(day, -count)), _PLUS_DAYS.replace("{1} AS", "-{1} AS")),
    ),
    "*": (_of("number", "number number", _strict(_times), "round({0} * {1}, 10)"),),
    "/": (_of("number", "number number", _strict(_divided),
              "round(div({0} * 100000000000, nullif({1}, 0)) * 0.00000000001, 10)"),),
    "negative": (_of("number", "number", _strict(EXACT.minus), "(-{0})"),),
    "&": (_of("text", "text text", _joined, "nullif(concat({0}, {1}), '')"),),
    "=": (_of("bool", "any any", lambda one, other: one == other, "({0} IS NOT DISTINCT FROM {1})"),),
    "<>": (_of("bool", "any any", lambda one, other: one != other, "({0} IS DISTINCT FROM {1})"),),
    **{
        sign: tuple(
            _of("bool", f"{of} {of}", _compared(holds),
                f"coalesce(({{0}}) COLLATE \"C\" {sign} ({{1}}), false)" if of == "text" else f"coalesce({{0}} {sign} {{1}}, false)")
            for of in ("number", "text", "date", "moment")
        )
        for sign, holds in _ORDER.items()
    },
    "and": (_of("bool", "bool bool*", lambda *values: all(values), "{ AND }"),),
    "or": (_of("bool", "bool bool*", lambda *values: any(values), "{ OR }"),),
    "not": (_of("bool", "bool", lambda value: not value, "(NOT {0})"),),
    "if": (_of("any", "bool any any?", lambda test, yes, no=None: yes if test else no, "(CASE WHEN {0} THEN {1} ELSE {2} END)"),),
    "switch": (),
    "coalesce": (_of("any", "any any*", _first, "coalesce({, })"),),
    "blank": (_of("bool", "any", lambda value: value is None, "({0} IS NULL)"),),
    "min": (_of("any", "any any*", _least, "least({, })"),),
    "max": (_of("any", "any any*", _greatest, "greatest({, })"),),
    "round": (_of("number", "number number?", lambda value, places=None: None if value is None else _rounded(value, places),
                  "round({0}, greatest(-9, least(10, trunc(coalesce({1}, 0))))::integer)"),),
    "floor": (_of("number", "number", _strict(lambda value: value.to_integral_value("ROUND_FLOOR", EXACT)), "floor({0})"),),
    "ceiling": (_of("number", "number", _strict(lambda value: value.to_integral_value("ROUND_CEILING", EXACT)), "ceil({0})"),),
    "abs": (_of("number", "number", _strict(EXACT.abs), "abs({0})"),),
    "mod": (_of("number", "number number", _strict(_rest), "mod({0}, nullif({1}, 0))"),),
    "number": (
        _of("number", "text", _strict(_number_in), _let(_NUMBER_SQL, 1)),
        _of("number", "bool", lambda value: Decimal(int(value)), "({0})::integer::numeric"),
    ),
    "text": (
        _of("text", "number", _strict(written), "trim_scale({0})::text"),
        _of("text", "date", _strict(lambda day: day.isoformat()), "to_char({0}, 'YYYY-MM-DD')"),
        _of("text", "text", lambda text: text, "{0}"),
    ),
    "concat": (_of("text", "text text*", _joined, "nullif(concat({, }), '')"),),
    "left": (_of("text", "text number", _strict(lambda text, count: _filled(text[: _cut(count)])), _LEFT),),
    "right": (_of("text", "text number", _strict(lambda text, count: _filled(text[-_cut(count) :] if _cut(count) else "")), _RIGHT),),
    "mid": (_of("text", "text number number", _strict(_middle), _MIDDLE),),
    "upper": (_of("text", "text", _strict(upper), "upper({0})"),),
    "lower": (_of("text", "text", _strict(lower), "lower({0})"),),
    "trim": (_of("text", "text", _strict(lambda text: _filled(text.strip(" "))), "nullif(btrim({0}, ' '), '')"),),
    "length": (_of("number", "text", lambda text: Decimal(len(text or "")), "coalesce(char_length({0}), 0)::numeric"),),
    "replace": (_of("text", "text text text?",
                    _replaced,
                    "nullif(left(replace(left({0}, 10000), coalesce({1}, ''), left(coalesce({2}, ''), 255)), 10000), '')"),),
    "contains": (_of("bool", "text text", lambda text, part: text is not None and part is not None and lower(part) in lower(text),
                     "coalesce(strpos(lower({0}), lower({1})) > 0, false)"),),
    "starts": (_of("bool", "text text", lambda text, part: text is not None and part is not None and lower(text).startswith(lower(part)),
                   "coalesce(starts_with(lower({0}), lower({1})), false)"),),
    "has": (_of("bool", "list text", lambda items, one: one in items, "coalesce({0} ? {1}, false)"),),
    "one_of": (_of("bool", "any any any*", lambda value, *others: value is not None and value in others, "coalesce({0} IN ({1, }), false)"),),
    "today": (_of("date", "", lambda setting: setting.today, "{today}", setting=True),),
    "date": (
        _of("date", "moment", lambda moment, setting: None if moment is None else _day_of(moment, setting), _DAY_SQL, setting=True),
        _of("date", "number number number", _strict(_made_date), _MAKE_DATE),
        _of("date", "date", lambda day: day, "{0}"),
    ),
    "year": (_of("number", "date", _strict(lambda day: Decimal(day.year)), "extract(year FROM {0})"),),
    "month": (_of("number", "date", _strict(lambda day: Decimal(day.month)), "extract(month FROM {0})"),),
    "day": (_of("number", "date", _strict(lambda day: Decimal(day.day)), "extract(day FROM {0})"),),
    "weekday": (_of("number", "date", _strict(lambda day: Decimal(day.isoweekday())), "extract(isodow FROM {0})"),),
    "days_between": (_of("number", "date date", _strict(lambda one, other: Decimal((other - one).days)), "(-({0} - {1}))::numeric"),),
    "months_between": (_of("number", "date date", _strict(_months_between), _let(_MONTHS_SQL, 2)),),
    "add_days": (_of("date", "date number", _strict(_days_later), _PLUS_DAYS),),
    "add_months": (_of("date", "date number", _strict(_months_later), _PLUS_MONTHS),),
}  # fmt: skip


def switch_signature(of: str, result: str, count: int) -> Signature:
    """switch(value, this, then, that, then, otherwise) for `count` arguments, always an even number."""
    pairs = range((count - 2) // 2)
    cases = " ".join(f"WHEN p0 IS NOT DISTINCT FROM p{at * 2 + 1} THEN p{at * 2 + 2}" for at in pairs)
    types = (of, *(of, result) * len(pairs), result)
    return Signature(types, result, _switch, _let(f"CASE {cases} ELSE p{count - 1} END", count))


_PLACES = re.compile(r"\{\{|\}\}|\{zone\}|\{today\}|\{\d+\}|\{ AND \}|\{ OR \}|\{, \}|\{1, \}")


def fill(template: str, given: Sequence[str], setting: Setting) -> str:
    """A template with the SQL of its arguments, the time zone and the day."""
    fixed = {
        "{{": "{", "}}": "}", "{zone}": f"'{setting.time_zone}'", "{today}": f"date '{setting.today.isoformat()}'",
    }  # fmt: skip

    def one(match: re.Match[str]) -> str:
        place = match.group()
        if place in fixed:
            return fixed[place]
        if place in ("{ AND }", "{ OR }"):
            return "(" + place[1:-1].join(given) + ")"
        if place in ("{, }", "{1, }"):
            return ", ".join(given[1:] if place == "{1, }" else given)
        return given[int(place[1:-1])]

    return _PLACES.sub(one, template)
