"""Sharing rules and the share dialog, as pages and over the API."""

import json
from typing import Any

import pytest
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.identity.models import Share, SharingRule, Team
from guanxi.records.changes import create_record
from guanxi.records.queries import visible_records
from guanxi.records.tests.test_sharing import COLOGNE, again, names
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def koeln(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Rheinwerk", "city": "Köln"})


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def test_an_administrator_makes_a_rule(client: Client, rep_actor: Actor, koeln: Any) -> None:
    assert "No sharing rules yet" in client.get("/settings/sharing/").content.decode()
    sent = {"name": "Cologne", "object": "account", "to": f"member:{rep_actor.member_id}"}
    made = client.post("/settings/sharing/", sent)
    rule = SharingRule.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, f"/settings/sharing/{rule.id}/")
    assert (rule.is_active, rule.criteria, names(rep_actor)) == (False, {}, [])
    dialog = client.get(f"/settings/sharing/{rule.id}/conditions")
    assert (dialog.status_code, "Open Accounts for which holds" in dialog.content.decode()) == (200, True)
    answer = client.post(f"/settings/sharing/{rule.id}/conditions", {"filter": json.dumps({"all": [COLOGNE]})})
    assert answer.status_code == 302
    page = client.get(f"/settings/sharing/{rule.id}/").content.decode()
    assert "City is Köln" in page and "Switched off: it opens nothing." in page
    rule.refresh_from_db()
    sent |= {"is_active": "1", "version": str(rule.version)}
    assert client.post(f"/settings/sharing/{rule.id}/", sent).status_code == 302
    assert names(rep_actor) == ["Rheinwerk"]
    assert "In force" in client.get("/settings/sharing/").content.decode()
    assert client.post(f"/settings/sharing/{rule.id}/delete").status_code == 302
    assert (SharingRule.objects.count(), names(rep_actor)) == (0, [])


def test_wrong_input_is_shown_at_its_field(client: Client, rep_actor: Actor, koeln: Any) -> None:
    answer = client.post("/settings/sharing/", {"name": "", "object": "account", "to": "member:x"})
    assert (answer.status_code, SharingRule.objects.count()) == (422, 0)
    client.post("/settings/sharing/", {"name": "C", "object": "account", "to": f"team:{rep_actor.team_id}"})
    rule = SharingRule.objects.get()
    bad = client.post(f"/settings/sharing/{rule.id}/conditions", {"filter": '{"field": "nothing"}'})
    assert (bad.status_code, "nothing" in bad.content.decode()) == (200, True)
    rule.refresh_from_db()
    assert rule.criteria == {}


def test_nobody_else_sees_the_rules(rep_actor: Actor, koeln: Any) -> None:
    client = sign_in(rep_actor)
    for answer in (client.get("/settings/sharing/"), client.post("/settings/sharing/", {"name": "x"})):
        assert answer.status_code == 403
    assert SharingRule.objects.count() == 0


def test_the_dialog_opens_and_closes_a_record(client: Client, rep_actor: Actor, koeln: Any) -> None:
    path = f"/accounts/{koeln.id}/shares"
    assert f"{path}" in client.get(f"/accounts/{koeln.id}/").content.decode()
    assert "Open to nobody beyond owner" in client.get(path).content.decode()
    body = client.post(path, {"to": f"member:{rep_actor.member_id}", "right": "view"}, headers={"HX-Request": "true"})
    assert "Rita Rep" in body.content.decode() and "by hand" in body.content.decode()
    assert names(rep_actor) == ["Rheinwerk"]
    seen = sign_in(rep_actor).get(path).content.decode()
    assert "Rita Rep" in seen and 'name="to"' not in seen
    assert sign_in(rep_actor).post(path, {"end": str(Share.objects.get().id)}).status_code == 403
    client.post(path, {"end": str(Share.objects.get().id)})
    assert (Share.objects.count(), names(rep_actor)) == (0, [])
    bad = client.post(path, {"to": "member:"}, headers={"HX-Request": "true"}).content.decode()
    assert ("Choose one of the list." in bad, Share.objects.count()) == (True, 0)


def test_the_whole_tree_can_be_chosen(client: Client, manager_actor: Actor, koeln: Any) -> None:
    team = Team.objects.get(id=manager_actor.team_id)
    text = client.get(f"/accounts/{koeln.id}/shares").content.decode()
    assert f'value="branch:{team.id}"' in text and "Team North and below" in text
    client.post(f"/accounts/{koeln.id}/shares", {"to": f"branch:{team.id}", "right": "edit"})
    assert visible_records(again(manager_actor), "account", "edit").get().id == koeln.id
