"""The compiler against a slow, obviously right reference, on random configurations in the real database.

Forty companies' worth of trees, shares and rules, in each thirty people with a role, homes and absences of their own: 1,200 configurations, more
than ten thousand decisions.

Rows, single records, search, counts and sums of the board must agree with the reference, in both shapes of the query.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone, translation

from guanxi.identity.actor import Actor, branch_principal
from guanxi.identity.models import Delegation, Membership, Role, Share, SharingRule, Team, TeamMember, User
from guanxi.identity.queries import actor_of_user
from guanxi.identity.sharing import note_rules_changed, principal_of
from guanxi.records import lists
from guanxi.records.board import board_page
from guanxi.records.changes import Update, change_records, create_record
from guanxi.records.lists import ListQuery, count_records, sum_records
from guanxi.records.queries import may_change, visible_records
from guanxi.records.search import search
from guanxi.records.sharing.by_hand import share_record
from guanxi.records.sharing.filling import filled_batches

WORLDS, PEOPLE, RECORDS = 40, 30, 9
SCOPES = ("none", "own", "team", "below", "all")
ACTIONS = ("view", "edit", "delete")
STEPS = ("Call", "Visit", "Write")
DAY = timedelta(days=1)


@dataclass
class World:
    """One company's people and records; teams, roles and shares change from configuration to configuration."""

    admin: Actor
    people: list[Any]
    teams: list[Any]
    records: list[Any]
    parents: dict[UUID, UUID | None] = field(default_factory=dict)
    homes: dict[UUID, set[UUID]] = field(default_factory=dict)
    scopes: dict[UUID, dict[str, str]] = field(default_factory=dict)
    shares: list[tuple[UUID, UUID, bool]] = field(default_factory=list)
    rules: list[tuple[UUID, str, bool]] = field(default_factory=list)
    away: set[tuple[UUID, UUID, bool]] = field(default_factory=set)

    def above(self, team: UUID | None) -> set[UUID]:
        """A team and all above it."""
        found: set[UUID] = set()
        while team is not None:
            found.add(team)
            team = self.parents[team]
        return found

    def may(self, member: UUID, action: str, record: Any) -> bool:
        """The reference: sentence by sentence what the documents say."""
        scope = self.scopes[member][action]
        if scope in ("none", "all"):
            return scope == "all"
        owners = {member} | {
            absent for delegate, absent, edits in self.away
            if delegate == member and (action == "view" or (action == "edit" and edits))
        }  # fmt: skip
        if record.owner_id in owners:
            return True
        if scope in ("team", "below") and record.team_id in self.homes[member]:
            return True
        if scope == "below" and self.above(record.team_id) & self.homes[member]:
            return True
        return action != "delete" and self._shared(owners, member, action, record)

    def _shared(self, owners: set[UUID], member: UUID, action: str, record: Any) -> bool:
        reached = owners | self.homes[member]
        for team in self.homes[member]:
            reached |= {branch_principal(one) for one in self.above(team)}
        for to, key, edits in self.shares:
            if key == record.id and to in reached and (action == "view" or edits):
                return True
        return any(
            to in reached and record.next_step == step and (action == "view" or edits) for to, step, edits in self.rules
        )


def build(admin: Actor) -> World:
    """People with a role each, teams and records."""
    people = []
    for number in range(PEOPLE):
        user = User.objects.create(email=f"p{number}@polaris.example", name=f"P{number}")
        role = Role.objects.create(key=f"p{number}", name=f"P{number}")
        people.append(Membership.objects.create(user=user, role=role, name=f"P{number}"))
    teams = [Team.objects.create(name=f"T{number}") for number in range(5)]
    values = [{"name": f"Deal {number}", "amount": 100 + number} for number in range(RECORDS)]
    return World(admin, people, teams, [create_record(admin, "opportunity", one) for one in values])


def shuffle(world: World, chance: random.Random) -> None:
    """Another configuration: tree, roles, homes, absences, shares, rules, and who owns what."""
    world.parents = {}
    for number, team in enumerate(world.teams):
        parent = chance.choice([None, *world.teams[:number]]) if number else None
        world.parents[team.id] = parent.id if parent else None
        Team.objects.filter(id=team.id).update(parent_id=world.parents[team.id])
    TeamMember.objects.all().delete()
    Delegation.objects.all().delete()
    world.away = set()
    for person in world.people:
        _place(world, chance, person)
    Membership.objects.bulk_update(world.people, ["team"])
    Role.objects.bulk_update([person.role for person in world.people], ["grants"])
    TeamMember.objects.bulk_create(TeamMember(membership=one, team=one.further) for one in world.people if one.further)
    _share(world, chance)
    _rule(world, chance)
    _own(world, chance)


def _place(world: World, chance: random.Random, person: Any) -> None:
    home = chance.choice([None, *world.teams])
    further = chance.choice([None, None, *world.teams])
    person.team, person.further = home, further
    world.homes[person.id] = {team.id for team in (home, further) if team}
    world.scopes[person.id] = {action: chance.choice(SCOPES) for action in ACTIONS}
    person.role.grants = {"opportunity": world.scopes[person.id]}
    if chance.random() < 0.25:
        absent = chance.choice([one for one in world.people if one.id != person.id])
        edits, now = chance.random() < 0.5, timezone.now()
        days = {"first_day": now.date(), "last_day": now.date()}
        moments = {"begins_at": now - DAY, "ends_at": now + DAY}
        Delegation.objects.create(absent=absent, delegate=person, may_edit=edits, **days, **moments)
        world.away.add((person.id, absent.id, edits))


def _principal(world: World, chance: random.Random) -> tuple[str, UUID, UUID]:
    kind = chance.choice(["member", "team", "branch"])
    key: UUID = chance.choice(world.people if kind == "member" else world.teams).id
    return kind, key, principal_of(kind, key)


def _share(world: World, chance: random.Random) -> None:
    Share.objects.all().delete()
    world.shares = []
    for _number in range(chance.randrange(5)):
        kind, key, opened = _principal(world, chance)
        record, edits = chance.choice(world.records), chance.random() < 0.5
        known = [one for one in world.shares if one[:2] == (opened, record.id)]
        if known:
            world.shares.remove(known[0])
        share_record(
            world.admin, "opportunity", record.id, principal_kind=kind, principal_id=key, may_edit=edits
        )  # fmt: skip
        world.shares.append((opened, record.id, edits))


def _rule(world: World, chance: random.Random) -> None:
    SharingRule.objects.all().delete()
    world.rules = []
    for number in range(chance.randrange(4)):
        kind, key, opened = _principal(world, chance)
        step, edits, filled = chance.choice(STEPS), chance.random() < 0.5, chance.random() < 0.6
        rule = SharingRule.objects.create(
            name=f"R{number}", object="opportunity", criteria={"field": "next_step", "op": "is", "value": step},
            principal_kind=kind, principal_id=key, may_edit=edits, state="stored" if filled else "waiting",
        )  # fmt: skip
        if filled:
            list(filled_batches(world.admin.tenant_id, rule))
        world.rules.append((opened, step, edits))
    note_rules_changed()


def _own(world: World, chance: random.Random) -> None:
    """Through the write path, so that writers make and take the rows of rules."""
    changes = []
    for record in world.records:
        owner, team = chance.choice([None, *world.people]), chance.choice([None, *world.teams])
        values = {
            "owner": owner.id if owner else None,
            "team": team.id if team else None,
            "next_step": chance.choice(STEPS),
        }
        changes.append(Update(record.id, values))
    world.records = change_records(reread(world.admin), "opportunity", changes)


def reread(actor: Actor) -> Actor:
    """The person as the next request finds it."""
    assert actor.user_id
    found = actor_of_user(actor.tenant_id, actor.user_id)
    assert found
    return found


def rows_agree(world: World, person: Any, action: str, few: bool) -> Actor:
    """The rows of one question against the reference; who asked."""
    actor = actor_of_user(world.admin.tenant_id, person.user_id)
    assert actor
    rows = visible_records(actor, "opportunity", action, few=few).values_list("id", flat=True)
    assert set(rows) == {one.id for one in world.records if world.may(person.id, action, one)}, (action, few)
    return actor


def doors_agree(world: World, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All doors against the reference for one person."""
    asked = [rows_agree(world, person, action, few) for action in ACTIONS for few in (False, True)]
    actor = asked[0]
    may = {action: {one.id for one in world.records if world.may(person.id, action, one)} for action in ACTIONS}
    seen = [one for one in world.records if one.id in may["view"]]
    query = ListQuery(object="opportunity")
    for few in (False, True):
        monkeypatch.setattr(lists, "sees_few", lambda *_args, few=few: few)
        assert count_records(actor, query) == (len(seen), True)
        assert sum_records(actor, query, "amount") == (sum(one.amount for one in seen) if seen else None)
        columns = board_page(actor, "opportunity") if world.scopes[person.id]["view"] != "none" else []
        assert sum(column.count for column in columns) == len(seen)
        assert sum(column.total or 0 for column in columns) == sum(one.amount for one in seen)
    assert {hit.id for hit in search(actor, "Deal", objects=["opportunity"])} == may["view"]
    for one in world.records:
        assert may_change(actor, "opportunity", one) == (one.id in may["edit"])
        assert may_change(actor, "opportunity", one, "delete") == (one.id in may["delete"])


def test_every_door_agrees_with_the_reference(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20261122)
    world = build(actor)
    seen: set[tuple[str, bool]] = set()
    for number in range(WORLDS):
        with translation.override("en"):
            shuffle(world, chance)
        for person in world.people:
            try:
                rows_agree(world, person, chance.choice(ACTIONS), chance.random() < 0.5)
            except AssertionError as error:
                raise AssertionError(f"world {number}, {person.name}") from error
            scopes = world.scopes[person.id]
            seen |= {(scopes["view"], world.may(person.id, "view", one)) for one in world.records}
        doors_agree(world, world.people[number % PEOPLE], monkeypatch)
    # The reference itself was asked something: every scope but the first and the last both gave and refused.
    assert seen == {("none", False), ("all", True)} | {
        (scope, given) for scope in SCOPES[1:4] for given in (True, False)
    }
