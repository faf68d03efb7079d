"""Board, calendar, export, and the settings of tags and codes."""

import csv
from io import StringIO
from typing import Any

import orjson
import pytest
from django.test import Client

from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, User
from guanxi.records import registry
from guanxi.records.changes import Create, change_records, create_record
from guanxi.records.models import Tag

HTMX: Any = {"headers": {"HX-Request": "true"}}


def sign_in(actor: Actor) -> Client:
    client = Client()
    user = User.objects.get(id=actor.user_id or "")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def stages() -> list[Any]:
    return list(registry.get("stage").model.objects.order_by("position"))  # type: ignore[attr-defined]


@pytest.fixture
def opportunity(actor: Actor) -> Any:
    account = create_record(actor, "account", {"name": "Hartmann"})
    values = {"name": "Vision cell", "account": account.id, "amount": "420000", "close_date": "2027-01-31"}
    return create_record(actor, "opportunity", values)


def test_board_shows_columns_with_figures(client: Client, opportunity: Any) -> None:
    text = client.get("/opportunities/board").content.decode()
    assert text.count('data-stage="') == len(stages())
    assert "Vision cell" in text
    assert "¥420,000" in text


def test_a_card_moves_by_its_command_and_answers_the_figures(client: Client, opportunity: Any) -> None:
    target = stages()[2]
    body = orjson.dumps({"id": str(opportunity.id), "to": str(target.id), "version": opportunity.version})
    answer = client.post("/opportunities/board/move", body, content_type="application/json").json()
    assert answer["version"] > opportunity.version
    assert answer["columns"][str(target.id)]["sum"] == "¥420,000"
    stale = client.post("/opportunities/board/move", body, content_type="application/json")
    assert stale.status_code == 412
    assert stale.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":"x"}', b'{"id":"01a20032-8dc2-72c3-83ae-77e1f37e1a1a","to":"x"}'])
def test_a_senseless_move_is_refused(client: Client, opportunity: Any, body: bytes) -> None:
    answer = client.post("/opportunities/board/move", body, content_type="application/json")
    assert 400 <= answer.status_code < 500


def test_won_asks_for_more_before_the_move(client: Client, opportunity: Any) -> None:
    answer = client.get(f"/opportunities/board/form/win?id={opportunity.id}&to=x")
    assert answer["Location"].startswith(f"/opportunities/{opportunity.id}/do/win")
    form = client.get(answer["Location"], **HTMX)
    assert form.status_code == 200
    assert "<form" in form.content.decode()


def test_calendar_feeds_the_span_and_moves(client: Client, opportunity: Any) -> None:
    feed = client.get(
        "/opportunities/calendar/feed?view=all&start=2027-01-01T00:00:00Z&end=2027-02-01T00:00:00Z"
    ).json()
    assert [(row["title"], row["start"], row["allDay"]) for row in feed] == [("Vision cell", "2027-01-31", True)]
    assert (
        client.get("/opportunities/calendar/feed?view=all&start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z").json()
        == []
    )
    body = orjson.dumps({"start": "2027-02-15", "version": feed[0]["version"]})
    moved = client.patch(f"/opportunities/calendar/{opportunity.id}", body, content_type="application/json")
    assert moved.status_code == 200
    again = client.patch(f"/opportunities/calendar/{opportunity.id}", body, content_type="application/json")
    assert again.status_code == 412


def test_export_gives_the_filter_as_a_file_and_is_written_down(actor: Actor, client: Client) -> None:
    names = ["=cmd", "华东精密", "Bauer"]
    change_records(actor, "account", [Create({"name": name, "city": "Ulm"}) for name in names])
    create_record(actor, "account", {"name": "Elsewhere", "city": "Bonn"})
    wanted = orjson.dumps({"field": "city", "op": "is", "value": "Ulm"}).decode()
    answer = client.get("/accounts/export", {"filter": wanted, "columns": "name,city", "sort": "name"})
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Code", "Name", "City"]
    assert sorted(row[1] for row in rows[1:]) == sorted(["'=cmd", "华东精密", "Bauer"])
    entry = AccessEntry.objects.get(action="export")
    assert (entry.object, entry.detail["count"], entry.member_id) == ("account", 3, actor.member_id)


def test_who_may_not_export_is_refused(rep_actor: Actor) -> None:
    client = sign_in(rep_actor)
    Role.objects.filter(key="sales").update(grants={"*": {"view": "all"}})
    assert client.get("/accounts/export").status_code == 403
    assert AccessEntry.objects.filter(action="export").count() == 0


def test_tags_are_kept_once_and_by_administrators(client: Client, rep_actor: Actor) -> None:
    assert client.post("/settings/tags/", {"name": " fair  2026 ", "colour": "jade"}).status_code == 302
    assert list(Tag.objects.values_list("name", "colour")) == [("fair 2026", "jade")]
    for name, colour in (("fair 2026", "jade"), ("", "jade"), ("x", "pink"), ("x" * 61, "jade")):
        assert client.post("/settings/tags/", {"name": name, "colour": colour}).status_code == 422
    assert sign_in(rep_actor).post("/settings/tags/", {"name": "mine", "colour": "jade"}).status_code == 403
    tag = Tag.objects.get()
    assert sign_in(rep_actor).post(f"/settings/tags/{tag.id}/delete").status_code == 403
    assert client.post(f"/settings/tags/{tag.id}/delete").status_code == 302
    assert Tag.objects.count() == 0


def test_codes_follow_the_new_pattern(actor: Actor, client: Client) -> None:
    assert client.get("/settings/codes/").status_code == 200
    assert client.post("/settings/codes/", {"object": "account", "pattern": "{oops}"}).status_code == 422
    assert client.post("/settings/codes/", {"object": "nothing", "pattern": "X-{seq:3}"}).status_code == 404
    assert client.post("/settings/codes/", {"object": "account", "pattern": "KD-{seq:3}"}).status_code == 302
    assert create_record(actor, "account", {"name": "A"}).code.startswith("KD-")
