"""Tasks that are open, and the calendar with its series unfolded."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from guanxi.activity.models import OPEN_TASK, Answer, CalendarEvent, EventAttendee, Task, TaskStatus
from guanxi.activity.repeats import occurrences
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may, visible_to
from guanxi.records.queries import visible_records

TONES = {"visit": "jade", "call": "teal", "internal": "grey", "away": "amber"}
MAX_EVENTS = 2000


@dataclass(frozen=True)
class AgendaEntry:
    """One event on one day: an occurrence of a series is an entry of its own."""

    event: CalendarEvent
    start: datetime
    end: datetime
    answer: str = ""
    editable: bool = False

    @property
    def key(self) -> str:
        """The event's id, with the start for an occurrence of a series."""
        return f"{self.event.id}~{self.start.isoformat()}" if self.event.repeat else str(self.event.id)

    @property
    def title(self) -> str:
        """The subject."""
        return self.event.subject

    @property
    def all_day(self) -> bool:
        """Whether it takes whole days."""
        return self.event.all_day

    @property
    def place(self) -> str:
        """Where."""
        return self.event.location

    @property
    def who(self) -> str:
        """The customer it is about."""
        return self.event.account.name if self.event.account else self.event.contact.name if self.event.contact else ""

    @property
    def url(self) -> str:
        """The event's page."""
        return f"/events/{self.event.id}/"

    @property
    def tone(self) -> str:
        """Colour of the kind."""
        return TONES.get(self.event.kind, "indigo")


def agenda(
    actor: Actor, start: datetime, end: datetime, *, member_ids: Iterable[UUID] | None = None
) -> list[AgendaEntry]:
    """Events in [start, end) of the actor, or of `member_ids` as far as the actor may see them; all-day ones first, then by time.

    Whoever takes part sees the event, whatever the role; who declined does not.
    """
    whose = set(member_ids) if member_ids is not None else {actor.member_id} if actor.member_id else set()
    guests = EventAttendee.objects.filter(member_id__in=whose).exclude(answer=Answer.DECLINED)
    answers = dict(guests.filter(member_id=actor.member_id).values_list("event_id", "answer"))
    rows = CalendarEvent.objects.filter(Q(owner_id__in=whose) | Q(id__in=guests.values("event_id")), deleted_at=None)
    seen = Q(owner_id=actor.member_id) | Q(id__in=guests.filter(member_id=actor.member_id).values("event_id"))
    if member_ids is not None and may(actor, "event", "view"):
        seen |= Q(id__in=visible_to(actor, CalendarEvent.objects.all(), "event").values("id"))
    once = Q(repeat="", start_at__lt=end, end_at__gt=start) | Q(repeat="", start_at__gte=start, start_at__lt=end)
    rows = rows.filter(seen).filter(once | (~Q(repeat="") & Q(start_at__lt=end)))
    found: list[AgendaEntry] = []
    for event in rows.select_related("account", "contact", "owner")[:MAX_EVENTS]:
        found += _unfold(
            event, start, end, answers.get(event.id, ""), event.owner_id == actor.member_id or actor.is_admin
        )
    return sorted(found, key=lambda entry: (not entry.all_day, entry.start, entry.title))


def open_tasks(actor: Actor, *, account_id: UUID | None = None, mine: bool = False, limit: int = 50) -> list[Task]:
    """Open tasks that the actor may see, late first, then by due date, those without one last; account and contact loaded."""
    rows = visible_records(actor, "task").filter(OPEN_TASK)
    if account_id:
        rows = rows.filter(account_id=account_id)
    if mine:
        rows = rows.filter(owner_id=actor.member_id)
    rows = rows.select_related("account", "contact", "owner")
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "id")[:limit])


def not_begun(ids: Collection[UUID]) -> list[UUID]:
    """Those of the tasks that nobody has begun, whoever may see them."""
    rows = Task.objects.filter(id__in=ids, status=TaskStatus.NOT_STARTED, deleted_at=None)
    return list(rows.values_list("id", flat=True))


def _unfold(event: CalendarEvent, start: datetime, end: datetime, answer: str, editable: bool) -> list[AgendaEntry]:
    if not event.repeat:
        return [AgendaEntry(event, event.start_at, event.end_at, answer, editable)]
    length = event.end_at - event.start_at
    moments = occurrences(event.repeat, event.start_at, event.time_zone, start - length, end, skip=event.except_at)
    return [
        AgendaEntry(event, at, at + length, answer, editable) for at in moments if at + length > start or at >= start
    ]
