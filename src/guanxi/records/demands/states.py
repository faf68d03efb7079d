"""What a form shows of the rules while somebody fills it in: the fields' states and what saving would refuse."""

import copy
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from guanxi.core.errors import Refused
from guanxi.identity.actor import Actor
from guanxi.records.cleaning import apply_values
from guanxi.records.criteria import compile_predicate
from guanxi.records.custom import clean_custom
from guanxi.records.demands.field_rules import default_of, hidden_by, named_by, seeing_all
from guanxi.records.demands.reading import READ_ONLY, REQUIRED, Rule, demands_of, fields_now
from guanxi.records.derived.graph import setting_now
from guanxi.records.formulas.evaluating import evaluate
from guanxi.records.registry import Field, ObjectType
from guanxi.records.rules.checking import rules_now
from guanxi.records.values import Wrong, clean_value


@dataclass(frozen=True)
class States:
    """Names of fields by what holds for them now."""

    required: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def idle(self) -> frozenset[str]:
        """What a form does not write."""
        return self.read_only | self.hidden


FREE = States()


def has_rules(kind: ObjectType) -> bool:
    """Whether anything holds for forms of this object."""
    return bool(demands_of(kind.name).rules or rules_now().by_object.get(kind.name))


def states_of(actor: Actor, kind: ObjectType, record: Any, before: Any = None) -> States:
    """What holds for `record` as it is. `before` is as it is stored: read-only is what was so and remains so."""
    rules = demands_of(kind.name).rules
    if not rules or actor.member_id is None:
        return FREE
    met = _met(actor, kind, rules, record)
    locked = named_by(rules, met, READ_ONLY) if before is not None else set()
    if locked:
        locked &= named_by(rules, _met(actor, kind, rules, before), READ_ONLY)
    hidden = hidden_by(rules, met)
    return States(frozenset(named_by(rules, met, REQUIRED) - hidden), frozenset(locked), frozenset(hidden))


def drafted(actor: Actor, kind: ObjectType, values: Mapping[str, Any], record: Any = None) -> Any:
    """A record as it would be with the values of a form; what cannot be read yet stays as it is. Nothing is stored."""
    known = fields_now(kind)
    if record is None:
        record = kind.model(tenant_id=actor.tenant_id, version=1)
        fresh: Any = record
        fresh.owner_id, fresh.team_id = actor.member_id, actor.team_id
        apply_values(kind, fresh, {name: item.default for name, item in known.items() if item.custom})
    else:
        record = copy.copy(record)
    readable: dict[str, Any] = {}
    for name, value in values.items():
        with suppress(Wrong, KeyError):
            readable[name] = _cleaned(kind, known[name], value)
    apply_values(kind, record, readable)
    return record


def messages_of(kind: ObjectType, record: Any) -> dict[str, list[str]]:
    """What the company's rules would say to a record as it stands, by field; "" is the whole."""
    kept = rules_now()
    rules = kept.by_object.get(kind.name, ())
    setting = setting_now(kept.time_zone) if rules else None
    found: dict[str, list[str]] = {}
    for rule in rules:
        if setting is not None and evaluate(rule.formula, record, setting) is True:
            found.setdefault(rule.field, []).append(str(rule.message))
    return found


def _cleaned(kind: ObjectType, item: Field, value: Any) -> Any:
    if value in (None, "", []):
        return default_of(kind, item) if not item.custom and item.kind not in ("tags", "bool") else value
    if item.custom:
        return clean_custom(item, value)
    source: Any = kind.model._meta.get_field(item.column)
    return clean_value(item, value, source=source)


def _met(actor: Actor, kind: ObjectType, rules: tuple[Rule, ...], record: Any) -> list[bool]:
    return [_holds(actor, kind, rule, record) for rule in rules]


def _holds(actor: Actor, kind: ObjectType, rule: Rule, record: Any) -> bool:
    if not rule.criteria:
        return True
    try:
        return bool(compile_predicate(seeing_all(actor), kind.name, rule.criteria)(record))
    except Refused:
        return False
