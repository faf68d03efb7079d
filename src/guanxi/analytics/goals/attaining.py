"""What is reached of goals: counted from the records of this moment where a KPI can be, else from the figures of the last run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Sum

from guanxi.analytics.goals.targets import months_of
from guanxi.analytics.kpis.catalogue import ALL, OWNER, TEAM
from guanxi.analytics.kpis.reading import Known, latest_day
from guanxi.analytics.models import Figure, Goal, Grain
from guanxi.identity.actor import Actor
from guanxi.identity.models import Team
from guanxi.records.queries import visible_records
from guanxi.science.apportion import expected_share

_PLACED = {"status__in": ("draft", "cancelled")}


@dataclass(frozen=True)
class Counted:
    """A KPI in a period: for the whole, by person, by the records' team; `as_of` is None for what was counted just now."""

    whole: float | None
    people: Mapping[UUID, float] = field(default_factory=dict)
    teams: Mapping[UUID, float] = field(default_factory=dict)
    as_of: date | None = None


class Branches:
    """The tree of teams: which are below one."""

    def __init__(self) -> None:
        self._below: dict[UUID | None, list[UUID]] = {}
        for key, parent in Team.objects.order_by("name").values_list("id", "parent_id"):
            self._below.setdefault(parent, []).append(key)

    def below(self, team: UUID) -> list[UUID]:
        """A team and all below it."""
        found = [team]
        for child in self._below.get(team, []):
            found += self.below(child)
        return found

    def children(self, team: UUID | None) -> list[UUID]:
        """The teams right below one, or those at the top."""
        return list(self._below.get(team, []))


def counted(actor: Actor, kpi: Known, first: date, after: date) -> Counted:
    """The KPI over [first, after) for everybody; who may see which of it is the caller's to ask."""
    return _live(actor, kpi.key, first, after) if kpi.live else _stored(kpi, first, after)


def value_for(goal: Goal, found: Counted, branches: Branches) -> float | None:
    """What the goal's holder reached."""
    if goal.member_id:
        return found.people.get(goal.member_id, 0.0 if found.as_of is None else None)
    if goal.team_id:
        parts = [found.teams[team] for team in branches.below(goal.team_id) if team in found.teams]
        return sum(parts) if parts else (0.0 if found.as_of is None else None)
    return found.whole


def season(kpi: Known, first: date, after: date) -> list[float]:
    """What each month of the period weighed a year before (whole company); all 0 when that is not known."""
    months = months_of(first, after)
    before = {month - relativedelta(years=1): month for month in months}
    rows = Figure.objects.filter(kpi=kpi.key, dimension=ALL, grain=Grain.MONTH, member="", since__in=list(before))
    known = {row.since: row.value or 0.0 for row in rows}
    return [max(known.get(day, 0.0), 0.0) for day in before]


def expected_by(day: date, first: date, after: date, weights: Iterable[float]) -> float:
    """The share of a goal that should be reached by the end of `day`, by the season of its months."""
    elapsed = []
    for month in months_of(first, after):
        start, end = max(month, first), min(month + relativedelta(months=1), after)
        elapsed.append(min(max((day - start).days + 1, 0) / (end - start).days, 1.0))
    return expected_share(list(weights), elapsed)


def _live(actor: Actor, key: str, first: date, after: date) -> Counted:
    system, zone = Actor.system(actor.tenant_id), ZoneInfo(actor.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, after))
    rows: Any
    if key in ("won", "won_count"):
        rows = visible_records(system, "opportunity").filter(category="won", closed_at__gte=begin, closed_at__lt=end)
        measure: Any = Sum("amount_company") if key == "won" else Count("id")
    elif key in ("revenue", "orders"):
        rows = visible_records(system, "order").filter(order_date__gte=first, order_date__lt=after).exclude(**_PLACED)
        measure = Sum("net_company") if key == "revenue" else Count("id")
    else:
        rows = visible_records(system, "interaction").filter(at__gte=begin, at__lt=end, account__isnull=False)
        rows, measure = rows.exclude(channel__in=("note", "system")), Count("id")
    people: dict[UUID, float] = {}
    teams: dict[UUID, float] = {}
    whole = 0.0
    for owner, team, value in rows.order_by().values_list("owner_id", "team_id").annotate(value=measure):
        amount = float(value or 0)
        whole += amount
        if owner:
            people[owner] = people.get(owner, 0.0) + amount
        if team:
            teams[team] = teams.get(team, 0.0) + amount
    return Counted(whole, people, teams)


def _grain(first: date, after: date) -> str:
    for grain, months in ((Grain.YEAR, 12), (Grain.QUARTER, 3)):
        if first.day == 1 and (first.month - 1) % months == 0 and first + relativedelta(months=months) == after:
            return grain
    return Grain.MONTH


def _stored(kpi: Known, first: date, after: date) -> Counted:
    grain = _grain(first, after)
    rows = Figure.objects.filter(
        kpi=kpi.key, grain=grain, dimension__in=(ALL, TEAM, OWNER), since__gte=first, since__lt=after
    )
    sums: dict[tuple[str, str], tuple[float, float | None]] = {}
    for row in rows.order_by("since"):
        place = (row.dimension, row.member)
        top, bottom = (0.0, None) if kpi.state or place not in sums else sums[place]
        sums[place] = (top + row.top, None if row.bottom is None else (bottom or 0.0) + row.bottom)
    values = {
        place: top if bottom is None else top / bottom if bottom else None for place, (top, bottom) in sums.items()
    }
    known = {place: value for place, value in values.items() if value is not None}
    people = {UUID(member): value for (dimension, member), value in known.items() if dimension == OWNER and member}
    teams = {UUID(member): value for (dimension, member), value in known.items() if dimension == TEAM and member}
    return Counted(known.get((ALL, "")), people, teams, latest_day() or first)
