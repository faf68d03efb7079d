"""Pages of lists by plans: the same SQL as records.lists makes, compiled once for each list a caller asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.identity.actor import Actor
from guanxi.records.api.plans import Plan, compiled
from guanxi.records.list_plans import Plans, list_plan
from guanxi.records.lists import MAX_LIMIT, ListQuery, Page, list_records, shown_fields
from guanxi.records.registry import ObjectType


def page_of(actor: Actor, plans: Plans, kind: ObjectType, wanted: ListQuery) -> Page:
    """One page, by a plan where that is possible. Raises `Invalid` as `list_records` does."""

    def compiling(part: Any, head: Sequence[str], marks: Mapping[str, Any]) -> Plan | None:
        return compiled(actor, kind, shown_fields(actor, kind, wanted.fields), part, head, marks)

    plan, position = list_plan(actor, plans, kind, wanted, compiling)
    if plan is None:
        return list_records(actor, wanted)
    limit = min(wanted.limit, MAX_LIMIT)
    found = plan.fetch(position, limit)
    return Page([part.show(row) for part, row in found[:limit]], plan.next(found, limit))
