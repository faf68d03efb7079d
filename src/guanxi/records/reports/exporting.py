"""The figures of a report as a file: checked, counted against the role's day and noted like every export."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from openpyxl import Workbook

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records.exports.formats import FORMATS, csv_lines
from guanxi.records.exports.services import note_export
from guanxi.records.imports.safety import safe_cell
from guanxi.records.reports.charts import compared_words
from guanxi.records.reports.definition import Definition, write_definition
from guanxi.records.reports.result import TOTAL, Result, Row
from guanxi.records.reports.running import run_report

FORMS = (("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSON lines"))


@dataclass(frozen=True)
class File:
    """A file to send."""

    name: str
    content_type: str
    content: bytes


def export_report(actor: Actor, made: Definition, name: str, form: str) -> File:
    """The figures as CSV, XLSX or JSON lines. Raises `NotAllowed`, `TooMany`, `NotFound`, `Invalid`, `TooHeavy`."""
    if form not in dict(FORMS):
        raise NotFound(_("There is no such form of export."))
    result = run_report(actor, made)
    note_export(
        actor, result.source.kind.name, len(result.rows), form, {"report": name, "definition": write_definition(made)}
    )
    heads = heads_of(result)
    rows = list(figures_of(result))
    content = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}[form](heads, rows)
    file_name = f"{slugify(name) or 'report'}-{timezone.localdate():%Y%m%d}.{FORMATS[form].ending}"
    return File(file_name, FORMATS[form].content_type, content)


def heads_of(result: Result) -> list[str]:
    """The heads of the table: groups, columns of the pivot by measure, then the figures of the row."""
    heads = [axis.label for axis in result.axes]
    for _key, label in result.columns:
        heads += [f"{label}: {one.label}" if len(result.headings) > 1 else label for one in result.headings]
    heads += [one.label for one in result.headings]
    if result.before:
        heads += [f"{one.label}: {compared_words(result)}" for one in result.headings]
    return heads


def figures_of(result: Result) -> Iterator[list[Any]]:
    """The rows of the table with exact figures; the total is the last."""
    for row in result.rows:
        yield [*row.labels, *_numbers(result, row)]
    if result.axes:
        yield [_("Total"), *[""] * (len(result.axes) - 1), *_numbers(result, result.total)]


def _numbers(result: Result, row: Row) -> list[Decimal | None]:
    keys = [one.key for one in result.headings]
    numbers = [row.cells.get(column, {}).get(key) for column, _label in result.columns for key in keys]
    numbers += [row.total.get(key) for key in keys]
    if result.before:
        numbers += [row.before.get(TOTAL, {}).get(key) for key in keys]
    return numbers


def _plain(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else "" if value is None else str(value)


def _csv(heads: list[str], rows: list[list[Any]]) -> bytes:
    return b"\xef\xbb\xbf" + csv_lines([heads]) + csv_lines([[_plain(cell) for cell in row] for row in rows])


def _jsonl(heads: list[str], rows: list[list[Any]]) -> bytes:
    lines = [dict(zip(heads, [_plain(cell) or None for cell in row], strict=True)) for row in rows]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def _xlsx(heads: list[str], rows: list[list[Any]]) -> bytes:
    """A workbook whose figures are numbers."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.append([safe_cell(head) for head in heads])
    for row in rows:
        sheet.append([float(cell) if isinstance(cell, Decimal) else safe_cell(str(cell or "")) for cell in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
