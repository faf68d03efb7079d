"""What retention is worth on the company's own figures: one and five points more, the identity of revenue, cohorts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum

from guanxi.analytics.models import CohortCell
from guanxi.analytics.queries.portfolio import Year, scored_accounts
from guanxi.identity.actor import Actor
from guanxi.science.arrays import Unusable
from guanxi.science.lifetime import retention_effect
from guanxi.science.loyalty import revenue

POINTS = (1, 5)


@dataclass(frozen=True)
class Effect:
    """`points` more of retention: margin a year more from the customers at hand; by what share the value of one of constant margin grows (None: without end)."""

    points: int
    margin: float
    value: float | None


@dataclass(frozen=True)
class Worth:
    """Measured: margin and revenue of 12 months per active customer; the identity (new + existing × retention) × usage beside the revenue that came."""

    active: int
    margin_each: float
    usage: float
    effects: list[Effect]
    identity: float
    came: Decimal


def worth_of_retention(actor: Actor, year: Year, discount: float, region: str = "") -> Worth | None:
    """None where nobody ordered in 12 months or there is no retention to speak of."""
    bought = Q(scores__revenue_12m__gt=0)
    sums = scored_accounts(actor, region).aggregate(
        active=Count("id", filter=bought),
        margin=Sum("scores__margin_12m", filter=bought),
        came=Sum("scores__revenue_12m"),
    )
    if not sums["active"] or year.retention is None:
        return None
    each, usage = float(sums["margin"] or 0) / sums["active"], float(sums["came"] or 0) / sums["active"]
    effects = [
        Effect(points, year.end * points / 100 * each, _growth(year.retention, discount, points)) for points in POINTS
    ]
    identity = revenue(year.gained + year.regained, year.start, year.retention, usage)
    return Worth(sums["active"], each, usage, effects, identity, sums["came"] or Decimal(0))


def _growth(retention: float, discount: float, points: int) -> float | None:
    try:
        found = retention_effect(retention, discount, points)
    except Unusable:
        return None
    return found if found != float("inf") else None


@dataclass(frozen=True)
class Cohorts:
    """Customers won in each quarter and, by age in quarters, the share of them that bought; None where that is still to come."""

    born: list[date]
    sizes: list[int]
    shares: list[list[float | None]]


def cohorts() -> Cohorts:
    """The triangle of the last run, the oldest quarter first; empty before the first run."""
    cells = {(cell.born_on, cell.age): cell for cell in CohortCell.objects.all()}
    born = sorted({day for day, _age in cells})
    ages = range(max((age for _day, age in cells), default=-1) + 1)
    rows = [[cells[day, age].share if (day, age) in cells else None for age in ages] for day in born]
    return Cohorts(born, [cells[day, 0].size for day in born], rows)
