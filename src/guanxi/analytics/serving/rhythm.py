"""Who is below the rhythm of the class, and who is served above what the class allows: conditions on accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from guanxi.analytics.models.serving import ServiceClass
from guanxi.analytics.serving.classes import service_classes
from guanxi.customers.models import ServiceLevel


def overdue() -> Q:
    """Accounts below the rhythm of their class with nothing planned."""
    now = timezone.now()
    late = Q(pk__in=[])
    for grade, one in service_classes().items():
        if one.visit_days:
            since = now - timedelta(days=one.visit_days)
            late |= Q(scores__grade=grade) & (Q(last_contact_at__lt=since) | Q(last_contact_at__isnull=True))
    return late & (Q(next_contact_at__isnull=True) | Q(next_contact_at__lt=now))


def too_dear() -> Q:
    """Accounts whose cost to serve is more than the share of their margin that their class allows."""
    dear = Q(pk__in=[])
    for grade, one in service_classes().items():
        dear |= Q(scores__grade=grade, scores__cost_to_serve__gt=F("scores__margin_12m") * (one.cost_share / 100))
    return dear & Q(scores__cost_to_serve__gt=0)


@dataclass(frozen=True)
class Rhythm:
    """How one customer is served and when the next contact is. planned: one stands in the calendar; next_on: else by when the class asks for one, None without a rhythm."""

    level: str
    promise: str
    days: int
    planned: datetime | None
    next_on: datetime | None
    due: bool


def rhythm_of(grade: str, last_contact_at: datetime | None, next_contact_at: datetime | None) -> Rhythm | None:
    """By the class of this grade; None without one. No statement while the classes stay the same."""
    one = service_classes().get(grade)
    if one is None:
        return None
    now = timezone.now()
    planned = next_contact_at if next_contact_at and next_contact_at >= now else None
    by = None if planned else next_contact(one, last_contact_at)
    level = str(dict(ServiceLevel.choices)[one.level])
    return Rhythm(level, one.promise, one.visit_days, planned, by, by is not None and by <= now)


def next_contact(one: ServiceClass, last_contact_at: datetime | None) -> datetime | None:
    """When the rhythm asks for the next contact; None without a rhythm."""
    if not one.visit_days:
        return None
    return (last_contact_at or timezone.now()) + timedelta(days=one.visit_days if last_contact_at else 0)
