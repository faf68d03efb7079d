"""Goals over the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.goals import tree
from guanxi.analytics.goals.saving import EDITABLE, break_down, delete_goal, save_goal
from guanxi.analytics.goals.tree import Node
from guanxi.analytics.kpis import reading
from guanxi.analytics.models import Goal, Split
from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, TEXT, WHOLE, key_in, one_of, or_null, words

NUMBER = {"type": "number"}
MOST = 500


def _row(node: Node) -> Row:
    goal = node.goal
    keys = {name: getattr(goal, f"{name}_id") for name in ("parent", "team", "member", "owner")}
    return {
        "id": str(goal.id), "kpi": goal.kpi, "name": goal.name, "holder": node.holder, "first": goal.first.isoformat(), "after": goal.after.isoformat(),
        **{name: str(key) if key else None for name, key in keys.items()}, "amount": node.amount, "reached": node.reached, "expected": node.expected,
        "state": {"jade": "on_course", "amber": "watch", "rose": "behind"}.get(node.light, "unknown"), "as_of": node.as_of.isoformat() if node.as_of else None,
        "weight": goal.weight, "split": goal.split, "watch": goal.watch, "late": goal.late, "version": goal.version,
    }  # fmt: skip


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    reading.require_kpis(actor)
    rows = Goal.objects.select_related("team", "member", "owner").order_by("-first", "created_at")
    try:
        rows = rows.filter(first=date.fromisoformat(query["first"])) if query.get("first") else rows
    except ValueError:
        raise Invalid({"first": [_("Write the date as 2026-12-31.")]}) from None
    rows = rows.filter(kpi=query["kpi"]) if query.get("kpi") else rows
    return [_row(node) for node in tree.nodes_of(actor, list(rows[:MOST]))]


def _get(actor: Actor, key: UUID) -> Row:
    return _row(tree.nodes_of(actor, [tree.goal_of(actor, key)])[0])


def _given(values: Values) -> dict[str, Any]:
    keys = {name: key_in(values, name) for name in ("parent", "team", "member", "owner") if name in values}
    return {**values, **keys}


_WRITE = {
    "kpi": words(60), "team": or_null(KEY), "member": or_null(KEY), "parent": or_null(KEY), "first": DAY, "after": DAY, "name": words(120),
    "owner": or_null(KEY), "amount": or_null(NUMBER), "weight": NUMBER, "split": one_of(*Split.values), "watch": NUMBER, "late": NUMBER,
}  # fmt: skip
offer(
    Resource(
        name="goals",
        schema="Goal",
        label=gettext_lazy("Goals"),
        rows=_rows,
        get=_get,
        read=_WRITE | {
            "name": TEXT, "holder": TEXT, "reached": or_null(NUMBER), "expected": or_null(NUMBER), "as_of": or_null(DAY),
            "state": one_of("on_course", "watch", "behind", "unknown"), "version": WHOLE,
        },
        write=_WRITE,
        creating=tuple(name for name in _WRITE if name not in EDITABLE),
        required=("kpi", "first", "after"),
        create=lambda actor, values: (save_goal(actor, _given(values)).id, {}),
        update=lambda actor, key, values, version: save_goal(actor, _given(values), key, version=version),
        delete=delete_goal,
        actions={"break-down": Action(gettext_lazy("Break the goal down to those below, the way its `split` says"), break_down)},
        filters={"first": gettext_lazy("Goals of periods that begin on this day"), "kpi": gettext_lazy("The key of the KPI")},
        versioned=True,
        room="analytics",
    )
)  # fmt: skip
