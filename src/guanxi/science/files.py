"""Files that people hand in: any usual encoding and delimiter, and every fault named with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from guanxi.science.arrays import Flags, Floats, Unusable

MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
DELIMITERS = (",", ";", "\t", "|")


class Unreadable(Unusable):
    """The file or its columns cannot serve; the message says why."""


def opened(path: Path) -> IO[str]:
    """The file as text: UTF-8 or UTF-16 by its mark, else UTF-8 if it is, else GB18030. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}.") from None
    encoding = next((name for mark, name in MARKS if start.startswith(mark)), "")
    if not encoding and b"\0" in start:
        raise Unreadable(f"{path.name} is not a text file: save it as CSV, UTF-8.")
    return path.open(encoding=encoding or _guessed(path), newline="")


def _guessed(path: Path) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            with path.open(encoding=encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable(f"The encoding of {path.name} is unknown: save it as UTF-8.")


@dataclass(frozen=True)
class Sheet:
    """A file's columns by name, as texts; line 1 is the head."""

    name: str
    columns: dict[str, list[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def need(self, *names: str) -> None:
        """Refuses a file without these columns. Raises Unreadable."""
        for name in names:
            if name not in self.columns:
                raise Unreadable(f"{self.name} has no column {name}. It has: {', '.join(self.columns)}.")

    def texts(self, name: str) -> list[str]:
        """A column, no cell of which may be empty. Raises Unreadable."""
        self.need(name)
        values = self.columns[name]
        if "" in values:
            raise Unreadable(f"{self.name} line {self.lines[values.index('')]}: {name} is empty.")
        return values

    def numbers(self, name: str, *, least: float | None = 0.0) -> Floats:
        """A column of finite numbers, none below `least`. Raises Unreadable with the line."""
        texts = self.texts(name)
        try:
            found = np.array(texts, dtype=np.float64)
        except ValueError:
            place = next(place for place, text in enumerate(texts) if not _is_number(text))
            raise Unreadable(
                f"{self.name} line {self.lines[place]}: {name} is no number: {texts[place][:40]!r}."
            ) from None
        self._refuse(name, "is not a finite number", np.isfinite(found))
        if least is not None:
            self._refuse(name, "is negative" if least == 0 else f"is below {least:g}", found >= least)
        return found

    def _refuse(self, name: str, fault: str, sound: Flags) -> None:
        if not sound.all():
            place = int(np.argmin(sound))
            raise Unreadable(f"{self.name} line {self.lines[place]}: {name} {fault}: {self.columns[name][place][:40]}.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_sheet(path: Path) -> Sheet:
    """The whole file. Blank lines are passed over. Raises Unreadable for an empty file, a ragged row, a column twice."""
    with opened(path) as file:
        try:
            first = file.readline()
            delimiter = max(DELIMITERS, key=first.count)
            rows = csv.reader(chain([first], file), delimiter=delimiter)
            head = [cell.strip() for cell in next(rows, [])]
            _check_head(path.name, head)
            lines, body = _body(path.name, len(head), rows)
        except (csv.Error, UnicodeDecodeError) as error:
            raise Unreadable(f"{path.name} cannot be read as CSV: {error}.") from None
    if not body:
        raise Unreadable(f"{path.name} has no rows.")
    columns = zip(head, zip(*body, strict=True), strict=True)
    return Sheet(path.name, {name: list(map(str.strip, values)) for name, values in columns}, lines)


def _check_head(name: str, head: list[str]) -> None:
    if not any(head):
        raise Unreadable(f"{name} is empty.")
    twice = [cell for place, cell in enumerate(head) if cell and cell in head[:place]]
    if twice:
        raise Unreadable(f"{name} has the column {twice[0]} twice.")


def _body(name: str, width: int, rows: Iterator[list[str]]) -> tuple[list[int], list[list[str]]]:
    lines, body = [], []
    for line, row in enumerate(rows, start=2):
        if any(row):
            if len(row) != width:
                raise Unreadable(f"{name} line {line}: {len(row)} cells instead of {width}.")
            lines.append(line)
            body.append(row)
    return lines, body
