"""Won business of people and teams: the monthly sales targets are the one truth, a goal shows their sum and sets them."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import Sum

from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records
from guanxi.sales.services import set_target
from guanxi.science.apportion import apportion

KPI = "won"


def target_sums(actor: Actor, first: date, after: date) -> tuple[Mapping[UUID, float], Mapping[UUID, float]]:
    """Sums of the sales targets of the months [first, after): by person, and by team that has one of its own."""
    rows = visible_records(Actor.system(actor.tenant_id), "sales_target").filter(month__gte=first, month__lt=after)
    people = rows.filter(member__isnull=False).order_by().values_list("member_id").annotate(total=Sum("amount"))
    teams = rows.filter(for_team__isnull=False).order_by().values_list("for_team_id").annotate(total=Sum("amount"))
    return {key: float(total) for key, total in people}, {key: float(total) for key, total in teams}


def spread_target(
    actor: Actor,
    amount: float,
    first: date,
    after: date,
    weights: Iterable[float],
    *,
    member: UUID | None,
    team: UUID | None,
) -> None:
    """Set the sales targets of a person or team so that the months [first, after) add up to `amount`, by the weights of the months."""
    months = months_of(first, after)
    parts = apportion(amount, list(weights))
    for month, part in zip(months, parts, strict=True):
        set_target(actor, month=month, amount=Decimal(str(part)), member=member, team=team)


def months_of(first: date, after: date) -> list[date]:
    """The first days of the months of [first, after)."""
    found = []
    month = first.replace(day=1)
    while month < after:
        found.append(month)
        month += relativedelta(months=1)
    return found
