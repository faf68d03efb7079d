"""The figures of a report as a file: checked, counted against the role's day and noted like every export."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from openpyxl import Workbook

from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.identity.actor import Actor
from guanxi.records.exports.formats import FORMATS, csv_lines
from guanxi.records.exports.services import note_export
from guanxi.records.imports.safety import safe_cell
from guanxi.records.reports.adjusting import adjusted
from guanxi.records.reports.charts import compared_words
from guanxi.records.reports.definition import Definition, write_definition
from guanxi.records.reports.fields import NUMERIC
from guanxi.records.reports.listing import Listing, run_list
from guanxi.records.reports.narrowing import shared_chips
from guanxi.records.reports.printing.document import Part, report_pdf
from guanxi.records.reports.result import TOTAL, Result, Row
from guanxi.records.reports.running import SECONDS, run_report
from guanxi.records.reports.saved import Board, find_dashboard, find_report
from guanxi.records.wording import parse_criteria

FORMS = (("pdf", "PDF"), ("xlsx", "XLSX"), ("csv", "CSV"), ("jsonl", "JSON lines"))
Found = Result | Listing


@dataclass(frozen=True)
class File:
    """A file to send."""

    name: str
    content_type: str
    content: bytes


def export_report(
    actor: Actor, made: Definition, name: str, form: str, *, about: str = "", found: Found | None = None
) -> File:
    """The figures, or the rows of a listing report, as a file; `found` are those that were read already.

    Raises `NotAllowed`, `TooMany`, `NotFound`, `Invalid`, `TooHeavy`.
    """
    if form not in dict(FORMS):
        raise NotFound(_("There is no such form of export."))
    found = found or read_report(actor, made)
    note_export(
        actor, found.source.kind.name, len(found.rows), form, {"report": name, "definition": write_definition(made)}
    )
    if form == "pdf":
        return File(f"{file_stem(name)}.pdf", "application/pdf", report_pdf(actor, name, [Part(name, found)], about=about))  # fmt: skip
    content = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}[form](*table_of(found))
    return File(f"{file_stem(name)}.{FORMATS[form].ending}", FORMATS[form].content_type, content)


def read_report(actor: Actor, made: Definition, *, seconds: int = SECONDS) -> Found:
    """The figures, or the rows. Raises `NotAllowed`, `Invalid`, `TooHeavy`."""
    return run_list(actor, made, seconds=seconds) if made.columns else run_report(actor, made, seconds=seconds)


def read_parts(
    actor: Actor,
    board: Board,
    given: Mapping[str, str],
    forms: Sequence[str],
    *,
    seconds: int = SECONDS,
    finder: Actor | None = None,
) -> list[Part]:
    """The reports of a dashboard, each checked and noted as an export in these forms; one that the actor may not run says why.

    `finder` is who may open the reports, if another.
    """
    made = []
    for key, _width in board.tiles:
        try:
            found = find_report(finder or actor, key)
        except NotFound:
            continue
        try:
            made.append(read_part(actor, found.name, found.read, given, forms, seconds=seconds))
        except Refused as refusal:
            made.append(Part(found.name, None, reason_of(refusal)))
    return made


def read_part(
    actor: Actor, name: str, made: Definition, given: Mapping[str, str], forms: Sequence[str], *, seconds: int = SECONDS
) -> Part:
    """One report, checked and noted as an export in these forms. Raises as `export_report`."""
    narrowed = adjusted(actor, made, given)
    found = read_report(actor, narrowed, seconds=seconds)
    for form in forms:
        detail = {"report": name, "definition": write_definition(narrowed)}
        note_export(actor, found.source.kind.name, len(found.rows), form, detail)
    return Part(name, found)


def export_dashboard(actor: Actor, key: str, form: str, given: Mapping[str, str]) -> File:
    """All reports of a dashboard as one PDF or workbook. Raises `NotFound`, `Invalid`."""
    if form not in ("pdf", "xlsx"):
        raise NotFound(_("There is no such form of export."))
    board = find_dashboard(actor, key)
    parts = read_parts(actor, board, given, (form,))
    chips = shared_chips(actor, parse_criteria(given.get("filter", "")))
    words = " · ".join(" ".join(filter(None, (chip.field, chip.op, chip.value))) for chip in chips)
    return file_of(actor, board.name, form, parts, about=_("Filtered: %(what)s") % {"what": words} if words else "")


def file_of(actor: Actor, name: str, form: str, parts: Sequence[Part], *, about: str = "") -> File:
    """Several reports as one file."""
    if form == "pdf":
        return File(f"{file_stem(name)}.pdf", "application/pdf", report_pdf(actor, name, parts, about=about))
    book = report_book([(part.name, part.found) for part in parts])
    return File(f"{file_stem(name)}.xlsx", FORMATS["xlsx"].content_type, book)


def reason_of(refusal: Refused) -> str:
    """Why there are no figures, in one line."""
    if isinstance(refusal, Invalid):
        return " ".join(text for texts in refusal.errors.values() for text in texts)
    return refusal.message


def file_stem(name: str) -> str:
    """The name of a report as that of a file, with the day: Chinese stays Chinese."""
    return f"{slugify(name, allow_unicode=True) or 'report'}-{timezone.localdate():%Y%m%d}"


def table_of(found: Found) -> tuple[list[str], list[list[Any]]]:
    """Heads and rows with exact values."""
    if isinstance(found, Result):
        return heads_of(found), list(figures_of(found))
    numeric = [one.item.kind in NUMERIC for one in found.columns]
    rows = [
        [
            *words,
            *(_exact(value) if number else text for number, value, text in zip(numeric, values, texts, strict=True)),
        ]
        for values, texts, words in zip(found.values, found.rows, found.heads or ((),) * len(found.rows), strict=True)
    ]
    return [*found.by, *(one.label for one in found.columns)], rows


def _exact(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def report_book(parts: Sequence[tuple[str, Found | None]]) -> bytes:
    """A workbook with a sheet for each report; one without figures is left out."""
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for name, found in parts:
        if found is not None:
            _sheet(book, sheet_name(name, taken), *table_of(found))
    if not taken:
        book.create_sheet()
    return _saved(book)


def sheet_name(name: str, taken: set[str]) -> str:
    """A name that a workbook takes, and that is not `taken` yet: 31 characters, without brackets and slashes."""
    clean = "".join(" " if mark in "[]:*?/\\'" or ord(mark) < 32 else mark for mark in name).strip() or "1"
    made = clean[:31]
    number = 2
    while made.casefold() in taken:
        made, number = f"{clean[: 30 - len(str(number))]} {number}", number + 1
    taken.add(made.casefold())
    return made


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
    _sheet(book, None, heads, rows)
    return _saved(book)


def _sheet(book: Any, name: str | None, heads: list[str], rows: list[list[Any]]) -> None:
    sheet: Any = book.create_sheet(name)
    sheet.append([safe_cell(head) for head in heads])
    for row in rows:
        sheet.append([float(cell) if isinstance(cell, Decimal) else safe_cell(str(cell or "")) for cell in row])


def _saved(book: Any) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()
