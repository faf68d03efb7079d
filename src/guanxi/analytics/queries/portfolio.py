"""What all customers within the actor's sight are worth together: sums, the value map, the whale curve. Money in the company's currency."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Count, F, FloatField, Max, Q, Sum
from django.db.models.functions import Cast, Power

from guanxi.analytics.models import CustomerMonth
from guanxi.core.money import from_minor
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records
from guanxi.science.arrays import Unusable
from guanxi.science.profits import WhaleCurve, whale_curve

RISKY = 0.3
"""From this chance to leave on a customer counts as at risk."""
POINTS = 1_200
SLICES = 200
ZERO = Decimal(0)


class Quantile(models.Aggregate):
    """percentile_cont of a column."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, share: float) -> None:
        super().__init__(expression, share=share)


@dataclass(frozen=True)
class Estimate:
    """A sum with the ends of its 80 % interval, where customers vary independently of each other."""

    value: Decimal = ZERO
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Portfolio:
    """Five figures, and what they are compared with. `cut`: from this value on a customer belongs to the most valuable quarter."""

    as_of: date
    before_on: date | None
    customers: int
    value: Estimate
    change: float | None
    active: int
    margin_next: Estimate
    margin_12m: Decimal
    cost: Decimal
    at_risk: int
    value_at_risk: Decimal
    cut: float
    cost_median: float


def scored_accounts(actor: Actor, region: str = "") -> Any:
    """Accounts within the actor's sight that have a computed value, of one region or all."""
    found = visible_records(actor, "account").filter(scores__value__isnull=False)
    return found.filter(region=region) if region else found


def regions(actor: Actor) -> list[str]:
    """Regions that customers with a value lie in, the most frequent first."""
    rows = scored_accounts(actor).exclude(region="").values("region").annotate(n=Count("id")).order_by("-n", "region")
    return [row["region"] for row in rows[:40]]


def _spread(low: str, high: str) -> Any:
    """The square of half the interval, summed: intervals of independent customers add in their squares."""
    return Sum(Power(Cast(F(high) - F(low), FloatField()) / 2.0, 2.0))


def _estimate(value: Decimal | None, squares: float | None) -> Estimate:
    if squares is None:
        return Estimate(value or ZERO)
    half = from_minor(round(squares**0.5))
    return Estimate(value or ZERO, (value or ZERO) - half, (value or ZERO) + half)


def portfolio(actor: Actor, region: str = "") -> Portfolio | None:
    """The figures of the overview; None where nothing was computed yet. Two statements."""
    rows = scored_accounts(actor, region)
    cuts = rows.aggregate(
        cut=Quantile("scores__value", 0.75), cost=Quantile("scores__cost_to_serve", 0.5), as_of=Max("scores__as_of")
    )
    if cuts["as_of"] is None:
        return None
    compared = Q(scores__value_before__isnull=False)
    risky = Q(scores__churn__gte=RISKY, scores__value__gte=from_minor(round(cuts["cut"])))
    sums = rows.aggregate(
        customers=Count("id"), before_on=Max("scores__before_on"), value=Sum("scores__value"), spread=_spread("scores__value_low", "scores__value_high"),
        now=Sum("scores__value", filter=compared), before=Sum("scores__value_before", filter=compared),
        active=Count("id", filter=Q(scores__revenue_12m__gt=0)), next=Sum("scores__margin_next"),
        next_spread=_spread("scores__margin_next_low", "scores__margin_next_high"), margin=Sum("scores__margin_12m"), cost=Sum("scores__cost_to_serve"),
        at_risk=Count("id", filter=risky),
        lost=Sum(Cast(F("scores__value"), FloatField()) * F("scores__churn"), filter=risky, output_field=FloatField()),
    )  # fmt: skip
    return Portfolio(
        cuts["as_of"], sums["before_on"], sums["customers"], _estimate(sums["value"], sums["spread"]),
        float(sums["now"] / sums["before"] - 1) if sums["before"] else None, sums["active"], _estimate(sums["next"], sums["next_spread"]),
        sums["margin"] or ZERO, sums["cost"] or ZERO, sums["at_risk"], from_minor(round(sums["lost"] or 0)), cuts["cut"] / 1e4,
        (cuts["cost"] or 0.0) / 1e4,
    )  # fmt: skip


@dataclass(frozen=True)
class Dot:
    """A customer on the value map."""

    id: UUID
    name: str
    churn: float
    value: Decimal
    margin: Decimal
    stage: str


def value_map(actor: Actor, region: str = "") -> list[Dot]:
    """The most valuable customers with their chance to leave."""
    names = ("id", "name", "scores__churn", "scores__value", "scores__margin_12m", "scores__stage")
    rows = scored_accounts(actor, region).filter(scores__churn__isnull=False, scores__value__gt=0)
    found = rows.order_by("-scores__value", "id").values_list(*names)[:POINTS]
    return [Dot(key, name, churn, value, margin or ZERO, stage) for key, name, churn, value, margin, stage in found]


def whale(actor: Actor, region: str = "") -> WhaleCurve | None:
    """Profit after cost to serve of the last 12 months, measured; None where nothing was earned. At most 200 groups of equal size."""
    inner, given = (
        scored_accounts(actor, region)
        .filter(scores__profit_12m__isnull=False)
        .order_by()
        .values_list("scores__profit_12m")
        .query.sql_with_params()
    )
    statement = f"""SELECT sum(p), count(*) FROM (SELECT p, ntile({SLICES}) OVER (ORDER BY p DESC) AS slice FROM ({inner}) AS one(p)) AS two
        GROUP BY slice ORDER BY slice"""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows = cursor.fetchall()
    try:
        return (
            whale_curve([float(profit) / 1e4 for profit, _count in rows], [count for _profit, count in rows])
            if rows
            else None
        )
    except Unusable:
        return None


@dataclass(frozen=True)
class Year:
    """Months of the leaky bucket together. retention: of customers at the start of a month who stayed, over twelve such months; None without customers."""

    start: int
    gained: int
    regained: int
    lost: int
    end: int
    value_lost: Decimal
    retention: float | None


def year_of(months: Sequence[CustomerMonth]) -> Year | None:
    """The sums of some months and the retention of a year at their pace; None without months."""
    if not months:
        return None
    starts = [one.active - one.gained - one.regained + one.lost for one in months]
    kept = [1 - min(one.lost / start, 1.0) for one, start in zip(months, starts, strict=True) if start > 0]
    gained, regained, lost = (sum(getattr(one, name) for one in months) for name in ("gained", "regained", "lost"))
    value = sum((one.value_lost for one in months), ZERO)
    return Year(
        starts[0],
        gained,
        regained,
        lost,
        months[-1].active,
        value,
        math.prod(kept) ** (12 / len(kept)) if kept else None,
    )


def bucket_months(region: str = "", months: int = 12) -> list[CustomerMonth]:
    """The last months of the leaky bucket, the oldest first."""
    return list(CustomerMonth.objects.filter(region=region).order_by("-month")[:months])[::-1]
