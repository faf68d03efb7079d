"""Refusing what a company's own rules forbid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.kept import Kept
from guanxi.records import registry
from guanxi.records.custom import custom_fields_of_all, worded
from guanxi.records.derived.graph import setting_now, time_zone_now
from guanxi.records.formulas.checking import Formula, check
from guanxi.records.formulas.compiling import joins, sql_of
from guanxi.records.formulas.syntax import FormulaError
from guanxi.records.models import ValidationRule
from guanxi.records.registry import ObjectType


@dataclass(frozen=True)
class Rule:
    """An active rule: what is refused, and what is said where."""

    formula: Formula
    field: str
    message: Any


@dataclass(frozen=True)
class Rules:
    """The active rules by object, and the company's time zone."""

    by_object: Mapping[str, tuple[Rule, ...]]
    time_zone: str = "UTC"


def read_rules() -> Rules:
    """The rules as they are stored now. One whose formula fits no more (its field is gone) refuses nothing."""
    rows = list(ValidationRule.objects.filter(is_active=True).order_by("object", "name", "id"))
    found: dict[str, list[Rule]] = {}
    own = custom_fields_of_all() if rows else {}
    for row in rows:
        try:
            formula = check(registry.get(row.object), row.formula, own, wanted="bool")
        except (FormulaError, KeyError):
            continue
        found.setdefault(row.object, []).append(Rule(formula, row.field, worded(row.message_en, row.message_zh)))
    return Rules({name: tuple(rules) for name, rules in found.items()}, time_zone_now() if rows else "UTC")


rules_now = Kept(read_rules, Rules({}))


def obey_rules(actor: Actor, kind: ObjectType, ids: Sequence[UUID]) -> None:
    """Raise `Invalid` when a rule forbids one of these records as the running transaction left them.

    Several records have keys "index.field", as in `change_records`. The installation itself is not asked.
    """
    kept = rules_now()
    rules = kept.by_object.get(kind.name, ())
    if not rules or not ids or actor.member_id is None:
        return
    errors: dict[str, list[str]] = {}
    broken = _broken(kind, rules, kept.time_zone, ids)
    for position, key in enumerate(ids):
        prefix = f"{position}." if len(ids) > 1 else ""
        for rule, holds in zip(rules, broken.get(key, ()), strict=False):
            if holds:
                errors.setdefault(prefix + rule.field, []).append(str(rule.message))
    if errors:
        raise Invalid(errors)


def _broken(kind: ObjectType, rules: Sequence[Rule], time_zone: str, ids: Sequence[UUID]) -> dict[UUID, list[bool]]:
    """Which rules each record breaks; records that break none are left out."""
    setting = setting_now(time_zone)
    formulas = [rule.formula for rule in rules]
    columns = [f"({sql_of(formula, setting)})" for formula in formulas]
    table = kind.model._meta.db_table
    sql = (
        f'SELECT t.id, ARRAY[{", ".join(columns)}] FROM "{table}" t{joins(formulas)} '
        f"WHERE t.id = ANY(%s) AND ({' OR '.join(columns)})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())
