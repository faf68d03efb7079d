"""KPIs and their figures as far as the reader may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from dateutil.relativedelta import relativedelta
from django.db.models import Max
from django.utils.translation import gettext as _

from guanxi.analytics.access import RIGHT, ROOM
from guanxi.analytics.kpis.catalogue import ALL, CHANNEL, FAMILY, OWNER, STANDARD, TEAM, Opens, Standard
from guanxi.analytics.models import Dimension, Figure, Grain, Kpi
from guanxi.core.errors import NotFound
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import matchable, may, require, scope_of
from guanxi.records import registry
from guanxi.records.lists import ListQuery
from guanxi.records.queries import linked_labels

MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


@dataclass(frozen=True)
class Reach:
    """Whose figures the reader may see: all, or those of some people and teams."""

    whole: bool
    people: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()

    def sees(self, dimension: str, member: str) -> bool:
        """Whether one member's figure is open."""
        if self.whole:
            return True
        return member in (self.people if dimension == OWNER else self.teams if dimension == TEAM else ())


@dataclass(frozen=True)
class Known:
    """A KPI in the reader's language, with what the company decided about it."""

    key: str
    name: str
    formula: str
    about: str
    unit: str
    source: str
    rising: bool | None
    by: tuple[str, ...]
    state: bool
    live: bool
    opens: Opens | None
    own: bool
    row: Kpi
    owner_name: str

    def light(self, value: float | None, target: float | None = None) -> str:
        """jade, amber or rose against the target; "" without one."""
        aim = self.row.target if target is None else target
        if value is None or not aim:
            return ""
        reached = value / aim * 100
        if self.rising is False:
            reached = aim / value * 100 if value else 100.0
        return "jade" if reached >= self.row.watch else "amber" if reached >= self.row.late else "rose"


@dataclass(frozen=True)
class Point:
    """A figure of one period."""

    since: date
    value: float | None
    as_of: date | None


def require_kpis(actor: Actor) -> None:
    """Raise `NotFound` where the room is off, `NotAllowed` where the role lacks the right."""
    if ROOM in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    require(actor, RIGHT, "view")


def known_kpis(actor: Actor, *, hidden: bool = False) -> dict[str, Known]:
    """The KPIs that the role shows, by key; with `hidden` also those that the company switched off."""
    rows = {row.key: row for row in Kpi.objects.select_related("owner")}
    found = {key: _standard(one, rows.get(key)) for key, one in STANDARD.items() if _open_to(actor, one.needs)}
    for row in rows.values():
        if row.is_own and all(used in found or used in rows for used in row.uses):
            needs = [pair for used in row.uses if used in STANDARD for pair in STANDARD[used].needs]
            if _open_to(actor, needs):
                found[row.key] = _own(row)
    return {key: one for key, one in found.items() if hidden or one.row.is_active}


def known_kpi(actor: Actor, key: str, *, hidden: bool = True) -> Known:
    """One KPI. Raises `NotFound`."""
    require_kpis(actor)
    found = known_kpis(actor, hidden=hidden).get(key)
    if found is None:
        raise NotFound(_("There is no such KPI, or your role does not show what it is made of."))
    return found


def may_see(actor: Actor, key: str) -> bool:
    """Whether the role shows what a delivered KPI is made of; no statement."""
    return _open_to(actor, STANDARD[key].needs)


def reach_of(actor: Actor, kpi: Known) -> Reach:
    """All where the right and the records below the KPI are open to the whole company, else the actor's branch."""
    objects = {name for name, _field in _needs(kpi)}
    scopes = [scope_of(actor, name, "view") for name in (RIGHT, *objects)]
    return branch(actor, scopes)


def branch(actor: Actor, scopes: Sequence[str]) -> Reach:
    """What the narrowest of some scopes opens."""
    if all(scope == "all" for scope in scopes):
        return Reach(whole=True)
    own = frozenset(str(key) for key in actor.owners)
    teams: tuple[UUID, ...] = ()
    if all(scope in ("team", "below", "all") for scope in scopes):
        teams = actor.below_team_ids if all(scope != "team" for scope in scopes) else actor.team_ids
    people = Membership.objects.filter(team_id__in=teams).values_list("id", flat=True) if teams else ()
    return Reach(False, own | {str(key) for key in people}, frozenset(str(key) for key in teams))


def own_place(actor: Actor, reach: Reach) -> tuple[str, str]:
    """Dimension and member that the actor sees first: the whole company, or itself."""
    return (ALL, "") if reach.whole else (OWNER, str(actor.member_id or ""))


def latest_day() -> date | None:
    """The day up to which the cubes count; None before the first run."""
    found: date | None = Figure.objects.aggregate(day=Max("as_of"))["day"]
    return found


def series(
    keys: Iterable[str], grain: str, dimension: str, member: str, *, since: date, until: date | None = None
) -> dict[str, list[Point]]:
    """Figures of several KPIs by period, oldest first."""
    rows = Figure.objects.filter(kpi__in=list(keys), grain=grain, dimension=dimension, member=member, since__gte=since)
    found: dict[str, list[Point]] = {}
    for row in (rows.filter(since__lte=until) if until else rows).order_by("since"):
        found.setdefault(row.kpi, []).append(Point(row.since, row.value, row.as_of))
    return found


def breakdown(
    actor: Actor, kpi: Known, grain: str, since: date, dimension: str
) -> list[tuple[str, str, float | None, float | None]]:
    """(member, label, value, value a year before) of each member that the actor sees, largest first."""
    reach, before = reach_of(actor, kpi), since - relativedelta(years=1)
    rows = Figure.objects.filter(kpi=kpi.key, grain=grain, dimension=dimension, since__in=(since, before))
    cells: dict[str, dict[date, float | None]] = {}
    for row in rows:
        if reach.sees(dimension, row.member):
            cells.setdefault(row.member, {})[row.since] = row.value
    names = labels(actor, dimension, cells)
    found = [(member, names[member], at.get(since), at.get(before)) for member, at in cells.items()]
    return sorted(found, key=lambda one: (one[2] is None, -(one[2] or 0.0), one[1]))


def labels(actor: Actor, dimension: str, members: Iterable[str]) -> dict[str, str]:
    """How members of a dimension are called; those without one are "Not stated"."""
    found = {member: member or str(_("Not stated")) for member in members}
    if dimension == CHANNEL:
        kind = registry.find("interaction")
        choices = {one.value: str(one.label) for one in kind.by_name["channel"].choices} if kind else {}
        return {member: choices.get(member, text) for member, text in found.items()}
    linked = {FAMILY: "product_family", TEAM: "team", OWNER: "user"}.get(dimension)
    if linked is None:
        return found
    names = linked_labels(actor, linked, {UUID(member) for member in found if member})
    return {member: names.get(UUID(member), member) if member else text for member, text in found.items()}


def list_url(actor: Actor, kpi: Known, grain: str, since: date, dimension: str = ALL, member: str = "") -> str:
    """The address of the records behind a figure; "" where there is no such list."""
    opens = kpi.opens
    kind = registry.find(opens.object) if opens else None
    if opens is None or kind is None or kind.room in actor.rooms_off or not may(actor, kind.name, "view"):
        return ""
    conditions: list[Mapping[str, Any]] = [{"field": name, "op": op, "value": value} for name, op, value in opens.where]
    if opens.day:
        last = following(grain, since) - relativedelta(days=1)
        conditions.append({"field": opens.day, "op": "between", "value": [since.isoformat(), last.isoformat()]})
    if dimension != ALL:
        name = dict(opens.by).get(dimension)
        if name is None:
            return ""
        conditions.append({"field": name, "op": "is", "value": member} if member else {"field": name, "op": "empty"})
    query = ListQuery(object=kind.name, criteria={"all": conditions})
    return f"/{kind.plural}/?{urlencode({'filter': orjson.dumps(query.criteria).decode()})}"


def period_of(grain: str, day: date) -> date:
    """The first day of the period that holds a day."""
    if grain == Grain.WEEK:
        return day - relativedelta(days=day.weekday())
    months = MONTHS.get(Grain(grain))
    return day if months is None else day.replace(day=1, month=(day.month - 1) // months * months + 1)


def following(grain: str, since: date, count: int = 1) -> date:
    """The first day of the period `count` later."""
    if grain in (Grain.DAY, Grain.WEEK):
        return since + relativedelta(days=count * (7 if grain == Grain.WEEK else 1))
    return since + relativedelta(months=MONTHS[Grain(grain)] * count)


def _open_to(actor: Actor, needs: Iterable[tuple[str, str]]) -> bool:
    for name, item in needs:
        kind = registry.find(name)
        if (
            kind is None
            or kind.room in actor.rooms_off
            or not may(actor, name, "view")
            or not matchable(actor, name, item)
        ):
            return False
    return True


def _needs(kpi: Known) -> list[tuple[str, str]]:
    keys = kpi.row.uses if kpi.own else [kpi.key]
    return [pair for key in keys if key in STANDARD for pair in STANDARD[key].needs]


def _standard(one: Standard, row: Kpi | None) -> Known:
    kept = row or Kpi(key=one.key)
    return Known(
        one.key, str(one.label), str(one.formula), str(one.about), one.unit, str(one.source), one.rising, one.by, one.state, one.live,
        one.opens, False, kept, kept.owner.name if kept.owner else "",
    )  # fmt: skip


def _own(row: Kpi) -> Known:
    chinese = is_chinese()
    name = (row.name_zh if chinese else row.name_en) or row.name_en or row.name_zh
    about = (row.about_zh if chinese else row.about_en) or row.about_en or row.about_zh
    shared = [set(STANDARD[key].by) for key in row.uses if key in STANDARD]
    by = tuple(one for one in Dimension.values if all(one in each for each in shared)) if shared else (ALL,)
    source = _("A report") if row.report else _("Other KPIs")
    return Known(
        row.key, name, row.formula or row.report, about, row.unit, source, row.rising, by if row.formula else (ALL,), False, False,
        None, True, row, row.owner.name if row.owner else "",
    )  # fmt: skip
