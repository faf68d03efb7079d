"""The tree of goals as its reader may see it: own branch and below, with what is reached, what should be by now, and whether children add up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.access import RIGHT
from guanxi.analytics.goals.attaining import Branches, Counted, counted, expected_by, season, value_for
from guanxi.analytics.goals.targets import KPI as WON
from guanxi.analytics.goals.targets import target_sums
from guanxi.analytics.kpis.reading import Known, Reach, branch, known_kpis, require_kpis
from guanxi.analytics.models import Goal
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import scope_of


@dataclass
class Node:
    """A goal with what there is to say about it today."""

    goal: Goal
    kpi: Known
    holder: str
    amount: float | None
    reached: float | None
    expected: float | None
    as_of: date | None
    light: str = ""
    depth: int = 0
    children: list["Node"] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """Reached in percent of the amount."""
        return self.reached / self.amount * 100 if self.amount and self.reached is not None else None

    @property
    def missing(self) -> float | None:
        """How far the children are from adding up to the goal; None where there is nothing to add up."""
        if not self.children or self.amount is None or self.kpi.unit in ("percent", "points", "days"):
            return None
        return self.amount - sum(child.amount or 0.0 for child in self.children)


def reach(actor: Actor, action: str = "view") -> Reach:
    """Whose goals the actor sees, or may change: all, or those of the own branch and below."""
    return branch(actor, [scope_of(actor, RIGHT, action)])


def holds(found: Reach, goal: Goal) -> bool:
    """Whether a goal's holder is within reach."""
    if found.whole:
        return True
    if goal.member_id:
        return str(goal.member_id) in found.people
    return goal.team_id is not None and str(goal.team_id) in found.teams


def goal_of(actor: Actor, goal_id: UUID) -> Goal:
    """One goal. Raises `NotFound` also for what lies outside the actor's branch."""
    require_kpis(actor)
    goal: Goal | None = Goal.objects.select_related("team", "member", "owner").filter(id=goal_id).first()
    if goal is None or not holds(reach(actor), goal) or goal.kpi not in known_kpis(actor):
        raise NotFound(_("There is no such goal, or it is not in your branch."))
    return goal


def periods(actor: Actor) -> list[tuple[date, date]]:
    """The periods that have goals, the latest first."""
    found = Goal.objects.values_list("first", "after").distinct()
    return sorted(set(found), reverse=True)


def forest(actor: Actor, first: date, after: date) -> list[Node]:
    """The goals of one period as trees; a goal whose parent is not visible is a root."""
    goals = Goal.objects.select_related("team", "member", "owner").filter(first=first, after=after)
    nodes = nodes_of(actor, list(goals.order_by("created_at")))
    by_id = {node.goal.id: node for node in nodes}
    roots: list[Node] = []
    for node in nodes:
        parent = by_id.get(node.goal.parent_id) if node.goal.parent_id else None
        (parent.children if parent else roots).append(node)
    _deepen(roots, 0)
    return roots


def flat(nodes: Sequence[Node]) -> list[Node]:
    """A tree in reading order."""
    return [one for node in nodes for one in (node, *flat(node.children))]


def nodes_of(actor: Actor, goals: Sequence[Goal]) -> list[Node]:
    """Goals that the actor sees with their figures; each KPI of a period is counted once."""
    known, seen, branches = known_kpis(actor), reach(actor), Branches()
    figures: dict[tuple[str, date, date], tuple[Counted, list[float], Any]] = {}
    today = timezone.localdate()
    found = []
    for goal in goals:
        kpi = known.get(goal.kpi)
        if kpi is None or not holds(seen, goal):
            continue
        place = (goal.kpi, goal.first, goal.after)
        if place not in figures:
            sums = target_sums(actor, goal.first, goal.after) if goal.kpi == WON else None
            figures[place] = (counted(actor, kpi, *place[1:]), season(kpi, *place[1:]), sums)
        found.append(_node(goal, kpi, branches, *figures[place], today))
    return found


def _node(
    goal: Goal, kpi: Known, branches: Branches, found: Counted, weights: list[float], sums: Any, today: date
) -> Node:
    amount = goal.amount
    if sums is not None and goal.amount is None:
        people, teams = sums
        amount = people.get(goal.member_id) if goal.member_id else teams.get(goal.team_id)
    reached = value_for(goal, found, branches)
    whole = amount if amount is not None else None
    rate = kpi.unit in ("percent", "points", "days") or kpi.state
    share = 1.0 if rate else expected_by(min(found.as_of or today, today), goal.first, goal.after, weights)
    expected = None if whole is None else whole * share
    holder = goal.member.name if goal.member else goal.team.name if goal.team else str(_("Whole company"))
    node = Node(goal, kpi, holder, whole, reached, expected, found.as_of)
    node.light = light(goal, kpi, reached, expected)
    return node


def light(goal: Goal, kpi: Known, reached: float | None, expected: float | None) -> str:
    """jade, amber or rose against what is expected by now; "" where that is nothing."""
    if reached is None or not expected:
        return ""
    share = reached / expected * 100
    if kpi.rising is False:
        share = expected / reached * 100 if reached else 100.0
    return "jade" if share >= goal.watch else "amber" if share >= goal.late else "rose"


def _deepen(nodes: Sequence[Node], depth: int) -> None:
    for node in nodes:
        node.depth = depth
        _deepen(node.children, depth + 1)
