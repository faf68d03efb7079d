"""A person in all rooms: which records are the person, what names it, and every row about it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.db.models.lookups import IRegex
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import current_tenant_id
from guanxi.records import registry
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.models import MergedRecord, Record
from guanxi.records.privacy.declaring import Ids, Subject, Table, rooms, subjects, tables
from guanxi.records.privacy.words import Words, words_of


@dataclass(frozen=True)
class Person:
    """A person: the record asked for, every record that is the same person, the accounts around it, and what names it."""

    object: str
    id: UUID
    code: str
    label: str
    ids: Ids
    around: frozenset[UUID]
    words: Words
    reach: frozenset[str]

    @property
    def keys(self) -> frozenset[UUID]:
        """The keys of all records that are the person."""
        return frozenset().union(*self.ids.values())


@dataclass(frozen=True)
class Rows:
    """Rows of one table: those about the person, and those that only touch it."""

    table: Table
    about: frozenset[UUID]
    touched: frozenset[UUID]


def find_person(object_name: str, record_id: UUID) -> Person:
    """The person whose record this is, in the bin or not. Raises `NotFound`, `Invalid` for a record that is no person."""
    subject = subjects().get(object_name)
    if subject is None:
        raise Invalid({"object": [_("Only contacts, individual accounts and leads are persons.")]})
    row: Any = _model(object_name)._default_manager.filter(id=record_id).first()
    if row is None:
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    if not is_person(object_name, row):
        raise Invalid({"object": [_("Only contacts, individual accounts and leads are persons.")]})
    ids = _all_records({object_name: frozenset({record_id})})
    around = frozenset().union(*(room.around(ids) for room in rooms() if room.around)) - frozenset().union(
        *ids.values()
    )
    names, reach = _told(ids)
    others = frozenset().union(*(room.shared(reach, ids) for room in rooms() if room.shared))
    own = frozenset(reach) - others
    return Person(object_name, record_id, row.code, str(row), ids, around, words_of(names, own), own)


def is_person(object_name: str, record: Any) -> bool:
    """Whether a record is a person; no query."""
    subject = subjects().get(object_name)
    return subject is not None and all(getattr(record, name) == value for name, value in subject.when)


def _all_records(ids: Ids) -> Ids:
    """With the records that are the same person, and those merged into them, until nothing is added."""
    while True:
        more: dict[str, set[UUID]] = {name: set(keys) for name, keys in ids.items()}
        for room in rooms():
            for name, keys in (room.same(ids) if room.same else {}).items():
                more.setdefault(name, set()).update(keys)
        for name, known in more.items():
            merged = MergedRecord.objects.filter(object=name, survivor_id__in=known)
            known.update(merged.values_list("record_id", flat=True))
        grown = {name: frozenset(known) for name, known in more.items() if known}
        if grown == dict(ids):
            return grown
        ids = grown


def _told(ids: Ids) -> tuple[list[str], list[str]]:
    """Names and addresses out of the person's records and the rows about them."""
    names: list[str] = []
    reach: list[str] = []
    for name, keys in ids.items():
        subject = subjects()[name]
        for row in _model(name)._default_manager.filter(id__in=keys):
            names += [*_values(row, subject.names[:1]), *_parts(row, subject)]
            reach += _values(row, subject.reach)
    every = frozenset().union(*ids.values())
    for table in tables():
        if table.tells and table.about:
            for row in table.model._base_manager.filter(_any_in(table.about, every)):
                reach += _values(row, table.tells)
    return names, reach


def _parts(row: Any, subject: Subject) -> list[str]:
    parts = _values(row, subject.names[1:])
    return ["".join(parts), " ".join(parts), " ".join(reversed(parts))] if len(parts) == 2 else []


def _values(row: Any, names: Iterable[str]) -> list[str]:
    return [str(value) for name in names if (value := getattr(row, name))]


def rows_of(person: Person) -> Iterator[Rows]:
    """The rows of every table that hold something about the person, tables in order of declaration."""
    for table in tables():
        about, touched = about_rows(table, person), touched_rows(table, person)
        if about or touched - about:
            yield Rows(table, about, touched - about)
    yield from _own_links(person)


def about_rows(table: Table, person: Person) -> frozenset[UUID]:
    """Keys of the rows that are about the person and nobody else."""
    found: set[UUID] = set()
    kind = registry.of_model(table.model)
    if kind is not None:
        found |= person.ids.get(kind.name, frozenset())
    if table.about:
        found |= _keys(table, _any_in(table.about, person.keys))
    if table.address and person.reach:
        found |= _keys(table, _with_address(table, person.reach))
    if table.anywhere and person.words.strong:
        found |= _keys(table, _containing(table, person.words.strong))
    return frozenset(found)


def touched_rows(table: Table, person: Person) -> frozenset[UUID]:
    """Keys of the rows of something else that name the person: by a link to it, or in a text of the account around it."""
    if not table.touches or not person.words.pattern:
        return frozenset()
    near = _any_in(table.touches, person.keys | person.around)
    named = _containing(table, person.words.pattern, person.words.json_pattern, names=table.in_others)
    return frozenset(_keys(table, near & named)) if named else frozenset()


def _keys(table: Table, condition: Q) -> set[UUID]:
    # Some tables are read before a tenant is known, so that the database does not tell companies apart in them.
    mine = table.model._base_manager.filter(tenant_id=current_tenant_id())
    return set(mine.filter(condition).values_list("id", flat=True))


def _any_in(paths: Iterable[str], keys: Iterable[UUID]) -> Q:
    wanted = list(keys)
    condition = Q()
    for path in paths:
        condition |= Q(**{f"{path}__in": wanted})
    return condition


def _with_address(table: Table, reach: frozenset[str]) -> Q:
    condition = Q()
    spellings = sorted(reach | {one.lower() for one in reach})
    for name in table.address:
        lookup = "overlap" if _of(table, name) == "ArrayField" else "in"
        condition |= Q(**{f"{name}__{lookup}": spellings})
    return condition


def _containing(table: Table, pattern: str, json_pattern: str = "", *, names: Iterable[str] | None = None) -> Q:
    condition = Q()
    for name in table.columns if names is None else names:
        kind = _of(table, name)
        if kind not in ("DateField", "UUIDField"):
            given = json_pattern or pattern if kind in ("JSONField", "ArrayField") else pattern
            condition |= Q(IRegex(Cast(name, models.TextField()), given))
    return condition


def _of(table: Table, name: str) -> str:
    field: Any = table.model._meta.get_field(name)
    return (
        type(field).__name__ if type(field).__name__ in ("ArrayField", "JSONField") else str(field.get_internal_type())
    )


def _own_links(person: Person) -> Iterator[Rows]:
    """Records that name the person in a link of the company's own fields."""
    for object_name, own in custom_fields_of_all().items():
        kind = registry.find(object_name)
        links = [item for item in own.values() if item.kind == "link" and item.to in person.ids]
        if kind is None or not links:
            continue
        condition = Q()
        for item in links:
            condition |= Q(**{f"custom__{item.name}__in": [str(key) for key in person.ids[item.to]]})
        keys = frozenset(kind.model._default_manager.filter(condition).values_list("id", flat=True))
        table = next((one for one in tables() if one.model is kind.model), None)
        if keys and table is not None:
            yield Rows(table, frozenset(), keys)


def _model(object_name: str) -> type[models.Model]:
    return registry.get(object_name).model


def record_ids(rows: Iterable[Rows]) -> Mapping[str, frozenset[UUID]]:
    """Object → keys, for those of the rows that are records."""
    found: dict[str, frozenset[UUID]] = {}
    for one in rows:
        kind = registry.of_model(one.table.model)
        if kind is not None and issubclass(one.table.model, Record):
            found[kind.name] = found.get(kind.name, frozenset()) | one.about | one.touched
    return found
