"""The company's figures of a base year: from the records of this moment, the margin from the cubes of the last run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Q, Sum

from guanxi.analytics.kpis.reading import latest_day
from guanxi.analytics.models import Figure, Grain
from guanxi.analytics.queries.preferences import company_today
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.queries import visible_records

UNPLACED = ("draft", "cancelled")


@dataclass(frozen=True)
class Base:
    """Twelve months [first, after): sums of orders and decided deals. margin_rate in percent and contact_cost are None before the first run."""

    first: date
    after: date
    revenue: float
    orders: int
    lines: int
    margin_rate: float | None
    won: float
    won_count: int
    lost: float
    lost_count: int
    contact_cost: float | None
    users: int


def base_period(started_on: date | None) -> tuple[date, date]:
    """The twelve whole months before the system was used, or before the running month."""
    after = (started_on or company_today()).replace(day=1)
    return after - relativedelta(years=1), after


def measured(actor: Actor, first: date, after: date) -> Base:
    """The figures of a period. Five statements."""
    zone = ZoneInfo(actor.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, after))
    placed = (
        visible_records(actor, "order").filter(order_date__gte=first, order_date__lt=after).exclude(status__in=UNPLACED)
    )
    orders = placed.order_by().aggregate(revenue=Sum("net_company"), n=Count("id"))
    lines = placed.order_by().aggregate(n=Count("lines"))["n"]
    decided = visible_records(actor, "opportunity").filter(closed_at__gte=begin, closed_at__lt=end).order_by()
    won, lost = Q(category="won"), Q(category="lost")
    deals = decided.aggregate(
        won=Sum("amount_company", filter=won), won_count=Count("id", filter=won), lost=Sum("amount_company", filter=lost), lost_count=Count("id", filter=lost),
    )  # fmt: skip
    rates = sums_of(("margin_rate", "cost_per_contact"), first, after)
    top, bottom = rates.get("margin_rate", (0.0, 0.0))
    contact_cost = rates.get("cost_per_contact")
    return Base(
        first, after, _float(orders["revenue"]), orders["n"], lines, top / bottom if bottom else None, _float(deals["won"]), deals["won_count"],
        _float(deals["lost"]), deals["lost_count"], contact_cost[0] if contact_cost else None, Membership.objects.filter(is_active=True).count(),
    )  # fmt: skip


def _float(amount: Any) -> float:
    return float(amount or 0)


def sums_of(keys: Sequence[str], first: date, after: date) -> dict[str, tuple[float, float]]:
    """KPI → sum of tops, sum of bottoms over the months [first, after) of the whole company."""
    rows = Figure.objects.filter(
        kpi__in=keys, dimension="all", member="", grain=Grain.MONTH, since__gte=first, since__lt=after
    )
    summed = rows.order_by().values("kpi").annotate(t=Sum("top"), b=Sum("bottom"))
    return {row["kpi"]: (row["t"] or 0.0, row["b"] or 0.0) for row in summed}


def months_of_kpis(keys: Sequence[str], first: date, after: date) -> dict[str, dict[date, Figure]]:
    """KPI → month → figure of the whole company."""
    rows = Figure.objects.filter(
        kpi__in=keys, dimension="all", member="", grain=Grain.MONTH, since__gte=first, since__lt=after
    )
    found: dict[str, dict[date, Figure]] = {key: {} for key in keys}
    for row in rows:
        found[row.kpi][row.since] = row
    return found


def counted_to() -> date | None:
    """The day up to which the cubes count."""
    return latest_day()
