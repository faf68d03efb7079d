"""What was concluded at the end of earlier months, for the customers that the actor sees today."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from guanxi.analytics.models import Run, RunState, ScoreHistory
from guanxi.analytics.queries.portfolio import RISKY
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

ZERO = Decimal(0)
FIRST = 50
GRADES = "ABCD"


@dataclass(frozen=True)
class Then:
    """A day's conclusions. grades: customers by grade then; moved: by grade then (row) and now (column, the last for those without a value now); value_now:
    what the same customers are worth now."""

    as_of: date
    customers: int
    value: Decimal
    value_now: Decimal
    at_risk: int
    grades: dict[str, int]
    stages: dict[str, int]
    moved: list[list[int]]


@dataclass(frozen=True)
class Standing:
    """One customer then and now."""

    id: UUID
    name: str
    value: Decimal
    value_now: Decimal | None
    grade: str
    grade_now: str
    churn: float | None


def days_kept() -> list[date]:
    """The days whose conclusions are kept, the latest first: of each month the last run that came to its end."""
    by_month: dict[tuple[int, int], date] = {}
    for day in Run.objects.filter(state=RunState.DONE).order_by("as_of").values_list("as_of", flat=True):
        by_month[day.year, day.month] = day
    return sorted(by_month.values(), reverse=True)


def _rows(actor: Actor, day: date, region: str) -> Any:
    seen = visible_records(actor, "account").order_by()
    seen = seen.filter(region=region) if region else seen
    return ScoreHistory.objects.filter(as_of=day, value__isnull=False, account_id__in=seen.values("id"))


def then(actor: Actor, day: date, region: str = "") -> Then | None:
    """The sums of a day; None where nothing was kept. Two statements."""
    rows = _rows(actor, day, region)
    sums = rows.aggregate(
        n=Count("id"),
        value=Sum("value"),
        now=Sum("account__scores__value"),
        risk=Count("id", filter=Q(churn__gte=RISKY)),
    )
    if not sums["n"]:
        return None
    grouped = rows.order_by().values("grade", "stage", now=F("account__scores__grade")).annotate(n=Count("id"))
    grades: dict[str, int] = {}
    stages: dict[str, int] = {}
    moved = [[0] * 5 for _grade in GRADES]
    for row in grouped:
        grades[row["grade"]] = grades.get(row["grade"], 0) + row["n"]
        stages[row["stage"]] = stages.get(row["stage"], 0) + row["n"]
        if row["grade"] and row["grade"] in GRADES:
            now = GRADES.index(row["now"]) if row["now"] else 4
            moved[GRADES.index(row["grade"])][now] += row["n"]
    return Then(day, sums["n"], sums["value"], sums["now"] or ZERO, sums["risk"], grades, stages, moved)


def best_then(actor: Actor, day: date, region: str = "") -> list[Standing]:
    """The most valuable customers of a day beside what they are worth now. One statement."""
    names = (
        "account_id",
        "account__name",
        "value",
        "account__scores__value",
        "grade",
        "account__scores__grade",
        "churn",
    )
    rows = _rows(actor, day, region).order_by("-value", "account_id").values_list(*names)[:FIRST]
    return [
        Standing(key, name, value, now, grade, grade_now or "", churn)
        for key, name, value, now, grade, grade_now, churn in rows
    ]
