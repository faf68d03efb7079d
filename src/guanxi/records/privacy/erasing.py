"""The erasure of a person's data: what is only about it goes or is emptied, what names it elsewhere gets a pseudonym.

The books stay whole: orders, quotes and payments keep their figures, links and states, and stand with the pseudonym. One transaction;
a legal hold on anything that would be touched refuses it all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from guanxi.core.db.bulk import update_rows
from guanxi.core.models import StoredFile
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.custom import custom_fields, write_slots
from guanxi.records.derived.settling import Touched, settle
from guanxi.records.history import write_history
from guanxi.records.holds import require_free
from guanxi.records.models import Import, Record
from guanxi.records.privacy.declaring import Table, Way
from guanxi.records.privacy.finding import Person, Rows, rows_of
from guanxi.records.recycling import remove_files, remove_rows
from guanxi.records.registry import ObjectType
from guanxi.records.search import forget, index_records

_HISTORY = "SELECT records_erase_history(%s, %s, %s, %s, %s, %s)"
_LOG = "SELECT records_erase_log(%s, %s, %s, %s, %s)"
_BATCHES = """
SELECT i.id FROM records_import i WHERE i.file_id IS NOT NULL AND EXISTS (
    SELECT FROM core_change c WHERE c.tenant_id = i.tenant_id AND c.record_id = ANY(%s) AND c.batch_id = i.id)
"""


class _Erasing:
    """One erasure under way: counts what it does by table and way."""

    def __init__(self, actor: Actor, person: Person, erasure: Any) -> None:
        self.actor, self.person, self.erasure = actor, person, erasure
        self.pseudonym: str = erasure.pseudonym
        self.counts: Counter[str] = Counter()
        self.changed: dict[str, set[UUID]] = {}
        self.now = timezone.now()

    def run(self) -> None:
        """Do it all, and count."""
        found = list(rows_of(self.person))
        self._lock()
        require_free({key for one in found for key in one.about | one.touched})
        self._imports()
        self._files(found)
        for one in found:
            self._clean(one)
        for one in found:
            self._history(one)
        self._log({key for one in found for key in one.about | one.touched})

    def _lock(self) -> None:
        for name, keys in sorted(self.person.ids.items()):
            rows: Any = registry.get(name).model._default_manager
            list(rows.filter(id__in=keys).order_by("id").select_for_update(of=("self",)).values_list("id"))

    def _clean(self, one: Rows) -> None:
        table = one.table.model._meta.db_table
        if one.about and one.table.goes:
            self._remove(one)
            self.counts[f"{table} removed"] += len(one.about)
        elif one.about:
            self._empty(one.table, one.about)
            self.counts[f"{table} pseudonymised"] += len(one.about)
        if one.touched:
            self._scrub(one.table, one.touched)
            self.counts[f"{table} scrubbed"] += len(one.touched)

    def _remove(self, one: Rows) -> None:
        model = one.table.model
        if issubclass(model, Record):
            remove_rows(self.actor, {model: set(one.about)})
        else:
            with connection.cursor() as cursor:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = ANY(%s)', [list(one.about)])

    def _empty(self, table: Table, keys: Iterable[UUID]) -> None:
        rows = list(table.model._base_manager.filter(id__in=list(keys)))
        for row in rows:
            for name, way in table.columns.items():
                setattr(row, name, self._left(table.model._meta.get_field(name), getattr(row, name), way))
            for name, value in table.also.items():
                setattr(row, name, value)
        self._save(table, rows, [*table.columns, *table.also], wholly=True)

    def _left(self, column: Any, value: Any, way: Way) -> Any:
        """What remains of a value in a row about the person."""
        if way is Way.NAME:
            return self.pseudonym[: column.max_length or None]
        if way is Way.SCRUB:
            return self._scrubbed(value)
        if column.null:
            return None
        return column.get_default() if column.has_default() else ""

    def _scrub(self, table: Table, keys: Iterable[UUID]) -> None:
        rows = list(table.model._base_manager.filter(id__in=list(keys)))
        for row in rows:
            for name in table.in_others:
                value = self._scrubbed(getattr(row, name))
                most = getattr(table.model._meta.get_field(name), "max_length", None)
                setattr(row, name, value[:most] if isinstance(value, str) and most else value)
        self._save(table, rows, list(table.in_others), wholly=False)

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.person.words.scrub(value, self.pseudonym)
        if isinstance(value, list):
            return [self._scrubbed(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._scrubbed(item) for key, item in value.items()}
        return value

    def _save(self, table: Table, rows: list[Any], names: list[str], *, wholly: bool) -> None:
        model = table.model
        fields = [model._meta.get_field(name) for name in dict.fromkeys(names)]
        kind = registry.of_model(model)
        if kind is None or not issubclass(model, Record):
            update_rows(model, rows, fields)
            return
        own = custom_fields(kind.name)
        for row in rows:
            row.custom = self._custom(kind, row, wholly=wholly)
            row.version, row.updated_at, row.updated_by_id = row.version + 1, self.now, self.actor.member_id
        more = [model._meta.get_field(name) for name in ("custom", "version", "updated_at", "updated_by_id")]
        update_rows(model, rows, [*fields, *more])
        write_slots(kind, rows, own)
        write_history(self.actor, kind.name, [(row.id, row.version, "erased", {}) for row in rows])
        keys = {row.id for row in rows}
        customs = settle(Touched(kind, keys, None))
        for row in rows:
            row.custom = customs.get(row.id, row.custom)
        forget(sorted(keys))
        index_records(kind, [row for row in rows if row.deleted_at is None])
        self.changed.setdefault(kind.name, set()).update(keys)

    def _custom(self, kind: ObjectType, row: Any, *, wholly: bool) -> dict[str, Any]:
        """Values of own fields: none on the person's own records, elsewhere without what names the person."""
        own = custom_fields(kind.name) if row.custom else {}
        if row.id in self.person.keys:
            return {name: value for name, value in row.custom.items() if name in own and own[name].pattern}
        texts = ("text", "longtext", "email", "phone", "url", "date", "datetime", "json", "address")
        kept = {name: value for name, value in row.custom.items() if not wholly or name not in own or own[name].kind not in texts}  # fmt: skip
        return dict(self._scrubbed(kept))

    def _history(self, one: Rows) -> None:
        """Values before and after leave the history with the values themselves."""
        kind = registry.of_model(one.table.model)
        if kind is None:
            return
        with connection.cursor() as cursor:
            for keys, keep in ((one.about, self._kept(kind, one.table)), (one.touched, None)):
                if keys:
                    words = self.person.words.json_pattern
                    cursor.execute(_HISTORY, [self.erasure.id, kind.name, list(keys), keep, words, self.pseudonym])
                    self.counts["core_change rewritten"] += int(cursor.fetchone()[0])

    def _kept(self, kind: ObjectType, table: Table) -> list[str]:
        """The fields whose history stays: those that tell nothing about a person."""
        if table.goes:
            return []
        gone = {name for name, way in table.columns.items() if way is not Way.SCRUB}
        return [item.name for item in kind.fields if item.column not in gone and item.name not in gone]

    def _log(self, keys: set[UUID]) -> None:
        words = self.person.words
        with connection.cursor() as cursor:
            cursor.execute(_LOG, [self.erasure.id, sorted(keys), words.json_pattern, words.strong, self.pseudonym])
            self.counts["core_accessentry rewritten"] += int(cursor.fetchone()[0])

    def _imports(self) -> None:
        """The files from which the person's records came: nobody can take one row out of them."""
        with connection.cursor() as cursor:
            cursor.execute(_BATCHES, [sorted(self.person.keys)])
            imports = [key for (key,) in cursor.fetchall()]
        files = list(Import.objects.filter(id__in=imports).values_list("file_id", flat=True))
        Import.objects.filter(id__in=imports).update(file=None)
        remove_files(StoredFile.objects.filter(id__in=files))
        self.counts["records_import file removed"] += len(files)

    def _files(self, found: list[Rows]) -> None:
        """Documents on whatever is about the person, and those that went along with its messages."""
        keys = {key for one in found for key in one.about}
        named: set[UUID] = set()
        for one in found:
            for name in ("file_ids", "attachments"):
                if one.about and any(column.name == name for column in one.table.model._meta.local_fields):
                    rows = one.table.model._base_manager.filter(id__in=one.about).values_list(name, flat=True)
                    named.update(key for row in rows for key in row)
        files = StoredFile.objects.filter(models.Q(record_id__in=keys) | models.Q(id__in=named))
        self.counts["core_storedfile removed"] += len(remove_files(files))
        touched = {key for one in found for key in one.touched}
        self.counts["core_storedfile to look at"] += StoredFile.objects.filter(record_id__in=touched, deleted_at=None).count()  # fmt: skip


@dataclass(frozen=True)
class Erased:
    """What was done, "table way" → how many rows, and the records that changed by it, by object."""

    counts: Mapping[str, int]
    changed: Mapping[str, set[UUID]]


def carry_out(actor: Actor, person: Person, erasure: Any) -> Erased:
    """Erase the person. Raises `Conflict` under a legal hold."""
    assert erasure.tenant_id == current_tenant_id()
    erasing = _Erasing(actor, person, erasure)
    erasing.run()
    return Erased({name: count for name, count in sorted(erasing.counts.items()) if count}, erasing.changed)
