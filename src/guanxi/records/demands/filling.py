"""Keys of the records that were there before a duplicates rule: at once for few, by a job for many."""

from uuid import UUID

from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.records import registry
from guanxi.records.demands.duplicates import write_keys_again
from guanxi.records.demands.reading import Likeness, Match
from guanxi.records.models import DuplicateRule
from guanxi.records.purging import all_over, running_transaction

BATCH = 2_000
_FIRST = UUID(int=0)


class StillWritten(Exception):
    """A change of records that began before the rule was made is not over: try again later."""


def begin_filling(tenant_id: UUID, row: DuplicateRule) -> None:
    """Find keys for the records that are there. The job looks again when all writers that did not know the rule have ended."""
    row.changed_in, row.is_ready = running_transaction(), False
    if _batch(row, _FIRST, lock=False) is None:
        row.is_ready = True
    row.save(update_fields=["changed_in", "is_ready"])
    enqueue(fill_match_keys, tenant_id, rule_id=row.id)


@job(name="records.fill_match_keys", in_transaction=False)
def fill_match_keys(tenant_id: UUID, rule_id: UUID) -> None:
    """Keys of all records, batch by batch; harmless when repeated."""
    after: UUID | None = _FIRST
    with tenant_tx(tenant_id):
        row = _known(rule_id)
        early = row is not None and not all_over(row.changed_in)
    while after is not None:
        with tenant_tx(tenant_id):
            row = _known(rule_id)
            after = _batch(row, after, lock=True) if row else None
    with tenant_tx(tenant_id):
        DuplicateRule.objects.filter(id=rule_id).update(is_ready=True)
    if early:
        raise StillWritten(str(rule_id))


def _known(rule_id: UUID) -> DuplicateRule | None:
    row: DuplicateRule | None = DuplicateRule.objects.filter(id=rule_id, is_active=True).first()
    return row if row is not None and registry.find(row.object) is not None else None


def _batch(row: DuplicateRule, after: UUID, *, lock: bool) -> UUID | None:
    """The next records; the key of the last of them, or None when there may be no more."""
    kind = registry.get(row.object)
    rows = kind.model._default_manager.filter(id__gt=after).order_by("id")
    found = list((rows.select_for_update(no_key=True) if lock else rows)[:BATCH])
    matches = tuple(Match(part["field"], part["how"]) for part in row.matches)
    write_keys_again(kind, Likeness(row.id, row.name, matches, row.action == "block"), found)
    return found[-1].pk if len(found) == BATCH else None
