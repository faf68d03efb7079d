"""Sales figures of a person or a team, from the opportunities the actor may see; money in the company's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db.models import Aggregate, Count, Q, Sum
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
    counted, sums = period_sums(actor, first, after)
    return figures_of(rows.filter(counted).aggregate(**sums), target(actor, first, after, members))


def period_sums(actor: Actor, first: date, after: date) -> tuple[Q, dict[str, Aggregate]]:
    """Which opportunities count for [first, after), and the sums over them that `figures_of` reads."""
    in_period = Q(closed_at__gte=moment_of(actor, first), closed_at__lt=moment_of(actor, after))
    won, lost, is_open = Q(category="won") & in_period, Q(category="lost") & in_period, Q(category="open")
    due = is_open & Q(close_date__lt=after)
    return won | lost | is_open, {
        "won": Sum("amount_company", filter=won),
        "won_count": Count("id", filter=won),
        "lost_count": Count("id", filter=lost),
        "commit": Sum("amount_company", filter=due & Q(forecast_category="commit")),
        "best_case": Sum("amount_company", filter=due & Q(forecast_category="best_case")),
        "open": Sum("amount_company", filter=is_open),
        # Not "weighted": in a grouped query the name would meet the field's.
        "weighted_sum": Sum("weighted", filter=is_open),
        "open_count": Count("id", filter=is_open),
    }


def figures_of(row: Mapping[str, Any], goal: Decimal | None) -> SalesFigures:
    """The figures in a row of `period_sums`; an empty row gives zeros."""
    names = ("won", "won_count", "lost_count", "commit", "best_case", "open", "open_count")
    found: dict[str, Any] = {name: row.get(name) or 0 for name in names}
    return SalesFigures(**found, weighted=row.get("weighted_sum") or ZERO, target=goal)


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
