"""What the write path asks of the demands: before saving, and when everything that follows from a write is known."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.demands.duplicates import keep_apart
from guanxi.records.demands.field_rules import NONE, Held, broken_rules
from guanxi.records.demands.gates import require_gates
from guanxi.records.demands.reading import NOTHING, demands_of, fields_now
from guanxi.records.registry import Draft, ObjectType


def obey_demands(actor: Actor, kind: ObjectType, drafts: Sequence[Draft], held: Held = NONE) -> None:
    """Raise `Invalid` for records that break what the company demands, as the running transaction left them.

    `held` is what `field_rules.held_before` said of them. Keys are "index.field" of several records. The installation itself is not asked,
    but what it writes is found by the duplicates rules.
    """
    demands = demands_of(kind.name)
    if demands is NOTHING or not drafts:
        return
    if actor.member_id is not None:
        errors = broken_rules(actor, kind, drafts, held)
        if errors:
            raise Invalid(errors)
        require_gates(actor, kind, drafts)
    keep_apart(actor, kind, drafts)


def obey_demands_new(actor: Actor, kind: ObjectType, ids: Sequence[UUID]) -> None:
    """The same for new records that were stored many at once."""
    if demands_of(kind.name) is NOTHING:
        return
    names = frozenset(fields_now(kind))
    rows: Any = kind.model._default_manager.filter(id__in=ids)
    obey_demands(actor, kind, [Draft(actor, row, names, None) for row in rows.order_by("id")])
