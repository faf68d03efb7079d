"""What one person has before them today: agenda, tasks, deals that close soon, what needs an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from guanxi.activity.queries import agenda, unread_notifications
from guanxi.desk.queries.figures import today_of
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import RecentView
from guanxi.records.queries import visible_records

OPEN_TASKS = ("not_started", "in_progress", "waiting")
CLOSING_FIELDS = ("name", "account", "stage", "amount", "currency", "close_date", "next_step", "next_step_at")


@dataclass(frozen=True)
class RecentRecord:
    """A record opened lately: its object's icon and address, its name."""

    label: str
    url: str
    icon: str


def my_tasks(actor: Actor, *, limit: int = 8) -> tuple[list[Any], int, int]:
    """Open tasks of the actor due today or earlier or without date, late first; how many in all, how many late."""
    if not may(actor, "task", "view"):
        return [], 0, 0
    rows = visible_records(actor, "task").filter(owner_id=actor.member_id, status__in=OPEN_TASKS)
    tomorrow = day_start(actor) + timedelta(days=1)
    due = rows.filter(Q(due_at__lt=tomorrow) | Q(due_at__isnull=True)).select_related("account")
    listed = list(due.order_by(F("due_at").asc(nulls_last=True), "-priority", "id")[:limit])
    return listed, due.count(), due.filter(due_at__lt=timezone.now()).count()


def closing_soon(actor: Actor, *, days: int = 30, limit: int = 8) -> list[dict[str, Any]]:
    """The actor's open opportunities with a close date within `days` (late ones too), nearest first."""
    if not may(actor, "opportunity", "view"):
        return []
    until = today_of(actor) + timedelta(days=days)
    criteria = {
        "all": [
            {"field": "owner", "op": "is", "value": "$me"},
            {"field": "category", "op": "is", "value": "open"},
            {"field": "close_date", "op": "lte", "value": until.isoformat()},
        ]
    }
    query = ListQuery(object="opportunity", criteria=criteria, sort="close_date", fields=CLOSING_FIELDS, limit=limit)
    return list_records(actor, query).rows


def new_leads(actor: Actor, *, limit: int = 3) -> list[dict[str, Any]]:
    """The actor's leads that nobody has worked yet, newest first."""
    if not may(actor, "lead", "view"):
        return []
    criteria = {
        "all": [
            {"field": "owner", "op": "is", "value": "$me"},
            {"field": "status", "op": "in", "value": ["new", "assigned"]},
        ]
    }
    fields = ("name", "company_name", "source", "score", "created_at")
    query = ListQuery(object="lead", criteria=criteria, sort="-created_at", fields=fields, limit=limit)
    return list_records(actor, query).rows


def quotes_waiting(actor: Actor, *, limit: int = 3) -> list[dict[str, Any]]:
    """The actor's quotes that were sent or viewed and not answered, oldest first."""
    if not may(actor, "quote", "view"):
        return []
    criteria = {
        "all": [
            {"field": "owner", "op": "is", "value": "$me"},
            {"field": "status", "op": "in", "value": ["sent", "viewed"]},
        ]
    }
    fields = ("code", "account", "total", "currency", "status", "sent_at")
    query = ListQuery(object="quote", criteria=criteria, sort="sent_at", fields=fields, limit=limit)
    return list_records(actor, query).rows


def contacts_by_day(actor: Actor) -> list[int]:
    """Interactions that the actor had on each day of this week, Monday first, up to today."""
    today = today_of(actor)
    monday = day_start(actor) - timedelta(days=today.weekday())
    rows = (
        visible_records(actor, "interaction")
        .filter(owner_id=actor.member_id, at__gte=monday)
        .exclude(channel__in=("note", "system"))
    )
    counts = [0] * (today.weekday() + 1)
    for moment in rows.values_list("at", flat=True):
        position = (moment - monday).days
        if 0 <= position < len(counts):
            counts[position] += 1
    return counts


def day_agenda(actor: Actor, *, days_ahead: int = 0) -> list[Any]:
    """The actor's calendar of today, or of the day `days_ahead`, repeats unfolded."""
    start = day_start(actor) + timedelta(days=days_ahead)
    return agenda(actor, start, start + timedelta(days=1))


def waiting_notices(actor: Actor, *, limit: int = 5) -> list[Any]:
    """Unread notifications, newest first."""
    return unread_notifications(actor, limit=limit)


def recent_records(actor: Actor, *, limit: int = 6) -> list[RecentRecord]:
    """Records that the actor opened lately and may still see."""
    rows = list(
        RecentView.objects.filter(member_id=actor.member_id).order_by("-at").values_list("object", "record_id")[:20]
    )
    names = _visible_names(actor, rows)
    found = []
    for object_name, record_id in rows:
        if (label := names.get(record_id)) is not None:
            kind = registry.get(object_name)
            found.append(RecentRecord(label, f"/{kind.plural}/{record_id}/", kind.icon))
    return found[:limit]


def day_start(actor: Actor) -> datetime:
    """Midnight of today where the actor is."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _visible_names(actor: Actor, rows: list[tuple[str, UUID]]) -> dict[UUID, str]:
    known = {kind.name for kind in registry.objects()}
    names: dict[UUID, str] = {}
    for object_name in {name for name, _id in rows} & known:
        kind = registry.get(object_name)
        ids = [record_id for name, record_id in rows if name == object_name]
        column = kind.by_name[kind.title].column
        for key, title, code in (
            visible_records(actor, object_name).filter(id__in=ids).values_list("id", column, "code")
        ):
            names[key] = str(title or code)
    return names
