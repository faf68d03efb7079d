"""Texts of a file become values of fields, column by column: the same values as from a form or the API, in much less time.

What is common is recognised by a cheap test, everything else goes through `records.values`; values that repeat are read once.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from guanxi.core.money import QUANTUM
from guanxi.identity.actor import Actor
from guanxi.records.custom import clean_custom
from guanxi.records.imports.forms import Form
from guanxi.records.imports.reading import Bad, Row
from guanxi.records.imports.rules import LANGUAGES, Rule, importable_fields
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import MAX_TEXT, Wrong, clean_part, clean_value

MOST_KNOWN = 20_000
Problems = dict[int, dict[str, str]]
_YMD = re.compile(r"^(\d{4})\s*[./年-]\s*(\d{1,2})\s*[./月-]\s*(\d{1,2})\s*日?(?P<rest>[T ].*)?$")
_SHORT = re.compile(r"^(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4}|\d{2})(?P<rest>[T ].*)?$")
_MAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]{1,60}\.){1,4}[A-Za-z]{2,20}")
_GROUPED = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")
# Digits that any amount may have, without signs and marks.
_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")
_MONEY_SIGNS = "¥￥€$£ \u00a0\u202f"
NUMBERS = ("money", "number", "integer", "percent")


@dataclass
class Table:
    """Rows of a file as values: by field a list with None where a cell is empty, references still as texts, and problems by row."""

    first: int
    rows: list[list[str]]
    values: dict[str, list[Any]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    problems: Problems = field(default_factory=dict)

    def wrong(self, row: int, name: str, text: str) -> None:
        """Note what is wrong with a field of a row; the first problem of a field counts."""
        self.problems.setdefault(row, {}).setdefault(name, text)


class Cleaner:
    """Reads chunks of rows by rules. Made once per import, inside the tenant's transaction; then it asks no database."""

    def __init__(self, actor: Actor, kind: ObjectType, rules: Sequence[Rule], form: Form) -> None:
        by_name = {item.name: item for item in importable_fields(actor, kind)}
        self.kind = kind
        self.form = form
        self.rules = [(rule, by_name[rule.field], rule.transform()) for rule in rules if rule.field in by_name]
        self.fields = {item.name: item for _rule, item, _transform in self.rules}
        self._known: dict[str, dict[str, Any]] = {}
        self._choices = {
            item.name: _labels(item) for item in self.fields.values() if item.kind in ("choice", "multichoice")
        }

    def read(self, first: int, rows: Sequence[Row]) -> Table:
        """The values of rows; `first` is the number of the first of them in the file."""
        table = Table(first, [row.cells if isinstance(row, Bad) else row for row in rows])
        width = 1 + max((rule.column for rule, _item, _transform in self.rules), default=0)
        plain = rows
        if any(isinstance(row, Bad) or len(row) < width for row in rows):
            blank = [""] * width
            plain = [blank if isinstance(row, Bad) else (row if len(row) >= width else [*row, *blank]) for row in rows]
            for number, row in enumerate(rows):
                if isinstance(row, Bad):
                    table.wrong(number, "", row.reason)
        columns: list[Sequence[str]] = list(zip(*plain, strict=False)) if plain else []
        for rule, item, transform in self.rules:
            texts = [text.strip() for text in columns[rule.column]] if rule.column >= 0 else [""] * len(rows)
            if transform is not None:
                texts = [transform(text) for text in texts]
            if item.kind == "link":
                table.links[item.name] = texts
            else:
                table.values[item.name] = self._column(table, item, texts)
        self._join_addresses(table)
        return table

    def _join_addresses(self, table: Table) -> None:
        """Columns of parts become one address each row: what the row says of it."""
        parts: dict[str, list[Field]] = {}
        for item in self.fields.values():
            if item.within:
                parts.setdefault(item.within, []).append(item)
        for name, items in parts.items():
            columns = [(item.part, table.values.pop(item.name)) for item in items]
            table.values[name] = [
                {part: column[row] for part, column in columns if column[row] is not None} or None
                for row in range(len(table.rows))
            ]

    def _column(self, table: Table, item: Field, texts: list[str]) -> list[Any]:
        if item.kind in ("text", "longtext", "phone") and item.part != "country":
            limit = item.max_length or MAX_TEXT
            values: list[Any] = [text if text.isprintable() and len(text) <= limit else _ODD for text in texts]
        elif item.kind == "email":
            limit = item.max_length or 254
            match = _MAIL.fullmatch
            values = [text if len(text) <= limit and match(text) else _ODD for text in texts]
        else:
            return self._repeated(table, item, texts)
        for number, text in enumerate(texts):
            if not text:
                values[number] = None
            elif values[number] is _ODD:
                values[number] = self._careful(table, number, item, text)
        return values

    def _careful(self, table: Table, number: int, item: Field, text: str) -> Any:
        try:
            return self.value(item, text)
        except Wrong as wrong:
            table.wrong(number, item.name, str(wrong))
            return None

    def _repeated(self, table: Table, item: Field, texts: list[str]) -> list[Any]:
        known = self._known.setdefault(item.name, {"": None})
        if len(known) > MOST_KNOWN:
            known.clear()
            known[""] = None
        wrong = False
        quick = self._quick(item)
        for text in set(texts):
            if text not in known:
                if quick is not None and _PLAIN.fullmatch(text):
                    known[text] = quick(text)
                    continue
                try:
                    known[text] = self.value(item, text)
                except Wrong as refusal:
                    known[text] = refusal
            wrong = wrong or isinstance(known[text], Wrong)
        values = [known[text] for text in texts]
        if wrong:
            for number, value in enumerate(values):
                if isinstance(value, Wrong):
                    table.wrong(number, item.name, str(value))
                    values[number] = None
        return values

    def _quick(self, item: Field) -> Callable[[str], Any] | None:
        """How a number of a few plain digits is read where no rule of the field can refuse it: money, nearly always."""
        bounded = item.min_value is not None or item.max_value is not None
        if item.kind != "money" or item.custom or item.within or bounded or self.form.decimal != ".":
            return None
        return lambda text: Decimal(text).quantize(QUANTUM)

    def value(self, item: Field, text: str) -> Any:
        """The value of one text that is not empty. Raises `Wrong`."""
        given: Any = text
        if item.kind in ("choice", "multichoice"):
            parts = re.split(r"[,，;；、]", text) if item.kind == "multichoice" else [text]
            known = self._choices[item.name]
            chosen = [known.get(part.strip().casefold(), part.strip()) for part in parts if part.strip()]
            given = chosen if item.kind == "multichoice" else chosen[0]
        elif item.kind in ("date", "datetime"):
            given = iso_day(text, self.form.dates)
        elif item.kind in NUMBERS:
            given = plain_number(text, self.form.decimal)
        if item.within:
            return clean_part(item.part, given)
        if item.custom:
            return clean_custom(item, given)
        return clean_value(item, given, source=self.kind.model._meta.get_field(item.column))  # type: ignore[arg-type]


class _Odd:
    """Stands for a text that the cheap test does not pass."""


_ODD = _Odd()


def _labels(item: Field) -> dict[str, str]:
    known: dict[str, str] = {}
    for choice in item.choices_of() if item.choices_of else item.choices:
        known[choice.value.casefold()] = choice.value
        for language in LANGUAGES:
            with override(language):
                known[str(choice.label).casefold()] = choice.value
    return known


def iso_day(text: str, order: str) -> str:
    """A day in ISO form, as far as it is written with digits; anything else as it was. Raises `Wrong` for a day that does not exist."""
    match = _YMD.match(text)
    if match:
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    else:
        match = _SHORT.match(text)
        if match is None:
            return text
        if order == "ymd":
            raise Wrong(_("A date such as 2026-11-19 is expected."))
        day, month = (int(match[1]), int(match[2])) if order == "dmy" else (int(match[2]), int(match[1]))
        year = int(match[3]) + (0 if len(match[3]) == 4 else 2000 if int(match[3]) < 70 else 1900)
    try:
        return date(year, month, day).isoformat() + (match["rest"] or "")
    except ValueError:
        raise Wrong(_("A date such as 2026-11-19 is expected.")) from None


def plain_number(text: str, decimal: str) -> str:
    """A number as `Decimal` reads it: without signs of money and marks of thousands. Raises `Wrong` where a mark stands oddly."""
    bare = text.strip(_MONEY_SIGNS).replace("\u00a0", "").replace("\u202f", "").replace("，", ",")
    if bare.endswith("%"):
        bare = bare[:-1].strip()
    if decimal == ",":
        return bare.replace(".", "").replace(" ", "").replace("'", "").replace(",", ".")
    if "," in bare and not _GROUPED.match(bare):
        raise Wrong(_("A number is expected."))
    return bare.replace(" ", "").replace("'", "")
