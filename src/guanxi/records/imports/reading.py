"""Rows of a file, one after the other: any size in bounded memory, every row accounted for."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import TextIOWrapper
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile

import orjson
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook

from guanxi.core.errors import Invalid
from guanxi.records.addresses import PARTS
from guanxi.records.imports.forms import HEAD, Form
from guanxi.records.imports.vcards import VCARD_HEADS, vcard_rows

MAX_COLUMNS = 200
SMALL_WORKBOOK = 8 * 1024 * 1024
LINES_FOR_HEADS = 1000
MAX_HEAD = 200


class Bad(NamedTuple):
    """A row that could not be read, with the reason: counted and refused."""

    cells: list[str]
    reason: str


Row = list[str] | Bad


@dataclass(frozen=True)
class Source:
    """The names of the columns and the rows behind them."""

    headers: list[str]
    rows: Iterator[Row]


def open_source(file: IO[bytes], form: Form) -> Source:
    """The columns and rows of a file. Raises Invalid({"file": …}); rows are as long as the head."""
    file.seek(0)
    if form.kind == "xlsx":
        raw: Iterator[Row] = _workbook(file)
    elif form.kind == "vcard":
        return Source(list(VCARD_HEADS), iter(vcard_rows(_text(file, form))))
    elif form.kind == "jsonl":
        return _json_lines(_text(file, form))
    else:
        raw = _csv(_text(file, form), form.delimiter)
    rows = (row for row in raw if isinstance(row, Bad) or any(cell and not cell.isspace() for cell in row))
    first = next(rows, None)
    if first is None:
        raise Invalid({"file": [_("The file has no rows.")]})
    headers = [head_text(cell) for cell in (first if isinstance(first, list) else [])]
    while headers and not headers[-1]:
        headers.pop()
    if not headers or len(headers) > MAX_COLUMNS:
        raise Invalid({"file": [_("The first row must hold the names of the columns.")]})
    return Source(headers, _as_wide(rows, len(headers)))


def head_text(cell: str) -> str:
    """The name of a column as it can be stored and shown: no marks, no half characters, not endless."""
    bare = cell.replace("\ufeff", "").replace("\x00", "").encode("utf-8", "replace").decode()
    return " ".join(bare.split())[:MAX_HEAD]


def count_rows(file: IO[bytes], form: Form) -> int:
    """About how many rows there are, by the ends of lines; of a large workbook by its size."""
    if form.kind == "xlsx":
        return _rows_of_workbook(file)
    file.seek(0)
    marks = file.read(HEAD)
    wide = 2 if form.encoding.startswith("utf-16") else 1
    count, last = 0, b""
    while marks:
        count += marks.count(b"END:VCARD" if form.kind == "vcard" else b"\n")
        last = marks
        marks = file.read(HEAD)
    if form.kind == "vcard":
        return count
    ended = last.rstrip(b"\0")[-wide:].endswith(b"\n") or last.endswith(b"\n")
    return max(0, count + (0 if ended else 1) - (1 if form.kind == "csv" else 0))


def _as_wide(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, Bad) or len(row) == width:
            yield row
        elif len(row) < width:
            yield row + [""] * (width - len(row))
        elif any(cell.strip() for cell in row[width:]):
            yield Bad(row, _("The row has more cells than there are columns."))
        else:
            yield row[:width]


def _text(file: IO[bytes], form: Form) -> Iterator[str]:
    # The wrapper must not close the file with itself: its owner does.
    wrapper = TextIOWrapper(_Lasting(file), encoding=form.encoding or "utf-8", errors="guanxi.mark", newline="")  # type: ignore[type-var]
    yield from wrapper


class _Lasting:
    """A file that stays open when its reader is done."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read
        self.read1 = getattr(file, "read1", file.read)

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """No."""
        return False

    def seekable(self) -> bool:
        """No: from the beginning to the end."""
        return False

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Left to the owner."""


def _csv(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter or ",")
    while True:
        try:
            yield from reader
            return
        except csv.Error as error:
            yield Bad(
                [], _("The line %(number)s cannot be read: %(why)s") % {"number": reader.line_num, "why": str(error)}
            )


def _json_lines(lines: Iterator[str]) -> Source:
    """Columns are the names that occur in the first lines."""
    known: list[Any] = []
    names: dict[str, None] = {}
    for text in lines:
        if text.strip():
            known.append(_parsed(text))
            if isinstance(known[-1], dict):
                names |= dict.fromkeys(str(name)[:MAX_HEAD] for name in known[-1])
        if len(known) >= LINES_FOR_HEADS:
            break
    headers = list(names)
    if not headers or len(headers) > MAX_COLUMNS or any("\x00" in name for name in headers):
        raise Invalid({"file": [_("Each line must be a JSON object.")]})

    def rows() -> Iterator[Row]:
        for item in known:
            yield _json_row(item, headers)
        for text in lines:
            if text.strip():
                yield _json_row(_parsed(text), headers)

    return Source(headers, rows())


def _parsed(text: str) -> Any:
    try:
        item = orjson.loads(text)
        return _flat(item) if isinstance(item, dict) else item
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return Bad([text.strip()[:2000]], _("The line is no JSON object."))


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """What is nested as people would have it in a table: an address as a column for each of its parts, a reference as its label."""
    if not any(isinstance(value, dict) for value in item.values()):
        return item
    flat: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict) and {"id", "label"} <= set(value):
            flat[name] = value["label"]
        elif isinstance(value, dict) and value and set(value) <= set(PARTS):
            flat |= {f"{name}.{part}": value.get(part) for part in PARTS}
        else:
            flat[name] = value or None if isinstance(value, dict) else value
    return flat


def _json_row(item: Any, headers: Sequence[str]) -> Row:
    if isinstance(item, Bad):
        return item
    if not isinstance(item, dict):
        return Bad([str(item)[:2000]], _("The line is no JSON object."))
    unknown = [name for name, value in item.items() if name not in headers and value not in (None, "", [], {})]
    if unknown:
        text = _("The line has a name that the first lines do not have: %(name)s") % {"name": unknown[0][:60]}
        return Bad([orjson.dumps(item).decode()[:2000]], text)
    return [_plain(item.get(name)) for name in headers]


def _plain(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return cell_text(value)


def _workbook(file: IO[bytes]) -> Iterator[Row]:
    """The first sheet. A small file is read at once, and quickly; a large one row by row."""
    size = file.seek(0, 2)
    file.seek(0)
    try:
        if size <= SMALL_WORKBOOK:
            for row in CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python():
                yield [cell_text(value) for value in row]
            return
        sheet: Any = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [cell_text(value) for value in row]
    except (CalamineError, InvalidFileException, BadZipFile, ValueError, OSError, KeyError, IndexError):
        raise Invalid({"file": [_("The workbook cannot be read: save it again as XLSX, or as CSV.")]}) from None


def _rows_of_workbook(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    if size > SMALL_WORKBOOK:
        return size // 100
    try:
        return max(0, int(CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).total_height) - 1)
    except (CalamineError, ValueError, OSError, IndexError):
        return 0


def cell_text(value: Any) -> str:
    """A cell of a workbook, or a value in JSON, as people would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        whole_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
