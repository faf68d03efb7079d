"""Stages and statuses to which a record comes only when certain fields are filled in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.demands.reading import BLANK, Gate, demands_of, fields_now, value_of
from guanxi.records.models import record_label
from guanxi.records.registry import Draft, Field, ObjectType

STATES = ("stage", "status")


class GateShut(Invalid):
    """A record lacks what `to` of `field` needs: `needs` names the missing fields."""

    def __init__(self, errors: Mapping[str, Sequence[str]], *, field: str, to: str, needs: Sequence[str]) -> None:
        super().__init__(errors)
        self.field, self.to, self.needs = field, to, tuple(needs)


def gate_fields(kind: ObjectType) -> list[Field]:
    """Stages and statuses of an object: what its board shows, and what is called so."""
    names = dict.fromkeys([*((kind.board.field,) if kind.board else ()), *STATES])
    found = [kind.by_name[name] for name in names if name in kind.by_name]
    return [item for item in found if item.kind in ("choice", "link")]


def gate_values(kind: ObjectType, item: Field) -> list[tuple[str, str]]:
    """The values that a stage or status may take, with their labels; of several pipelines with the pipeline's name."""
    if item.kind == "choice":
        choices = item.choices_of() if item.choices_of else item.choices
        return [(choice.value, str(choice.label)) for choice in choices]
    target = registry.find(item.to)
    if target is None:
        return []
    rows: Any = target.model._default_manager.filter(deleted_at=None)
    over = "pipeline" if "pipeline" in target.by_name else ""
    rows = rows.select_related(over).order_by(f"{over}__position", "position", "id") if over else rows.order_by("id")
    several = len({row.pipeline_id for row in rows}) > 1 if over else False
    return [
        (str(row.id), f"{record_label(row.pipeline)}: {record_label(row)}" if several else record_label(row))
        for row in rows
    ]


def missing(kind: ObjectType, record: Any, field: str, value: Any) -> list[str]:
    """What a record lacks for this stage or status."""
    wanted = (gate for gate in demands_of(kind.name).gates if gate.field == field and gate.value == str(value or ""))
    return [name for gate in wanted for name in gate.needs if value_of(kind, record, name) in BLANK]


def require_gates(actor: Actor, kind: ObjectType, drafts: Sequence[Draft]) -> None:
    """Raise `GateShut` when a record came to a stage without what it needs, or lost that in its stage."""
    gates = demands_of(kind.name).gates
    shut = [(at, gate, names) for at, draft in enumerate(drafts) for gate, names in _shut(gates, kind, draft)]
    if not shut:
        return
    known = fields_now(kind)
    errors: dict[str, list[str]] = {}
    for at, gate, names in shut:
        prefix = f"{at}." if len(drafts) > 1 else ""
        label = label_of(kind, gate)
        for name in names:
            if field_access(actor, kind.name, name) == "hidden":
                errors.setdefault(prefix, []).append(
                    _("“%(stage)s” needs a field that is not shown to your role.") % {"stage": label}
                )
            else:
                text = _("“%(stage)s” needs “%(field)s”.") % {"stage": label, "field": known[name].label}
                errors.setdefault(prefix + name, []).append(text)
    _at, first, names = shut[0]
    raise GateShut(errors, field=first.field, to=first.value, needs=names)


def label_of(kind: ObjectType, gate: Gate) -> str:
    """The stage or status in words."""
    item = kind.by_name[gate.field]
    if item.kind == "choice":
        return next((label for value, label in gate_values(kind, item) if value == gate.value), gate.value)
    target = registry.find(item.to)
    rows: Any = target.model._default_manager if target else None
    row = rows.filter(id=UUID(gate.value)).first() if rows is not None else None
    return record_label(row) if row is not None else gate.value


def _shut(gates: Sequence[Gate], kind: ObjectType, draft: Draft) -> Iterator[tuple[Gate, list[str]]]:
    for gate in gates:
        touched = draft.before is None or draft.changed & {gate.field, *gate.needs}
        if touched and str(value_of(kind, draft.record, gate.field) or "") == gate.value:
            names = [name for name in gate.needs if value_of(kind, draft.record, name) in BLANK]
            if names:
                yield gate, names
