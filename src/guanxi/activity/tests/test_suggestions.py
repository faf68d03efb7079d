"""Suggestions from staff reach the person who decides; the answer comes back."""

from dataclasses import replace

import pytest

from guanxi.activity import services
from guanxi.activity.models import Notification, Suggestion
from guanxi.activity.tests.test_sharing import page_of
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.customers.tests import factories
from guanxi.identity.actor import Actor
from guanxi.identity.models import Team, Tenant
from guanxi.records.changes import create_record, update_record
from guanxi.records.screens import create_entries, menu_entries


@pytest.fixture
def manager(tenant: Tenant, admin: Actor, rep: Actor) -> Actor:
    """A manager of the team above the representative's."""
    above = Team.objects.create(name="Region")
    Team.objects.filter(id=rep.team_id).update(parent=above)
    return factories.actor(tenant, factories.make_member(admin, "Boss", "manager", above))


@pytest.fixture
def idea(rep: Actor, manager: Actor) -> Suggestion:
    return create_record(rep, "suggestion", {"subject": "Spare kits in every van"})  # type: ignore[no-any-return]


def menu_of(actor: Actor) -> list[str]:
    """Addresses of the side bar's first group, in order."""
    return [item["url"] for item in menu_entries(actor, "/")[0]["items"]]


def test_it_stands_with_one_s_own_work_and_for_those_with_the_right_alone(rep: Actor) -> None:
    assert menu_of(rep).index("/suggestions/") == menu_of(rep).index("/tasks/") + 1
    without = replace(rep, grants={**rep.grants, "suggestion": {"view": "none"}})
    assert "/suggestions/" not in menu_of(without)
    assert all(entry["url"] != "/suggestions/new" for entry in create_entries(without))
    assert "/suggestions/" not in menu_of(replace(rep, rooms_off=frozenset({"activity"})))


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.select_related("member").order_by("at", "id")
    return [(row.member.name, row.text) for row in rows]


def test_it_goes_to_the_manager_above_and_back(rep: Actor, manager: Actor, idea: Suggestion) -> None:
    assert (idea.decider_id, idea.owner_id, idea.status) == (manager.member_id, rep.member_id, "new")
    assert told() == [("Boss", "Rep suggests: Spare kits in every van")]
    done = services.accept_suggestion(manager, idea.id, answer="From January")
    assert (done.status, done.answer, done.decided_at is not None) == ("accepted", "From January", True)
    assert services.finish_suggestion(manager, idea.id).status == "done"
    assert told()[1:] == [
        ("Rep", "Boss accepted your suggestion “Spare kits in every van”"),
        ("Rep", "Boss carried out your suggestion “Spare kits in every van”"),
    ]


def test_without_a_manager_an_administrator_decides(admin: Actor, rep: Actor) -> None:
    assert create_record(rep, "suggestion", {"subject": "Coffee"}).decider_id == admin.member_id


def test_a_chosen_person_of_another_team_reads_and_decides(rep: Actor, other_rep: Actor, manager: Actor) -> None:
    idea = create_record(rep, "suggestion", {"subject": "Test bench", "decider": other_rep.member_id})
    assert page_of(other_rep, f"/suggestions/{idea.id}/").status_code == 200
    assert services.accept_suggestion(other_rep, idea.id).status == "accepted"


def test_nobody_else_decides(rep: Actor, other_rep: Actor, idea: Suggestion) -> None:
    before = (idea.status, idea.version)
    with pytest.raises(NotAllowed):
        services.accept_suggestion(rep, idea.id)
    with pytest.raises(NotFound):
        services.accept_suggestion(other_rep, idea.id)
    with pytest.raises(Invalid):
        update_record(rep, "suggestion", idea.id, {"status": "accepted"})
    idea.refresh_from_db()
    assert ((idea.status, idea.version), len(told())) == (before, 1)


def test_declining_gives_a_reason_and_nothing_is_answered_twice(manager: Actor, rep: Actor, idea: Suggestion) -> None:
    with pytest.raises(Invalid):
        services.decline_suggestion(manager, idea.id)
    services.decline_suggestion(manager, idea.id, answer="Too dear")
    for again in (services.decline_suggestion, services.finish_suggestion):
        with pytest.raises(Conflict):
            again(manager, idea.id, answer="x")
    with pytest.raises(Invalid):
        update_record(rep, "suggestion", idea.id, {"subject": "Other"})
    idea.refresh_from_db()
    assert (idea.status, idea.subject, idea.answer) == ("declined", "Spare kits in every van", "Too dear")
