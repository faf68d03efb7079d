"""The end of the recycle bin: records deleted longer ago than the company keeps them go for good, with what hangs on them.

What goes is found by following every link of every table, so that a new room needs to say nothing here. A record stays in the bin as
long as something that remains refers to it, and for ever when it belongs to the books (`Record.books`). The history stays:
it is the audit of what was there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from guanxi.core.events import publish
from guanxi.core.models import AccessEntry, Change, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Company
from guanxi.records import registry
from guanxi.records.events import RecordsChanged
from guanxi.records.history import write_history
from guanxi.records.holds import held_ids
from guanxi.records.models import Erasure, IdempotencyKey, MatchKey, MergedRecord, Record, SearchEntry, TextEntry
from guanxi.records.registry import ObjectType
from guanxi.records.search import forget

BATCH = 500
EMPTIED = "recycle_bin.emptied"
# Audit and certificates stay, answers of repeated writes go by themselves within a day, a merged record's code leads on for ever.
_KEPT = (Change, AccessEntry, Erasure, IdempotencyKey, MergedRecord)
_FIRST = UUID(int=0)
Model = type[models.Model]
Rows = dict[Model, set[UUID]]


@dataclass
class Emptied:
    """How many records went for good and how many had to stay, by object name."""

    removed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)


def empty_recycle_bin(tenant_id: UUID) -> Emptied:
    """Remove for good what was deleted longer ago than the company's retention, batch by batch, each in a transaction.

    Does nothing for a company that keeps everything. What was done is written into the access log.
    """
    done = Emptied()
    with tenant_tx(tenant_id):
        limit = limit_of(Company.objects.get())
        # From the top down, so that an order has gone before its customer is looked at.
        kinds = list(registry.objects())[::-1]
    if limit is None:
        return done
    for kind in kinds:
        after: UUID | None = _FIRST
        while after is not None:
            with tenant_tx(tenant_id):
                after = _empty_batch(Actor.system(tenant_id), kind, limit, after, done)
    if done.removed:
        with tenant_tx(tenant_id):
            detail = {"removed": dict(done.removed), "held": dict(done.held)}
            note_access(Actor.system(tenant_id), EMPTIED, object_name="company", record_id=tenant_id, detail=detail)
    return done


def limit_of(company: Company) -> datetime | None:
    """Records deleted before this moment go; None where the company keeps them for ever."""
    return timezone.now() - timedelta(days=company.recycle_days) if company.recycle_days else None


def expired(kind: ObjectType, limit: datetime) -> Any:
    """The records of an object that the next emptying looks at: deleted long ago, and not of the books."""
    rows = kind.model.objects.filter(deleted_at__lt=limit)  # type: ignore[attr-defined]
    books = _model(kind).books
    return rows.exclude(books) if books is not None else rows


def _empty_batch(actor: Actor, kind: ObjectType, limit: datetime, after: UUID, done: Emptied) -> UUID | None:
    """The key of the last record looked at, or None when there was none left."""
    rows = expired(kind, limit).filter(id__gt=after).order_by("id").select_for_update(of=("self",))
    ids = [row.id for row in rows.only("id")[:BATCH]]
    if not ids:
        return None
    removal = Removal(limit)
    going = removal.find(kind.model, ids)
    done.held[kind.name] += len(set(ids) - going.get(kind.model, set()))
    done.held += Counter()
    _detach(actor, removal)
    remove_rows(actor, going)
    for model, keys in going.items():
        found = registry.of_model(model)
        if found is not None:
            done.removed[found.name] += len(keys)
    last: UUID = ids[-1]
    return last


def remove_old(actor: Actor, kind: ObjectType, ids: Iterable[UUID]) -> int:
    """Remove these records for good without their time in the bin; how many went. What the rules of the bin hold back stays as it is."""
    model = _model(kind)
    rows = model.objects.filter(id__in=list(ids)).order_by("id").select_for_update(of=("self",))
    locked = [row.id for row in rows.only("id")]
    removal = Removal(timezone.now())
    going = removal.find(model, locked)
    _detach(actor, removal)
    remove_rows(actor, going)
    return len(going.get(model, set()) & set(locked))


class Removal:
    """What goes together with some records, found by following the links that lead to them.

    cascade   a part of the record: goes along, unless it belongs to the books
    expired   another record deleted long ago: goes along
    goes_with what is only about the record: goes along, or loses the link where it is about something else too
    the rest  remains and holds the record back
    """

    def __init__(self, limit: datetime) -> None:
        self.limit = limit
        self.held: set[UUID] = held_ids()
        self.going: Rows = {}
        self.loose: dict[Model, dict[UUID, dict[str, UUID]]] = {}
        self._parts_of: dict[UUID, UUID] = {}

    def find(self, model: Model, ids: Iterable[UUID]) -> Rows:
        """The rows that go, by table."""
        wanted = set(ids)
        while True:
            self.going, self.loose, self._parts_of = {}, {}, {}
            holders = self._follow({model: wanted - self.held})
            if not holders:
                return {table: keys for table, keys in self.going.items() if keys}
            for key in holders:
                self._hold(key)

    def _hold(self, key: UUID) -> None:
        """The record stays, and with it what it is a part of."""
        at: UUID | None = key
        while at is not None and at not in self.held:
            self.held.add(at)
            at = self._parts_of.get(at)

    def _follow(self, new: Rows) -> set[UUID]:
        """Grow `going` from `new`; the keys of records that cannot go, or nothing when all is found."""
        held: set[UUID] = set()
        while any(new.values()):
            for model, keys in new.items():
                self.going.setdefault(model, set()).update(keys)
            found: Rows = {}
            for model, keys in new.items():
                for relation in _links_to(model):
                    held |= self._follow_link(relation, keys, found)
            new = found if any(found.values()) else self._about()
        return held

    def _follow_link(self, relation: Any, keys: set[UUID], found: Rows) -> set[UUID]:
        model, link = relation.related_model, relation.field
        if relation.on_delete is models.SET_NULL or link.name in _goes_with(model):
            return set()
        rows = dict(model._base_manager.filter(**{f"{link.attname}__in": keys}).values_list("id", link.attname))
        rows = {key: target for key, target in rows.items() if key not in self.going.get(model, ())}
        may_go = self._may_go(model, set(rows), cascade=relation.on_delete is models.CASCADE)
        for key in may_go:
            found.setdefault(model, set()).add(key)
            if relation.on_delete is models.CASCADE:
                self._parts_of[key] = rows[key]
        return {target for key, target in rows.items() if key not in may_go}

    def _may_go(self, model: Model, keys: set[UUID], *, cascade: bool) -> set[UUID]:
        if not keys or not (cascade or issubclass(model, Record)):
            return set()
        free = keys - self.held
        if not issubclass(model, Record):
            return free
        rows = model.objects.filter(id__in=free)
        if not cascade:
            rows = rows.filter(deleted_at__lt=self.limit)
        if model.books is not None:
            rows = rows.exclude(model.books)
        return set(rows.values_list("id", flat=True))

    def _about(self) -> Rows:
        """Rows that are about nothing but what goes; those about something else too are noted as `loose`."""
        all_going = set().union(*self.going.values())
        found: Rows = {}
        self.loose = {}
        for kind in registry.objects():
            model = _model(kind)
            if not model.goes_with:
                continue
            links: list[Any] = [model._meta.get_field(name) for name in model.goes_with]
            columns = [link.attname for link in links]
            for row in model.objects.filter(_any_in(columns, all_going)).values("id", *columns):
                self._sort(model, links, row, all_going, found)
        return found

    def _sort(self, model: Model, links: list[Any], row: dict[str, Any], all_going: set[UUID], found: Rows) -> None:
        key = row["id"]
        # A note and its line on the timeline have the same key.
        if key in self.going.get(model, ()):
            return
        gone = [link for link in links if row[link.attname] in all_going]
        rest = [link for link in links if row[link.attname] is not None and link not in gone]
        if not rest or any(not link.null for link in gone):
            found.setdefault(model, set()).add(key)
        else:
            self.loose.setdefault(model, {})[key] = {link.attname: row[link.attname] for link in gone}


def _any_in(columns: list[str], keys: set[UUID]) -> Q:
    condition = Q()
    for column in columns:
        condition |= Q(**{f"{column}__in": keys})
    return condition


def _links_to(model: Model) -> Iterator[Any]:
    """Every foreign key that leads to a table, those without a way back included."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation


def _goes_with(model: Model) -> tuple[str, ...]:
    return model.goes_with if issubclass(model, Record) else ()


def _model(kind: ObjectType) -> type[Record]:
    assert issubclass(kind.model, Record)
    return kind.model


def _detach(actor: Actor, removal: Removal) -> None:
    """What remains lets go of what goes."""
    for model, keys in removal.going.items():
        for relation in _links_to(model):
            if relation.on_delete is models.SET_NULL:
                link = relation.field.attname
                relation.related_model._base_manager.filter(**{f"{link}__in": keys}).update(**{link: None})
    for model, rows in removal.loose.items():
        kind = registry.of_model(model)
        assert kind is not None
        entries = []
        for row in model.objects.filter(id__in=rows).order_by("id").select_for_update(of=("self",)):  # type: ignore[attr-defined]
            lost = rows[row.id]
            values = {**dict.fromkeys(lost), **({"object": ""} if "record_id" in lost else {})}
            for name, value in {**values, "version": row.version + 1, "updated_at": timezone.now()}.items():
                setattr(row, name, value)
            row.save(update_fields=[*values, "version", "updated_at"])
            diff = {name.removesuffix("_id"): [str(value), None] for name, value in lost.items()}
            entries.append((row.id, row.version, "updated", diff))
        write_history(actor, kind.name, entries)


def remove_rows(actor: Actor, going: Rows) -> None:
    """Delete rows for good, by model, with their files, search entries and whatever names them by object and key."""
    keys = list(set().union(*going.values()))
    if not keys:
        return
    for model, ids in going.items():
        kind = registry.of_model(model)
        if kind is not None:
            rows = model.objects.filter(id__in=ids).values_list("id", "version")  # type: ignore[attr-defined]
            write_history(actor, kind.name, [(key, version + 1, "purged", {}) for key, version in rows])
            publish(RecordsChanged(object=kind.name, action="purged", ids=tuple(sorted(ids))))
    remove_files(StoredFile.objects.filter(record_id__in=keys))
    forget(keys)
    MatchKey.objects.filter(record_id__in=keys).delete()
    for model in _noted_by_key():
        model._base_manager.filter(record_id__in=keys).delete()
    with connection.cursor() as cursor:
        for model, ids in going.items():
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = ANY(%s)', [list(ids)])


def remove_files(files: Any) -> list[str]:
    """The facts of these stored files go now, their bytes when that is certain; the daily sweep finds what a crash leaves.

    Returns where the bytes lay.
    """
    rows = list(files.values_list("id", "storage_key"))
    stored = [key for _id, key in rows if key]
    if rows:
        forget([key for key, _stored in rows])
    files.delete()
    for key in stored:
        transaction.on_commit(lambda key=key: default_storage.delete(key))  # type: ignore[misc]
    return stored


def _noted_by_key() -> Iterator[Model]:
    """Tables that name a record by object and key and are nothing without it: shares, external keys, notifications …"""
    for model in apps.get_models():
        names = {item.name for item in model._meta.local_fields}
        if not {"tenant_id", "object", "record_id"} <= names or model in (*_KEPT, SearchEntry, TextEntry, StoredFile):
            continue
        parts = [item for item in model._meta.local_fields if isinstance(item, models.ForeignKey)]
        follows = any(item.remote_field.on_delete is models.CASCADE and _is_record(item) for item in parts)
        if not issubclass(model, Record) and not follows:
            yield model


def _is_record(link: Any) -> bool:
    return issubclass(link.related_model, Record)
