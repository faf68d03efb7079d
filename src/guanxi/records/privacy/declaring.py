"""The port by which rooms tell what their tables hold about persons."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.db import models

from guanxi.core.ports import Port
from guanxi.records import registry
from guanxi.records.models import Record

Ids = Mapping[str, frozenset[UUID]]
# Of every business object: codes name no person, values of own fields are dealt with by the engine.
OF_EVERY_RECORD = ("code", "tags", "custom")


class Way(StrEnum):
    """What becomes of a column when a person is erased."""

    EMPTY = "empty"
    NAME = "name"
    SCRUB = "scrub"


@dataclass(frozen=True)
class Subject:
    """An object whose records are persons, those that have the values `when`.

    names   columns with parts of the name, the first is the whole
    reach   columns with addresses, numbers and accounts by which the person is reached
    """

    object: str
    names: tuple[str, ...]
    reach: tuple[str, ...]
    when: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Table:
    """What one table holds about persons.

    about     paths to keys: rows whose key is the person's are about the person and nobody else
    touches   paths to keys: rows that belong to something else in which the person may be named, also by way of the account
              that the person works for
    columns   personal columns, and what becomes of them in rows about the person: emptied, given the pseudonym, or only what names
              the person replaced. In rows that merely touch the person all of them are treated the last way
    plain     texts that tell nothing about a person
    tells     columns whose values are addresses of the person, in rows about it
    address   columns that hold addresses: rows with one of the person's are about it
    goes      the whole row goes
    anywhere  rows are found by the person's addresses in any of the columns, wherever they came from
    also      values that rows about the person take
    label     what people call its rows, of tables that are no objects
    """

    model: type[models.Model]
    about: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    columns: Mapping[str, Way] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    goes: bool = False
    anywhere: bool = False
    also: Mapping[str, Any] = field(default_factory=dict)
    label: Any = ""

    @property
    def called(self) -> str:
        """What people call its rows."""
        kind = registry.of_model(self.model)
        return str(kind.label_plural if kind else self.label or self.model._meta.verbose_name_plural)

    @property
    def in_others(self) -> tuple[str, ...]:
        """The personal columns of rows that are not about the person: of another person, all but what that one is called and reached by."""
        kind = registry.of_model(self.model)
        other = subjects().get(kind.name) if kind else None
        own = (*other.names, *other.reach, "name_sort") if other else ()
        return tuple(name for name in self.columns if name not in own)

    @property
    def declared(self) -> frozenset[str]:
        """Every column that something is said about."""
        base = OF_EVERY_RECORD if issubclass(self.model, Record) else ()
        return frozenset((*self.columns, *self.plain, *base))


@dataclass(frozen=True)
class RoomPersonalData:
    """What a room says of its tables.

    same    more records that are the same person as these: ids by object → ids by object
    around  accounts that the person works for or belongs to, whose records may name it
    shared  those of some addresses that others have too, so that they do not tell this person
    """

    subjects: tuple[Subject, ...] = ()
    tables: tuple[Table, ...] = ()
    same: Callable[[Ids], Ids] | None = None
    around: Callable[[Ids], frozenset[UUID]] | None = None
    shared: Callable[[Iterable[str], Ids], frozenset[str]] | None = None


class DescribePersonalData(Protocol):
    """Tells what a room's tables hold about persons."""

    def __call__(self) -> RoomPersonalData:
        """Constants: no query."""


PERSONAL_DATA: Port[DescribePersonalData] = Port("personal_data")


def empty(*names: str) -> dict[str, Way]:
    """Columns that are emptied."""
    return dict.fromkeys(names, Way.EMPTY)


def named(*names: str) -> dict[str, Way]:
    """Columns that get the pseudonym."""
    return dict.fromkeys(names, Way.NAME)


def scrubbed(*names: str) -> dict[str, Way]:
    """Columns in which what names the person is replaced."""
    return dict.fromkeys(names, Way.SCRUB)


def impersonal(model: type[models.Model], *plain: str) -> Table:
    """A table that holds nothing about customers: definitions, settings, colleagues, states of work."""
    return Table(model, plain=plain)


@cache
def rooms() -> tuple[RoomPersonalData, ...]:
    """What every room says, from the ground up."""
    return tuple(describe() for describe in PERSONAL_DATA)


def tables() -> Iterator[Table]:
    """Every declared table."""
    for room in rooms():
        yield from room.tables


def subjects() -> Mapping[str, Subject]:
    """Objects whose records are persons."""
    return {one.object: one for room in rooms() for one in room.subjects}
