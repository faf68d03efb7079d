"""The demands in force, kept by the version of the settings: who has none pays no statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from guanxi.identity.kept import Kept
from guanxi.records import registry
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.models import DuplicateRule, FieldRule, StageGate
from guanxi.records.registry import Field, ObjectType

REQUIRED, READ_ONLY, VISIBLE = "required", "read_only", "visible"
EFFECTS = (REQUIRED, READ_ONLY, VISIBLE)
BLANK: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Rule:
    """A field rule in force."""

    id: UUID
    name: str
    effect: str
    fields: tuple[str, ...]
    criteria: Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """What must be filled in before `field` takes `value`."""

    field: str
    value: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """One field of a duplicates rule and how it is compared: exact, normalised, fuzzy."""

    field: str
    how: str


@dataclass(frozen=True)
class Likeness:
    """A duplicates rule in force."""

    id: UUID
    name: str
    matches: tuple[Match, ...]
    blocks: bool


@dataclass(frozen=True)
class Demands:
    """Everything that is demanded of the records of one object."""

    rules: tuple[Rule, ...] = ()
    gates: tuple[Gate, ...] = ()
    likenesses: tuple[Likeness, ...] = ()


@dataclass
class _Found:
    rules: list[Rule] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    likenesses: list[Likeness] = field(default_factory=list)


NOTHING = Demands()


def demands_of(object_name: str) -> Demands:
    """What is demanded of records of this object now."""
    return _all_demands().get(object_name, NOTHING)


def fields_now(kind: ObjectType) -> dict[str, Field]:
    """All fields of an object, the tenant's own included."""
    return {**kind.by_name, **custom_fields_of_all().get(kind.name, {})}


def value_of(kind: ObjectType, record: Any, name: str) -> Any:
    """What a record holds in a field; links as keys."""
    item = kind.by_name.get(name)
    if item is None:
        return record.custom.get(name)
    return getattr(record, f"{item.column}_id" if item.kind == "link" else item.column)


def _read() -> Mapping[str, Demands]:
    found: dict[str, _Found] = {}
    for row in FieldRule.objects.filter(is_active=True).order_by("object", "name", "id"):
        names = _known(row.object, row.fields)
        if names:
            rule = Rule(row.id, row.name, row.effect, names, row.criteria)
            found.setdefault(row.object, _Found()).rules.append(rule)
    for gate in StageGate.objects.order_by("object", "field", "value"):
        needs = _known(gate.object, gate.needs)
        if needs:
            found.setdefault(gate.object, _Found()).gates.append(Gate(gate.field, gate.value, needs))
    for one in DuplicateRule.objects.filter(is_active=True).order_by("object", "name", "id"):
        matches = tuple(Match(part["field"], part["how"]) for part in one.matches)
        if len(_known(one.object, [part.field for part in matches])) == len(matches):
            likeness = Likeness(one.id, one.name, matches, one.action == "block")
            found.setdefault(one.object, _Found()).likenesses.append(likeness)
    return {name: Demands(tuple(one.rules), tuple(one.gates), tuple(one.likenesses)) for name, one in found.items()}


def _known(object_name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those fields that are still there; of an object that is gone, none."""
    kind = registry.find(object_name)
    known = fields_now(kind) if kind else {}
    return tuple(name for name in names if name in known)


_all_demands: Kept[Mapping[str, Demands]] = Kept(_read, {})
