"""The customer at a glance: people, needs, consent, money, open business; each part within the actor's rights."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.activity.queries import open_tasks
from guanxi.analytics.access import sees_values
from guanxi.analytics.keeping.measures import suggestion
from guanxi.analytics.keeping.reasons import Reason, churn_days, said, stage_reason
from guanxi.analytics.serving.rhythm import Rhythm, rhythm_of
from guanxi.core.ui.formats import clock
from guanxi.customers.models import LifecycleStage
from guanxi.customers.queries import score_of
from guanxi.identity.actor import Actor
from guanxi.identity.models import BusinessCalendar
from guanxi.identity.permissions import matchable, may
from guanxi.identity.working_time import is_working
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.queries import linked_labels, visible_records
from guanxi.records.registry import ObjectType

OFFICE_DAY = {str(day): [["09:00", "18:00"]] for day in range(5)}


@dataclass(frozen=True)
class Money:
    """Revenue figures of one customer in the company's currency; None where the role may not see them."""

    revenue_12_months: Decimal | None = None
    margin_12_months: Decimal | None = None
    revenue_all: Decimal | None = None
    open_orders: Decimal | None = None
    orders: int = 0


@dataclass(frozen=True)
class OpenBusiness:
    """Open opportunities of a customer, their number and sum."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    total: Decimal = Decimal(0)


def customer_money(actor: Actor, account_id: UUID) -> Money:
    """What the customer ordered: the last 12 months, in all, and still open."""
    if not may(actor, "order", "view") or not matchable(actor, "order", "net_company"):
        return Money()
    year_ago = timezone.now() - timedelta(days=365)
    valid = visible_records(actor, "order").filter(account_id=account_id).exclude(status__in=("draft", "cancelled"))
    recent = Q(confirmed_at__gte=year_ago)
    sums: dict[str, Any] = {
        "revenue_12_months": Sum("net_company", filter=recent),
        "revenue_all": Sum("net_company"),
        "open_orders": Sum("net_company", filter=Q(status__in=("confirmed", "to_deliver", "to_bill", "on_hold"))),
        "orders": Count("id"),
    }
    if matchable(actor, "order", "margin"):
        sums["margin_12_months"] = Sum("margin", filter=recent)
    found = valid.aggregate(**sums)
    figures: dict[str, Any] = {name: value if value is not None else Decimal(0) for name, value in found.items()}
    return Money(**figures)


def open_business(actor: Actor, account_id: UUID, *, limit: int = 5) -> OpenBusiness:
    """The customer's open opportunities, nearest close date first."""
    if not may(actor, "opportunity", "view"):
        return OpenBusiness()
    criteria = {
        "all": [
            {"field": "account", "op": "is", "value": str(account_id)},
            {"field": "category", "op": "is", "value": "open"},
        ]
    }
    fields = ("name", "stage", "amount", "currency", "close_date", "probability")
    query = ListQuery(object="opportunity", criteria=criteria, sort="close_date", fields=fields, limit=limit)
    rows = visible_records(actor, "opportunity").filter(account_id=account_id, category="open")
    figures = rows.aggregate(count=Count("id"), total=Sum("amount_company"))
    return OpenBusiness(list_records(actor, query).rows, figures["count"], figures["total"] or Decimal(0))


def customer_score(actor: Actor, account_id: UUID) -> Any:
    """The customer's computed value, or None when nothing was computed or the role may not see it."""
    if not matchable(actor, "account", "grade"):
        return None
    return score_of(account_id)


@dataclass(frozen=True)
class ValueCard:
    """What the customer page shows of a score. change: against `before_on`, in percent; parts: (key, amount) of the whole that the bar draws;
    stage: its place among the labels, −1 for none; how_url: where the calculation is explained, "" for whoever may not see it. churn_days: within how many days
    the chance to leave holds, None where it is 1 − P(alive); reasons: what pushes that chance most; stage_why: why the customer is in its stage; suggestion: what may be done there.
    service: how the class of its grade is served and when the next contact is, None for whoever may not see that."""

    score: Any
    change: float | None
    parts: list[tuple[str, Decimal]]
    whole: Decimal
    stage: int
    stages: list[str]
    how_url: str
    churn_days: int | None
    reasons: list[Reason]
    stage_why: str
    suggestion: str
    service: Rhythm | None


def value_card(actor: Actor, account_id: UUID) -> ValueCard | None:
    """The customer's computed value as its page draws it: one statement."""
    score = customer_score(actor, account_id)
    if score is None or score.value is None:
        return None
    before = score.value_before
    parts = [
        (name, max(getattr(score, name) or Decimal(0), Decimal(0))) for name in ("historic", "current", "potential")
    ]
    place = LifecycleStage.values.index(score.stage) if score.stage in LifecycleStage.values else -1
    return ValueCard(
        score,
        float(score.value / before - 1) * 100 if before and before > 0 else None,
        parts,
        sum((amount for _key, amount in parts), Decimal(0)),
        place,
        [str(label) for label in LifecycleStage.labels],
        f"/value/of/{account_id}/how" if sees_values(actor) else "",
        churn_days(score),
        said(score.churn_reasons or [], actor.currency),
        stage_reason(
            str((score.inputs or {}).get("stage_reason", "")), {**(score.inputs or {}), "p_alive": score.p_alive}
        ),
        suggestion(score.stage) if score.stage and sees_values(actor) else "",
        _service(actor, score),
    )


def _service(actor: Actor, score: Any) -> Rhythm | None:
    if not sees_values(actor) or not matchable(actor, "account", "last_contact_at"):
        return None
    return rhythm_of(score.grade, score.last_contact_at, score.next_contact_at)


def next_task(actor: Actor, account_id: UUID) -> Any:
    """The next open task with this customer that the actor may see, or None."""
    found = open_tasks(actor, account_id=account_id, limit=1) if may(actor, "task", "view") else []
    return found[0] if found else None


def head_notes(actor: Actor, kind: ObjectType, record: Any, *, now: datetime | None = None) -> list[str]:
    """What stands behind the subtitle: the time there, when it is another than here, and whose customer it is."""
    shown = [local_time(record, now or timezone.now())] if matchable(actor, kind.name, "time_zone") else []
    if record.owner_id and matchable(actor, kind.name, "owner"):
        owner = linked_labels(actor, "user", {record.owner_id}).get(record.owner_id, "")
        shown.append(_("Owner %(name)s") % {"name": owner} if owner else "")
    return [note for note in shown if note]


def local_time(record: Any, now: datetime) -> str:
    """The time where a customer is, with “closed” outside office hours and on public holidays there; "" in one's own zone."""
    try:
        there = now.astimezone(ZoneInfo(record.time_zone)) if record.time_zone else None
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    if there is None or there.utcoffset() == timezone.localtime(now).utcoffset():
        return ""
    hours = BusinessCalendar(
        time_zone=record.time_zone, country=record.country, hours=OFFICE_DAY, days_off=[], days_on=[]
    )
    text = _("%(time)s there") if is_working(hours, now) else _("%(time)s there, closed")
    return text % {"time": clock(now, zone=there.tzinfo)}
