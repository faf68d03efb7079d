"""Counts beside the side bar and the tabs: what is counted, for whom, and who is told that they changed."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.identity.actor import Actor
from guanxi.records import counting, registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.counting import menu_counts, view_counts
from guanxi.records.models import SavedView
from guanxi.records.saved_views import save_view
from guanxi.records.screens import bottom_entries, menu_entries
from guanxi.records.tests.test_views import sign_in

BERLIN = {"field": "city", "op": "is", "value": "Berlin"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Members whose pages are asked to count anew, in order."""
    members: list[UUID] = []
    monkeypatch.setattr(counting, "announce", lambda topic, *, member_id: members.append(member_id))
    return members


def test_an_entry_counts_what_its_list_opens(actor: Actor, rep_actor: Actor) -> None:
    create_record(actor, "account", {"name": "Foreign"})
    create_record(rep_actor, "account", {"name": "Own"})
    create_record(rep_actor, "opportunity", {"name": "Running"})
    assert (menu_counts(actor)["accounts"], menu_counts(rep_actor)["accounts"]) == (2, 1)
    assert (menu_counts(actor)["opportunities"], menu_counts(rep_actor)["opportunities"]) == (0, 1)
    assert "contacts" not in menu_counts(actor)


def test_what_a_role_may_not_see_has_no_count(actor: Actor) -> None:
    create_record(actor, "account", {"name": "Somebody"})
    bare = Actor(**{**actor.__dict__, "is_admin": False, "grants": {"lead": {"view": "own"}}})
    assert set(menu_counts(bare)) == {"leads", "inbox"}
    off = Actor(**{**actor.__dict__, "rooms_off": frozenset({"sales"})})
    assert not {"leads", "lead-pool", "opportunities", "quotes"} & set(menu_counts(off))


def test_pinned_views_are_counted_and_a_field_that_is_hidden_counts_nothing(actor: Actor) -> None:
    create_record(actor, "account", {"name": "A", "city": "Berlin"})
    create_record(actor, "account", {"name": "B", "city": "Paris"})
    pinned = save_view(actor, object_name="account", name="Berlin", criteria=BERLIN, pinned=True)
    loose = save_view(actor, object_name="account", name="Loose", criteria=BERLIN)
    saved = list(SavedView.objects.all())
    assert menu_counts(actor, saved)[str(pinned.id)] == 1
    assert str(loose.id) not in menu_counts(actor, saved)
    blind = Actor(
        **{
            **actor.__dict__,
            "is_admin": False,
            "grants": {"*": {"*": "all"}},
            "field_access": {"account": {"city": "hidden"}},
        }
    )
    assert str(pinned.id) not in menu_counts(blind, saved)


def test_tabs_of_a_board_count_its_pipeline_only(actor: Actor) -> None:
    record = create_record(actor, "opportunity", {"name": "Here"})
    kind = registry.get("opportunity")
    views = [("all", {}), ("open", {"field": "category", "op": "is", "value": "open"})]
    assert view_counts(actor, kind, views, pipeline=str(record.pipeline_id)) == {"all": 1, "open": 1}
    assert view_counts(actor, kind, views, pipeline="01a20028-6c8d-7702-b406-bef3401194cb") == {"all": 0, "open": 0}
    assert view_counts(actor, kind, views, pipeline="nonsense") == {}


def test_the_address_answers_menu_and_views(actor: Actor, rep_actor: Actor) -> None:
    create_record(rep_actor, "account", {"name": "Own"})
    client: Any = sign_in(rep_actor)
    body = orjson.loads(client.get("/menu/counts").content)
    assert body["counts"]["accounts"] == 1 and not [key for key in body["counts"] if key.startswith("view:")]
    body = orjson.loads(client.get("/menu/counts?of=accounts").content)
    assert {key: count for key, count in body["counts"].items() if key.startswith("view:")} == {
        "view:all": 1,
        "view:mine": 1,
        "view:key": 0,
        "view:pool": 0,
    }
    assert client.get("/menu/counts?of=nothing").status_code == 404
    page = client.get("/accounts/").content.decode()
    assert 'data-counts-url="/menu/counts"' in page and 'data-counts-of="accounts"' in page
    assert '<span class="badge" data-counter="inbox" hidden>' in page


def test_tabs_of_a_record_count_what_is_behind_them(actor: Actor, rep_actor: Actor) -> None:
    account = create_record(rep_actor, "account", {"name": "Own"})
    create_record(rep_actor, "contact", {"name": "Julia Brandt", "account": account.id})
    create_record(rep_actor, "opportunity", {"name": "Seen", "account": account.id})
    create_record(actor, "opportunity", {"name": "Not shown to the representative", "account": account.id})
    for who, business in ((actor, 2), (rep_actor, 1)):
        client: Any = sign_in(who)
        body = orjson.loads(client.get(f"/menu/counts?of=accounts&record={account.id}").content)["counts"]
        assert (body["tab:contact.account"], body["tab:opportunity.account"]) == (1, business)
        assert "view:all" not in body
    foreign = create_record(actor, "account", {"name": "Foreign"})
    assert client.get(f"/menu/counts?of=accounts&record={foreign.id}").status_code == 404
    assert f'data-counts-record="{account.id}"' in client.get(f"/accounts/{account.id}/").content.decode()


def test_the_bar_of_a_phone_leads_to_day_customers_and_inbox(actor: Actor) -> None:
    found = bottom_entries(menu_entries(actor, "/accounts/"))
    assert [(item["key"], item["current"]) for item in found] == [
        ("my-day", False),
        ("accounts", True),
        ("inbox", False),
    ]
    bare = Actor(**{**actor.__dict__, "is_admin": False, "grants": {"lead": {"view": "own"}}})
    assert [item["key"] for item in bottom_entries(menu_entries(bare, "/"))] == ["my-day", "inbox", "calendar"]


def test_colleagues_are_told_when_what_they_own_moves(actor: Actor, rep_actor: Actor, told: list[UUID]) -> None:
    record = create_record(actor, "account", {"name": "Mine"})
    update_record(actor, "account", record.id, {"city": "Berlin"})
    assert told == []
    update_record(actor, "account", record.id, {"owner": rep_actor.member_id})
    assert told == [rep_actor.member_id]
    update_record(actor, "account", record.id, {"city": "Paris"})
    assert told == [rep_actor.member_id]
    delete_record(actor, "account", record.id)
    assert told == [rep_actor.member_id] * 2


def test_counting_is_one_question_each(actor: Actor) -> None:
    with CaptureQueriesContext(connection) as captured:
        menu_counts(actor)
    assert len(captured) <= 8
