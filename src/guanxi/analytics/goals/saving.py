"""Making, changing, breaking down and discussing goals. What is changed of a goal stands in its history."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import Q
from django.utils.translation import gettext as _

from guanxi.analytics.access import RIGHT
from guanxi.analytics.goals.attaining import Branches, counted, season, value_for
from guanxi.analytics.goals.targets import KPI as WON
from guanxi.analytics.goals.targets import spread_target, target_sums
from guanxi.analytics.goals.tree import goal_of, holds, reach
from guanxi.analytics.kpis.reading import known_kpis, require_kpis
from guanxi.analytics.models import Goal, GoalNote, Split
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import require
from guanxi.identity.services.locking import locked
from guanxi.science.apportion import apportion

EDITABLE = ("name", "owner", "amount", "weight", "split", "watch", "late")
NEW = (*EDITABLE, "parent", "kpi", "team", "member", "first", "after")
LONGEST = 2_000
Errors = dict[str, list[str]]


def save_goal(
    actor: Actor, values: Mapping[str, Any], goal_id: UUID | None = None, *, version: int | None = None
) -> Goal:
    """A new goal, or other values of one. Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`."""
    _require(actor)
    with tenant_tx(actor.tenant_id):
        goal = Goal() if goal_id is None else _locked(actor, goal_id, version)
        before = {} if goal_id is None else describe(goal)
        errors: Errors = {}
        if goal_id is None:
            _place(actor, goal, values, errors)
        _fill(goal, {**describe(goal), **{name: values[name] for name in EDITABLE if name in values}}, errors)
        if not errors:
            _check(actor, goal, errors)
        if errors:
            raise Invalid(errors)
        told = _keep_amount(actor, goal, "amount" in values)
        changed = differences(before, describe(goal)) | told
        if changed or goal_id is None:
            goal.version += 0 if goal_id is None else 1
            goal.save(force_insert=goal_id is None)
            GoalNote.objects.create(goal=goal, member_id=actor.doing_id, changes=changed)
            note_access(actor, "goal.changed" if goal_id else "goal.added", record_id=goal.id, detail=changed)
        return goal


def delete_goal(actor: Actor, goal_id: UUID, version: int | None = None) -> None:
    """Forget a goal with all below it. Sales targets stay."""
    _require(actor)
    with tenant_tx(actor.tenant_id):
        goal = _locked(actor, goal_id, version)
        note_access(actor, "goal.removed", record_id=goal.id, detail={"kpi": goal.kpi, "first": goal.first.isoformat()})
        goal.delete()


def comment(actor: Actor, goal_id: UUID, text: str) -> GoalNote:
    """Say something about a goal that one sees."""
    with tenant_tx(actor.tenant_id):
        goal = goal_of(actor, goal_id)
        said = text.replace("\x00", "").strip()
        if not said or len(said) > LONGEST:
            raise Invalid({"text": [_("Write between 1 and %(count)d characters.") % {"count": LONGEST}]})
        found: GoalNote = GoalNote.objects.create(goal=goal, member_id=actor.doing_id, text=said)
        return found


def break_down(actor: Actor, goal_id: UUID, version: int | None = None) -> list[Goal]:
    """The goal in parts for the teams right below, or the people of a team, the way its `split` says; parts that are there get their new amount.

    By hand: parts are made without amounts. Raises `Invalid` where nobody is below.
    """
    _require(actor)
    with tenant_tx(actor.tenant_id):
        goal = _locked(actor, goal_id, version)
        branches = Branches()
        holders = holders_below(goal, branches)
        if not holders:
            raise Invalid({"": [_("Nobody is below this goal: it is a person's, or the team has no people.")]})
        known = {(child.team_id, child.member_id): child for child in goal.children.filter(kpi=goal.kpi)}
        parts: Sequence[float | None] = [None] * len(holders)
        total = amount_of(actor, goal)
        if goal.split != Split.HAND and total is not None:
            parts = apportion(total, _weights(actor, goal, holders, known, branches), 1.0)
        made = []
        for (team, member), part in zip(holders, parts, strict=True):
            child = known.get((team, member))
            values: dict[str, Any] = {} if part is None else {"amount": part}
            if child is None:
                values |= {
                    "parent": goal.id,
                    "kpi": goal.kpi,
                    "team": team,
                    "member": member,
                    "first": goal.first,
                    "after": goal.after,
                }
            made.append(save_goal(actor, values, child.id if child else None))
        return made


def holders_below(goal: Goal, branches: Branches) -> list[tuple[UUID | None, UUID | None]]:
    """(team, person) of those right below the holder of a goal."""
    if goal.member_id:
        return []
    teams: list[tuple[UUID | None, UUID | None]] = [(team, None) for team in branches.children(goal.team_id)]
    people = Membership.objects.filter(is_active=True, team_id=goal.team_id).order_by("name") if goal.team_id else ()
    return [*teams, *((None, person.id) for person in people)]


def amount_of(actor: Actor, goal: Goal) -> float | None:
    """The amount of a goal; of won business that of the sales targets where the goal has none of its own."""
    if goal.amount is not None or goal.kpi != WON:
        return goal.amount
    people, teams = target_sums(actor, goal.first, goal.after)
    return people.get(goal.member_id) if goal.member_id else teams.get(goal.team_id) if goal.team_id else None


def describe(goal: Goal) -> dict[str, Any]:
    """What of a goal can be changed."""
    names = [name for name in EDITABLE if name != "owner"]
    return {**{name: getattr(goal, name) for name in names}, "owner": goal.owner_id}


def _require(actor: Actor) -> None:
    require_kpis(actor)
    require(actor, RIGHT, "edit")


def _locked(actor: Actor, goal_id: UUID, version: int | None) -> Goal:
    goal_of(actor, goal_id)
    goal = locked(Goal, goal_id, version)
    _require_holder(actor, goal)
    return goal


def _require_holder(actor: Actor, goal: Goal) -> None:
    if not holds(reach(actor, "edit"), goal):
        raise NotAllowed(_("You may change goals of your own branch only."))


def _place(actor: Actor, goal: Goal, values: Mapping[str, Any], errors: Errors) -> None:
    goal.kpi = str(values.get("kpi") or "")
    if goal.kpi not in known_kpis(actor):
        errors["kpi"] = [_("Choose one of the list.")]
    goal.team = _chosen(Team.objects.all(), values.get("team"), "team", errors)
    goal.member = _chosen(Membership.objects.filter(is_active=True), values.get("member"), "member", errors)
    goal.parent = _chosen(Goal.objects.all(), values.get("parent"), "parent", errors)
    if goal.team and goal.member:
        errors["member"] = [_("Name either a person or a team.")]
    goal.first, goal.after = (_day(values.get(name), name, errors) or date.min for name in ("first", "after"))
    if "first" in errors or "after" in errors:
        return
    if goal.after <= goal.first or goal.after > goal.first + relativedelta(years=5):
        errors["after"] = [_("A period ends after its beginning, and within five years.")]
    elif goal.kpi == WON and (goal.first.day != 1 or goal.after.day != 1):
        errors["first"] = [_("Won business is planned by whole months, as the sales targets are.")]


def _fill(goal: Goal, values: Mapping[str, Any], errors: Errors) -> None:
    goal.name = str(values.get("name") or "").replace("\x00", "").strip()[:120]
    goal.owner = _chosen(Membership.objects.filter(is_active=True), values.get("owner"), "owner", errors)
    goal.amount = _number(values, "amount", errors, least=-1e15)
    goal.weight = _number(values, "weight", errors, least=0.0) or 0.0
    goal.watch, goal.late = (_number(values, name, errors, least=0.0) or 0.0 for name in ("watch", "late"))
    goal.split = str(values.get("split") or Split.HAND)
    if goal.split not in Split.values:
        errors["split"] = [_("Choose one of the list.")]
    if goal.late > goal.watch:
        errors["late"] = [_("Red begins below amber.")]


def _check(actor: Actor, goal: Goal, errors: Errors) -> None:
    _require_holder(actor, goal)
    alike = Goal.objects.filter(
        kpi=goal.kpi, first=goal.first, after=goal.after, team=goal.team, member=goal.member
    ).exclude(id=goal.id)
    if alike.exists():
        errors[""] = [_("There is such a goal for this period already.")]
    parent = goal.parent
    if parent and (parent.kpi, parent.first, parent.after) != (goal.kpi, goal.first, goal.after):
        errors["parent"] = [_("A goal below another has the same KPI and period.")]


def _keep_amount(actor: Actor, goal: Goal, given: bool) -> dict[str, list[Any]]:
    """Won business of a person or team goes into the sales targets and is not kept twice; returns what that changed."""
    if goal.kpi != WON or not (goal.member_id or goal.team_id):
        return {}
    amount, goal.amount = goal.amount, None
    if not given or amount is None:
        return {}
    before = amount_of(actor, goal)
    if before == amount:
        return {}
    kpi = known_kpis(actor)[WON]
    weights = season(kpi, goal.first, goal.after)
    spread_target(actor, amount, goal.first, goal.after, weights, member=goal.member_id, team=goal.team_id)
    return {"amount": [before, amount]}


def _weights(
    actor: Actor,
    goal: Goal,
    holders: Sequence[tuple[UUID | None, UUID | None]],
    known: Mapping[tuple[UUID | None, UUID | None], Goal],
    branches: Branches,
) -> list[float]:
    if goal.split == Split.EQUAL:
        return [1.0] * len(holders)
    if goal.split == Split.WEIGHT:
        return [known[holder].weight if holder in known else 1.0 for holder in holders]
    year = relativedelta(years=1)
    before = counted(actor, known_kpis(actor)[goal.kpi], goal.first - year, goal.after - year)
    return [
        max(value_for(Goal(team_id=team, member_id=member), before, branches) or 0.0, 0.0) for team, member in holders
    ]


def _chosen(rows: Any, value: Any, name: str, errors: Errors) -> Any:
    if value in (None, ""):
        return None
    try:
        found = rows.filter(Q(id=UUID(str(value)))).first()
    except ValueError:
        found = None
    if found is None:
        errors[name] = [_("Choose one of the list.")]
    return found


def _number(values: Mapping[str, Any], name: str, errors: Errors, *, least: float) -> float | None:
    given = values.get(name)
    if given in (None, ""):
        return None
    try:
        found = float(str(given).replace(",", ""))
    except ValueError:
        found = float("nan")
    if not least <= found <= 1e15:
        errors[name] = [_("Write a number.")]
        return None
    return found


def _day(value: Any, name: str, errors: Errors) -> date | None:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value or ""))
    except ValueError:
        errors[name] = [_("Write the date as 2026-12-31.")]
        return None
