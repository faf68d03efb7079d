"""Deleting the values of a field, or the records of an object, that was removed for good."""

from uuid import UUID

from django.db import connection
from django.utils import timezone

from guanxi.core.models import CodePattern, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.custom import field_key
from guanxi.records.models import OWN_TABLES, CustomField, OwnObject, SavedView
from guanxi.records.recycling import remove_rows

BATCH = 5_000
RECORDS = 500
_FIRST = UUID(int=0)


class StillWritten(Exception):
    """A change of records that began before the removal is not over: try again later."""


def purge_values(tenant_id: UUID, field_id: UUID) -> None:
    """Empty the field in all records, batch by batch, then forget it: its name and its slot are free again."""
    after: UUID | None = _FIRST
    while after is not None:
        with tenant_tx(tenant_id):
            row = CustomField.objects.filter(id=field_id, deleted_at__isnull=False).first()
            if row is None or not row.options.get("purging"):
                return
            after = _empty_batch(row, after)
    with tenant_tx(tenant_id):
        _forget(field_id)


def _empty_batch(row: CustomField, after: UUID) -> UUID | None:
    """The key of the last record emptied, or None when there was none left."""
    table = registry.get(row.object).model._meta.db_table
    slot = f", {row.slot} = NULL" if row.slot else ""
    holds = f"(jsonb_exists(custom, %s){f' OR {row.slot} IS NOT NULL' if row.slot else ''})"
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET custom = custom - %s{slot} WHERE id IN '
            f'(SELECT id FROM "{table}" WHERE id > %s AND {holds} ORDER BY id LIMIT {BATCH}) RETURNING id',
            [row.name, after, row.name],
        )
        keys = [key for (key,) in cursor.fetchall()]
    return max(keys) if keys else None


def _forget(field_id: UUID) -> None:
    row = CustomField.objects.select_for_update().filter(id=field_id).first()
    if row is None:
        return
    _require_over(row.options.get("removed_in", 0), row.name)
    if _empty_batch(row, _FIRST) is not None:
        raise StillWritten(row.name)
    with connection.cursor() as cursor:
        for table in ("records_searchentry", "records_textentry"):
            cursor.execute(f"DELETE FROM {table} WHERE object = %s AND field = %s", [row.object, row.name])
    CodePattern.objects.filter(object=field_key(row.id)).delete()
    held = StoredFile.objects.filter(object=row.object, tags__contains=[field_key(row.id)], deleted_at=None)
    held.update(deleted_at=timezone.now())
    row.delete()


def purge_records(tenant_id: UUID, object_id: UUID) -> None:
    """Delete the records of a removed object of the tenant's own, batch by batch, then forget it: its table is free again."""
    while _remove_batch(tenant_id, object_id):
        pass
    with tenant_tx(tenant_id):
        row = OwnObject.objects.select_for_update().filter(id=object_id, removed_in__isnull=False).first()
        if row is None:
            return
        _require_over(row.removed_in or 0, row.name)
        if OWN_TABLES[row.place]._default_manager.exists():
            raise StillWritten(row.name)
        CustomField.objects.filter(object=row.name).delete()
        SavedView.objects.filter(object=row.name).delete()
        row.delete()


def _remove_batch(tenant_id: UUID, object_id: UUID) -> bool:
    """Whether there was anything left to delete."""
    with tenant_tx(tenant_id):
        row = OwnObject.objects.filter(id=object_id, removed_in__isnull=False).first()
        if row is None:
            return False
        model = OWN_TABLES[row.place]
        ids = set(model._default_manager.order_by("id").values_list("id", flat=True)[:RECORDS])
        remove_rows(Actor.system(tenant_id), {model: ids} if ids else {})
        return bool(ids)


def running_transaction() -> int:
    """The number of the running transaction: writers that began before it ends may not know yet what it changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def all_over(transaction: int) -> bool:
    """Whether no transaction runs any more that began before this one ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return bool(cursor.fetchone()[0] > transaction)


def _require_over(transaction: int, name: str) -> None:
    """Raise `StillWritten` while such a transaction runs: the job comes back later."""
    if not all_over(transaction):
        raise StillWritten(name)
