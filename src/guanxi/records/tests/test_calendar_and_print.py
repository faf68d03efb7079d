"""The calendar by any date, the tenant's own included; lists on paper; what the role hides stays hidden."""

from typing import Any

import orjson
import pytest
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.changes import create_record
from guanxi.records.own_fields import create_field
from guanxi.records.queries import get_record
from guanxi.records.tests.test_views import sign_in

SPAN = "start=2026-11-01T00:00:00Z&end=2026-12-01T00:00:00Z"


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def feed(client: Client, url: str) -> list[Any]:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.content)
    return list(answer.json())


def test_any_date_of_an_object_makes_a_calendar(actor: Actor, client: Client) -> None:
    create_record(
        actor,
        "opportunity",
        {"name": "Close", "close_date": "2026-11-19", "next_step": "Call", "next_step_at": "2026-12-05T08:00:00Z"},
    )
    create_record(actor, "opportunity", {"name": "Later", "close_date": "2027-01-05"})
    assert [one["title"] for one in feed(client, f"/opportunities/calendar/feed?{SPAN}")] == ["Close"]
    page = client.get("/opportunities/calendar").content.decode()
    assert "By: Close date" in page and "calendar?by=created_at" in page
    assert feed(client, f"/opportunities/calendar/feed?{SPAN}&by=next_step_at") == []
    filtered = orjson.dumps({"field": "name", "op": "is", "value": "Nothing"}).decode()
    assert feed(client, f"/opportunities/calendar/feed?{SPAN}&filter={filtered}") == []
    for wrong in ("name", "nothing"):
        assert client.get(f"/opportunities/calendar?by={wrong}").status_code == 404
        assert client.get(f"/opportunities/calendar/feed?by={wrong}").status_code == 404


def test_dates_of_ones_own_too_and_dragging_writes_them(actor: Actor, client: Client) -> None:
    create_field(actor, {"object": "account", "kind": "date", "name": "review_on", "label_en": "Review on"})
    account = create_record(actor, "account", {"name": "A", "review_on": "2026-11-19"})
    [one] = feed(client, f"/accounts/calendar/feed?{SPAN}&by=review_on")
    assert (one["title"], one["start"], one["allDay"], one["editable"]) == ("A", "2026-11-19", True, True)
    moved = client.patch(
        f"/accounts/calendar/{account.id}?by=review_on",
        {"start": "2026-11-25", "version": one["version"]},
        content_type="application/json",
    )
    assert moved.status_code == 200
    assert get_record(actor, "account", account.id).custom["review_on"] == "2026-11-25"
    refused = client.patch(
        f"/accounts/calendar/{account.id}?by=created_at", {"start": "2026-11-25"}, content_type="application/json"
    )
    assert refused.status_code == 422
    assert get_record(actor, "account", account.id).version == 2


def test_a_hidden_date_makes_no_calendar(rep_actor: Actor) -> None:
    role = Membership.objects.get(id=rep_actor.member_id).role
    role.field_access = {"opportunity": {"close_date": "masked"}}
    role.save()
    client = sign_in(rep_actor)
    assert client.get("/opportunities/calendar").status_code == 404
    assert "close_date" not in client.get("/opportunities/calendar?by=created_at").content.decode()


def test_a_list_on_paper(actor: Actor, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, city in (("A", "Leeds"), ("B", "Leeds"), ("C", "Ulm")):
        create_record(actor, "account", {"name": name, "city": city})
    leeds = orjson.dumps({"field": "city", "op": "is", "value": "Leeds"}).decode()
    page = client.get(f"/accounts/print?filter={leeds}&columns=name,city").content.decode()
    assert page.count("<tr data-id") == 2 and "City is Leeds" in page and "data-print" in page
    assert "/accounts/print" in client.get("/accounts/").content.decode()
    monkeypatch.setattr("guanxi.records.views.printing.AT_A_TIME", 1)
    assert client.get("/accounts/print").content.decode().count("<tr data-id") == 3
    monkeypatch.setattr("guanxi.records.views.printing.MOST", 2)
    cut = client.get("/accounts/print").content.decode()
    assert cut.count("<tr data-id") == 2 and "The list is longer" in cut
    assert client.get("/accounts/print?filter=rubbish").status_code == 400
