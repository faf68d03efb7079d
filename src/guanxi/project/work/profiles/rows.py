"""The rows of a CSV file, repaired as the profile says."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from string import Formatter

from guanxi.core.errors import Invalid
from guanxi.project.failure import Failure
from guanxi.project.work.profiles.ledger import Ledger
from guanxi.project.work.profiles.profile import File
from guanxi.records.imports.forms import decode


@dataclass(frozen=True)
class Row:
    """A row: its line in the file, its key, the text of each column without space around it; of a document its first row, with all its rows."""

    line: int
    key: str
    cells: dict[str, str]
    parts: list["Row"] = field(default_factory=list)


def columns_of(file: File) -> set[str]:
    """Every column that the profile names for a file."""
    named = {*key_columns(file), *file.repairs, *file.skip, *file.endings}
    for origin in (*file.fields.values(), *file.lines.values()):
        named |= {*origin.column, *(name for text in origin.template for name in places(text))}
    if file.people:
        named |= {file.people.name, file.people.lead, file.people.above}
    if file.line:
        named.add(file.line.product)
    if file.began:
        named.add(file.began.column)
    return named - {""}


def key_columns(file: File) -> list[str]:
    """The columns of the key."""
    return places(file.key) if "{" in file.key else [file.key]


def places(template: str) -> list[str]:
    """The columns that a template names."""
    return [name for _text, name, _form, _conversion in Formatter().parse(template) if name]


def check_file(folder: Path, file: File) -> None:
    """Raise `Failure` unless the file is there with every column that the profile names."""
    path = folder / file.file
    if not path.is_file():
        raise Failure(f"There is no file {path}.")
    header = next(_lines(path, file.delimiter), (0, []))[1]
    missing = sorted(columns_of(file) - set(header))
    if missing:
        raise Failure(f"{path} has no column {', '.join(missing)}.")


def read_rows(folder: Path, file: File, ledger: Ledger) -> list[Row]:
    """All usable rows of a file; counts every row that is read and refuses those without or with a repeated key, unless the profile says otherwise."""
    lines = _lines(folder / file.file, file.delimiter)
    header = next(lines)[1]
    rows: dict[str, Row] = {}
    wanted = [(place, name) for place, name in enumerate(header) if name in columns_of(file)]
    # The same texts come again and again: each is kept once.
    texts: dict[str, str] = {}
    for number, cells in lines:
        ledger.read += 1
        if len(cells) != len(header):
            ledger.refuse(file.file, number, f"{len(cells)} cells under {len(header)} columns")
            continue
        named = {name: texts.setdefault(cells[place], cells[place]) for place, name in wanted}
        row = _repaired(file, number, named, ledger)
        if not _passed_over(file, row, ledger):
            _keep(file, row, rows, ledger)
    return list(rows.values())


def _passed_over(file: File, row: Row, ledger: Ledger) -> bool:
    for column, unwanted in file.skip.items():
        if row.cells[column] in unwanted:
            text = row.cells[column]
            ledger.pass_over(file.file, file.object, f"{column} is “{text}”" if text else f"{column} is empty")
            return True
    return False


def _keep(file: File, row: Row, rows: dict[str, Row], ledger: Ledger) -> None:
    known = rows.get(row.key)
    if not row.key:
        ledger.refuse(file.file, row.line, f"{file.key} is empty")
    elif file.lines:
        rows.setdefault(row.key, row).parts.append(row)
    elif known is None:
        rows[row.key] = row
    elif file.once:
        ledger.pass_over(file.file, file.object, f"{file.key} came before")
    else:
        ledger.refuse(file.file, row.line, f"{file.key} “{row.key}” stands in line {known.line} already")


def _lines(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty, the header first."""
    try:
        content = path.read_bytes()
        text, _encoding = decode(gzip.decompress(content) if path.suffix == ".gz" else content)
        source = StringIO(text.removeprefix("\ufeff"), newline="")
        if delimiter == "space":
            yield from ((number, cells) for number, line in enumerate(source, start=1) if (cells := line.split()))
            return
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except (csv.Error, Invalid, OSError, EOFError, zlib.error) as error:
        raise Failure(f"{path} cannot be read: {error}") from error


def _repaired(file: File, number: int, cells: dict[str, str], ledger: Ledger) -> Row:
    for column, ending in file.endings.items():
        cells[column] = cells[column].removesuffix(ending)
    for column, repairs in file.repairs.items():
        before = cells[column]
        if before in repairs:
            cells[column] = repairs[before]
            ledger.repairs[(file.file, column, before, repairs[before])] += 1
    if "{" not in file.key:
        return Row(number, cells[file.key], cells)
    filled = all(cells[name] for name in key_columns(file))
    return Row(number, file.key.format(**cells) if filled else "", cells)
