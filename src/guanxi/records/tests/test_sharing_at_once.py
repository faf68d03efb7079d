"""Rules and the tree of teams change while eight writers write: nothing is given that the rule does not give, nothing is lost."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q

from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.at_once import at_once
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Share, SharingRule, Team
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import change_team
from guanxi.identity.tests.factories import admin_of, make_member, make_tenant
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.queries import visible_records
from guanxi.records.sharing import filling
from guanxi.records.sharing.filling import fill_rule, wait_for_writers
from guanxi.records.sharing.rules import save_rule

WRITERS = 8
ROUNDS = 12
CITIES = ("Köln", "Bonn", "Ulm")


# Transactions of the tests that run beside these are waited for too.
LONGEST_TEST = 300.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "PATIENCE", LONGEST_TEST)


@pytest.fixture
def committed(transactional_db: None) -> Actor:
    """An administrator whose company is committed."""
    return admin_of(make_tenant("polaris"))


def apart(admin: Actor) -> Membership:
    """A representative of a team of its own, who sees nothing yet."""
    rep = make_member(admin, "rep@polaris.example")
    with tenant_tx(admin.tenant_id):
        rep.team = Team.objects.create(name="Part")
        rep.save(update_fields=["team"])
    return rep


def city(name: str) -> dict[str, str]:
    return {"field": "city", "op": "is", "value": name}


def reread(actor: Actor) -> Actor:
    assert actor.user_id
    found = actor_of_user(actor.tenant_id, actor.user_id)
    assert found
    return found


def seen(admin: Actor, member_id: UUID) -> set[UUID]:
    """What the member sees now, as a request that begins now does."""
    with tenant_tx(admin.tenant_id):
        found = actor_of_user(admin.tenant_id, Membership.objects.get(id=member_id).user_id)
        assert found
        return set(visible_records(found, "account").values_list("id", flat=True))


def in_city(admin: Actor, name: str) -> set[UUID]:
    with tenant_tx(admin.tenant_id):
        rows: Any = registry.get("account").model
        return set(rows.objects.filter(city=name).values_list("id", flat=True))


def writer(admin: Actor, seed: int, *, stale: bool) -> Callable[[], None]:
    """Makes accounts and moves them between cities; half of the writers know the rules as of their beginning."""
    chance = random.Random(seed)

    def write() -> None:
        person: Actor = admin
        mine: list[UUID] = []
        for number in range(ROUNDS):
            if not stale:
                with tenant_tx(admin.tenant_id):
                    person = reread(admin)
            if mine and chance.random() < 0.5:
                update_record(person, "account", chance.choice(mine), {"city": chance.choice(CITIES)})
            else:
                values = {"name": f"Writer {seed} {number}", "city": chance.choice(CITIES)}
                mine.append(create_record(person, "account", values).id)

    return write


def wrong(admin: Actor, member_id: UUID, name: str) -> int:
    """How many accounts the member sees beyond those of the city, or does not see of it, in one look at the database."""
    with tenant_tx(admin.tenant_id):
        found = actor_of_user(admin.tenant_id, Membership.objects.get(id=member_id).user_id)
        assert found
        rows: Any = registry.get("account").model
        visible = visible_records(found, "account").values("id")
        excess = Q(id__in=visible) & ~Q(city=name)
        lacking = Q(city=name) & ~Q(id__in=visible)
        return int(rows.objects.filter(excess | lacking).count())


def test_rules_change_under_eight_writers(committed: Actor) -> None:
    rep = apart(committed)
    rule = save_rule(
        committed,
        {
            "name": "R",
            "object": "account",
            "criteria": city("Köln"),
            "principal_kind": "member",
            "principal_id": rep.id,
        },
    )
    errors: list[int] = []

    def change() -> None:
        for name in ("Bonn", "Ulm", "Köln", "Bonn"):
            save_rule(committed, {"criteria": city(name)}, rule_id=rule.id)
            errors.append(wrong(committed, rep.id, name))
            with tenant_tx(committed.tenant_id):
                row = SharingRule.objects.get(id=rule.id)
            fill_rule.function(committed.tenant_id, row.id, row.grant_id)
            errors.append(wrong(committed, rep.id, name))

    calls = [writer(committed, number, stale=number % 2 == 0) for number in range(WRITERS)]
    assert at_once([*calls, change]) == [None] * (WRITERS + 1)
    assert (errors, seen(committed, rep.id)) == ([0] * 8, in_city(committed, "Bonn"))
    with tenant_tx(committed.tenant_id):
        row = SharingRule.objects.get()
        assert row.state == "stored"
        assert set(Share.objects.filter(record_id__in=seen(committed, rep.id)).values_list("principal_id")) == {
            (row.grant_id,)
        }


def test_the_job_waits_for_a_writer_who_knows_nothing(committed: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that began to write before the rule was there ends after the job has begun."""
    monkeypatch.setattr(filling, "PATIENCE", 0.3)
    rep = apart(committed)
    with tenant_tx(committed.tenant_id):
        create_record(committed, "account", {"name": "Rheinwerk", "city": "Köln"})

        def begin() -> tuple[Any, str]:
            rule = save_rule(
                committed,
                {
                    "name": "R",
                    "object": "account",
                    "criteria": city("Köln"),
                    "principal_kind": "member",
                    "principal_id": rep.id,
                },
            )
            fill_rule.function(committed.tenant_id, rule.id, rule.grant_id)
            with tenant_tx(committed.tenant_id):
                return rule, SharingRule.objects.get().state

        [(rule, state)] = at_once([begin])
        assert state == "waiting"
    assert seen(committed, rep.id) == in_city(committed, "Köln") != set()
    monkeypatch.setattr(filling, "PATIENCE", LONGEST_TEST)
    fill_rule.function(committed.tenant_id, rule.id, rule.grant_id)
    with tenant_tx(committed.tenant_id):
        assert (SharingRule.objects.get().state, Share.objects.count()) == ("stored", 1)
    assert seen(committed, rep.id) == in_city(committed, "Köln")


def test_waiting_ends(committed: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        newest = cursor.fetchone()[0]
    assert wait_for_writers(newest, LONGEST_TEST)
    assert not wait_for_writers(newest + 1_000_000, 0.1)


def test_the_tree_changes_under_eight_writers(committed: Actor) -> None:
    """Who leaves a branch sees nothing of it from that moment; who comes sees all of it."""
    with tenant_tx(committed.tenant_id):
        top = Team.objects.create(name="Top")
    rep = apart(committed)
    with tenant_tx(committed.tenant_id):
        part = Team.objects.get(name="Part")
    change_team(committed, team_id=part.id, name="Part", parent_id=top.id)
    save_rule(
        committed,
        {
            "name": "R",
            "object": "account",
            "criteria": city("Köln"),
            "principal_kind": "branch",
            "principal_id": top.id,
        },
    )
    outside: list[set[UUID]] = []

    def move() -> None:
        for parent in (None, top.id, None, top.id):
            change_team(committed, team_id=part.id, name="Part", parent_id=parent)
            if parent is None:
                outside.append(seen(committed, rep.id))

    calls = [writer(committed, number, stale=number % 2 == 0) for number in range(WRITERS)]
    assert at_once([*calls, move]) == [None] * (WRITERS + 1)
    assert (outside, seen(committed, rep.id)) == ([set(), set()], in_city(committed, "Köln"))
