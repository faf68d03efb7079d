"""Fields that give each record a code by a pattern of their own: with every new record, and by a job for those that are there already.

The code is given once and never changes. Each field has its own counter (core.codes), so two records never get the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from guanxi.core.codes import check_pattern, period_of, render_code, reserve_codes, set_pattern
from guanxi.core.errors import Invalid
from guanxi.core.jobs import enqueue, job
from guanxi.core.models import CodePattern
from guanxi.core.tenancy import tenant_tx
from guanxi.records import registry
from guanxi.records.custom import NUMBERED, field_key, numbered_fields
from guanxi.records.definitions import Errors
from guanxi.records.derived.settling import Touched, settle
from guanxi.records.models import CustomField
from guanxi.records.purging import StillWritten, all_over, running_transaction
from guanxi.records.registry import ObjectType
from guanxi.records.search import index_records

PATTERN = "{seq:5}"
BATCH = 1_000
# Up to so many records have their codes before the administrator's page comes back.
AT_ONCE = 2_000
_FIRST = UUID(int=0)


def number_records(kind: ObjectType, records: Sequence[Any]) -> None:
    """Give new records their codes; nothing happens where the object has no such field."""
    for item in numbered_fields(kind.name):
        codes = reserve_codes(item.key, item.pattern, len(records))
        for record, code in zip(records, codes, strict=True):
            record.custom = {**record.custom, item.name: code}


def set_numbering(row: CustomField, values: Mapping[str, Any], errors: Errors) -> None:
    """Put the pattern of `values` into the row; what is wrong goes into `errors`."""
    options = {name: value for name, value in row.options.items() if name not in ("required", "default")}
    if "pattern" in values or "pattern" not in options:
        options["pattern"] = str(values.get("pattern") or "").strip() or PATTERN
        try:
            check_pattern(options["pattern"])
        except Invalid as refusal:
            errors |= refusal.errors
    row.options = options


def keep_pattern(row: CustomField) -> None:
    """Have the counter follow the pattern of the row; the next codes look like it."""
    set_pattern(field_key(row.id), row.options["pattern"])


def example(row: CustomField) -> str:
    """The code that the next record gets."""
    pattern = str(row.options.get("pattern") or PATTERN)
    stored = CodePattern.objects.filter(object=field_key(row.id)).first()
    return render_code(pattern, period_of(pattern, timezone.localdate()), stored.next_number if stored else 1)


def begin_numbering(tenant_id: UUID, row: CustomField) -> None:
    """Give all records without a code one: at once where they are few, and in any case by a job.

    The job looks again when all writers that did not know the field have ended.
    """
    row.options = {**row.options, "changed_in": running_transaction()}
    row.save(update_fields=["options"])
    model: Any = registry.get(row.object).model
    if model.objects.values("id")[: AT_ONCE + 1].count() <= AT_ONCE:
        _number_all(row)
    enqueue(number_existing, tenant_id, field_id=row.id)


@job(name="records.number_existing", in_transaction=False)
def number_existing(tenant_id: UUID, field_id: UUID) -> None:
    """Give records without a code one, the oldest first, batch by batch."""
    after: UUID | None = _FIRST
    while after is not None:
        with tenant_tx(tenant_id):
            row = CustomField.objects.filter(id=field_id, deleted_at=None, kind=NUMBERED).first()
            if row is None:
                return
            early = not all_over(row.options.get("changed_in", 0))
            after = _number_batch(row, after)
    if early:
        raise StillWritten(str(field_id))


def _number_all(row: CustomField) -> None:
    after: UUID | None = _FIRST
    while after is not None:
        after = _number_batch(row, after)


def _number_batch(row: CustomField, after: UUID) -> UUID | None:
    """The key of the last record looked at, or None when there was none left without a code."""
    kind = registry.get(row.object)
    table = kind.model._meta.db_table
    missing = "NOT jsonb_exists(custom, %s)"
    with connection.cursor() as cursor:
        sql = f'SELECT id FROM "{table}" WHERE id > %s AND {missing} ORDER BY id LIMIT {BATCH}'
        cursor.execute(sql, [after, row.name])
        ids: list[UUID] = [key for (key,) in cursor.fetchall()]
        if not ids:
            return None
        # Codes before locks: who makes a record takes them in this order too.
        codes = reserve_codes(field_key(row.id), row.options["pattern"], len(ids))
        slot = f', "{row.slot}" = n.code' if row.slot else ""
        cursor.execute(
            f'WITH held AS (SELECT id FROM "{table}" WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) '
            f'UPDATE "{table}" t SET custom = t.custom || jsonb_build_object(%s, n.code){slot} '
            "FROM unnest(%s::uuid[], %s::text[]) AS n(id, code), held "
            f"WHERE t.id = n.id AND held.id = n.id AND NOT jsonb_exists(t.custom, %s) RETURNING t.id",
            [ids, row.name, ids, codes, row.name],
        )
        given: set[UUID] = {key for (key,) in cursor.fetchall()}
    _follow(kind, row.name, given)
    return ids[-1]


def _follow(kind: ObjectType, name: str, ids: set[UUID]) -> None:
    """What follows from the codes: formulas that read them, and the search."""
    settle(Touched(kind, ids, frozenset((name,))))
    model: Any = kind.model
    index_records(kind, model.objects.filter(id__in=ids, deleted_at=None))
