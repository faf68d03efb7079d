"""Reminders: once a minute, what is due becomes a notification, and a mail for those who wish one."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from guanxi.activity.models import OPEN_TASK, Answer, CalendarEvent, EventAttendee, Task
from guanxi.activity.repeats import occurrences
from guanxi.activity.services.notify import notify
from guanxi.core.tenancy import current_tenant_id
from guanxi.core.ui.formats import moment
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership
from guanxi.messaging.services import queue_message, render_message

BATCH = 200
LATEST = timedelta(hours=1)
REMINDER = gettext_noop("Reminder: %(what)s")


def remind_due(now: datetime | None = None) -> int:
    """Remind of all tasks and events of the running tenant that are due; returns how many. Each is reminded of once."""
    now = now or timezone.now()
    return _remind_tasks(now) + _remind_events(now)


def _remind_tasks(now: datetime) -> int:
    rows = Task.objects.filter(OPEN_TASK, deleted_at=None, owner__isnull=False, reminder_at__lte=now, reminded_at=None)
    due = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("reminder_at")[:BATCH])
    Task.objects.filter(id__in=[task.id for task in due]).update(reminded_at=now)
    for task in due:
        _tell(task, {task.owner_id}, "task", f"/tasks/{task.id}/")
    return len(due)


def _remind_events(now: datetime) -> int:
    """An event's own time, or the next occurrence of a series, less its minutes. Older than an hour is not brought up again."""
    rows = CalendarEvent.objects.filter(
        deleted_at=None, remind_minutes__isnull=False, start_at__lt=now + timedelta(days=31)
    )
    single = rows.filter(repeat="", reminded_at=None, start_at__gt=now - LATEST)
    series = rows.exclude(repeat="")
    count = 0
    for event in (
        (single | series).select_for_update(skip_locked=True, of=("self",)).order_by(F("start_at"))[: 5 * BATCH]
    ):
        start = _next_start(event, now)
        if (
            start is None
            or start - timedelta(minutes=event.remind_minutes or 0) > now
            or (event.reminded_at and event.reminded_at >= start)
        ):
            continue
        # For a series the mark is the start itself, so that the next occurrence is reminded of again.
        CalendarEvent.objects.filter(id=event.id).update(reminded_at=max(now, start))
        guests = EventAttendee.objects.filter(event=event, member__isnull=False).exclude(answer=Answer.DECLINED)
        _tell(
            event,
            {event.owner_id, *guests.values_list("member_id", flat=True)} - {None},
            "event",
            f"/events/{event.id}/",
        )
        count += 1
    return count


def _next_start(event: CalendarEvent, now: datetime) -> datetime | None:
    if not event.repeat:
        return event.start_at
    ahead = timedelta(minutes=event.remind_minutes or 0, seconds=1)
    coming = occurrences(event.repeat, event.start_at, event.time_zone, now - LATEST, now + ahead, skip=event.except_at)
    fresh = [at for at in coming if event.reminded_at is None or at > event.reminded_at]
    return fresh[0] if fresh else None


def _tell(record: Any, member_ids: set[Any], object_name: str, url: str) -> None:
    notify(
        sorted(member_ids),
        kind="reminder",
        message=REMINDER,
        args={"what": record.subject},
        url=url,
        object=object_name,
        record_id=record.id,
    )
    if not Company.objects.filter(settings__reminder_mail=True).exists():
        return
    system = Actor.system(current_tenant_id())
    due = getattr(record, "due_at", None) or getattr(record, "start_at", None)
    for member in Membership.objects.filter(id__in=member_ids, is_active=True).select_related("user"):
        person = member.user
        words = {
            "name": member.name,
            "subject": record.subject,
            "due": moment(due, language=person.language, zone=ZoneInfo(person.time_zone)),
            "link": settings.ORIGIN + url,
        }
        filled = render_message(system, key="reminder", language=person.language, records={}, extra=words)
        queue_message(
            system, to=person.email, subject=filled.subject, body=filled.body, object=object_name, record_id=record.id
        )
