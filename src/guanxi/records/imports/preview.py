"""The first rows as they would be stored: nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.files import open_file
from guanxi.identity.actor import Actor
from guanxi.records.imports.cells import Cleaner
from guanxi.records.imports.forms import Form
from guanxi.records.imports.links import Links
from guanxi.records.imports.orders import importable
from guanxi.records.imports.reading import Bad, Row, open_source
from guanxi.records.imports.rules import Rule, required_fields
from guanxi.records.models import Import
from guanxi.records.registry import Field
from guanxi.records.values import Wrong, plain

SHOWN = 8


@dataclass(frozen=True)
class Cell:
    """One value of a row as it would be stored: what fills it, the value in words, and what is wrong with it."""

    label: str
    text: str
    problem: str = ""
    new: bool = False


@dataclass(frozen=True)
class Preview:
    """The first rows of a file: as they stand there, and as they would be stored."""

    headers: list[str]
    samples: list[list[str]]
    rows: list[list[Cell]] = field(default_factory=list)

    @property
    def problems(self) -> int:
        """How many of the rows shown would be refused."""
        return sum(1 for row in self.rows if any(cell.problem for cell in row))


def preview(actor: Actor, row: Import, rules: Sequence[Rule]) -> Preview:
    """The first rows under these rules; inside the tenant's transaction. Raises `Invalid` when the file cannot be read."""
    form = Form.of(row.options.get("form"))
    kind = importable(row.object)
    with open_file(row.file) as content:  # type: ignore[arg-type]
        source = open_source(content, form)
        rows: list[Row] = list(islice(source.rows, SHOWN))
    cleaner = Cleaner(actor, kind, [rule for rule in rules if rule.column < len(source.headers)], form)
    table = cleaner.read(0, rows)
    links = Links(actor)
    for name, texts in table.links.items():
        links.learn(cleaner.fields[name], texts, next(rule.by for rule in rules if rule.field == name))
    needed = required_fields(actor, kind)
    shown = []
    for number, given in enumerate(rows):
        problems = table.problems.get(number, {})
        cells = [
            _cell(table, links, rule, item, number, problems.get(item.name, ""))
            for rule, item, _transform in cleaner.rules
        ]
        missing = [
            item
            for item in needed
            if item.name not in problems
            and not (table.values.get(item.name) or table.links.get(item.name) or [None] * len(rows))[number]
        ]
        cells = [cell for cell in cells if cell.label not in {str(item.label) for item in missing}]
        cells += [Cell(str(item.label), "", _("Fill in this field.")) for item in missing]
        if isinstance(given, Bad):
            cells = [Cell("", " · ".join(given.cells)[:200], given.reason)]
        shown.append(cells)
    samples = [given.cells if isinstance(given, Bad) else given for given in rows]
    return Preview(source.headers, samples, shown)


def _cell(table: Any, links: Links, rule: Rule, item: Field, number: int, problem: str) -> Cell:
    label = str(item.label)
    if item.kind == "link":
        text = table.links[item.name][number]
        found = links.found(item, text, rule.by)
        if text and not found and rule.make:
            return Cell(label, text, new=True)
        try:
            if text:
                links.one(item, text, rule.by)
        except Wrong as wrong:
            return Cell(label, text, str(wrong))
        return Cell(label, text)
    value = table.values[item.name][number]
    if problem:
        column = table.rows[number]
        return Cell(label, column[rule.column][:200] if 0 <= rule.column < len(column) else "", problem)
    return Cell(label, _words(item, value))


def _words(item: Field, value: Any) -> str:
    if value is None:
        return ""
    labels = {choice.value: str(choice.label) for choice in (item.choices_of() if item.choices_of else item.choices)}
    if isinstance(value, list):
        return ", ".join(labels.get(one, str(one)) for one in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return labels.get(value, str(plain(value))) if isinstance(value, str) else str(plain(value))
