"""The team at a glance, for whoever sees more than the own records."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from guanxi.desk.queries.figures import SalesFigures, figures_of, moment_of, period_sums, target, today_of
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import matchable, may, scope_of
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.queries import visible_records


@dataclass(frozen=True)
class MemberLine:
    """One person's quarter: figures, contacts of the last seven days, open opportunities without a next step."""

    id: UUID
    name: str
    title: str
    figures: SalesFigures
    contacts: int
    without_step: int


def leads_a_team(actor: Actor) -> bool:
    """True for those who see more than the own opportunities."""
    return scope_of(actor, "opportunity", "view") in ("team", "below", "all")


def member_lines(actor: Actor, first: date, after: date) -> list[MemberLine]:
    """A line for each active person whose opportunities the actor sees, most won first."""
    if not may(actor, "opportunity", "view") or not matchable(actor, "opportunity", "amount_company"):
        return []
    figures = _by_owner(actor, first, after)
    contacts = _contacts(actor)
    people = Membership.objects.filter(is_active=True, id__in=set(figures) | set(contacts))
    lines = [
        MemberLine(
            member.id,
            member.name,
            member.title,
            figures_of(figures.get(member.id, {}), target(actor, first, after, (member.id,))),
            contacts.get(member.id, 0),
            figures.get(member.id, {}).get("without_step", 0),
        )
        for member in people
    ]
    return sorted(lines, key=lambda line: (-line.figures.won, -line.figures.open, line.name))


def stuck_opportunities(actor: Actor, *, limit: int = 8) -> list[dict[str, Any]]:
    """Open opportunities that are late or have no next step, largest first."""
    today = today_of(actor).isoformat()
    criteria = {
        "all": [
            {"field": "category", "op": "is", "value": "open"},
            {"any": [{"field": "next_step", "op": "empty"}, {"field": "close_date", "op": "lt", "value": today}]},
        ]
    }
    fields = ("name", "account", "owner", "amount", "currency", "close_date", "next_step")
    query = ListQuery(object="opportunity", criteria=criteria, sort="-amount_company", fields=fields, limit=limit)
    return list_records(actor, query).rows


def won_lately(actor: Actor, *, limit: int = 8) -> list[dict[str, Any]]:
    """The business won last, newest first."""
    criteria = {"field": "category", "op": "is", "value": "won"}
    fields = ("name", "account", "owner", "amount", "currency", "closed_at")
    query = ListQuery(object="opportunity", criteria=criteria, sort="-closed_at", fields=fields, limit=limit)
    return list_records(actor, query).rows


def lost_reasons(actor: Actor, first: date, after: date) -> list[dict[str, Any]]:
    """Why business was lost in the period: reason, count, sum; most frequent first."""
    if not matchable(actor, "opportunity", "reason"):
        return []
    rows = visible_records(actor, "opportunity").filter(
        category="lost", closed_at__gte=moment_of(actor, first), closed_at__lt=moment_of(actor, after)
    )
    grouped = (
        rows.order_by()
        .values("reason__name", "reason__name_zh")
        .annotate(count=Count("id"), total=Sum("amount_company"))
    )
    return list(grouped.order_by("-count")[:6])


def _by_owner(actor: Actor, first: date, after: date) -> dict[UUID, dict[str, Any]]:
    counted, sums = period_sums(actor, first, after)
    sums["without_step"] = Count("id", filter=Q(category="open", next_step=""))
    rows = visible_records(actor, "opportunity").filter(counted, owner__isnull=False).order_by()
    return {row.pop("owner_id"): row for row in rows.values("owner_id").annotate(**sums)}


def _contacts(actor: Actor) -> dict[UUID, int]:
    if not may(actor, "interaction", "view"):
        return {}
    since = timezone.now() - timedelta(days=7)
    rows = (
        visible_records(actor, "interaction")
        .filter(at__gte=since, owner__isnull=False)
        .exclude(channel__in=("note", "system"))
    )
    return dict(
        rows.order_by()
        .values_list("owner_id")
        .annotate(count=Count("id"), last=Max("at"))
        .values_list("owner_id", "count")
    )
