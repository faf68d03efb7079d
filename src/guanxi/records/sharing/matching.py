"""What sharing rules say about records that are being written.

A writer marks its records by the rules that it knows, and asks after its first write whether these are still the rules in force. Only then
may the job that fills a new rule begin with the certainty that no writer is under way who knows nothing of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F, Q

from guanxi.core.db.statements import Answer, send_prepared
from guanxi.core.errors import Refused
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share
from guanxi.identity.permissions import share_mask
from guanxi.identity.sharing import INLINE, Rule, rules_in_force
from guanxi.records import registry
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.custom import custom_fields
from guanxi.records.models import SearchEntry, TextEntry
from guanxi.records.registry import ObjectType

Test = Callable[[Any], bool]
Matches = Mapping[UUID, tuple[Rule, ...]]
_RELATIVE = ("$",)
_TAKE = """
DELETE FROM identity_share s USING json_to_recordset(%s) AS t(record_id uuid, sources text[])
WHERE s.tenant_id = %s AND s.record_id = t.record_id AND s.object = %s AND s.source = ANY(%s::text[])
  AND NOT (s.source || s.principal_id = ANY(t.sources))
"""
GIVE = """
INSERT INTO identity_share (id, tenant_id, object, record_id, principal_id, source, may_edit)
SELECT gen_random_uuid(), %s, %s, t.* FROM json_to_recordset(%s) AS t(record_id uuid, principal_id uuid, source text, may_edit boolean)
ON CONFLICT (tenant_id, record_id, principal_id, source) DO NOTHING
"""


def is_local(criteria: Any) -> bool:
    """Whether the answer for a record changes only when the record itself does: no related records, nothing relative to today."""
    if not criteria:
        return True
    for key in ("all", "any"):
        if key in criteria:
            return all(is_local(one) for one in criteria[key])
    if "not" in criteria:
        return is_local(criteria["not"])
    if "field" not in criteria or criteria.get("op") == "within" or "." in str(criteria["field"]):
        return False
    values = criteria.get("value")
    listed = values if isinstance(values, list) else [values]
    return not any(isinstance(value, str) and value.startswith(_RELATIVE) for value in listed)


def rows_can_hold(object_name: str, criteria: Any) -> bool:
    """Whether writers can tell, record by record, what a rule matches: local criteria without fields that follow from others."""
    if not is_local(criteria):
        return False
    named = fields_in(criteria) - set(registry.get(object_name).by_name)
    own = custom_fields(object_name) if named else {}
    return all(name in own and own[name].writable for name in named)


def fields_in(criteria: Any) -> set[str]:
    """The fields that local criteria name."""
    inner = [*(criteria.get("all") or ()), *(criteria.get("any") or ()), criteria.get("not") or {}]
    found = {name for one in inner if one for name in fields_in(one)}
    return found | ({str(criteria["field"])} if "field" in criteria else set())


def condition_of_rule(queryset: Any, object_name: str, criteria: Mapping[str, Any]) -> tuple[Any, Q]:
    """What identity asks of a rule that is looked up in the records; void criteria (a field that is gone) open nothing."""
    try:
        compiled = compile_q(Actor.system(current_tenant_id()), object_name, criteria)
    except Refused:
        return queryset, Q(pk__in=[])
    return (queryset.alias(**compiled.aliases) if compiled.aliases else queryset), compiled.q or Q(pk__isnull=False)


def mark(actor: Actor, kind: ObjectType, records: Iterable[Any], stamp: int | None = None) -> Matches:
    """Set the bits of the rules that match on records about to be written; which rules these are, by record.

    `stamp` names the rules in force where the writer knows them better than the actor.
    """
    tests = _tests(actor, kind, actor.sharing_stamp if stamp is None else stamp)
    if not tests:
        return {}
    found: dict[UUID, tuple[Rule, ...]] = {}
    for record in records:
        found[record.id] = tuple(rule for rule, test in tests if test(record))
        record.share_mask |= share_mask(rule.principal for rule in found[record.id])
    return found


def _tests(actor: Actor, kind: ObjectType, stamp: int) -> Sequence[tuple[Rule, Test]]:
    """The rules that writers apply, with their tests. Those on fields of the tenant's own are compiled anew, as the fields may change."""
    rules = rules_in_force(stamp).get(kind.name, ())
    if not rules:
        return ()
    own = [rule for rule in rules if rule.state != INLINE and not fields_in(rule.criteria) <= set(kind.by_name)]
    return (*_compiled(actor.tenant_id, stamp, kind.name), *((rule, _test(actor.tenant_id, rule)) for rule in own))


@lru_cache(maxsize=500)
def _compiled(tenant_id: UUID, stamp: int, object_name: str) -> Sequence[tuple[Rule, Test]]:
    names = set(registry.get(object_name).by_name)
    rules = [rule for rule in rules_in_force(stamp).get(object_name, ()) if rule.state != INLINE]
    return tuple((rule, _test(tenant_id, rule)) for rule in rules if fields_in(rule.criteria) <= names)


def _test(tenant_id: UUID, rule: Rule) -> Test:
    try:
        return compile_predicate(Actor.system(tenant_id), rule.object, rule.criteria)
    except Refused:
        return lambda record: False


def write_shares(actor: Actor, kind: ObjectType, records: Sequence[Any], matches: Matches, stamp: int = 0) -> None:
    """Store what `mark` found: rows that no longer hold go, new ones come."""
    if not matches:
        return
    sources = [rule.source for rule, _test in _tests(actor, kind, stamp or actor.sharing_stamp)]
    old = [record for record in records if record.version > 1 and record.share_mask]
    if old:
        kept = [
            {"record_id": one.id, "sources": [f"{rule.source}{rule.grant_id}" for rule in matches.get(one.id, ())]}
            for one in old
        ]
        send_prepared(_TAKE, [orjson.dumps(kept).decode(), actor.tenant_id, kind.name, sources])
    rows = [
        {"record_id": key, "principal_id": rule.grant_id, "source": rule.source, "may_edit": rule.may_edit}
        for key, rules in matches.items()
        for rule in rules
    ]
    if rows:
        send_prepared(GIVE, [actor.tenant_id, kind.name, orjson.dumps(rows).decode()])


def apply_newer_rules(actor: Actor, kind: ObjectType, records: Sequence[Any], answer: Answer) -> None:
    """After the first write: where the rules have changed since the actor was read, apply those in force now."""
    rows = answer()
    stamp = rows[0][0] if rows else 0
    if not rows or stamp == actor.sharing_stamp:
        return
    before = {record.id: record.share_mask for record in records}
    matches = mark(actor, kind, records, stamp)
    changed = [record for record in records if record.share_mask != before[record.id]]
    for record in changed:
        add_bits(kind, [record.id], record.share_mask)
    write_shares(actor, kind, records, matches, stamp)


def add_bits(kind: ObjectType, ids: Sequence[UUID], mask: int) -> None:
    """Let records and their search entries bear these bits too."""
    model: Any = kind.model
    model.objects.filter(id__in=ids).update(share_mask=F("share_mask").bitor(mask))
    for entries in (SearchEntry, TextEntry):
        entries.objects.filter(record_id__in=ids, tenant_id=current_tenant_id()).update(
            share_mask=F("share_mask").bitor(mask)
        )


def rescan(actor: Actor, kind: ObjectType, ids: Sequence[UUID]) -> None:
    """Apply the rules in force to records that were written otherwise than one by one: imports, merges, roll-ups."""
    stamp = current_stamp()
    if not rules_in_force(stamp).get(kind.name):
        return
    model: Any = kind.model
    records = list(model.objects.filter(id__in=list(ids)).order_by("id").select_for_update(of=("self",)))
    before = {record.id: record.share_mask for record in records}
    matches = mark(actor, kind, records, stamp)
    for record in records:
        if record.share_mask != before[record.id]:
            add_bits(kind, [record.id], record.share_mask)
        # Rows of these records may be there whatever their version.
        record.version = max(record.version, 2)
    write_shares(actor, kind, records, matches, stamp)


def resettle(actor: Actor, kind: ObjectType, record_id: UUID) -> None:
    """After rows of shares were moved to a record or from it: the rules' rows and its bits exactly as they should be.

    Call under the lock of the record's row.
    """
    rescan(actor, kind, [record_id])
    rules = {rule.grant_id: rule.principal for rule in rules_in_force(current_stamp()).get(kind.name, ())}
    rows = Share.objects.filter(object=kind.name, record_id=record_id).values_list("principal_id", flat=True)
    mask = share_mask(rules.get(key, key) for key in rows)
    model: Any = kind.model
    model.objects.filter(id=record_id).update(share_mask=mask)
    for entries in (SearchEntry, TextEntry):
        entries.objects.filter(record_id=record_id, tenant_id=current_tenant_id()).update(share_mask=mask)


def current_stamp() -> int:
    """The stamp of the rules in force at this moment, in a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sharing_stamp FROM identity_company WHERE tenant_id = %s", [current_tenant_id()])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
