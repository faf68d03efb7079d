"""Sales figures of a person or a team, from the opportunities the actor may see; money in the company's currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records

ZERO = Decimal(0)


@dataclass(frozen=True)
class SalesFigures:
    """What was won in a period and what is open; `target` is None when nobody set one."""

    won: Decimal = ZERO
    won_count: int = 0
    lost_count: int = 0
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    open: Decimal = ZERO
    weighted: Decimal = ZERO
    open_count: int = 0
    target: Decimal | None = None

    @property
    def gap(self) -> Decimal:
        """What is still missing to the target."""
        return max(ZERO, (self.target or ZERO) - self.won)

    @property
    def coverage(self) -> int | None:
        """Commit and best case in percent of the gap; None without a gap."""
        return round((self.commit + self.best_case) / self.gap * 100) if self.gap else None

    @property
    def attainment(self) -> int | None:
        """Won in percent of the target."""
        return round(self.won / self.target * 100) if self.target else None


@dataclass(frozen=True)
class Quarter:
    """A quarter of the fiscal year: first day, first day after, days left."""

    first: date
    after: date
    days_left: int


def current_quarter(actor: Actor, *, first_month: int = 1) -> Quarter:
    """The fiscal quarter of today in the actor's time zone; the fiscal year begins in `first_month`."""
    today = today_of(actor)
    months = (today.month - first_month) % 3
    first = today.replace(day=1) - relativedelta(months=months)
    after = first + relativedelta(months=3)
    return Quarter(first, after, (after - today).days)


def today_of(actor: Actor) -> date:
    """The date where the actor is."""
    return timezone.now().astimezone(ZoneInfo(actor.time_zone)).date()


def moment_of(actor: Actor, day: date) -> datetime:
    """Midnight at the beginning of `day` where the actor is."""
    return datetime.combine(day, time(), ZoneInfo(actor.time_zone))


def sales_figures(actor: Actor, first: date, after: date, *, members: Sequence[UUID] | None = None) -> SalesFigures:
    """Figures of the opportunities of `members` (all visible ones when None), won within [first, after)."""
    if not may(actor, "opportunity", "view") or not matchable(actor, "opportunity", "amount_company"):
        return SalesFigures()
    rows = visible_records(actor, "opportunity")
    if members is not None:
        rows = rows.filter(owner_id__in=members)
    in_period = Q(closed_at__gte=moment_of(actor, first), closed_at__lt=moment_of(actor, after))
    won, lost, is_open = Q(category="won") & in_period, Q(category="lost") & in_period, Q(category="open")
    due = is_open & Q(close_date__lt=after)
    found: dict[str, Any] = rows.filter(won | lost | is_open).aggregate(
        won=Sum("amount_company", filter=won),
        won_count=Count("id", filter=won),
        lost_count=Count("id", filter=lost),
        commit=Sum("amount_company", filter=due & Q(forecast_category="commit")),
        best_case=Sum("amount_company", filter=due & Q(forecast_category="best_case")),
        open=Sum("amount_company", filter=is_open),
        weighted=Sum("weighted", filter=is_open),
        open_count=Count("id", filter=is_open),
    )
    figures: dict[str, Any] = {name: value or 0 for name, value in found.items()}
    return SalesFigures(**figures, target=target(actor, first, after, members))


def target(actor: Actor, first: date, after: date, members: Sequence[UUID] | None) -> Decimal | None:
    """The sum of the monthly targets of the people (all of the actor's scope when None); None when there is none."""
    if not may(actor, "sales_target", "view"):
        return None
    rows = visible_records(actor, "sales_target").filter(month__gte=first, month__lt=after, member__isnull=False)
    if members is not None:
        rows = rows.filter(member_id__in=members)
    total: Decimal | None = rows.aggregate(total=Sum("amount"))["total"]
    return total


def won_by_month(actor: Actor, months: int = 12) -> list[tuple[date, Decimal, int]]:
    """Won amount and count of each of the last `months` months, oldest first, gaps filled with zero."""
    first = today_of(actor).replace(day=1) - relativedelta(months=months - 1)
    found: dict[date, tuple[Decimal, int]] = {}
    if may(actor, "opportunity", "view") and matchable(actor, "opportunity", "amount_company"):
        rows = visible_records(actor, "opportunity").filter(category="won", closed_at__gte=moment_of(actor, first))
        zone = ZoneInfo(actor.time_zone)
        grouped = rows.order_by().annotate(month=TruncMonth("closed_at", tzinfo=zone)).values("month")
        for row in grouped.annotate(total=Sum("amount_company"), count=Count("id")):
            found[row["month"].date()] = (row["total"] or ZERO, row["count"])
    every = [first + relativedelta(months=step) for step in range(months)]
    return [(month, *found.get(month, (ZERO, 0))) for month in every]


def pipeline_by_stage(actor: Actor) -> list[dict[str, Any]]:
    """Open opportunities by stage: name, name_zh, count, total, weighted; in the pipeline's order."""
    if not may(actor, "opportunity", "view") or not matchable(actor, "opportunity", "amount_company"):
        return []
    rows = visible_records(actor, "opportunity").filter(category="open", pipeline__is_default=True).order_by()
    grouped = rows.values("stage_id", "stage__name", "stage__name_zh", "stage__position")
    figures = grouped.annotate(count=Count("id"), total=Sum("amount_company"), weighted_total=Sum("weighted"))
    return list(figures.order_by("stage__position"))
