"""All values of a derived field, calculated anew: when it is made or changed, and each day for those that change with the day."""

from uuid import UUID

from django.db import connection

from guanxi.core.jobs import enqueue, every, job
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.records import registry
from guanxi.records.derived.graph import Derived, read_graph
from guanxi.records.derived.settling import recompute
from guanxi.records.models import CustomField

BATCH = 2_000
# Up to so many records are dealt with before the administrator's page comes back.
AT_ONCE = 2_000
_FIRST = UUID(int=0)


class StillWritten(Exception):
    """A change of records that began before the field was changed is not over: try again later."""


def begin_rebuild(tenant_id: UUID, row: CustomField) -> None:
    """Calculate a field and all that follows from it: at once for few records, and in any case by a job.

    The job looks again when all writers that did not know the field have ended.
    """
    row.options = {**row.options, "changed_in": _transaction()}
    row.save(update_fields=["options"])
    model = registry.get(row.object).model
    rows = model.objects.values("id")[: AT_ONCE + 1]  # type: ignore[attr-defined]
    if rows.count() <= AT_ONCE:
        for one in _with_followers(row.object, row.name):
            _batch(one, _FIRST)
    enqueue(rebuild_field, tenant_id, field_id=row.id)


@job(name="records.rebuild_field", in_transaction=False)
def rebuild_field(tenant_id: UUID, field_id: UUID) -> None:
    """Calculate a derived field and all that follows from it, batch by batch."""
    with tenant_tx(tenant_id):
        row = CustomField.objects.filter(id=field_id, deleted_at=None).first()
        fields = _with_followers(row.object, row.name) if row else []
        early = row is not None and _oldest() <= row.options.get("changed_in", 0)
    for one in fields:
        after: UUID | None = _FIRST
        while after is not None:
            with tenant_tx(tenant_id):
                after = _batch(one, after)
    if early:
        raise StillWritten(str(field_id))


@every("11 * * * *", name="records.renew_fields")
def renew_fields() -> None:
    """Fields that change with the day follow it soon after midnight of the company."""
    graph = read_graph()
    dated = [one for one in graph.order if one.dated]
    today = graph.setting().today.isoformat() if dated else ""
    for one in dated:
        row = CustomField.objects.get(id=one.id)
        if row.options.get("renewed") != today:
            row.options = {**row.options, "renewed": today}
            row.save(update_fields=["options"])
            enqueue(rebuild_field, current_tenant_id(), field_id=row.id, once_key=f"records.renew:{row.id}")


def _with_followers(object_name: str, name: str) -> list[Derived]:
    graph = read_graph()
    one = graph.find(object_name, name)
    return [one, *graph.after(one.key)] if one else []


def _batch(one: Derived, after: UUID) -> UUID | None:
    """Calculate the next records; the key of the last, or None when there was none left."""
    table = registry.get(one.object).model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT id FROM "{table}" WHERE id > %s ORDER BY id LIMIT {BATCH} FOR NO KEY UPDATE', [after])
        ids: list[UUID] = [row[0] for row in cursor.fetchall()]
    if not ids:
        return None
    recompute(one, ids, read_graph().setting())
    return ids[-1]


def _transaction() -> int:
    return _number("SELECT pg_current_xact_id()::text::bigint")


def _oldest() -> int:
    return _number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
