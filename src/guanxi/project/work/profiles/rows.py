"""The rows of a CSV file, repaired as the profile says."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
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
    """A row: its line in the file, its key, the text of each column without space around it."""

    line: int
    key: str
    cells: dict[str, str]


def columns_of(file: File) -> set[str]:
    """Every column that the profile names for a file."""
    named = {file.key, *file.repairs}
    for origin in file.fields.values():
        named |= {*origin.column, *(name for text in origin.template for name in places(text))}
    if file.people:
        named |= {file.people.name, file.people.lead, file.people.above}
    if file.line:
        named.add(file.line.product)
    if file.began:
        named.add(file.began.column)
    return named - {""}


def places(template: str) -> list[str]:
    """The columns that a template names."""
    return [name for _text, name, _form, _conversion in Formatter().parse(template) if name]


def check_file(folder: Path, file: File) -> None:
    """Raise `Failure` unless the file is there with every column that the profile names."""
    path = folder / file.file
    if not path.is_file():
        raise Failure(f"There is no file {path}.")
    header = next(_lines(path), (0, []))[1]
    missing = sorted(columns_of(file) - set(header))
    if missing:
        raise Failure(f"{path} has no column {', '.join(missing)}.")


def read_rows(folder: Path, file: File, ledger: Ledger) -> list[Row]:
    """All usable rows of a file; counts every row that is read and refuses those without or with a repeated key."""
    lines = _lines(folder / file.file)
    header = next(lines)[1]
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for number, cells in lines:
        ledger.read += 1
        if len(cells) != len(header):
            ledger.refuse(file.file, number, f"{len(cells)} cells under {len(header)} columns")
            continue
        row = _repaired(file, number, dict(zip(header, cells, strict=True)), ledger)
        if not row.key:
            ledger.refuse(file.file, number, f"{file.key} is empty")
        elif row.key in seen:
            ledger.refuse(file.file, number, f"{file.key} “{row.key}” stands in line {seen[row.key]} already")
        else:
            seen[row.key] = number
            rows.append(row)
    return rows


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty, the header first."""
    try:
        text, _encoding = decode(path.read_bytes())
        reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except (csv.Error, Invalid) as error:
        raise Failure(f"{path} cannot be read: {error}") from error


def _repaired(file: File, number: int, cells: dict[str, str], ledger: Ledger) -> Row:
    for column, repairs in file.repairs.items():
        before = cells[column]
        if before in repairs:
            cells[column] = repairs[before]
            ledger.repairs[(file.file, column, before, repairs[before])] += 1
    return Row(number, cells[file.key], cells)
