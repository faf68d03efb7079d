"""The questions of a questionnaire, read from its content: sections with questions, every text in two languages.

{"sections": [{"title": "Your order", "title_zh": "您的订单", "questions": [
    {"key": "again", "kind": "scale", "from": 0, "to": 10, "measure": "nps", "text": "Would you recommend us?", "required": true},
    {"key": "why", "kind": "text", "text": "Why?", "show_if": {"question": "again", "op": "lte", "value": 6}}]}]}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid

KINDS: Mapping[str, Any] = {
    "single": gettext_lazy("One of several"),
    "multiple": gettext_lazy("Several of several"),
    "scale": gettext_lazy("Scale"),
    "number": gettext_lazy("Number"),
    "text": gettext_lazy("Free text"),
    "date": gettext_lazy("Date"),
    "yes_no": gettext_lazy("Yes or no"),
    "matrix": gettext_lazy("Perceived, expected, important"),
}
# A measure lies on one scale, so that figures can be compared.
MEASURES: Mapping[str, tuple[int, int]] = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
RATINGS = ("perceived", "expected", "importance")
OPERATORS = ("is", "is_not", "lte", "gte", "answered")
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_SECTIONS, MOST_QUESTIONS, MOST_OPTIONS, LONGEST = 20, 200, 40, 1000


@dataclass(frozen=True)
class Words:
    """One text in both languages."""

    en: str = ""
    zh: str = ""

    def said(self, language: str) -> str:
        """The text for a language code; the other one where there is none."""
        return (self.zh or self.en) if language.startswith("zh") else (self.en or self.zh)


@dataclass(frozen=True)
class Option:
    """One answer to choose, or one attribute to judge."""

    key: str
    words: Words
    points: int = 0


@dataclass(frozen=True)
class ShowIf:
    """The earlier answer on which a question depends."""

    question: str
    op: str
    value: Any = None

    def holds(self, given: Mapping[str, Any]) -> bool:
        """Whether the question is asked after these answers."""
        found = given.get(self.question)
        if self.op == "answered":
            return found is not None
        if self.op in ("lte", "gte"):
            if not isinstance(found, int | float) or isinstance(found, bool):
                return False
            return bool(found <= self.value if self.op == "lte" else found >= self.value)
        same = self.value in found if isinstance(found, list) else found == self.value
        return found is not None and (same if self.op == "is" else not same)


@dataclass(frozen=True)
class Question:
    """One question; `start`, `end` bound a scale, `points` is what a yes or one step of a scale counts."""

    key: str
    kind: str
    words: Words
    help: Words = Words()
    required: bool = False
    options: tuple[Option, ...] = ()
    start: int = 1
    end: int = 5
    low: Words = Words()
    high: Words = Words()
    measure: str = ""
    points: int = 0
    show_if: ShowIf | None = None

    @property
    def steps(self) -> range:
        """The values of a scale."""
        return range(self.start, self.end + 1)


@dataclass(frozen=True)
class Section:
    """Questions under a title."""

    title: Words
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Sheet:
    """All of a questionnaire's questions."""

    sections: tuple[Section, ...] = ()
    by_key: Mapping[str, Question] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Question]:
        for section in self.sections:
            yield from section.questions


class Wrong(Exception):
    """What is wrong, in words for whoever edits."""


def read_sheet(content: Any) -> Sheet:
    """The questions of a content. Raises `Invalid({"content": …})` naming the first place that is wrong."""
    try:
        return _sheet(content)
    except Wrong as wrong:
        raise Invalid({"content": [str(wrong)]}) from None


def _sheet(content: Any) -> Sheet:
    if not content:
        return Sheet()
    if not isinstance(content, Mapping) or not isinstance(content.get("sections", []), list):
        raise Wrong(_("The questions are not well formed."))
    known: dict[str, Question] = {}
    sections = tuple(_section(item, known) for item in content.get("sections", [])[: MOST_SECTIONS + 1])
    if len(sections) > MOST_SECTIONS or len(known) > MOST_QUESTIONS:
        raise Wrong(_("Use at most %(sections)d sections and %(questions)d questions.") % {"sections": MOST_SECTIONS, "questions": MOST_QUESTIONS})  # fmt: skip
    return Sheet(sections, known)


def _section(item: Any, known: dict[str, Question]) -> Section:
    if not isinstance(item, Mapping) or not isinstance(item.get("questions", []), list):
        raise Wrong(_("The questions are not well formed."))
    found = []
    for each in item.get("questions", [])[: MOST_QUESTIONS + 1]:
        question = _question(each, known)
        known[question.key] = question
        found.append(question)
    return Section(_words(item, "title"), tuple(found))


def _question(item: Any, known: Mapping[str, Question]) -> Question:
    if not isinstance(item, Mapping):
        raise Wrong(_("The questions are not well formed."))
    key, kind = item.get("key"), item.get("kind")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise Wrong(_("A question needs a key of small letters, digits and _."))
    if key in known:
        raise Wrong(_("Two questions have the key “%(key)s”.") % {"key": key})
    if not isinstance(kind, str) or kind not in KINDS:
        raise Wrong(_("Choose the kind of question %(key)s.") % {"key": key})
    words = _words(item, "text")
    if not (words.en or words.zh):
        raise Wrong(_("Question %(key)s has no text.") % {"key": key})
    start, end, measure = _scale(item, key, kind)
    return Question(
        key, kind, words, _words(item, "help"), item.get("required") is True, _options(item, key, kind), start, end,
        _words(item, "low"), _words(item, "high"), measure, _whole(item.get("points", 0), -1000, 1000, key), _show_if(item, key, known),
    )  # fmt: skip


def _scale(item: Mapping[str, Any], key: str, kind: str) -> tuple[int, int, str]:
    measure = item.get("measure") or ""
    if measure and (kind != "scale" or not isinstance(measure, str) or measure not in MEASURES):
        raise Wrong(_("Question %(key)s cannot be a measure: only a scale can.") % {"key": key})
    if measure:
        return *MEASURES[measure], measure
    start, end = _whole(item.get("from", 1), 0, 1, key), _whole(item.get("to", 5), 2, 10, key)
    return start, end, ""


def _options(item: Mapping[str, Any], key: str, kind: str) -> tuple[Option, ...]:
    if kind not in ("single", "multiple", "matrix"):
        return ()
    given = item.get("options")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_OPTIONS:
        raise Wrong(_("Question %(key)s needs 1 to %(most)d answers to choose.") % {"key": key, "most": MOST_OPTIONS})
    found: dict[str, Option] = {}
    for each in given:
        name = each.get("key") if isinstance(each, Mapping) else None
        if not isinstance(name, str) or not KEY.fullmatch(name) or name in found:
            raise Wrong(_("The answers of question %(key)s need keys of their own.") % {"key": key})
        words = _words(each, "text")
        if not (words.en or words.zh):
            raise Wrong(_("An answer of question %(key)s has no text.") % {"key": key})
        found[name] = Option(name, words, _whole(each.get("points", 0), -1000, 1000, key))
    return tuple(found.values())


def _show_if(item: Mapping[str, Any], key: str, known: Mapping[str, Question]) -> ShowIf | None:
    given = item.get("show_if")
    if not given:
        return None
    if not isinstance(given, Mapping) or given.get("question") not in known or given.get("op") not in OPERATORS:
        raise Wrong(_("Question %(key)s can only depend on an earlier one.") % {"key": key})
    value = given.get("value")
    if given["op"] in ("lte", "gte") and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Wrong(_("Question %(key)s can only depend on an earlier one.") % {"key": key})
    if not isinstance(value, str | int | float | bool | None):
        raise Wrong(_("Question %(key)s can only depend on an earlier one.") % {"key": key})
    return ShowIf(given["question"], given["op"], value)


def _words(item: Mapping[str, Any], name: str) -> Words:
    pair = [item.get(name, ""), item.get(f"{name}_zh", "")]
    for text in pair:
        if text is not None and (not isinstance(text, str) or len(text) > LONGEST or "\x00" in text):
            raise Wrong(_("A text of the questions cannot be read, or is too long."))
    return Words((pair[0] or "").strip(), (pair[1] or "").strip())


def _whole(value: Any, least: int, most: int, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Wrong(_("A number of question %(key)s must lie between %(least)d and %(most)d.") % {"key": key, "least": least, "most": most})  # fmt: skip
    return value
