"""Tasks and the calendar: repeats, snooze, checklists, invitations, derived next contact; refusals change nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity import services
from guanxi.activity.models import CalendarEvent, EventAttendee, Interaction, Notification, Task
from guanxi.activity.queries import inbox, open_tasks, unread_count
from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import update_record

DUE = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_task_for_a_colleague_is_told(admin: Actor, rep: Actor) -> None:
    task = services.plan_task(admin, subject="Send terms", assignee_id=rep.member_id, priority="high")
    told = Notification.objects.get()
    assert (told.member_id, told.text) == (rep.member_id, f"{admin.name} gave you the task “Send terms”")
    assert told.url == f"/tasks/{task.id}/"
    assert (unread_count(rep), unread_count(admin)) == (1, 0)
    with pytest.raises(NotFound):
        services.mark_notification_read(admin, notification_id=told.id)
    services.mark_notification_read(rep, notification_id=told.id)
    assert unread_count(rep) == 0
    assert inbox(rep)[0].read_at is not None
    assert services.mark_all_notifications_read(rep) == 0


def test_representative_plans_for_nobody_of_another_team(rep: Actor, other_rep: Actor) -> None:
    with pytest.raises(Invalid):
        services.plan_task(rep, subject="Do my work", assignee_id=other_rep.member_id)
    assert (Task.objects.count(), Notification.objects.count()) == (0, 0)


def test_next_contact_follows_tasks_and_events(rep: Actor, account: Any) -> None:
    task = services.plan_task(rep, subject="Call", due_at=DUE, account_id=account.id)
    account.refresh_from_db()
    assert account.next_contact_at == DUE
    services.schedule_event(rep, subject="Visit", start_at=DUE - HOUR, end_at=DUE, account_id=account.id)
    account.refresh_from_db()
    assert account.next_contact_at == DUE - HOUR
    event = CalendarEvent.objects.get()
    update_record(rep, "event", event.id, {"account": None})
    account.refresh_from_db()
    assert account.next_contact_at == DUE
    services.complete_task(rep, task.id)
    account.refresh_from_db()
    assert account.next_contact_at is None


def test_completing_a_repeated_task_plans_the_next(rep: Actor, account: Any) -> None:
    task = services.plan_task(
        rep, subject="Monthly call", kind="call", due_at=DUE, reminder_at=DUE - HOUR, repeat="FREQ=MONTHLY;COUNT=2",
        account_id=account.id, checklist=["Price", "Stock"],
    )  # fmt: skip
    services.tick_item(rep, task.id, index=1, done=True)
    services.complete_task(rep, task.id, outcome="reached", body="All well")
    task.refresh_from_db()
    assert (task.status, task.completed_at is not None) == ("completed", True)
    following = Task.objects.exclude(id=task.id).get()
    assert (following.due_at, following.reminder_at, following.repeat, following.owner_id) == (
        datetime(2027, 4, 1, 1, 0, tzinfo=UTC),
        datetime(2027, 4, 1, 0, 0, tzinfo=UTC),
        "FREQ=MONTHLY;COUNT=1",
        rep.member_id,
    )
    assert following.checklist == [{"text": "Price", "done": False}, {"text": "Stock", "done": False}]
    line = Interaction.objects.get()
    assert (line.channel, line.direction, line.subject, line.outcome) == ("phone", "out", "Monthly call", "reached")
    services.complete_task(rep, following.id)
    assert Task.objects.count() == 2
    assert OutboxEvent.objects.filter(name="activity.TaskCompleted").count() == 2


def test_closed_tasks_take_no_command(rep: Actor) -> None:
    task = services.plan_task(rep, subject="Once")
    done = services.complete_task(rep, task.id, version=1)
    for command in (
        lambda: services.complete_task(rep, task.id),
        lambda: services.snooze_task(rep, task.id, until=DUE),
    ):
        with pytest.raises(Conflict):
            command()
    opened = services.reopen_task(rep, task.id, version=done.version)
    assert (opened.status, opened.completed_at) == ("not_started", None)
    with pytest.raises(Conflict):
        services.reopen_task(rep, task.id)
    with pytest.raises(Stale):
        services.complete_task(rep, task.id, version=1)
    assert Task.objects.get().status == "not_started"


def test_snooze_keeps_the_distance_of_the_reminder(rep: Actor) -> None:
    task = services.plan_task(rep, subject="Later", due_at=DUE, reminder_at=DUE - HOUR)
    later = services.snooze_task(rep, task.id, until=DUE + 24 * HOUR)
    assert (later.due_at, later.reminder_at) == (DUE + 24 * HOUR, DUE + 23 * HOUR)
    with pytest.raises(Invalid):
        services.snooze_task(rep, task.id, until=timezone.now() - HOUR)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"repeat": "FREQ=SECONDLY"}, "repeat"),
        ({"repeat": "FREQ=DAILY", "due_at": None}, "due_at"),
        ({"checklist": ["", "x"]}, "checklist"),
        ({"subject": ""}, "subject"),
        ({"priority": "asap"}, "priority"),
    ],
)
def test_wrong_tasks(rep: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.plan_task(rep, **{"subject": "Task", "due_at": DUE, **values})
    assert list(refused.value.errors) == [field]
    assert Task.objects.count() == 0


def test_checklist_has_no_such_line(rep: Actor) -> None:
    task = services.plan_task(rep, subject="List", checklist=["One"])
    with pytest.raises(Invalid):
        services.tick_item(rep, task.id, index=1, done=True)
    assert services.tick_item(rep, task.id, index=0, done=True).checklist == [{"text": "One", "done": True}]


def test_open_tasks_late_first(rep: Actor, other_rep: Actor, account: Any) -> None:
    without = services.plan_task(rep, subject="Some day")
    late = services.plan_task(rep, subject="Late", due_at=timezone.now() - HOUR, account_id=account.id)
    soon = services.plan_task(rep, subject="Soon", due_at=DUE)
    services.plan_task(other_rep, subject="Not mine")
    assert [task.id for task in open_tasks(rep, mine=True)] == [late.id, soon.id, without.id]
    assert [task.id for task in open_tasks(rep, account_id=account.id)] == [late.id]


def test_event_with_guests(rep: Actor, other_rep: Actor, contact: Any) -> None:
    assert other_rep.member_id and rep.member_id
    event = services.schedule_event(
        rep, subject="Review", start_at=DUE, end_at=DUE + HOUR, contact_id=contact.id,
        member_ids=[rep.member_id, other_rep.member_id], contact_ids=[contact.id],
    )  # fmt: skip
    assert event.account_id == contact.account_id
    answers = set(EventAttendee.objects.values_list("member_id", "contact_id", "answer"))
    assert answers == {
        (rep.member_id, None, "accepted"),
        (other_rep.member_id, None, "open"),
        (None, contact.id, "open"),
    }
    assert [(row.member_id, row.text) for row in Notification.objects.all()] == [
        (other_rep.member_id, "Rep invited you to “Review”")
    ]
    services.answer_event(other_rep, event.id, answer="declined")
    assert inbox(rep)[0].text == "Other declined “Review”"
    with pytest.raises(Conflict):
        services.answer_event(other_rep, event.id, answer="declined")
    with pytest.raises(Invalid):
        services.answer_event(other_rep, event.id, answer="open")
    services.cancel_event(rep, event.id)
    assert unread_count(other_rep) == 1
    with pytest.raises(NotFound):
        services.answer_event(other_rep, event.id, answer="accepted")


def test_one_occurrence_moves_out_of_the_series(rep: Actor) -> None:
    series = services.schedule_event(rep, subject="Weekly", start_at=DUE, end_at=DUE + HOUR, repeat="FREQ=WEEKLY")
    second = DUE + timedelta(weeks=1)
    single = services.move_event(rep, series.id, start_at=second + HOUR, end_at=second + 2 * HOUR, occurrence=second)
    series.refresh_from_db()
    assert (series.except_at, series.start_at) == ([second], DUE)
    assert (single.subject, single.start_at, single.repeat) == ("Weekly", second + HOUR, "")
    with pytest.raises(Invalid):
        services.move_event(rep, series.id, start_at=DUE, end_at=DUE + HOUR, occurrence=DUE + HOUR)
    with pytest.raises(Invalid):
        services.leave_out(rep, series.id, occurrence=second)
    assert CalendarEvent.objects.count() == 2


def test_wrong_events(rep: Actor, other_rep: Actor) -> None:
    with pytest.raises(Invalid):
        services.schedule_event(rep, subject="Back", start_at=DUE, end_at=DUE - HOUR)
    with pytest.raises(Invalid):
        services.schedule_event(rep, subject="Odd", start_at=DUE, end_at=DUE, repeat="EVERY DAY")
    event = services.schedule_event(rep, subject="Mine", start_at=DUE, end_at=DUE + HOUR)
    with pytest.raises(Invalid):
        services.move_event(rep, event.id, start_at=DUE, end_at=DUE - HOUR)
    with pytest.raises(NotFound):
        services.move_event(other_rep, event.id, start_at=DUE, end_at=DUE)
    assert list(CalendarEvent.objects.values_list("start_at", "end_at")) == [(DUE, DUE + HOUR)]
