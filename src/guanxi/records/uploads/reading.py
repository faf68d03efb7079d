"""Reading a spreadsheet: CSV in any of the encodings met in practice, or XLSX."""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from guanxi.core.errors import Invalid

MAX_ROWS = 50_000
MAX_COLUMNS = 200
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
DELIMITERS = (",", ";", "\t", "|", "，")


@dataclass(frozen=True)
class Table:
    """The first sheet of a file as text: head, rows (as long as the head), and the encoding that was found."""

    headers: list[str]
    rows: list[list[str]]
    encoding: str = ""


def read_table(name: str, content: bytes) -> Table:
    """The table in a file. Raises Invalid({"file": …}) with what is wrong with it."""
    raw, encoding = (_read_xlsx(content), "") if content[:2] == b"PK" else _read_csv(content)
    rows = [row for row in raw if any(cell.strip() for cell in row)]
    if not rows:
        raise Invalid({"file": [_("The file has no rows.")]})
    if len(rows) - 1 > MAX_ROWS:
        raise Invalid({"file": [_("The file has more than %(count)s rows: divide it.") % {"count": f"{MAX_ROWS:,}"}]})
    headers = [" ".join(cell.replace("\ufeff", "").split()) for cell in rows[0]]
    while headers and not headers[-1]:
        headers.pop()
    if not headers or len(headers) > MAX_COLUMNS:
        raise Invalid({"file": [_("The first row must hold the names of the columns.")]})
    width = len(headers)
    return Table(headers, [(row + [""] * width)[:width] for row in rows[1:]], encoding)


def decode(content: bytes) -> tuple[str, str]:
    """Text and encoding. A mark at the beginning decides; then UTF-8, then GB18030, then what looks most likely."""
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _decoded(content, encoding), encoding
    for encoding in (_utf16_without_mark(content), "utf-8", "gb18030"):
        try:
            if encoding:
                return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    best = from_bytes(content).best()
    if best is None:
        raise Invalid({"file": [_("The encoding of the file is unknown: save it as UTF-8.")]})
    return str(best), best.encoding


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid({"file": [_("The encoding of the file is unknown: save it as UTF-8.")]}) from None


def _utf16_without_mark(content: bytes) -> str:
    """Zeros betray UTF-16: delimiters and digits have one in each pair of bytes, always on the same side."""
    head = content[:4000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 4 else ""


def _read_csv(content: bytes) -> tuple[list[list[str]], str]:
    text, encoding = decode(content)
    if _CONTROL.search(text):
        raise Invalid({"file": [_("The file is no table: CSV or XLSX is expected.")]})
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=lambda mark: _count_outside_quotes(first, mark))
    try:
        return [list(row) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter)], encoding
    except csv.Error:
        raise Invalid({"file": [_("The file is no table: CSV or XLSX is expected.")]}) from None


def _count_outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[0::2])


def _read_xlsx(content: bytes) -> list[list[str]]:
    try:
        rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    except (CalamineError, ValueError, OSError):
        raise Invalid({"file": [_("The workbook cannot be read: save it again as XLSX, or as CSV.")]}) from None
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        whole_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)
