"""The rows of a sharing rule for records that were there before it, made by a job; and the nightly check of all rules.

The job waits until no transaction is left that had begun to write when the job began: every later writer sees the rule and makes its
rows itself. Each batch locks its records, so that what it finds is still true when the rows are stored.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from guanxi.core.db.statements import send_prepared
from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue, every, job
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share, SharingRule
from guanxi.identity.permissions import share_bit
from guanxi.identity.sharing import INLINE, STORED, WAITING, note_rules_changed, principal_of, source_of
from guanxi.records import registry
from guanxi.records.sharing.matching import GIVE, add_bits, condition_of_rule, rescan, rows_can_hold

BATCH = 2000
# Rules that match more of an object than this are looked up in the records: rows would serve them worse.
MOST_SHARE = 0.05
# Of so few records any rule may have rows.
FEW = 2000
PATIENCE = 20.0
AGAIN = timedelta(seconds=5)


@job(name="records.fill_rule", in_transaction=False)
def fill_rule(tenant_id: UUID, rule_id: UUID, grant_id: UUID, horizon: int = 0) -> None:
    """Make the rows of a rule as it was under `grant_id`; nothing when it has changed since."""
    with tenant_tx(tenant_id):
        rule = _waiting(rule_id, grant_id)
        horizon = horizon or _newest_transaction()
    if rule is None:
        return
    if not wait_for_writers(horizon, PATIENCE):
        with tenant_tx(tenant_id):
            enqueue(fill_rule, tenant_id, delay=AGAIN, rule_id=rule_id, grant_id=grant_id, horizon=horizon)
        return
    with tenant_tx(tenant_id):
        rows = matching_rows(rule)
        matched = rows.count()
        wide = matched > max(FEW, MOST_SHARE * _model(rule).objects.count())
    if not wide:
        for _count in filled_batches(tenant_id, rule):
            pass
    with tenant_tx(tenant_id):
        _close(rule_id, grant_id, INLINE if wide else STORED, matched)


def wait_for_writers(horizon: int, patience: float) -> bool:
    """Whether every transaction that wrote before `horizon` has ended; waits so many seconds for it."""
    until = time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s", [horizon])
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def _newest_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def _waiting(rule_id: UUID, grant_id: UUID) -> Any:
    return SharingRule.objects.filter(id=rule_id, grant_id=grant_id, state=WAITING, is_active=True).first()


def _model(rule: Any) -> Any:
    return registry.get(rule.object).model


def matching_rows(rule: Any) -> Any:
    """The records that a rule matches, deleted ones too: they may come back."""
    rows, condition = condition_of_rule(_model(rule).objects.all(), rule.object, rule.criteria)
    return rows.filter(condition)


def filled_batches(tenant_id: UUID, rule: Any) -> Iterator[int]:
    """Batch after batch in key order, each in a transaction of its own."""
    kind = registry.get(rule.object)
    bit = share_bit(principal_of(rule.principal_kind, rule.principal_id))
    last = UUID(int=0)
    while True:
        with tenant_tx(tenant_id):
            rows = matching_rows(rule).filter(id__gt=last).order_by("id").select_for_update(no_key=True, of=("self",))
            ids = list(rows.values_list("id", flat=True)[:BATCH])
            if not ids:
                return
            add_bits(kind, ids, bit)
            given = [
                {
                    "record_id": key,
                    "principal_id": rule.grant_id,
                    "source": source_of(rule.id),
                    "may_edit": rule.may_edit,
                }
                for key in ids
            ]
            send_prepared(GIVE, [tenant_id, kind.name, orjson.dumps(given).decode()])
        last = ids[-1]
        yield len(ids)


def _close(rule_id: UUID, grant_id: UUID, state: str, matched: int) -> None:
    """From now on the rule is read by its rows, or for good in the records; rows of former grants go."""
    done = SharingRule.objects.filter(id=rule_id, grant_id=grant_id, state=WAITING).update(
        state=state, matched=matched, filled_at=timezone.now()
    )
    if done:
        note_rules_changed()
    drop_rows(rule_id, keep=grant_id if state == STORED else None)


def drop_rows(rule_id: UUID, *, keep: UUID | None = None) -> None:
    """Remove rows that nothing reads any more: of former grants, of a rule that ended."""
    rows = Share.objects.filter(source=source_of(rule_id))
    (rows.exclude(principal_id=keep) if keep else rows).delete()


@job(name="records.drop_rule_rows")
def drop_rule_rows(rule_id: UUID) -> None:
    """After a rule has ended: it gives nothing any more, but its rows are still there."""
    row = SharingRule.objects.filter(id=rule_id, is_active=True).values_list("grant_id", flat=True).first()
    drop_rows(rule_id, keep=row)


@every("53 1 * * *", name="records.check_rules")
def check_rules() -> None:
    """Every night: rules whose rows have come apart from the records (set-based writes, merges) are put right."""
    tenant_id = current_tenant_id()
    for key in SharingRule.objects.filter(is_active=True).values_list("id", flat=True):
        enqueue(check_rule, tenant_id, once_key=f"records.check_rule:{key}", rule_id=key)


@job(name="records.check_rule")
def check_rule(rule_id: UUID) -> None:
    """Compare a rule's rows with the records; also move it between rows and looking up when its reach has changed."""
    rule = SharingRule.objects.filter(id=rule_id, is_active=True).select_for_update().first()
    if rule is None:
        return
    total, matched = _model(rule).objects.count(), matching_rows(rule).count()
    limit = max(FEW, MOST_SHARE * total)
    if rule.state == WAITING or (rule.state == STORED) != (
        matched <= limit and rows_can_hold(rule.object, rule.criteria)
    ):
        begin(rule)
        return
    if rule.state == STORED:
        for ids in _astray(rule):
            rescan(Actor.system(current_tenant_id()), registry.get(rule.object), ids)
    SharingRule.objects.filter(id=rule_id).update(matched=matched)


def _astray(rule: Any) -> Iterator[list[UUID]]:
    """Records with a row that they should not have, then those without one that they should."""
    rows = Share.objects.filter(source=source_of(rule.id), principal_id=rule.grant_id)
    wrong = rows.exclude(record_id__in=matching_rows(rule).values("id")).values_list("record_id", flat=True)
    lacking = matching_rows(rule).exclude(Exists(rows.filter(record_id=OuterRef("id")))).values_list("id", flat=True)
    for found in (list(wrong), list(lacking)):
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]


def begin(rule: Any) -> None:
    """Give a rule a new grant and let its rows be made: at once it is looked up in the records. Call under the row's lock."""
    rule.grant_id = new_id()
    rule.state = WAITING if rows_can_hold(rule.object, rule.criteria) else INLINE
    rule.matched, rule.filled_at = None, None
    rule.save(update_fields=["grant_id", "state", "matched", "filled_at"])
    note_rules_changed()
    if rule.state == WAITING and rule.is_active:
        enqueue(fill_rule, current_tenant_id(), rule_id=rule.id, grant_id=rule.grant_id)
    else:
        enqueue(drop_rule_rows, current_tenant_id(), rule_id=rule.id)
