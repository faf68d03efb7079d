"""Events are read by those who take part; tasks are given to colleagues of the team; companies there are get both."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from guanxi.activity import services
from guanxi.activity.models import CalendarEvent, Notification, Task
from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.customers.tests import factories
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, Share, Team, Tenant, User
from guanxi.records.changes import create_record, update_record
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search

DUE = timezone.now().replace(microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def colleague(tenant: Tenant, admin: Actor, rep: Actor) -> Actor:
    """A representative of the same team."""
    team = Team.objects.get(id=rep.team_id)
    return factories.actor(tenant, factories.make_member(admin, "Colleague", "sales", team))


def page_of(actor: Actor, path: str) -> Any:
    assert actor.user_id
    client = Client()
    client.force_login(
        User.objects.get(id=actor.user_id), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client.get(path)


def test_who_takes_part_reads_the_event_and_changes_nothing(rep: Actor, other_rep: Actor) -> None:
    assert other_rep.member_id
    event = services.schedule_event(rep, subject="Plant visit", start_at=DUE, end_at=DUE + HOUR)
    with pytest.raises(NotFound):
        get_record(other_rep, "event", event.id)
    services.invite(rep, event, member_ids=[other_rep.member_id])
    services.invite(rep, event, member_ids=[other_rep.member_id])
    assert get_record(other_rep, "event", event.id).subject == "Plant visit"
    assert page_of(other_rep, f"/events/{event.id}/").status_code == 200
    assert [hit.id for hit in search(other_rep, "Plant visit", objects=["event"], limit=5)] == [event.id]
    assert not visible_records(other_rep, "event", "edit").filter(id=event.id).exists()
    with pytest.raises(NotAllowed):
        update_record(other_rep, "event", event.id, {"subject": "Mine"})
    assert (CalendarEvent.objects.get().subject, Share.objects.count()) == ("Plant visit", 1)


def test_the_occurrence_that_moved_is_read_too(rep: Actor, other_rep: Actor) -> None:
    assert other_rep.member_id
    series = services.schedule_event(
        rep, subject="Weekly", start_at=DUE, end_at=DUE + HOUR, repeat="FREQ=WEEKLY", member_ids=[other_rep.member_id]
    )
    single = services.move_event(rep, series.id, start_at=DUE + HOUR, end_at=DUE + 2 * HOUR, occurrence=DUE)
    assert get_record(other_rep, "event", single.id).id == single.id


def test_a_task_for_a_colleague_of_the_team(rep: Actor, colleague: Actor) -> None:
    task = services.plan_task(rep, subject="Send samples", assignee_id=colleague.member_id)
    assert (task.owner_id, task.team_id, task.created_by_id) == (colleague.member_id, rep.team_id, rep.member_id)
    assert [row.member_id for row in Notification.objects.filter(kind="task_assigned")] == [colleague.member_id]
    assert services.complete_task(colleague, task.id).status == "completed"


def test_no_task_for_another_team(rep: Actor, other_rep: Actor) -> None:
    for give in (
        lambda: services.plan_task(rep, subject="Mine", assignee_id=other_rep.member_id),
        lambda: create_record(rep, "task", {"subject": "Mine", "owner": other_rep.member_id}),
    ):
        with pytest.raises(Invalid) as refused:
            give()
        assert list(refused.value.errors) == ["owner"]
    with pytest.raises((Invalid, NotAllowed)):
        create_record(rep, "task", {"subject": "Mine", "owner": other_rep.member_id, "team": other_rep.team_id})
    assert (Task.objects.count(), Notification.objects.count()) == (0, 0)


def test_a_task_follows_its_owner_into_the_team(admin: Actor, rep: Actor, other_rep: Actor) -> None:
    task = services.plan_task(admin, subject="For you", assignee_id=rep.member_id)
    assert task.team_id == rep.team_id
    moved = update_record(admin, "task", task.id, {"owner": other_rep.member_id})
    assert moved.team_id == other_rep.team_id


def test_the_migration_brings_companies_up_to_date(rep: Actor, other_rep: Actor) -> None:
    step = import_module("guanxi.activity.migrations.0002_attendees_read_tasks_given")
    assert other_rep.member_id
    old = {"*": {"view": "team", "create": "own"}}
    event = services.schedule_event(
        rep, subject="Old", start_at=DUE, end_at=DUE + HOUR, member_ids=[other_rep.member_id]
    )
    Share.objects.all().delete()
    CalendarEvent.objects.update(share_mask=0)
    Role.objects.filter(key="sales").update(grants=old)
    for _time in range(2):
        step.share_with_attendees(apps, None)
        step.let_sales_give_tasks(apps, None)
    assert Role.objects.get(key="sales").grants == {**old, "task": {"view": "team", "create": "team"}}
    assert get_record(other_rep, "event", event.id).subject == "Old"
    assert Share.objects.count() == 1
    Role.objects.filter(key="sales").update(grants={**old, "task": {"view": "own"}})
    step.let_sales_give_tasks(apps, None)
    assert Role.objects.get(key="sales").grants["task"] == {"view": "own"}
