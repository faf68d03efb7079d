"""The forecast as its reader may see it, beside the pipeline, what people expect, and what came of earlier forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Max, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from guanxi.analytics.kpis.reading import Known, Reach, known_kpi, labels, reach_of
from guanxi.analytics.models import Figure, ForecastPoint, ForecastSeries, Grain, Judgement
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records

AHEAD = 6
BREAKDOWNS = ("family", "region", "owner")


@dataclass(frozen=True)
class Line:
    """The forecast of one member: a month each, with its interval."""

    member: str
    label: str
    months: Mapping[date, ForecastPoint]
    last_year: Mapping[date, float]
    series: ForecastSeries | None

    @property
    def total(self) -> float:
        """All months together."""
        return sum(point.mean for point in self.months.values())

    @property
    def before(self) -> float:
        """The same months a year before."""
        return sum(self.last_year.values())


@dataclass(frozen=True)
class Pipeline:
    """Open business expected in one month: as its owners count it, and weighted by what became of business in the same stage."""

    commit: float = 0.0
    best_case: float = 0.0
    amount: float = 0.0
    weighted: float = 0.0
    count: int = 0


def opened(actor: Actor) -> tuple[Known, Reach]:
    """The KPI that is forecast, and whose the actor may see. Raises `NotFound`, `NotAllowed`."""
    kpi = known_kpi(actor, "revenue")
    return kpi, reach_of(actor, kpi)


def latest() -> date | None:
    """The day of the last forecast."""
    found: date | None = ForecastPoint.objects.aggregate(day=Max("as_of"))["day"]
    return found


def lines(actor: Actor, seen: Reach, dimension: str) -> list[Line]:
    """The forecast along a breakdown ("all": one line), the largest first."""
    day = latest()
    if day is None:
        return []
    points: dict[str, dict[date, ForecastPoint]] = {}
    for point in ForecastPoint.objects.filter(as_of=day, dimension=dimension).order_by("since"):
        if seen.sees(dimension, point.member):
            points.setdefault(point.member, {})[point.since] = point
    months = {since for each in points.values() for since in each}
    year = relativedelta(years=1)
    before: dict[str, dict[date, float]] = {}
    rows = Figure.objects.filter(
        kpi="revenue", grain=Grain.MONTH, dimension=dimension, since__in=[month - year for month in months]
    )
    for row in rows:
        before.setdefault(row.member, {})[row.since + year] = row.top
    series = {one.member: one for one in ForecastSeries.objects.filter(dimension=dimension)}
    names = labels(actor, dimension, points)
    found = [Line(key, names[key], each, before.get(key, {}), series.get(key)) for key, each in points.items()]
    return sorted(found, key=lambda line: (-line.total, line.label))


def past(dimension: str, member: str, count: int = 24) -> dict[date, float]:
    """Revenue of the months that are over, oldest first."""
    month = timezone.localdate().replace(day=1)
    since = month - relativedelta(months=count)
    rows = Figure.objects.filter(
        kpi="revenue", grain=Grain.MONTH, dimension=dimension, member=member, since__gte=since, since__lt=month
    )
    return {row.since: row.top for row in rows.order_by("since")}


def came(count: int = 12) -> list[tuple[date, float, ForecastPoint]]:
    """(month, revenue, the last forecast of it from before it began) of the whole company, newest first."""
    actual = past("all", "", count)
    said: dict[date, ForecastPoint] = {}
    for point in ForecastPoint.objects.filter(dimension="all", since__in=list(actual)).order_by("as_of"):
        if point.as_of < point.since:
            said[point.since] = point
    return [(month, actual[month], said[month]) for month in sorted(said, reverse=True)]


def stage_rates(actor: Actor) -> dict[UUID, float]:
    """Of what was ever in a stage and is decided, the share that was won: the company's own history."""
    system = Actor.system(actor.tenant_id)
    decided = visible_records(system, "opportunity").filter(category__in=("won", "lost"))
    rows = (
        decided.order_by()
        .values_list("stage_history__to_stage_id")
        .annotate(won=Count("id", distinct=True, filter=Q(category="won")), decided=Count("id", distinct=True))
    )
    return {stage: won / count for stage, won, count in rows if stage and count}


def pipeline(actor: Actor, months: Sequence[date]) -> dict[date, Pipeline]:
    """Open business that the actor sees by the month in which it should close; what is overdue counts to the first month."""
    if not months or not may(actor, "opportunity", "view") or not matchable(actor, "opportunity", "amount_company"):
        return {}
    rates = stage_rates(actor)
    rows = visible_records(actor, "opportunity").filter(category="open", close_date__isnull=False)
    rows = rows.filter(close_date__lt=months[-1] + relativedelta(months=1)).order_by()
    grouped = rows.annotate(month=TruncMonth("close_date")).values_list(
        "month", "stage_id", "forecast_category", "amount_company"
    )
    sums: dict[date, list[float]] = {month: [0.0] * 5 for month in months}
    for month, stage, category, value in grouped.iterator(chunk_size=5_000):
        cell, amount = sums[max(month, months[0])], float(value or 0)
        cell[0] += amount if category == "commit" else 0.0
        cell[1] += amount if category == "best_case" else 0.0
        cell[2] += amount
        cell[3] += amount * rates.get(stage, 0.0)
        cell[4] += 1
    return {month: Pipeline(cell[0], cell[1], cell[2], cell[3], int(cell[4])) for month, cell in sums.items()}


@dataclass(frozen=True)
class Forecaster:
    """What a person expects of the coming months, and how near earlier words came (mean absolute error in percent of what came)."""

    member: UUID
    name: str
    months: Mapping[date, Judgement]
    error: float | None
    compared: int


def forecasters(actor: Actor, seen: Reach, months: Sequence[date]) -> list[Forecaster]:
    """Everybody within reach who has said something."""
    spoken: dict[UUID, dict[date, list[Judgement]]] = {}
    names: dict[UUID, str] = {}
    for one in Judgement.objects.select_related("member").order_by("said_at", "id"):
        if seen.whole or str(one.member_id) in seen.people:
            spoken.setdefault(one.member_id, {}).setdefault(one.since, []).append(one)
            names[one.member_id] = one.member.name
    actual: dict[tuple[str, date], float] = {}
    over = [month for each in spoken.values() for month in each if month < months[0]] if months else []
    for row in Figure.objects.filter(kpi="revenue", grain=Grain.MONTH, dimension="owner", since__in=set(over)):
        actual[row.member, row.since] = row.top
    found = []
    for member, each in spoken.items():
        errors = []
        for month, said in each.items():
            early = [one for one in said if one.said_at.date() < month]
            value = actual.get((str(member), month))
            if early and value:
                errors.append(abs(early[-1].amount - value) / value * 100)
        now = {month: said[-1] for month, said in each.items() if month in months}
        found.append(Forecaster(member, names[member], now, sum(errors) / len(errors) if errors else None, len(errors)))
    return sorted(found, key=lambda one: one.name)


def months_ahead(day: date | None = None) -> list[date]:
    """The running month and those that follow, as far as a forecast reaches."""
    first = (day or timezone.localdate()).replace(day=1)
    return [first + relativedelta(months=step) for step in range(AHEAD)]


def as_row(line: Line, dimension: str) -> list[dict[str, Any]]:
    """A line as the API answers it, a row for each month."""
    one = line.series
    return [
        {
            "id": str(point.id), "dimension": dimension, "member": line.member, "label": line.label, "since": point.since.isoformat(),
            "as_of": point.as_of.isoformat(), "mean": point.mean, "low": point.low, "high": point.high, "base": point.base,
            "last_year": line.last_year.get(point.since), "method": one.method if one else None, "mase": one.mase if one else None,
            "naive_mase": one.naive_mase if one else None, "coverage": one.coverage if one else None,
        }
        for point in line.months.values()
    ]  # fmt: skip
