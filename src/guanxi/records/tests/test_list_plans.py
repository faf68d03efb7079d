"""Lists by statements that are kept: the same rows as without, and never those of other rights or of yesterday."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone, translation

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import note_settings_version
from guanxi.identity.actor import Actor
from guanxi.records import list_plans
from guanxi.records.changes import create_record
from guanxi.records.list_plans import planned_page, plans_of
from guanxi.records.lists import ListQuery, list_records

MINE = {"field": "owner", "op": "is", "value": "$me"}


@pytest.fixture
def known(actor: Actor) -> Actor:
    """As a request begins: the version of the settings known, nothing changed in its transaction."""
    note_settings_version(actor.settings_version)
    list_plans._readers.clear()
    return actor


@pytest.fixture
def accounts(actor: Actor) -> list[Any]:
    return [create_record(actor, "account", {"name": name, "city": "Ulm"}) for name in "DACB"]


def names(actor: Actor, **query: Any) -> list[str]:
    """By kept statements; after checking that it is what is found without."""
    wanted = ListQuery(object="account", sort="name", fields=("name", "city", "owner"), **query)
    found, slow = planned_page(actor, wanted), list_records(actor, wanted)
    assert found == slow
    return [row["name"] for row in found.rows]


def unkept(actor: Actor) -> Actor:
    """Rights as another request would find them, in a transaction that has not changed the settings."""
    return replace(actor, origin="192.0.2.7")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixtures made settings in this very transaction; what is looked at here are requests after that."""
    monkeypatch.setattr(list_plans, "settings_version", lambda: 1)


def test_pages_go_on_behind_the_kept_ones(known: Actor, accounts: list[Any]) -> None:
    wanted = ListQuery(object="account", sort="name", fields=("name",), limit=3)
    for _ in range(2):
        first = planned_page(known, wanted)
        assert [row["name"] for row in first.rows] == ["A", "B", "C"]
        second = planned_page(known, replace(wanted, cursor=first.next or ""))
        assert ([row["name"] for row in second.rows], second.next) == (["D"], None)
    with pytest.raises(Invalid):
        planned_page(known, replace(wanted, cursor="bad"))


def test_a_plan_is_used_again_from_another_address_only(known: Actor, accounts: list[Any]) -> None:
    names(known, criteria=MINE)
    kept = plans_of(known)
    assert len(kept) == 1 and plans_of(unkept(known)) is kept
    assert plans_of(replace(known, settings_version=known.settings_version + 1)) == {}


def test_other_rights_meet_no_old_plan(known: Actor, rep_actor: Actor, accounts: list[Any]) -> None:
    own = create_record(rep_actor, "account", {"name": "Own"})
    assert names(rep_actor, criteria=MINE) == ["Own"]
    everything = {name: dict(scopes, view="all") for name, scopes in rep_actor.grants.items()}
    assert names(replace(rep_actor, grants=everything)) == ["A", "B", "C", "D", "Own"]
    narrow = {name: dict(scopes, view="own") for name, scopes in rep_actor.grants.items()}
    assert names(replace(rep_actor, grants=narrow)) == ["Own"]
    assert own.name == "Own"


def test_days_are_counted_from_today(known: Actor, accounts: list[Any]) -> None:
    recent = {"field": "created_at", "op": "within", "value": {"last": 2, "unit": "days"}}
    assert names(known, criteria=recent) == ["A", "B", "C", "D"]
    with patch.object(timezone, "now", lambda: datetime.now(UTC) + timedelta(days=5)):
        assert names(known, criteria=recent) == []


def test_a_list_in_another_language_has_its_own_plan(known: Actor, accounts: list[Any]) -> None:
    english = plans_of(known)
    with translation.override("zh-hans"):
        assert plans_of(known) is not english


def test_what_follows_a_segment_is_compiled_each_time(known: Actor, accounts: list[Any]) -> None:
    with pytest.raises(Invalid):
        planned_page(known, ListQuery(object="account", criteria={"field": "$segment", "op": "in", "value": ["no"]}))
    names(known, criteria={"field": "name", "op": "is", "value": "$egment"})
    assert plans_of(known) == {}


def test_nothing_is_kept_in_a_transaction_that_changes_the_settings(
    known: Actor, accounts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_plans, "settings_version", lambda: list_plans.CHANGED)
    names(known)
    assert not list_plans._readers
