"""What is expected of customers, read: of one, of all within sight, and how earlier expectations did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, FloatField, Max, Q, Sum
from django.db.models.functions import Cast, TruncMonth

from guanxi.analytics.models import EventKind, ExpectedEvent, Outcome
from guanxi.core.money import from_minor
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

SHOWN = 8
_WORTH = (Cast(F("revenue"), FloatField()) - Cast(F("cost"), FloatField())) * F("probability")
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


def months_ahead(actor: Actor) -> list[Month]:
    """The next twelve months of the last expectations, of the customers within the actor's sight."""
    day = latest()
    if day is None:
        return []
    bought = Q(kind__in=(EventKind.PURCHASE, EventKind.RENEWAL))
    rows = _within(actor).filter(as_of=day).annotate(month=TruncMonth("expected_on")).values("month")
    sums = rows.annotate(
        purchases=Sum(F("probability") * F("times"), filter=bought), earned=Sum(_REVENUE), gain=Sum(_WORTH),
        lapses=Sum("probability", filter=Q(kind=EventKind.LAPSE)),
    ).order_by("month")  # fmt: skip
    return [
        Month(row["month"], row["purchases"] or 0.0, _money(row["earned"]), _money(row["gain"]), row["lapses"] or 0.0) for row in sums
    ]  # fmt: skip


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
    rows = _within(actor).filter(as_of__lt=day).values("as_of", "kind") if day else ()
    found = (
        rows.annotate(
            lines=Count("id", filter=over), expected=Sum("probability", filter=over), came=Count("id", filter=Q(outcome=Outcome.HAPPENED)),
            earned=Sum(_REVENUE, filter=over), brought=Sum("actual"), waiting=Count("id", filter=Q(outcome=Outcome.OPEN)),
        ).order_by("-as_of", "kind")
        if day
        else ()
    )  # fmt: skip
    labels = dict(EventKind.choices)
    return [
        Beside(
            row["as_of"], row["kind"], str(labels[row["kind"]]), row["lines"], row["expected"] or 0.0, row["came"], _money(row["earned"]),
            row["brought"] or Decimal(0), row["waiting"],
        )
        for row in found
    ]  # fmt: skip
