"""What one person has before them today: agenda, tasks, deals that close soon, what needs an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils import timezone

from guanxi.activity.queries import agenda, unread_notifications
from guanxi.desk.queries.figures import today_of
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import RecentView
from guanxi.records.queries import visible_records

FIRST_HOUR, LAST_HOUR = 9, 18
SHORTEST = 28
OPEN_TASKS = ("not_started", "in_progress", "waiting")
CLOSING_FIELDS = (
    "name",
    "account",
    "stage",
    "amount",
    "currency",
    "close_date",
    "next_step",
    "next_step_at",
    "probability",
)


@dataclass(frozen=True)
class RecentRecord:
    """A record opened lately: its object's icon and address, its name."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True)
class Block:
    """An event in the day's grid: minutes from the grid's top, length, and its share of the width when others overlap it."""

    entry: Any
    top: int
    height: int
    left: int
    width: int
    past: bool


@dataclass(frozen=True)
class DayGrid:
    """A day as a grid of a pixel a minute: hours with their place, whole-day events, blocks, where now is (None outside)."""

    hours: list[tuple[int, str]]
    whole_day: list[Any]
    blocks: list[Block]
    height: int
    now: int | None


def day_grid(entries: Sequence[Any], now: datetime) -> DayGrid:
    """The entries of `day_agenda` of the local day of `now`, placed; the hours stretch to hold them all."""
    timed = sorted((entry for entry in entries if not entry.all_day), key=lambda entry: (entry.start, entry.end))
    spans = [(_minute(entry.start, now), max(_minute(entry.end, now), _minute(entry.start, now))) for entry in timed]
    first = min([FIRST_HOUR, *(start // 60 for start, _end in spans)])
    last = max([LAST_HOUR, *(-(-end // 60) for _start, end in spans)])
    columns = _columns([(start, max(end, start + SHORTEST)) for start, end in spans])
    blocks = [
        Block(
            entry, start - first * 60, max(end - start, SHORTEST), column * 100 // many, 100 // many, entry.end <= now
        )
        for entry, (start, end), (column, many) in zip(timed, spans, columns, strict=True)
    ]
    at = _minute(now, now)
    return DayGrid(
        hours=[((hour - first) * 60, f"{hour:02}:00") for hour in range(first, last)],
        whole_day=[entry for entry in entries if entry.all_day],
        blocks=blocks,
        height=(last - first) * 60,
        now=at - first * 60 if first * 60 <= at < last * 60 else None,
    )


def _minute(moment: datetime, now: datetime) -> int:
    """The minute of now's local day, not before its beginning nor after its end."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return min(max(int((moment - midnight).total_seconds() // 60), 0), 24 * 60)


def _columns(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span in order of its start: its column, and how many columns the spans it overlaps need together."""
    placed: list[tuple[int, int]] = []
    cluster: list[int] = []
    ends: list[int] = []
    until = 0
    for index, (start, end) in enumerate(spans):
        if start >= until:
            cluster, ends = [], []
        free = next((column for column, busy in enumerate(ends) if busy <= start), len(ends))
        ends[free : free + 1] = [end]
        cluster.append(index)
        placed.append((free, 1))
        until = max(until, end)
        for one in cluster:
            placed[one] = (placed[one][0], len(ends))
    return placed


def my_tasks(actor: Actor, *, limit: int = 8) -> tuple[list[Any], int, int]:
    """Open tasks of the actor due today or earlier or without date, late first; how many in all, how many late."""
    if not may(actor, "task", "view"):
        return [], 0, 0
    rows = visible_records(actor, "task").filter(owner_id=actor.member_id, status__in=OPEN_TASKS)
    tomorrow = day_start(actor) + timedelta(days=1)
    due = rows.filter(Q(due_at__lt=tomorrow) | Q(due_at__isnull=True)).select_related("account")
    listed = list(due.order_by(F("due_at").asc(nulls_last=True), "-priority", "id")[:limit])
    return listed, due.count(), due.filter(due_at__lt=timezone.now()).count()


def closing_soon(actor: Actor, *, days: int = 30, limit: int = 8, everybody: bool = False) -> list[dict[str, Any]]:
    """The actor's open opportunities with a close date within `days` (late ones too), nearest first; or all that the actor sees."""
    if not may(actor, "opportunity", "view"):
        return []
    until = today_of(actor) + timedelta(days=days)
    criteria = {
        "all": [
            *([] if everybody else [{"field": "owner", "op": "is", "value": "$me"}]),
            {"field": "category", "op": "is", "value": "open"},
            {"field": "close_date", "op": "lte", "value": until.isoformat()},
        ]
    }
    fields = (*CLOSING_FIELDS, "owner") if everybody else CLOSING_FIELDS
    query = ListQuery(object="opportunity", criteria=criteria, sort="close_date", fields=fields, limit=limit)
    return list_records(actor, query).rows


def closing_total(actor: Actor, *, days: int = 30, everybody: bool = False) -> Decimal | None:
    """The sum of what `closing_soon` counts in, in the company's currency; None where the role may not read amounts."""
    if not may(actor, "opportunity", "view") or not matchable(actor, "opportunity", "amount"):
        return None
    rows = visible_records(actor, "opportunity").filter(category="open")
    rows = rows if everybody else rows.filter(owner_id=actor.member_id)
    until = today_of(actor) + timedelta(days=days)
    return rows.filter(close_date__lte=until).aggregate(total=Sum("amount_company"))["total"] or Decimal(0)


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


def contacts_by_day(actor: Actor, *, everybody: bool = False) -> list[int]:
    """Interactions that the actor had (or all that the actor sees) on each day of this week, Monday first, up to today."""
    today = today_of(actor)
    monday = day_start(actor) - timedelta(days=today.weekday())
    rows = (
        visible_records(actor, "interaction")
        .filter(at__gte=monday, **({} if everybody else {"owner_id": actor.member_id}))
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
        RecentView.objects.filter(member_id=actor.member_id)
        .exclude(object="view")
        .order_by("-at")
        .values_list("object", "record_id")[:20]
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
