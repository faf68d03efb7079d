"""Answers to the questions of a sheet: what was given is checked, what was not asked is left out, measures are taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.engagement.sheet import RATINGS, Question, Sheet

LONGEST = 5000
LARGEST = 1e12


@dataclass
class Filled:
    """What one reply says: rows of AnswerItem as values, and its measures."""

    items: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, int] = field(default_factory=dict)
    points: int = 0
    gap: Decimal | None = None
    comment: str = ""


def fill(sheet: Sheet, given: Mapping[str, Any]) -> Filled:
    """The reply. Raises `Invalid` with messages by question; answers to questions that were not asked do not count."""
    errors: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for question in sheet:
        if question.show_if is not None and not question.show_if.holds(clean):
            continue
        try:
            value = _clean(question, given.get(question.key))
        except ValueError as wrong:
            errors[question.key] = [str(wrong)]
            continue
        if value is not None:
            clean[question.key] = value
        elif question.required:
            errors[question.key] = [_("Please answer this question.")]
    unknown = [str(key)[:40] for key in given if key not in sheet.by_key]
    if unknown:
        errors[unknown[0]] = [_("There is no such question.")]
    if errors:
        raise Invalid(errors)
    return _taken(sheet, clean)


def posted(sheet: Sheet, form: QueryDict) -> dict[str, Any]:
    """What a form sent, as `fill` takes it. Fields are called by the question; those of a matrix question.attribute.rating."""
    found: dict[str, Any] = {}
    for question in sheet:
        value = _of_form(question, form)
        if value not in (None, "", [], {}):
            found[question.key] = value
    return found


def _of_form(question: Question, form: QueryDict) -> Any:
    if question.kind == "multiple":
        return form.getlist(question.key)
    if question.kind == "matrix":
        rows = {
            option.key: {name: text for name in RATINGS if (text := form.get(f"{question.key}.{option.key}.{name}"))}
            for option in question.options
        }
        return {key: row for key, row in rows.items() if row}
    text = (form.get(question.key) or "").strip()
    return {"yes": True, "no": False}.get(text, text) if question.kind == "yes_no" else text


def _clean(question: Question, value: Any) -> Any:
    """The value as it counts, None for no answer. Raises `ValueError` in words."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    return _CLEANERS[question.kind](question, value)


def _single(question: Question, value: Any) -> str:
    if not isinstance(value, str) or value not in {option.key for option in question.options}:
        raise ValueError(_("Choose one of the answers."))
    return value


def _multiple(question: Question, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(_("Choose among the answers."))
    return list(dict.fromkeys(_single(question, one) for one in value))


def _scale(question: Question, value: Any) -> int:
    return _step(value, question.start, question.end)


def _step(value: Any, start: int, end: int) -> int:
    try:
        number = int(str(value)) if not isinstance(value, bool) else start - 1
    except ValueError:
        number = start - 1
    if not start <= number <= end:
        raise ValueError(_("Choose a value from %(start)d to %(end)d.") % {"start": start, "end": end})
    return number


def _number(question: Question, value: Any) -> float:
    try:
        number = float(str(value).replace(",", "").replace("，", ""))
    except ValueError:
        number = float("nan")
    if not isfinite(number) or abs(number) > LARGEST or isinstance(value, bool):
        raise ValueError(_("A number is expected."))
    return number


def _text(question: Question, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > LONGEST or "\x00" in value:
        raise ValueError(_("The text cannot be read, or is longer than %(most)d characters.") % {"most": LONGEST})
    return value.strip() or None


def _date(question: Question, value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(_("A date such as 2026-11-19 is expected.")) from None


def _yes_no(question: Question, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("Say yes or no."))
    return value


def _matrix(question: Question, value: Any) -> dict[str, dict[str, int]]:
    known = {option.key for option in question.options}
    if not isinstance(value, Mapping) or not all(
        key in known and isinstance(row, Mapping) and set(row) <= set(RATINGS) for key, row in value.items()
    ):
        raise ValueError(_("The attributes cannot be read."))
    rows = {
        key: {name: _step(one, question.start, question.end) for name, one in row.items() if one not in (None, "")}
        for key, row in value.items()
    }
    if question.required and any(not rows.get(key) for key in known):
        raise ValueError(_("Please judge every line."))
    return {key: row for key, row in rows.items() if row}


_CLEANERS: Mapping[str, Any] = {
    "single": _single,
    "multiple": _multiple,
    "scale": _scale,
    "number": _number,
    "text": _text,
    "date": _date,
    "yes_no": _yes_no,
    "matrix": _matrix,
}


def _taken(sheet: Sheet, clean: Mapping[str, Any]) -> Filled:
    filled = Filled()
    gaps: list[int] = []
    words: list[str] = []
    for key, value in clean.items():
        question = sheet.by_key[key]
        filled.items += _items(question, value)
        filled.points += _points(question, value)
        if question.measure:
            filled.measures.setdefault(question.measure, value)
        if question.kind == "text":
            words.append(value)
        if question.kind == "matrix":
            gaps += [row["perceived"] - row["expected"] for row in value.values() if len({*row} & {"perceived", "expected"}) == 2]  # fmt: skip
    filled.gap = (Decimal(sum(gaps)) / len(gaps)).quantize(Decimal("0.01")) if gaps else None
    filled.comment = "\n\n".join(words)
    return filled


def _items(question: Question, value: Any) -> list[dict[str, Any]]:
    base = {"question": question.key}
    if question.kind == "matrix":
        return [{**base, "attribute": key, **row} for key, row in value.items()]
    if question.kind == "multiple":
        return [{**base, "choice": one} for one in value]
    if question.kind == "yes_no":
        return [{**base, "choice": "yes" if value else "no"}]
    column = {"single": "choice", "text": "text", "date": "day"}.get(question.kind, "number")
    return [{**base, column: value}]


def _points(question: Question, value: Any) -> int:
    if question.kind in ("single", "multiple"):
        chosen = {value} if isinstance(value, str) else set(value)
        return sum(option.points for option in question.options if option.key in chosen)
    if question.kind == "yes_no":
        return question.points if value else 0
    return int(question.points * value) if question.kind == "scale" else 0
