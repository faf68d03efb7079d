"""Fields that are required, read-only or visible on records that meet criteria: asked of the database, for all records of a write.

Read-only is a field that was so before a change and remains so after it: who unlocks a record may change it in the same breath, and a new
record takes what it is given (an upload of closed years must not lose their values).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, Value
from django.utils.translation import gettext as _

from guanxi.core.errors import Refused
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.criteria import compile_q
from guanxi.records.demands.reading import BLANK, READ_ONLY, REQUIRED, VISIBLE, Rule, demands_of, fields_now, value_of
from guanxi.records.registry import Draft, Field, ObjectType

Errors = dict[str, list[str]]
Held = frozenset[tuple[UUID, str]]
NONE: Held = frozenset()


def seeing_all(actor: Actor) -> Actor:
    """The same person for whom every field exists: rules of the company hold for those too who may not see what they read."""
    return replace(actor, is_admin=True, token_scopes=None, field_access={})


def held_before(actor: Actor, kind: ObjectType, drafts: Sequence[Draft]) -> Held:
    """Which changed fields of which records are read-only as the records are stored; called before saving."""
    changed = set().union(*(draft.changed for draft in drafts))
    rules = [one for one in demands_of(kind.name).rules if one.effect == READ_ONLY and changed & set(one.fields)]
    if not rules or actor.member_id is None:
        return NONE
    found = holding(actor, kind, rules, [draft.record.id for draft in drafts])
    return frozenset((key, name) for at, rule in enumerate(rules) for key in found[at] for name in rule.fields)


def broken_rules(actor: Actor, kind: ObjectType, drafts: Sequence[Draft], held: Held) -> Errors:
    """What records that have just been written break; keys are "field", or "index.field" of several."""
    rules = _concerned(demands_of(kind.name).rules, kind, drafts, held)
    if not rules:
        return {}
    found = holding(actor, kind, rules, [draft.record.id for draft in drafts])
    known = fields_now(kind)
    errors: Errors = {}
    for position, draft in enumerate(drafts):
        prefix = f"{position}." if len(drafts) > 1 else ""
        met = [draft.record.id in keys for keys in found]
        for name, text in _of_one(actor, kind, known, rules, met, draft, held):
            errors.setdefault(prefix + name, []).append(text)
    return errors


def holding(actor: Actor, kind: ObjectType, rules: Sequence[Rule], ids: Sequence[UUID]) -> list[set[UUID]]:
    """For each rule the records that meet its criteria, in one statement; criteria that fit no more (a field is gone) hold for none."""
    found: list[set[UUID]] = [set() if rule.criteria else set(ids) for rule in rules]
    parts = []
    for at, rule in enumerate(rules):
        if not rule.criteria:
            continue
        rows: Any = kind.model._default_manager.filter(id__in=ids)
        try:
            rows = compile_q(seeing_all(actor), kind.name, rule.criteria).apply(rows)
        except Refused:
            continue
        mark = Value(at, output_field=IntegerField())
        parts.append(rows.order_by().annotate(rule_place=mark).values_list("rule_place", "id"))
    if parts:
        for at, key in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
            found[at].add(key)
    return found


def hidden_by(rules: Sequence[Rule], met: Sequence[bool]) -> set[str]:
    """Fields that some rule shows, but none of those that hold."""
    able = {name for rule in rules if rule.effect == VISIBLE for name in rule.fields}
    return able - named_by(rules, met, VISIBLE)


def named_by(rules: Sequence[Rule], met: Sequence[bool], effect: str) -> set[str]:
    """Fields that rules of this effect name which hold."""
    return {
        name for rule, holds in zip(rules, met, strict=True) if holds and rule.effect == effect for name in rule.fields
    }


def default_of(kind: ObjectType, item: Field) -> Any:
    """What a new record holds in a field that nobody filled in."""
    if item.custom:
        return item.default
    if "__" in item.column:
        # What is read through a link is given by nobody.
        return None
    source: Any = kind.model._meta.get_field(item.column)
    return source.get_default() if source.has_default() else None


def given(kind: ObjectType, known: Mapping[str, Field], draft: Draft) -> set[str]:
    """Fields to which this write gave a value of its own."""
    return {
        name
        for name in draft.changed & set(known)
        if draft.before is not None or value_of(kind, draft.record, name) not in (*BLANK, default_of(kind, known[name]))
    }


def _concerned(rules: Iterable[Rule], kind: ObjectType, drafts: Sequence[Draft], held: Held) -> list[Rule]:
    """Rules that could refuse one of the drafts, and those that decide whether they may."""
    empty = {
        name
        for rule in rules
        if rule.effect == REQUIRED
        for name in rule.fields
        if any(value_of(kind, draft.record, name) in BLANK for draft in drafts)
    }
    changed = set().union(*(draft.changed for draft in drafts))
    wanted = {REQUIRED: empty, READ_ONLY: {name for _key, name in held}, VISIBLE: empty | changed}
    return [rule for rule in rules if wanted[rule.effect] & set(rule.fields)]


def _of_one(
    actor: Actor, kind: ObjectType, known: Mapping[str, Field], rules: Sequence[Rule], met: Sequence[bool], draft: Draft, held: Held
) -> Iterable[tuple[str, str]]:  # fmt: skip
    hidden, new = hidden_by(rules, met), given(kind, known, draft)
    for name in sorted(named_by(rules, met, REQUIRED) - hidden):
        if value_of(kind, draft.record, name) in BLANK and field_access(actor, kind.name, name) == "write":
            yield name, _("Fill in “%(field)s”.") % {"field": known[name].label}
    for name in sorted(hidden & new):
        if value_of(kind, draft.record, name) not in BLANK:
            yield name, _("“%(field)s” is not used on this record.") % {"field": known[name].label}
    for name in sorted(named_by(rules, met, READ_ONLY) & new):
        if (draft.record.id, name) in held:
            yield name, _("“%(field)s” cannot be changed on this record.") % {"field": known[name].label}
