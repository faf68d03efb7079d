"""Sharing by rules and by hand: what is opened, what stays closed, at every door and at once."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Share, SharingRule, Team, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import change_team
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.lists import ListQuery, count_records, list_records
from guanxi.records.queries import get_record, may_change
from guanxi.records.search import search
from guanxi.records.sharing.by_hand import end_share, share_record
from guanxi.records.sharing.filling import begin, check_rule, fill_rule
from guanxi.records.sharing.reading import opened_to
from guanxi.records.sharing.rules import delete_rule, save_rule

COLOGNE = {"field": "city", "op": "is", "value": "Köln"}


def again(person: Actor) -> Actor:
    """The same person as the next request finds them."""
    assert person.user_id
    found = actor_of_user(person.tenant_id, person.user_id)
    assert found
    return found


def names(person: Actor, **more: Any) -> list[str]:
    rows = list_records(again(person), ListQuery(object="account", sort="name", **more)).rows
    return [row["name"] for row in rows]


def found(person: Actor, text: str) -> set[UUID]:
    return {hit.id for hit in search(again(person), text, objects=["account"])}


def fill(rule: Any) -> None:
    """What the worker does; transactions of other tests are no writers to wait for."""
    rule.refresh_from_db()
    fill_rule.function(rule.tenant_id, rule.id, rule.grant_id, horizon=1)
    rule.refresh_from_db()


@pytest.fixture
def koeln(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Rheinwerk", "city": "Köln"})


@pytest.fixture
def bonn(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Bonner Bau", "city": "Bonn"})


def rule_for(actor: Actor, kind: str, key: Any, **values: Any) -> Any:
    given = {"name": "Cologne", "object": "account", "criteria": COLOGNE, "principal_kind": kind, "principal_id": key}
    return save_rule(actor, given | values)


@pytest.mark.parametrize("filled", [False, True])
def test_a_rule_opens_what_it_matches_at_every_door(
    actor: Actor, rep_actor: Actor, outsider_actor: Actor, koeln: Any, bonn: Any, filled: bool
) -> None:
    assert names(rep_actor) == []
    rule = rule_for(actor, "member", rep_actor.member_id)
    if filled:
        fill(rule)
    assert (rule.state, names(rep_actor), names(outsider_actor)) == (
        "stored" if filled else "waiting",
        ["Rheinwerk"],
        [],
    )
    later = create_record(actor, "account", {"name": "Dom Druck", "city": "Köln"})
    assert names(rep_actor) == ["Dom Druck", "Rheinwerk"]
    assert (found(rep_actor, "Dom"), found(rep_actor, "Bonner")) == ({later.id}, set())
    assert count_records(again(rep_actor), ListQuery(object="account")) == (2, True)
    assert get_record(again(rep_actor), "account", koeln.id).name == "Rheinwerk"
    with pytest.raises(NotFound):
        get_record(again(rep_actor), "account", bonn.id)
    with pytest.raises(NotAllowed):
        update_record(again(rep_actor), "account", koeln.id, {"name": "Mine"})
    update_record(actor, "account", koeln.id, {"city": "Aachen"})
    update_record(actor, "account", bonn.id, {"city": "Köln"})
    assert names(rep_actor) == ["Bonner Bau", "Dom Druck"]
    assert (found(rep_actor, "Rheinwerk"), found(rep_actor, "Bonner")) == (set(), {bonn.id})


def test_what_a_changed_rule_gives_and_takes_holds_at_once(
    actor: Actor, rep_actor: Actor, koeln: Any, bonn: Any
) -> None:
    rule = rule_for(actor, "member", rep_actor.member_id)
    fill(rule)
    old = rule.grant_id
    rule = save_rule(actor, {"criteria": {"field": "city", "op": "is", "value": "Bonn"}}, rule_id=rule.id)
    assert (names(rep_actor), rule.state) == (["Bonner Bau"], "waiting")
    fill(rule)
    assert (names(rep_actor), rule.state, Share.objects.filter(principal_id=old).count()) == (
        ["Bonner Bau"],
        "stored",
        0,
    )
    save_rule(actor, {"is_active": False}, rule_id=rule.id)
    assert names(rep_actor) == []
    save_rule(actor, {"is_active": True}, rule_id=rule.id)
    assert names(rep_actor) == ["Bonner Bau"]
    delete_rule(actor, rule.id)
    assert (names(rep_actor), again(rep_actor).sharing_stamp) == ([], 0)


def test_a_rule_may_let_change_but_never_delete(actor: Actor, rep_actor: Actor, koeln: Any) -> None:
    fill(rule_for(actor, "team", rep_actor.team_id, may_edit=True))
    person = again(rep_actor)
    koeln.refresh_from_db()
    assert update_record(person, "account", koeln.id, {"name": "Rheinwerk AG"}).name == "Rheinwerk AG"
    assert (may_change(person, "account", koeln), may_change(person, "account", koeln, "delete")) == (True, False)
    with pytest.raises(NotAllowed):
        delete_record(person, "account", koeln.id)


def test_a_team_with_all_below_follows_the_tree(
    tenant: Tenant, actor: Actor, manager_actor: Actor, rep_actor: Actor, outsider_actor: Actor, koeln: Any
) -> None:
    north = Team.objects.get(id=manager_actor.team_id)
    fill(rule_for(actor, "branch", north.id))
    assert [names(one) for one in (manager_actor, rep_actor, outsider_actor)] == [["Rheinwerk"], ["Rheinwerk"], []]
    south = Team.objects.get(id=outsider_actor.team_id)
    change_team(actor, team_id=south.id, name=south.name, parent_id=north.id)
    assert names(outsider_actor) == ["Rheinwerk"]
    change_team(actor, team_id=south.id, name=south.name, parent_id=None)
    assert names(outsider_actor) == []


@pytest.mark.parametrize(
    "criteria",
    [
        {"field": "created_at", "op": "within", "value": {"last": 3, "unit": "days"}},
        {"related": "opportunity.account", "op": "none"},
        {},
    ],
)
def test_criteria_that_rows_cannot_hold_are_looked_up(
    actor: Actor, rep_actor: Actor, koeln: Any, criteria: dict[str, Any]
) -> None:
    rule = rule_for(actor, "member", rep_actor.member_id, criteria=criteria)
    rule.refresh_from_db()
    if rule.state == "waiting":
        fill(rule)
    assert (names(rep_actor), found(rep_actor, "Rhein")) == (["Rheinwerk"], {koeln.id})
    assert rule.state == ("stored" if not criteria else "inline")


def test_a_wide_rule_stays_in_the_records(
    actor: Actor, rep_actor: Actor, koeln: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guanxi.records.sharing.filling.FEW", 0)
    rule = rule_for(actor, "member", rep_actor.member_id)
    fill(rule)
    assert (rule.state, rule.matched, Share.objects.count(), names(rep_actor)) == ("inline", 1, 0, ["Rheinwerk"])
    monkeypatch.setattr("guanxi.records.sharing.filling.FEW", 2000)
    check_rule.function(rule.id)
    fill(rule)
    assert (rule.state, Share.objects.count(), names(rep_actor)) == ("stored", 1, ["Rheinwerk"])


def test_the_nightly_check_puts_rows_right(actor: Actor, rep_actor: Actor, koeln: Any, bonn: Any) -> None:
    rule = rule_for(actor, "member", rep_actor.member_id)
    fill(rule)
    model: Any = registry.get("account").model
    model.objects.filter(id=koeln.id).update(city="Bonn")
    model.objects.filter(id=bonn.id).update(city="Köln")
    check_rule.function(rule.id)
    assert names(rep_actor) == ["Bonner Bau"]


def test_a_writer_who_knows_nothing_of_a_rule_applies_it(actor: Actor, rep_actor: Actor) -> None:
    """The actor was read before the rule was made."""
    rule = rule_for(actor, "member", rep_actor.member_id)
    assert actor.sharing_stamp == 0
    fill(rule)
    new = create_record(actor, "account", {"name": "Dom Druck", "city": "Köln"})
    assert (names(rep_actor), found(rep_actor, "Dom")) == (["Dom Druck"], {new.id})


def test_no_rules_cost_no_statement(actor: Actor) -> None:
    create_record(actor, "account", {"name": "First"})
    with CaptureQueriesContext(connection) as before:
        create_record(actor, "account", {"name": "Second"})
    assert [query["sql"] for query in before if "sharingrule" in query["sql"] or "identity_share" in query["sql"]] == []


def test_sharing_by_hand(actor: Actor, rep_actor: Actor, outsider_actor: Actor, koeln: Any) -> None:
    share = share_record(actor, "account", koeln.id, principal_kind="member", principal_id=rep_actor.member_id)
    assert (names(rep_actor), found(rep_actor, "Rhein"), names(outsider_actor)) == (["Rheinwerk"], {koeln.id}, [])
    with pytest.raises(NotAllowed):
        share_record(
            again(rep_actor), "account", koeln.id, principal_kind="member", principal_id=outsider_actor.member_id
        )
    again_ = share_record(
        actor, "account", koeln.id, principal_kind="member", principal_id=rep_actor.member_id, may_edit=True
    )
    assert (again_.id, again_.may_edit, Share.objects.count()) == (share.id, True, 1)
    share_record(again(rep_actor), "account", koeln.id, principal_kind="team", principal_id=outsider_actor.team_id)
    assert [(one.to.name, one.may_edit, one.how) for one in opened_to("account", koeln)] == [
        ("Rita Rep", True, "by hand"), ("South", False, "by hand"),
    ]  # fmt: skip
    end_share(actor, "account", koeln.id, share.id)
    assert (names(rep_actor), names(outsider_actor)) == ([], ["Rheinwerk"])
    told = AccessEntry.objects.filter(action__startswith="share.").order_by("at").values_list("action", "record_id")
    assert list(told) == [("share.given", koeln.id)] * 3 + [("share.taken", koeln.id)]
    with pytest.raises(NotFound):
        end_share(actor, "account", koeln.id, share.id)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": " "}),
        ("object", {"object": "nothing"}),
        ("criteria", {"criteria": {"field": "nothing", "op": "is", "value": 1}}),
        ("criteria", {"criteria": {"field": "owner", "op": "is", "value": "$me"}}),
        ("criteria", {"criteria": "text"}),
        ("principal_kind", {"principal_kind": "everybody"}),
        ("principal_id", {"principal_id": None}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    actor: Actor, rep_actor: Actor, field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        rule_for(actor, "member", rep_actor.member_id, **wrong)
    assert list(refused.value.errors) == [field]
    assert SharingRule.objects.count() == 0


def test_rules_are_for_administrators(rep_actor: Actor, koeln: Any) -> None:
    with pytest.raises(NotAllowed):
        rule_for(rep_actor, "member", rep_actor.member_id)
    assert (SharingRule.objects.count(), Membership.objects.filter(is_active=True).count() > 0) == (0, True)


def test_a_role_without_the_object_gets_nothing_by_a_share(actor: Actor, rep_actor: Actor, koeln: Any) -> None:
    role = Membership.objects.select_related("role").get(id=rep_actor.member_id).role
    role.grants = {**role.grants, "account": {"view": "none"}}
    role.save()
    fill(rule_for(actor, "member", rep_actor.member_id))
    assert names(rep_actor) == []


def test_the_rule_begins_again(actor: Actor, rep_actor: Actor, koeln: Any) -> None:
    rule = rule_for(actor, "member", rep_actor.member_id)
    old = rule.grant_id
    begin(rule)
    fill_rule.function(rule.tenant_id, rule.id, old)
    rule.refresh_from_db()
    assert (rule.state, Share.objects.count()) == ("waiting", 0)
