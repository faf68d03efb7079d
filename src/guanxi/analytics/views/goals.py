"""The tree of goals, one goal, its forms; what a person reached."""

from datetime import date
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import RIGHT, sees_values
from guanxi.analytics.goals import tree
from guanxi.analytics.goals.attaining import expected_by, season
from guanxi.analytics.goals.saving import break_down, comment, delete_goal, describe, save_goal
from guanxi.analytics.goals.targets import months_of
from guanxi.analytics.goals.tree import Node
from guanxi.analytics.kpis import reading
from guanxi.analytics.kpis.showing import shown
from guanxi.analytics.models import Goal, GoalNote, Grain, Split
from guanxi.analytics.views.base import Tab, offer_tab, value_page
from guanxi.core.errors import NotFound
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import may
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done

offer_tab(Tab("goals", _lazy("Goals"), "/value/goals/", 60, sees_values))
LIGHTS = {"jade": "", "amber": "amber", "rose": "rose"}


@require_safe
def goals(request: HttpRequest) -> HttpResponse:
    """The tree of a period (`?first=&after=`)."""
    actor = actor_of(request)
    reading.require_kpis(actor)
    known = tree.periods(actor)
    chosen = _period(request, known)
    nodes = tree.flat(tree.forest(actor, *chosen)) if chosen else []
    context = {
        "rows": [row(actor, node) for node in nodes],
        "periods": [
            {"label": period_name(*one), "url": f"?first={one[0]}&after={one[1]}", "current": one == chosen}
            for one in known[:8]
        ],
        "period": period_name(*chosen) if chosen else "",
        "may_edit": may(actor, RIGHT, "edit"),
        "whole": tree.reach(actor).whole,
        "today": timezone.localdate(),
    }
    return value_page(request, "analytics/goals/tree.html.jinja", "goals", context)


@require_safe
def goal(request: HttpRequest, id: UUID) -> HttpResponse:
    """One goal: where it stands, by month, what is below it, what was said and changed."""
    actor = actor_of(request)
    found = tree.goal_of(actor, id)
    below = list(found.children.select_related("team", "member", "owner").order_by("created_at"))
    node, *children = tree.nodes_of(actor, [found, *below])
    node.children = children
    notes = GoalNote.objects.filter(goal=found).select_related("member").order_by("-at", "-id")[:50]
    context = {
        "page_title": title_of(node),
        "goal": found,
        "row": row(actor, node),
        "children": [row(actor, child) for child in children],
        "chart": _chart(actor, node),
        "notes": [{"note": note, "lines": _lines(note)} for note in notes],
        "may_edit": tree.holds(tree.reach(actor, "edit"), found) and may(actor, RIGHT, "edit"),
        "period": period_name(found.first, found.after),
        "split": Split(found.split).label,
    }
    return page(request, "analytics/goals/goal.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_goal(request: HttpRequest) -> HttpResponse:
    """The dialog of a new goal; `?parent=` puts it below another."""
    actor = actor_of(request)
    reading.require_kpis(actor)
    parent = tree.goal_of(actor, UUID(request.GET["parent"])) if _is_key(request.GET.get("parent", "")) else None
    return _form(request, actor, None, parent)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_goal(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog of a goal."""
    actor = actor_of(request)
    return _form(request, actor, tree.goal_of(actor, id), None)


@require_POST
def split_goal(request: HttpRequest, id: UUID) -> HttpResponse:
    """Break the goal down the way it says."""
    made, errors = attempt(lambda: break_down(actor_of(request), id))
    text = _("Broken down into %(count)s goals.") % {"count": len(made)} if made is not None else _texts(errors)
    return done(request, f"/value/goals/{id}/", text)


@require_POST
def remove_goal(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a goal and those below it."""
    delete_goal(actor_of(request), id)
    return done(request, "/value/goals/", _("Goal deleted. Sales targets stay as they are."))


@require_POST
def say(request: HttpRequest, id: UUID) -> HttpResponse:
    """A comment."""
    _made, errors = attempt(lambda: comment(actor_of(request), id, request.POST.get("text", "")))
    return done(request, f"/value/goals/{id}/", _texts(errors))


@require_safe
def person(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """What a person reached: goals, and the KPIs of the last month beside the mean of all."""
    actor = actor_of(request)
    reading.require_kpis(actor)
    member = Membership.objects.filter(id=member_id).select_related("team").first()
    if member is None or not tree.holds(tree.reach(actor), Goal(member_id=member_id)):
        raise NotFound(_("There is no such person in your branch."))
    rows = tree.nodes_of(actor, list(Goal.objects.filter(member=member).order_by("-first", "created_at")[:40]))
    context = {
        "page_title": member.name,
        "person": member,
        "rows": [row(actor, node) for node in rows],
        "figures": _person_figures(actor, member),
        "day": reading.latest_day(),
    }
    return page(request, "analytics/goals/person.html.jinja", context)


def row(actor: Actor, node: Node) -> dict[str, Any]:
    """A goal as the tree, its page and the API's clients read it."""
    unit, money = node.kpi.unit, actor.currency
    return {
        "node": node, "id": node.goal.id, "holder": node.holder, "kpi": node.kpi.name, "name": node.goal.name, "depth": node.depth, "light": node.light,
        "url": f"/value/goals/{node.goal.id}/", "person": node.goal.member_id, "amount": shown(unit, node.amount, money), "reached": shown(unit, node.reached, money),
        "expected": shown(unit, node.expected, money), "share": node.share, "bar": min(node.share or 0.0, 100.0),
        "mark": min((node.expected or 0.0) / node.amount * 100, 100.0) if node.amount and node.expected else None,
        "missing": shown(unit, abs(node.missing), money) if node.missing is not None and abs(node.missing) >= 0.5 else "",
        "over": (node.missing or 0.0) < 0, "live": node.as_of is None, "as_of": node.as_of,
    }  # fmt: skip


def title_of(node: Node) -> str:
    """What a goal is called."""
    return node.goal.name or f"{node.kpi.name} · {node.holder}"


def period_name(first: date, after: date) -> str:
    """`2026`, `2026 Q4`, `Nov 2026` or both ends."""
    months = (after.year - first.year) * 12 + after.month - first.month
    if first.day == after.day == 1:
        if months == 12 and first.month == 1:
            return str(first.year)
        if months == 3 and first.month % 3 == 1:
            return _("%(year)s Q%(quarter)s") % {"year": first.year, "quarter": (first.month + 2) // 3}
        if months == 1:
            return formats.month(first)
    return f"{formats.day(first)} – {formats.day(after - relativedelta(days=1))}"


def _period(request: HttpRequest, known: list[tuple[date, date]]) -> tuple[date, date] | None:
    try:
        asked = date.fromisoformat(request.GET.get("first", "")), date.fromisoformat(request.GET.get("after", ""))
    except ValueError:
        asked = None
    today = timezone.localdate()
    running = next((one for one in known if one[0] <= today < one[1]), known[0] if known else None)
    return asked if asked in known else running


def _chart(actor: Actor, node: Node) -> dict[str, Any] | None:
    """Reached and expected, cumulated by month, of the holder's figures."""
    goal = node.goal
    if node.amount is None or node.kpi.unit in ("percent", "points", "days"):
        return None
    place = (
        ("owner", str(goal.member_id))
        if goal.member_id
        else ("team", str(goal.team_id))
        if goal.team_id
        else ("all", "")
    )
    months = months_of(goal.first, goal.after)
    points = reading.series([goal.kpi], Grain.MONTH, *place, since=months[0], until=months[-1]).get(goal.kpi, [])
    by_month = {point.since: point.value or 0.0 for point in points}
    weights, today = season(node.kpi, goal.first, goal.after), timezone.localdate()
    reached, total = [], 0.0
    for month in months:
        total += by_month.get(month, 0.0)
        reached.append(round(total, 2) if month <= today else None)
    if node.reached is not None and any(value is not None for value in reached):
        reached[max(place for place, value in enumerate(reached) if value is not None)] = node.reached
    ends = [min(month + relativedelta(months=1), goal.after) - relativedelta(days=1) for month in months]
    expected = [round(node.amount * expected_by(end, goal.first, goal.after, weights), 2) for end in ends]
    return {
        "kind": "line",
        "unit": "money" if node.kpi.unit == "money" else "number",
        "currency": actor.currency,
        "category_label": _("Month"),
        "categories": [formats.month(month) for month in months],
        "series": [
            {"name": _("Reached"), "values": reached, "tone": "indigo"},
            {"name": _("Expected by the season of last year"), "values": expected, "tone": "grey"},
        ],
        "targets": [{"name": _("Goal"), "value": node.amount}],
    }


def _person_figures(actor: Actor, member: Membership) -> list[dict[str, Any]]:
    day = reading.latest_day()
    if day is None:
        return []
    since = day.replace(day=1) - relativedelta(months=1)
    found = []
    for one in reading.known_kpis(actor).values():
        if "owner" not in one.by or not reading.reach_of(actor, one).sees("owner", str(member.id)):
            continue
        values = {
            key: value
            for key, _label, value, _before in reading.breakdown(actor, one, Grain.MONTH, since, "owner")
            if key
        }
        value = values.get(str(member.id))
        others = [each for each in values.values() if each is not None]
        if value is None:
            continue
        mean = sum(others) / len(others)
        found.append(
            {
                "kpi": one, "value": shown(one.unit, value, actor.currency), "mean": shown(one.unit, mean, actor.currency) if len(others) > 1 else "–",
                "url": reading.list_url(actor, one, Grain.MONTH, since, "owner", str(member.id)), "period": formats.month(since),
            }
        )  # fmt: skip
    return found


def _form(request: HttpRequest, actor: Actor, goal: Goal | None, parent: Goal | None) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = describe(goal) if goal else _suggested(parent)
    if goal is not None and values["amount"] is None:
        values["amount"] = tree.nodes_of(actor, [goal])[0].amount
    if request.method == "POST":
        values = {**values, **request.POST.dict()}
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_goal(actor, values, goal.id if goal else None, version=version))
        if saved is not None:
            return done(request, f"/value/goals/{saved.id}/", _("Goal saved."))
    people = [
        (str(key), name)
        for key, name in Membership.objects.filter(is_active=True).order_by("name").values_list("id", "name")
    ]
    context = {
        "goal": goal, "parent": parent, "values": values, "errors": errors, "action": request.get_full_path(), "people": people,
        "teams": [(str(key), name) for key, name in Team.objects.order_by("name").values_list("id", "name")],
        "kpis": [(key, one.name) for key, one in reading.known_kpis(actor).items()], "splits": Split.choices,
    }  # fmt: skip
    return fragment(request, "analytics/goals/form.html.jinja", context, status=422 if errors else 200)


def _suggested(parent: Goal | None) -> dict[str, Any]:
    today = timezone.localdate()
    first = parent.first if parent else date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    after = parent.after if parent else first + relativedelta(months=3)
    kept = describe(parent) if parent else describe(Goal())
    return {
        **kept, "amount": None, "name": "", "owner": None, "weight": 1.0, "kpi": parent.kpi if parent else "won", "first": first, "after": after,
        "team": "", "member": "", "parent": str(parent.id) if parent else "",
    }  # fmt: skip


def _lines(note: GoalNote) -> list[str]:
    names = {
        "amount": _("Amount"), "name": _("Name"), "owner": _("Owner"), "weight": _("Weight"), "split": _("Broken down"), "watch": _("Amber"), "late": _("Red"),
    }  # fmt: skip
    found = []
    for name, (before, after) in (note.changes or {}).items():
        if name in ("amount", "name", "weight", "watch", "late") and before != after and after not in (None, ""):
            was = "" if before in (None, "") else f"{before} → "
            found.append(f"{names[name]}: {was}{after}")
    return found


def _texts(errors: dict[str, list[str]]) -> str:
    return " ".join(text for texts in errors.values() for text in texts)


def _is_key(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
