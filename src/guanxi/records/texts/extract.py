"""Taking the text out of a document, in a process of its own: `python -m guanxi.records.texts.extract KIND FILE`.

Documents come from anywhere and their readers are large: whatever happens here, too much memory or time or a crash, ends this process
and nothing else. The text goes to standard output, the exit status tells what is wrong (see STATUS).
"""

import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

from docx import Document as read_docx
from lxml import html  # type: ignore[import-untyped]
from odfdo import Document as read_odf
from pptx import Presentation
from pypdf import PdfReader
from python_calamine import load_workbook

READ, BROKEN, ENCRYPTED = 0, 3, 4
MEMORY = 1024**3
SECONDS = 30
MOST = 400_000
# What a compressed document may grow to: more is no document but an attack.
UNPACKED = 300 * 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0"
ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")


class Encrypted(Exception):
    """The document is protected by a password."""


def _pdf(path: Path) -> Iterator[str]:
    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Encrypted
    for page in reader.pages:
        yield page.extract_text()


def _docx(path: Path) -> Iterator[str]:
    _require_open(path)
    document = read_docx(str(path))
    yield from (paragraph.text for paragraph in document.paragraphs)
    for table in document.tables:
        for row in table.rows:
            yield " ".join(cell.text for cell in row.cells)


def _pptx(path: Path) -> Iterator[str]:
    _require_open(path)
    for slide in Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if getattr(shape, "has_table", False):
                yield from (cell.text for row in shape.table.rows for cell in row.cells)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            yield slide.notes_slide.notes_text_frame.text


def _sheet(path: Path) -> Iterator[str]:
    if path.suffix.lower() != ".xls":
        _require_open(path)
    book = load_workbook(str(path))
    for name in book.sheet_names:
        yield name
        for row in book.get_sheet_by_name(name).to_python():
            yield " ".join(str(cell) for cell in row if cell not in ("", None))


def _odf(path: Path) -> Iterator[str]:
    _require_open(path)
    with ZipFile(path) as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Encrypted
    yield read_odf(str(path)).get_formatted_text()


def _html(path: Path) -> Iterator[str]:
    tree = html.fromstring(_decoded(path.read_bytes()))
    for element in tree.xpath("//script|//style|//head"):
        element.drop_tree()
    yield " ".join(tree.itertext())


def _text(path: Path) -> Iterator[str]:
    yield _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    for name in ENCODINGS:
        if name != "utf-16" or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            try:
                return content.decode(name)
            except UnicodeDecodeError:
                continue
    return content.decode("latin-1")


def _require_open(path: Path) -> None:
    """Refuse what a password protects and what grows beyond all measure."""
    with path.open("rb") as file:
        if file.read(4) == OLE:
            raise Encrypted
    with ZipFile(path) as archive:
        if sum(item.file_size for item in archive.infolist()) > UNPACKED:
            raise MemoryError
        if any(item.flag_bits & 1 for item in archive.infolist()):
            raise Encrypted


READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "pdf": _pdf, "docx": _docx, "docm": _docx, "pptx": _pptx, "pptm": _pptx, "xlsx": _sheet, "xlsm": _sheet, "xls": _sheet, "ods": _sheet,
    "odt": _odf, "odp": _odf, "html": _html, "htm": _html, "txt": _text, "md": _text, "csv": _text, "tsv": _text, "eml": _text, "log": _text,
}  # fmt: skip


def main(kind: str, path: str) -> int:
    """Write the text of a document to standard output, as far as it is worth; the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    left = MOST
    try:
        for part in READERS[kind](Path(path)):
            text = part.replace("\x00", " ").encode("utf-8", "replace").decode()[:left]
            sys.stdout.buffer.write(text.encode() + b"\n")
            left -= len(text)
            if left <= 0:
                break
        sys.stdout.buffer.flush()
    except Encrypted:
        return ENCRYPTED
    # Whatever a reader raises about a stranger's file means the same: it cannot be read.
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
        return BROKEN
    return READ


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
