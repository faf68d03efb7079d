"""What is expected of customers, read: of one, of all within sight, and how earlier expectations did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, FloatField, Max, Q, Sum
from django.db.models.functions import Cast

from guanxi.analytics.models import EventKind, ExpectedEvent, Outcome
from guanxi.core.money import from_minor
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

SHOWN = 8
_REVENUE = Cast(F("revenue"), FloatField()) * F("probability")


@dataclass(frozen=True)
class Ahead:
    """What is expected of a customer, by day; `profit`: Σ probability × (revenue − cost). `before`: what was expected at an earlier day, with what came."""

    as_of: date
    events: Sequence[ExpectedEvent]
    profit: Decimal
    before: Sequence[ExpectedEvent]


def latest() -> date | None:
    """The day of the last expectations."""
    found: date | None = ExpectedEvent.objects.aggregate(day=Max("as_of"))["day"]
    return found


def expected_of(account_id: UUID) -> Ahead | None:
    """None where nothing is expected of the customer. One statement."""
    rows = list(ExpectedEvent.objects.filter(account_id=account_id).order_by("-as_of", "expected_on", "kind", "place"))
    if not rows:
        return None
    day = rows[0].as_of
    now = [row for row in rows if row.as_of == day]
    profit = sum((float(row.revenue - row.cost) * row.probability for row in now), 0.0)
    return Ahead(day, now, Decimal(str(round(profit, 2))), [row for row in rows if row.as_of < day][:SHOWN])


@dataclass(frozen=True)
class Month:
    """Expected of all customers in a month: purchases (number), revenue, profit after contacts, customers to lapse."""

    month: date
    purchases: float
    revenue: Decimal
    profit: Decimal
    lapses: float


# Four fifths of a line's probability lie evenly over its interval, a tenth before it and a tenth after it within the year. Lapses have one day.
_MONTHS = """
WITH lines AS (
    SELECT e.*, coalesce(e.low_on, e.expected_on) AS low, coalesce(e.high_on, e.expected_on) AS high, e.as_of + 1 AS first, e.as_of + 365 AS last
    FROM analytics_expectedevent e WHERE e.tenant_id = %s AND e.as_of = %s AND e.account_id IN ({within})
), parts AS (
    SELECT l.*, p.since, p.until, p.weight / sum(p.weight) OVER (PARTITION BY l.id) AS weight
    FROM lines l CROSS JOIN LATERAL (VALUES (l.first, l.low - 1, 0.1), (l.low, l.high, 0.8), (l.high + 1, l.last, 0.1)) p (since, until, weight)
    WHERE p.until >= p.since AND (l.kind <> 'lapse' OR p.weight = 0.8)
), shares AS (
    SELECT p.*, m.month::date AS month, p.weight * (least(p.until, (m.month + interval '1 month')::date - 1) - greatest(p.since, m.month::date) + 1)::double precision
        / (p.until - p.since + 1) AS share
    FROM parts p CROSS JOIN LATERAL generate_series(date_trunc('month', p.since::timestamp), p.until::timestamp, interval '1 month') m (month)
)
SELECT month, sum(share * probability * times) FILTER (WHERE kind IN ('purchase', 'renewal')), sum(share * probability * revenue),
       sum(share * probability * (revenue - cost)), sum(share * probability) FILTER (WHERE kind = 'lapse')
FROM shares GROUP BY 1 ORDER BY 1
"""


def months_ahead(actor: Actor) -> list[Month]:
    """The next twelve months of the last expectations, of the customers within the actor's sight."""
    day = latest()
    if day is None:
        return []
    within, given = visible_records(actor, "account").order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS.format(within=within), [actor.tenant_id, day, *given])
        rows = cursor.fetchall()
    return [Month(row[0], row[1] or 0.0, _money(row[2]), _money(row[3]), row[4] or 0.0) for row in rows]


def _within(actor: Actor) -> Any:
    return ExpectedEvent.objects.filter(account_id__in=visible_records(actor, "account").order_by().values("id"))


def _money(minor: float | None) -> Decimal:
    return from_minor(round(minor or 0))


@dataclass(frozen=True)
class Beside:
    """Expectations of one kind of an earlier day whose time is over: how many lines were likely to come, how many came; revenue expected and come."""

    as_of: date
    kind: str
    label: str
    lines: int
    expected: float
    came: int
    revenue: Decimal
    actual: Decimal
    waiting: int


def what_came(actor: Actor) -> list[Beside]:
    """Earlier expectations beside what came, the newest first. Lines still awaited count with neither."""
    day = latest()
    over = ~Q(outcome=Outcome.OPEN)
    if day is None:
        return []
    rows = _within(actor).filter(as_of__lt=day).values("as_of", "kind")
    found = rows.annotate(
        lines=Count("id", filter=over), expected=Sum("probability", filter=over), came=Count("id", filter=Q(outcome=Outcome.HAPPENED)),
        earned=Sum(_REVENUE, filter=over), brought=Sum("actual"), waiting=Count("id", filter=Q(outcome=Outcome.OPEN)),
    ).order_by("-as_of", "kind")  # fmt: skip
    labels = dict(EventKind.choices)
    return [
        Beside(
            row["as_of"], row["kind"], str(labels[row["kind"]]), row["lines"], row["expected"] or 0.0, row["came"], _money(row["earned"]),
            row["brought"] or Decimal(0), row["waiting"],
        )
        for row in found
    ]  # fmt: skip
