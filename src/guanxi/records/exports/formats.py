"""The forms of a file: bytes out of rows, page by page."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.utils import timezone
from openpyxl import Workbook

from guanxi.records.imports.safety import safe_cell
from guanxi.records.registry import ObjectType

Row = Mapping[str, Any]
Cells = Sequence[str]
CHUNK = 256 * 1024
MOST_IN_WORKBOOK = 1_000_000
VCARD = ("name", "family_name", "given_name", "account", "job_title", "department", "email", "phone", "mobile", "wechat", "website",
         "street", "city", "region", "postcode", "country", "birthday", "description", "tags", "updated_at")  # fmt: skip
CALENDAR = ("subject", "start_at", "end_at", "due_at", "all_day", "location", "description", "status", "updated_at")


@dataclass(frozen=True)
class Format:
    """One kind of file. `reads` names the fields it needs; without, those of the list. `fits` tells for which objects it is."""

    key: str
    ending: str
    content_type: str
    reads: tuple[str, ...] = ()
    fits: Callable[[ObjectType], bool] = lambda kind: True


FORMATS = {
    one.key: one
    for one in (
        Format("csv", "csv", "text/csv; charset=utf-8"),
        Format("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        Format("jsonl", "jsonl", "application/jsonl; charset=utf-8"),
        Format(
            "vcard",
            "vcf",
            "text/vcard; charset=utf-8",
            VCARD,
            lambda kind: {"name", "email", "phone"} <= set(kind.by_name),
        ),
        Format("ics", "ics", "text/calendar; charset=utf-8", CALENDAR, lambda kind: bool(_begins(kind))),
    )
}


def formats_of(kind: ObjectType) -> list[Format]:
    """The forms that records of an object can have."""
    return [one for one in FORMATS.values() if one.fits(kind)]


def csv_lines(rows: Iterable[Cells]) -> bytes:
    """Lines of CSV that no spreadsheet program takes for formulas."""
    text = StringIO(newline="")
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def json_lines(rows: Iterable[Row], names: Sequence[str]) -> bytes:
    """A line of JSON each, under the names of the API; references by their labels, as an import takes them."""
    return b"".join(orjson.dumps({name: _named(row.get(name)) for name in names}) + b"\n" for row in rows)


def _named(value: Any) -> Any:
    return value.get("label") if isinstance(value, dict) and "label" in value else value


def workbook(heads: Cells, pages: Iterable[Iterable[Cells]]) -> Iterator[bytes]:
    """A workbook, written to a temporary file row by row, then sent."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.append(list(heads))
    for page in pages:
        for row in page:
            sheet.append([_without_control(safe_cell(cell)) for cell in row])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _without_control(text: str) -> str:
    return "".join(char for char in text if char >= " " or char in "\n\t")


def vcards(rows: Iterable[Row]) -> bytes:
    """Version 4.0, a card each."""
    return "".join(_folded(_card(row)) for row in rows).encode()


def _card(row: Row) -> list[str]:
    text = {name: _vtext(_named(row.get(name))) for name in VCARD}
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{text['name']}", f"N:{text['family_name']};{text['given_name']};;;"]
    lines += [f"ORG:{text['account']};{text['department']}"] if text["account"] or text["department"] else []
    for head, name in (("TITLE", "job_title"), ("EMAIL", "email"), ("TEL;TYPE=work", "phone"), ("TEL;TYPE=cell", "mobile"),
                       ("X-WECHAT", "wechat"), ("URL", "website"), ("NOTE", "description")):  # fmt: skip
        lines += [f"{head}:{text[name]}"] if text[name] else []
    place = [text[name] for name in ("street", "city", "region", "postcode", "country")]
    lines += [f"ADR:;;{';'.join(place)}"] if any(place) else []
    lines += [f"BDAY:{text['birthday'].replace('-', '')}"] if text["birthday"][:4].isdecimal() else []
    tags = row.get("tags") or []
    lines += [f"CATEGORIES:{','.join(_vtext(tag) for tag in tags)}"] if isinstance(tags, list) and tags else []
    return [*lines, f"UID:urn:uuid:{row['id']}", "END:VCARD"]


CALENDAR_HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Guanxi//Guanxi//EN\r\nCALSCALE:GREGORIAN\r\n"
CALENDAR_FOOT = b"END:VCALENDAR\r\n"


def calendar_entries(kind: ObjectType, rows: Iterable[Row]) -> bytes:
    """VEVENT or VTODO each, in UTC."""
    return "".join(_folded(_entry(kind, row)) for row in rows if row.get(_begins(kind))).encode()


def _begins(kind: ObjectType) -> str:
    return next((name for name in ("start_at", "due_at") if name in kind.by_name and "subject" in kind.by_name), "")


def _entry(kind: ObjectType, row: Row) -> list[str]:
    todo = _begins(kind) == "due_at"
    whole = bool(row.get("all_day"))
    head = "VTODO" if todo else "VEVENT"
    lines = [
        f"BEGIN:{head}",
        f"UID:{row['id']}",
        f"DTSTAMP:{_moment(row.get('updated_at')) or _moment(datetime.now(UTC))}",
    ]
    lines += [f"SUMMARY:{_vtext(row.get('subject'))}"]
    if todo:
        lines += [_at("DUE", row["due_at"], whole)]
        lines += ["STATUS:COMPLETED"] if row.get("status") == "completed" else []
    else:
        lines += [_at("DTSTART", row["start_at"], whole)]
        lines += [_at("DTEND", row["end_at"], whole, more=1)] if row.get("end_at") else []
    lines += [f"LOCATION:{_vtext(row['location'])}"] if row.get("location") else []
    lines += [f"DESCRIPTION:{_vtext(row['description'])}"] if row.get("description") else []
    return [*lines, f"END:{head}"]


def _at(name: str, value: Any, whole: bool, *, more: int = 0) -> str:
    """A moment in UTC, or a day; the end of whole days is the day behind them."""
    if not whole:
        return f"{name}:{_moment(value)}"
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return f"{name};VALUE=DATE:{timezone.localtime(moment).date() + timedelta(days=more):%Y%m%d}"


def _moment(value: Any) -> str:
    if not value:
        return ""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _vtext(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    for before, after in (("\\", "\\\\"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n"), (";", "\\;"), (",", "\\,")):
        text = text.replace(before, after)
    return text


def _folded(lines: Iterable[str]) -> str:
    """Lines of at most 75 bytes, folded between characters."""
    out = []
    for line in lines:
        part, size = "", 0
        for char in line:
            width = len(char.encode())
            if size + width > 73:
                out.append(part)
                part, size = " ", 1
            part += char
            size += width
        out.append(part)
    return "\r\n".join(out) + "\r\n"
