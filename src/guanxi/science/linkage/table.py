"""Rows as the linkage reads them: from a CSV file, or from values of a database, into comparable fields."""

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from guanxi.science.files import DELIMITERS, Unreadable, opened
from guanxi.science.linkage import headers, levels, normal
from guanxi.science.linkage.fields import Comparison, PersonName, Single
from guanxi.science.linkage.levels import Comparer
from guanxi.science.linkage.vocabulary import Raw, build

Convert = Callable[[str], normal.Form]
_SINGLE: dict[str, tuple[Convert, Comparer]] = {
    headers.COMPANY: (normal.company, levels.COMPANIES),
    headers.EMAIL: (normal.email, levels.ADDRESSES),
    headers.PHONE: (normal.phone, levels.NUMBERS),
    headers.CITY: (normal.word, levels.PLACES),
    headers.STREET: (normal.street, levels.STREETS),
    headers.POSTCODE: (normal.number, levels.POSTCODES),
    headers.NUMBER: (normal.number, levels.NUMBERS),
    headers.WEBSITE: (normal.website, levels.NUMBERS),
}


@dataclass(frozen=True)
class Table:
    """Rows ready to be linked: their ids and their fields."""

    ids: Sequence[str]
    fields: tuple[Comparison, ...]

    def __len__(self) -> int:
        return len(self.ids)


def table_of(ids: Sequence[str], columns: Sequence[tuple[str, Raw]]) -> Table:
    """A table of columns, each with its role (see `headers`). Columns of the same role are compared crosswise."""
    roles: dict[str, list[Raw]] = {}
    for role, column in columns:
        roles.setdefault(role, []).append(column)
    fields = [*_person(roles), *_birth(roles)]
    for role, (convert, comparer) in _SINGLE.items():
        if role in roles:
            vocabulary, slots = build(roles[role], convert)
            fields.append(Single((role,), vocabulary, comparer, slots))
    return Table(ids, tuple(fields))


def _person(roles: Mapping[str, list[Raw]]) -> Iterator[Comparison]:
    """Given and family name from columns of their own, or from one of full names."""
    columns = [roles[role][0] for role in (headers.GIVEN, headers.FAMILY) if role in roles]
    forms: list[Convert] = [form for role, form in _NAME_FORMS if role in roles]
    if len(columns) == 2:
        yield _person_name(columns, forms)
    elif headers.NAME in roles:
        whole = roles[headers.NAME][0]
        parts = [normal.split_name(text) for text in whole.texts]
        halves = [Raw([part[place] for part in parts], whole.codes) for place in (0, 1)]
        yield _person_name(halves, [form for _role, form in _NAME_FORMS])
    elif columns:
        vocabulary, slots = build(columns, forms)
        yield Single((headers.FAMILY if headers.FAMILY in roles else headers.GIVEN,), vocabulary, levels.NAMES, slots)


_NAME_FORMS: tuple[tuple[str, Convert], ...] = ((headers.GIVEN, normal.word), (headers.FAMILY, normal.family_name))


def _person_name(columns: Sequence[Raw], forms: Sequence[Convert]) -> PersonName:
    vocabulary, slots = build(columns, forms)
    return PersonName((headers.GIVEN, headers.FAMILY), vocabulary, levels.NAMES, slots)


def _birth(roles: Mapping[str, list[Raw]]) -> Iterator[Comparison]:
    for column in roles.get(headers.BIRTH_DATE, [])[:1]:
        vocabulary, slots = build([column], partial(normal.birth_date, day_first=_day_first(column.texts)))
        yield Single((headers.BIRTH_DATE,), vocabulary, levels.DATES, slots)


def _day_first(texts: Iterable[str]) -> bool:
    """Whether 3/2/1990 is a day in February, told by dates that can be read in one way only."""
    firsts, seconds = 0, 0
    for text in texts:
        parts = text.replace("-", "/").replace(".", "/").split("/")
        if len(parts) == 3 and len(parts[2]) == 4 and parts[0].isdigit() and parts[1].isdigit():
            firsts += int(parts[0]) > 12
            seconds += int(parts[1]) > 12
    return firsts >= seconds


def read_csv(path: Path, *, id_column: str, companies: bool = False) -> Table:
    """The rows of a CSV file. Columns are recognised by their headers, in English or Chinese; others are left out.

    `companies`: a column "name" holds companies. Raises Unreadable.
    """
    with opened(path) as file:
        first = file.readline()
        delimiter = max(DELIMITERS, key=first.count)
        rows = csv.reader(chain([first], file), delimiter=delimiter)
        head = [" ".join(cell.split()) for cell in next(rows, [])]
        if id_column not in head:
            raise Unreadable(f"{path.name} has no column {id_column}. It has: {', '.join(head)}.")
        roles = _roles(head, id_column, companies)
        if not roles:
            raise Unreadable(
                f"No column of {path.name} is recognised, such as first_name, surname, dob, email, company."
            )
        places = [head.index(id_column), *roles]
        return table_from(([_cell(row, place) for place in places] for row in rows if row), list(roles.values()))


def _roles(head: Sequence[str], id_column: str, companies: bool) -> dict[int, str]:
    """Place of a column → what it holds."""
    found = {place: headers.role_of(name, companies=companies) for place, name in enumerate(head) if name != id_column}
    return {place: role for place, role in found.items() if role}


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def table_from(rows: Iterable[Sequence[str]], roles: Sequence[str]) -> Table:
    """A table of rows that begin with their id; `roles` says what the places after it hold (see `headers`).

    Only distinct texts are kept, so that a large table stays small.
    """
    ids: list[str] = []
    known: list[dict[str, int]] = [{} for _ in roles]
    codes = [array("i") for _ in roles]
    for row in rows:
        ids.append(row[0])
        for texts, column, value in zip(known, codes, row[1:], strict=True):
            column.append(texts.setdefault(value, len(texts)))
    columns = [Raw(list(texts), np.array(column, dtype=np.int32)) for texts, column in zip(known, codes, strict=True)]
    return table_of(ids, list(zip(roles, columns, strict=True)))
