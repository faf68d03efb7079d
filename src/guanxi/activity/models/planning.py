"""What is to be done: tasks, entries of the calendar, who takes part."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.activity.models.choices import CLOSED_TASK, Answer, EventKind, Priority, TaskKind, TaskStatus
from guanxi.activity.models.timeline import AboutCustomer
from guanxi.core.models import TenantModel
from guanxi.customers.models import Contact
from guanxi.identity.models import Membership

OPEN_TASK = ~models.Q(status__in=[str(status) for status in CLOSED_TASK])


class Task(AboutCustomer):
    """Something that the owner is to do. `repeat` is an RFC 5545 rule: completing the task plans the next one."""

    subject = models.CharField(_("Subject"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=10, choices=TaskKind.choices, default=TaskKind.TODO)
    status = models.CharField(_("Status"), max_length=12, choices=TaskStatus.choices, default=TaskStatus.NOT_STARTED)
    priority = models.CharField(_("Priority"), max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    due_at = models.DateTimeField(_("Due"), null=True, blank=True)
    all_day = models.BooleanField(_("All day"), default=False)
    reminder_at = models.DateTimeField(_("Reminder"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    repeat = models.CharField(_("Repeats"), max_length=200, blank=True)
    checklist = models.JSONField(_("Checklist"), default=list, blank=True)
    description = models.TextField(_("Description"), blank=True)
    completed_at = models.DateTimeField(_("Completed"), null=True, blank=True, editable=False)

    class Meta(AboutCustomer.Meta):
        indexes = [
            *AboutCustomer.Meta.indexes,
            models.Index(fields=["tenant_id", "owner", "due_at", "id"], name="task_open_due", condition=OPEN_TASK),
            models.Index(fields=["tenant_id", "account", "due_at"], name="task_account_due", condition=OPEN_TASK),
            models.Index(
                fields=["tenant_id", "reminder_at"],
                name="task_reminder",
                condition=models.Q(reminder_at__isnull=False, reminded_at__isnull=True),
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Neither completed nor cancelled."""
        return self.status not in CLOSED_TASK

    def __str__(self) -> str:
        return self.subject


class CalendarEvent(AboutCustomer):
    """An entry of the calendar. With `repeat` it stands for a series; `except_at` holds the starts that fall out."""

    subject = models.CharField(_("Subject"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=10, choices=EventKind.choices, default=EventKind.MEETING)
    start_at = models.DateTimeField(_("Start"))
    end_at = models.DateTimeField(_("End"))
    all_day = models.BooleanField(_("All day"), default=False)
    location = models.CharField(_("Place"), max_length=200, blank=True)
    description = models.TextField(_("Description"), blank=True)
    repeat = models.CharField(_("Repeats"), max_length=200, blank=True)
    except_at: "models.Field[Any, Any]" = ArrayField(models.DateTimeField(), default=list, blank=True, editable=False)
    time_zone = models.CharField(_("Time zone"), max_length=60, blank=True, editable=False)
    remind_minutes = models.PositiveIntegerField(_("Remind (minutes before)"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta(AboutCustomer.Meta):
        constraints = [
            *AboutCustomer.Meta.constraints,
            models.CheckConstraint(condition=models.Q(end_at__gte=models.F("start_at")), name="activity_event_order"),
        ]
        indexes = [
            *AboutCustomer.Meta.indexes,
            models.Index(fields=["tenant_id", "owner", "start_at"], name="event_owner_start"),
            models.Index(fields=["tenant_id", "account", "start_at"], name="event_account_start"),
            models.Index(fields=["tenant_id", "owner"], name="event_series", condition=~models.Q(repeat="")),
        ]

    def __str__(self) -> str:
        return self.subject


class EventAttendee(TenantModel):
    """A colleague or contact who takes part in an event."""

    event = models.ForeignKey(CalendarEvent, on_delete=models.CASCADE, related_name="attendees")
    member = models.ForeignKey(Membership, null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(_("Answer"), max_length=10, choices=Answer.choices, default=Answer.OPEN)

    member_id: UUID | None
    contact_id: UUID | None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(member__isnull=True, contact__isnull=False)
                | models.Q(member__isnull=False, contact__isnull=True),
                name="activity_attendee_one",
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "event", "member", "contact"], name="activity_attendee_once", nulls_distinct=False
            ),
        ]
