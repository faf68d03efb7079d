"""Rules for how long records are kept: what is older goes into the bin, goes for good, or loses its person. A legal hold wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound, Refused
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import clean_text
from guanxi.records import registry
from guanxi.records.changes import Delete, change_records
from guanxi.records.criteria import compile_q
from guanxi.records.custom import custom_fields, stored_in
from guanxi.records.display import object_or_none
from guanxi.records.holds import held_ids
from guanxi.records.models import Erasure, RetentionRule
from guanxi.records.privacy.declaring import subjects
from guanxi.records.privacy.services import erase_by_rule
from guanxi.records.recycling import remove_old
from guanxi.records.registry import Field, ObjectType

LEAST_DAYS, MOST_DAYS = 1, 36_500
MOST_RULES = 200
BATCH = 200
_FIRST = UUID(int=0)
EDITABLE = ("name", "object", "criteria", "date_field", "days", "action", "is_active")


@dataclass(frozen=True)
class Preview:
    """How many records a rule would deal with now, how many of them are held, and the first of them."""

    count: int
    held: int
    first: Sequence[Any]


def date_fields(kind: ObjectType) -> dict[str, Field]:
    """Fields by which the age of records may be told."""
    known = {**kind.by_name, **custom_fields(kind.name)}
    return {
        name: item
        for name, item in known.items()
        if item.kind in ("date", "datetime") and (not item.custom or item.slot)
    }


def actions_for(object_name: str) -> list[tuple[str, str]]:
    """What a rule may do with records of an object: persons only can be erased."""
    choices = [(str(value), str(label)) for value, label in RetentionRule.Action.choices]
    return [one for one in choices if one[0] != RetentionRule.Action.ERASE or object_name in subjects()]


def save_rule(
    actor: Actor, values: Mapping[str, Any], rule_id: UUID | None = None, *, version: int | None = None
) -> Any:
    """A new rule, or new values of one; see EDITABLE. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`, `Conflict`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(RetentionRule, rule_id, version) if rule_id else RetentionRule()
        cleaned = _clean(row, values)
        before = {name: getattr(row, name) for name in cleaned}
        if rule_id:
            save_changes(row, cleaned)
        elif RetentionRule.objects.count() >= MOST_RULES:
            raise Conflict(_("There are %(count)d rules already.") % {"count": MOST_RULES})
        else:
            for name, value in cleaned.items():
                setattr(row, name, value)
            row.save()
        changed = differences(before, cleaned) if rule_id else {"name": [None, row.name]}
        if changed:
            action = "retention.changed" if rule_id else "retention.created"
            note_access(actor, action, object_name=row.object, record_id=row.id, detail=changed)
    return row


def delete_rule(actor: Actor, rule_id: UUID, *, version: int | None = None) -> None:
    """Forget a rule; what it did stays done."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(RetentionRule, rule_id, version)
        note_access(actor, "retention.deleted", object_name=row.object, record_id=row.id, detail={"name": row.name})
        row.delete()


def retention_rules(actor: Actor) -> list[Any]:
    """All rules by object and name; administrators only."""
    require_admin(actor)
    return list(RetentionRule.objects.order_by("object", "name"))


def get_rule(actor: Actor, rule_id: UUID) -> Any:
    """One rule. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row = RetentionRule.objects.filter(id=rule_id).first()
    if row is None:
        raise NotFound(_("There is no such rule."))
    return row


def preview(rule: Any, *, first: int = 10) -> Preview:
    """What the rule would do if it ran now."""
    due = due_records(rule, timezone.now())
    held = due.filter(id__in=held_ids()).count()
    return Preview(due.count(), held, list(due.order_by(f"{_path(rule)}", "id")[:first]))


def due_records(rule: Any, now: datetime) -> Any:
    """The records that a rule is about at a moment, those under legal hold included."""
    kind = registry.get(rule.object)
    compiled = compile_q(Actor.system(current_tenant_id()), kind.name, rule.criteria)
    rows = compiled.apply(kind.model._default_manager.filter(deleted_at=None))
    item = {**kind.by_name, **custom_fields(kind.name)}[rule.date_field]
    if item.custom:
        rows = rows.alias(retention_date=stored_in(item))
    before = now - timedelta(days=rule.days)
    limit: Any = before if item.kind == "datetime" or item.custom else before.date()
    rows = rows.filter(**{f"{_path(rule)}__lt": limit})
    subject = subjects().get(kind.name)
    if rule.action == RetentionRule.Action.ERASE and subject:
        erased = Erasure.objects.filter(object=kind.name, state=Erasure.State.DONE)
        rows = rows.filter(**dict(subject.when)).exclude(id__in=erased.values("record_id"))
    if rule.action == RetentionRule.Action.PURGE:
        books = kind.model.books  # type: ignore[attr-defined]
        rows = rows.exclude(books) if books is not None else rows
    return rows


def _path(rule: Any) -> str:
    item = registry.get(rule.object).by_name.get(rule.date_field)
    return item.column if item else "retention_date"


def run_rules(tenant_id: UUID) -> dict[str, int]:
    """Carry out every rule in force, batch by batch; rule → how many records it dealt with."""
    with tenant_tx(tenant_id):
        rules = list(
            RetentionRule.objects.filter(is_active=True).order_by("created_at", "id").values_list("id", flat=True)
        )
    return {str(key): run_rule(tenant_id, key) for key in rules}


def run_rule(tenant_id: UUID, rule_id: UUID) -> int:
    """Carry out one rule now; how many records it dealt with. Each batch is a transaction; what is held back is counted and left."""
    actor, now = Actor.system(tenant_id), timezone.now()
    after: UUID | None = _FIRST
    done = held = 0
    while after is not None:
        with tenant_tx(tenant_id):
            rule = RetentionRule.objects.filter(id=rule_id, is_active=True).first()
            if rule is None:
                break
            ids = list(due_records(rule, now).filter(id__gt=after).order_by("id").values_list("id", flat=True)[:BATCH])
            worked = _deal_with(actor, rule, ids)
            done, held = done + worked, held + len(ids) - worked
            after = ids[-1] if ids else None
    with tenant_tx(tenant_id):
        RetentionRule.objects.filter(id=rule_id).update(last_run_at=now, last_done=done, last_held=held)
        rule = RetentionRule.objects.filter(id=rule_id).first()
        if rule is not None and (done or held):
            detail = {"rule": rule.name, "action": rule.action, "done": done, "held": held}
            note_access(actor, "retention.ran", object_name=rule.object, record_id=rule.id, detail=detail)
    return done


def _deal_with(actor: Actor, rule: Any, ids: Sequence[UUID]) -> int:
    """How many of these could be dealt with; a legal hold, and whatever else refuses, keeps the rest as it is."""
    kind = registry.get(rule.object)
    held = held_ids() if ids else set()
    free = [key for key in ids if key not in held]
    if not free:
        return 0
    if rule.action == RetentionRule.Action.BIN:
        return sum(_refusable(lambda key=key: change_records(actor, kind.name, [Delete(key)])) for key in free)
    if rule.action == RetentionRule.Action.PURGE:
        return remove_old(actor, kind, free)
    return sum(_refusable(lambda key=key: erase_by_rule(actor, kind.name, key, rule.name)) for key in free)


def _refusable(run: Any) -> int:
    try:
        with tenant_tx(current_tenant_id()):
            run()
    except Refused:
        return 0
    return 1


def _clean(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values[name] if name in values else getattr(row, name) for name in EDITABLE}
    kind = object_or_none(str(given["object"] or ""))
    if kind is None or (not row._state.adding and kind.name != row.object):
        raise Invalid({"object": [_("Choose one of the list.")]})
    name = clean_text("name", str(given["name"] or ""), max_length=120)
    if RetentionRule.objects.filter(name=name).exclude(id=row.id).exists():
        raise Invalid({"name": [_("There is a rule of this name.")]})
    if given["date_field"] not in date_fields(kind):
        raise Invalid({"date_field": [_("Choose one of the list.")]})
    if given["action"] not in dict(actions_for(kind.name)):
        raise Invalid({"action": [_("Choose one of the list.")]})
    return {
        "name": name,
        "object": kind.name,
        "criteria": _criteria(kind, given["criteria"]),
        "date_field": given["date_field"],
        "days": _days(given["days"]),
        "action": given["action"],
        "is_active": bool(given["is_active"]),
    }


def _days(value: Any) -> int:
    try:
        days = int(str(value))
    except ValueError:
        days = 0
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Invalid({"days": [_("From %(least)d to %(most)d days.") % {"least": LEAST_DAYS, "most": MOST_DAYS}]})
    return days


def _criteria(kind: ObjectType, criteria: Any) -> dict[str, Any]:
    if not isinstance(criteria, Mapping):
        raise Invalid({"criteria": [_("The filter is not well formed.")]})
    try:
        compile_q(Actor.system(current_tenant_id()), kind.name, criteria)
    except Invalid as error:
        raise Invalid({"criteria": [text for texts in error.errors.values() for text in texts]}) from error
    return dict(criteria)
