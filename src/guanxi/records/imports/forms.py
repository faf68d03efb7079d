"""The form of a file: what kind it is, its encoding, what divides its cells, how it writes numbers and dates.

Recognised from the bytes, shown to the person, and correctable: what `recognise` says is a proposal.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from io import BytesIO, StringIO
from typing import IO, Any

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid

KINDS = ("csv", "xlsx", "vcard", "jsonl")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "cp1252", "latin-1")
DELIMITERS = (",", ";", "\t", "|", "，")
DECIMALS = (".", ",")
ORDERS = ("ymd", "dmy", "mdy")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
HEAD = 256 * 1024
BLOCK = 1024 * 1024
MARK = "\udcff"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_DAY = re.compile(r"^\s*(\d{1,4})\s*([./\-年])\s*(\d{1,2})\s*[./\-月]\s*(\d{1,4})\s*日?(?:[T ].*)?$")
_COMMA = re.compile(r"^[-+]?[¥￥€$\s]*\d+(?:[.\s\u00a0]\d{3})*,\d{1,2}$|^[-+]?[¥￥€$\s]*\d{1,3}(?:\.\d{3})+,\d+$")
_POINT = re.compile(r"^[-+]?[¥￥€$\s]*\d+(?:,\d{3})*\.\d{1,2}$|^[-+]?[¥￥€$\s]*\d{1,3}(?:,\d{3})+\.\d+$")


def _marked(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no text become a lone surrogate: no field takes it, so that the row is refused and none is spoilt."""
    return MARK, max(getattr(error, "end", 0), getattr(error, "start", 0) + 1)


codecs.register_error("guanxi.mark", _marked)


@dataclass(frozen=True)
class Form:
    """How a file is to be read. Encoding and delimiter are empty where the kind has none."""

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    dates: str = "ymd"

    def as_json(self) -> dict[str, str]:
        """To be kept with the import."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Any) -> "Form":
        """The form out of what was kept; what is missing is the default. Raises `Invalid` for what does not exist."""
        known = {name: str(value) for name, value in dict(kept or {}).items() if name in cls.__dataclass_fields__}
        form = cls(**known)
        allowed = {
            "kind": KINDS,
            "encoding": (*ENCODINGS, ""),
            "delimiter": (*DELIMITERS, ""),
            "decimal": DECIMALS,
            "dates": ORDERS,
        }
        for name, values in allowed.items():
            if getattr(form, name) not in values and not (name == "encoding" and _is_codec(form.encoding)):
                raise Invalid({name: [_("Choose one of the values.")]})
        return form


def _is_codec(name: str) -> bool:
    try:
        return bool("x".encode(name).decode(name) == "x")
    except (LookupError, UnicodeError, TypeError, ValueError):
        return False


def recognise(name: str, file: IO[bytes]) -> Form:
    """The form of a file by its bytes. Raises Invalid({"file": …}) for what is no table."""
    file.seek(0)
    head = file.read(HEAD)
    if not head.strip():
        raise Invalid({"file": [_("The file has no rows.")]})
    if head[:2] == b"PK":
        return Form("xlsx", "", "")
    encoding = encoding_of(file)
    text = decoded(head, encoding)
    if _CONTROL.search(text):
        raise Invalid({"file": [_("The file is no table: CSV or XLSX is expected.")]})
    start = text.lstrip("\ufeff \r\n\t")
    if start[:11].upper() == "BEGIN:VCARD":
        return Form("vcard", encoding, "")
    if start[:1] == "{" and not name.lower().endswith((".csv", ".tsv", ".txt")):
        return Form("jsonl", encoding, "")
    return Form("csv", encoding, delimiter_of(text))


def with_habits(form: Form, rows: Iterable[Sequence[str]]) -> Form:
    """The form with decimal mark and order of dates as the cells of some rows show them."""
    comma = point = 0
    first, second, points, slashes = 0, 0, 0, 0
    for cell in (cell for row in rows for cell in row):
        comma += bool(_COMMA.match(cell))
        point += bool(_POINT.match(cell))
        day = _DAY.match(cell)
        if day and len(day[1]) < 3:
            first, second = max(first, int(day[1])), max(second, int(day[3]))
            points += day[2] == "."
            slashes += day[2] != "."
    order = "ymd"
    if first or second:
        order = "mdy" if second > 12 else "dmy"
    return replace(form, decimal="," if comma > point else ".", dates=order)


def encoding_of(file: IO[bytes]) -> str:
    """The encoding of a whole file: a mark at its beginning decides, then what all of it can be read as."""
    file.seek(0)
    head = file.read(HEAD)
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    wide = _utf16_without_mark(head)
    if wide:
        return wide
    if _reads(file, "utf-8") or _nearly_utf8(head):
        return "utf-8"
    if not _western(head) and _reads(file, "gb18030"):
        return "gb18030"
    best = from_bytes(head).best()
    if best is None:
        raise Invalid({"file": [_("The encoding of the file is unknown: save it as UTF-8.")]})
    return "cp1252" if _western(head) else best.encoding.replace("_", "-")


def decode(content: bytes) -> tuple[str, str]:
    """The text of a whole file, and its encoding. Raises Invalid({"file": …})."""
    encoding = encoding_of(BytesIO(content))
    return content.decode(encoding, "guanxi.mark"), encoding


def decoded(head: bytes, encoding: str) -> str:
    """The beginning of a file as text; a character cut in two at its end is left out."""
    return codecs.getincrementaldecoder(encoding)("guanxi.mark").decode(head)


def delimiter_of(text: str) -> str:
    """What divides the cells: the mark that the first line has most of, outside quotes."""
    first = next((line for line in StringIO(text) if line.strip()), "")
    return max(DELIMITERS, key=lambda mark: sum(part.count(mark) for part in first.split('"')[0::2]))


def _reads(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(head: bytes) -> bool:
    """UTF-8 in which a few bytes are spoilt: those rows are refused, and the others are right."""
    text = decoded(head, "utf-8")
    wrong = text.count(MARK)
    wide = sum(1 for char in text if char > "\x7f") - wrong
    return wide > 20 * wrong


def _western(head: bytes) -> bool:
    """Accented letters stand alone between plain ones; the bytes of Chinese come in pairs and runs."""
    alone = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?=[a-zA-Z ,;\"'\r\n\t.\-])", head))
    together = len(re.findall(rb"[\x80-\xff]{2,}", head))
    return alone > together


def _utf16_without_mark(head: bytes) -> str:
    """Zeros betray UTF-16: delimiters and digits have one in each pair of bytes, always on the same side."""
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    if odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 4 else ""


# A cell longer than this is a quote that was never closed.
csv.field_size_limit(BLOCK)
