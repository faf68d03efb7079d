"""Early warnings: customers whose chance to leave passed the limit become tasks of their owners, within a number for each person and week."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, ExpressionWrapper, F, FloatField, OuterRef
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.activity.queries import not_begun
from guanxi.analytics.keeping.reasons import churn_days, said
from guanxi.analytics.models import EarlyWarning, Settings
from guanxi.analytics.queries.portfolio import Quantile
from guanxi.analytics.queries.preferences import company_today
from guanxi.core.errors import Refused
from guanxi.core.money import from_minor
from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui import formats
from guanxi.customers.models import LifecycleStage, Score
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership
from guanxi.records.changes import Create, Update, change_records

EASE = 0.1
"""A fall is over when the chance is this much below the limit again: who swings around it warns once."""
OLD_DAYS = 7
"""A run as of a day longer ago looks back; nobody is to act on it."""
MOST = 2_000


def warn(tenant_id: UUID, as_of: date, settings: Settings) -> dict[str, int]:
    """Close what is over, warn anew; all or nothing. Nothing for a run that looks back, or where the company wants none."""
    told = {"warnings": 0, "over": 0}
    with tenant_tx(tenant_id):
        if not settings.warnings or as_of < company_today() - timedelta(days=OLD_DAYS):
            return told
        told["over"] = _close(tenant_id, as_of, settings)
        found = _found(as_of, settings)
        told["warnings"] = _make(tenant_id, as_of, settings, found)
    return told


def _close(tenant_id: UUID, as_of: date, settings: Settings) -> int:
    """Falls that are over: the customer recovered, or has left. Tasks that nobody began are cancelled."""
    still = Score.objects.filter(account_id=OuterRef("account_id"), churn__gte=settings.warn_from - EASE)
    still = still.exclude(stage=LifecycleStage.DEPARTURE).filter(account__deleted_at=None)
    rows = list(EarlyWarning.objects.filter(~Exists(still), recovered_on=None, as_of__lte=as_of))
    EarlyWarning.objects.filter(id__in=[row.id for row in rows]).update(recovered_on=as_of)
    keys = not_begun([row.task_id for row in rows if row.task_id])
    if keys:
        actor = Actor.system(tenant_id)
        change_records(actor, "task", [Update(key, {"status": "cancelled"}) for key in keys])
    return len(rows)


def _found(as_of: date, settings: Settings) -> list[Score]:
    """Who is to be warned of, most to lose first: within the limits of the settings, with an owner who works here, and not of the same fall again."""
    least = settings.warn_value
    if least is None:
        cut = Score.objects.filter(value__isnull=False).aggregate(cut=Quantile("value", 0.75))["cut"]
        least = from_minor(round(cut)) if cut is not None else None
    if least is None:
        return []
    again = EarlyWarning.objects.filter(account_id=OuterRef("account_id"), recovered_on=None)
    active = Membership.objects.filter(is_active=True).values("id")
    rows = Score.objects.filter(
        ~Exists(again), as_of=as_of, churn__gte=settings.warn_from, value__gte=least, account__deleted_at=None, account__owner_id__in=active
    ).exclude(stage=LifecycleStage.DEPARTURE)  # fmt: skip
    lost = ExpressionWrapper(Cast(F("value"), FloatField()) * F("churn"), output_field=FloatField())
    busy = _busy(as_of)
    found = []
    for score in rows.select_related("account").order_by(lost.desc(), "account_id")[:MOST]:
        if busy[score.account.owner_id] < settings.warn_per_week:
            busy[score.account.owner_id] += 1
            found.append(score)
    return found


def _busy(as_of: date) -> Counter[Any]:
    """Warnings of this week by person."""
    monday = as_of - timedelta(days=as_of.weekday())
    rows = EarlyWarning.objects.filter(as_of__gte=monday, as_of__lte=as_of)
    return Counter(rows.values_list("owner_id", flat=True))


def _make(tenant_id: UUID, as_of: date, settings: Settings, found: list[Score]) -> int:
    if not found:
        return 0
    company = Company.objects.get()
    due = datetime.combine(
        as_of + timedelta(days=settings.warn_due_days), time(18), ZoneInfo(company.time_zone or "UTC")
    ).astimezone(UTC)
    made = 0
    with translation.override(company.language):
        for score in found:
            task_id = _task(tenant_id, score, due, company.currency)
            if task_id is None:
                continue
            EarlyWarning.objects.create(
                account_id=score.account_id, as_of=as_of, churn=score.churn, value=score.value, reasons=score.churn_reasons or [],
                owner_id=score.account.owner_id, task_id=task_id,
            )  # fmt: skip
            made += 1
    return made


def _task(tenant_id: UUID, score: Score, due: datetime, currency: str) -> UUID | None:
    """The task of a warning by the one write path; None where a rule of the company refuses it, so that others are warned of all the same."""
    values = {
        "subject": _("Early warning: %(name)s may leave") % {"name": score.account.name[:120]},
        "kind": "call", "priority": "high", "due_at": due, "account": score.account_id, "owner": score.account.owner_id,
        "description": words(score, currency),
    }  # fmt: skip
    try:
        (task,) = change_records(Actor.system(tenant_id, currency=currency), "task", [Create(values)])
    except Refused:
        return None
    found: UUID = task.id
    return found


def words(score: Score, currency: str) -> str:
    """What the task says: how likely, within which time, worth how much, and why."""
    days = churn_days(score)
    given = {
        "share": formats.percent(100 * (score.churn or 0.0)), "value": formats.money_short(score.value, currency, home=currency), "days": days,
    }  # fmt: skip
    head = (
        _("Leaves within %(days)s days with a probability of %(share)s; worth ≈ %(value)s.") % given
        if days
        else _("Leaves with a probability of %(share)s; worth ≈ %(value)s.") % given
    )
    reasons = [f"• {one.text}" for one in said(score.churn_reasons or [], currency) if one.up]
    return "\n".join([head, *([_("Why:"), *reasons] if reasons else [])])
