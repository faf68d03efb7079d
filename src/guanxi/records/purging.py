"""Deleting the values of a field that was removed for good."""

from uuid import UUID

from django.db import connection

from guanxi.core.tenancy import tenant_tx
from guanxi.records import registry
from guanxi.records.models import CustomField

BATCH = 5_000
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
    # A transaction that began before the removal may yet write a value: the job comes back when it has ended.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        if cursor.fetchone()[0] <= row.options.get("removed_in", 0):
            raise StillWritten(row.name)
    if _empty_batch(row, _FIRST) is not None:
        raise StillWritten(row.name)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_searchentry WHERE object = %s AND field = %s", [row.object, row.name])
    row.delete()
