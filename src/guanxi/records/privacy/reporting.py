"""Everything that is kept about one person, over all rooms (GDPR art. 15 and 20, PIPL art. 45)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from guanxi.core.models import AccessEntry, Change, StoredFile
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.models import Record
from guanxi.records.privacy.finding import Person, Rows, find_person, rows_of
from guanxi.records.values import plain

MOST = 5000
# Comparable forms and states of the engine tell a person nothing new.
_DERIVED = ("name_sort", "norm", "email_norm", "phone_e164", "mobile_e164", "custom", "tags", "file_ids", "attachments")


@dataclass(frozen=True)
class Entry:
    """One row: its code or moment, and what it says, label → value."""

    title: str
    values: Mapping[str, Any]

    @property
    def shown(self) -> Mapping[str, str]:
        """The values for people."""
        return {label: _in_words(value) for label, value in self.values.items()}


@dataclass(frozen=True)
class Section:
    """The rows of one table. `about`: they are about the person; else they are of something else and name it."""

    key: str
    label: str
    about: bool
    entries: Sequence[Entry]
    more: int = 0


@dataclass(frozen=True)
class PersonReport:
    """What is kept about a person, when it was read."""

    person: Person
    at: Any
    sections: Sequence[Section]
    files: Sequence[Any]
    history: Sequence[Any]
    seen: Sequence[Any]
    people: Mapping[UUID, str]

    def as_json(self) -> dict[str, Any]:
        """The same in plain values, for machines."""
        return {
            "object": self.person.object,
            "record": str(self.person.id),
            "code": self.person.code,
            "name": self.person.label,
            "made_at": self.at.isoformat(),
            "sections": [
                {
                    "key": one.key,
                    "label": one.label,
                    "about": one.about,
                    "rows": [{"title": row.title, "values": {label: plain(value) for label, value in row.values.items()}} for row in one.entries],
                    "left_out": one.more,
                }
                for one in self.sections
            ],
            "files": [{"name": file.name, "size": file.size, "at": file.created_at.isoformat()} for file in self.files],
            "history": [
                {"at": row.at.isoformat(), "object": row.object, "action": row.action, "via": row.via, "who": self.people.get(row.member_id, ""), "changes": row.diff}
                for row in self.history
            ],
            "seen": [{"at": row.at.isoformat(), "action": row.action, "who": self.people.get(row.member_id, "")} for row in self.seen],
        }  # fmt: skip


def report_person(actor: Actor, object_name: str, record_id: UUID, *, form: str = "page") -> PersonReport:
    """Read it all, and note that it was read. Raises `NotAllowed`, `NotFound`, `Invalid` for what is no person."""
    require_admin(actor)
    person = find_person(object_name, record_id)
    found = list(rows_of(person))
    about = {key for one in found for key in one.about}
    history = list(Change.objects.filter(object__in=person.ids, record_id__in=person.keys).order_by("-at")[:MOST])
    seen = list(AccessEntry.objects.filter(record_id__in=person.keys).order_by("-at")[:MOST])
    report = PersonReport(
        person=person,
        at=timezone.now(),
        sections=list(_sections(found)),
        files=list(StoredFile.objects.filter(record_id__in=about, deleted_at=None).order_by("-created_at")[:MOST]),
        history=history,
        seen=seen,
        people=dict(Membership.objects.values_list("id", "name")),
    )
    note_access(actor, "personal_data.reported", object_name=object_name, record_id=record_id, detail={"form": form})
    return report


def _sections(found: Iterable[Rows]) -> Iterator[Section]:
    for one in found:
        for keys, about in ((one.about, True), (one.touched, False)):
            if keys:
                rows = one.table.model._base_manager.filter(id__in=keys).order_by("id")[:MOST]
                names = list(_shown(one, about=about))
                entries = [_entry(row, names) for row in rows]
                yield Section(
                    one.table.model._meta.db_table, one.table.called, about, entries, max(0, len(keys) - MOST)
                )


def _shown(one: Rows, *, about: bool) -> Iterator[str]:
    """Columns worth telling: what is declared as personal, and of rows about the person everything else that has a meaning."""
    wanted = set(one.table.columns) | (set(one.table.plain) if about else set())
    for column in one.table.model._meta.local_fields:
        told = isinstance(column, models.DateTimeField | models.DecimalField | models.BigIntegerField) and about
        hidden = (
            column.name in _DERIVED or column.is_relation or column.name in ("share_mask", "deleted_at", "updated_at")
        )
        if not hidden and (column.name in wanted or told):
            yield column.name


def _in_words(value: Any) -> str:
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _entry(row: Any, names: Iterable[str]) -> Entry:
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(row, name)
        if value not in (None, "", [], {}):
            label = capfirst(str(row._meta.get_field(name).verbose_name))
            display = getattr(row, f"get_{name}_display", None)
            values[label] = str(display()) if display else value
    if isinstance(row, Record) and row.custom:
        kind = registry.of_model(type(row))
        own = custom_fields(kind.name) if kind else {}
        values |= {str(own[name].label): plain(value) for name, value in row.custom.items() if name in own}
    return Entry(getattr(row, "code", "") or "", values)
