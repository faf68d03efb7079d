"""What a role may do and see, on accounts and contacts."""

import re
from typing import Any

import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import ApiToken, Company, Membership, Role, Team
from guanxi.identity.services import revoke_token
from guanxi.records import registry
from tests.api.calling import Api, api_of, make, member

VIEW = ("none", "own", "team", "below", "all")


@pytest.fixture
def people(admin: Actor, team: Team) -> dict[str, Any]:
    """Records of four owners: the reader, a colleague of the team, one of a team below, one elsewhere."""
    with tenant_tx(admin.tenant_id):
        below = Team.objects.create(name="South", parent=team)
        elsewhere = Team.objects.create(name="Elsewhere")
    writer = {"account": {"*": "all"}}
    owners = {"team": member(admin, "colleague", team, writer), "below": member(admin, "lower", below, writer),
              "all": member(admin, "stranger", elsewhere, writer)}  # fmt: skip
    return {scope: make(owner, registry.get("account"), name=f"of {scope}") for scope, owner in owners.items()}


@pytest.mark.parametrize("scope", VIEW)
def test_a_scope_shows_its_rows_and_no_others(admin: Actor, team: Team, people: dict[str, Any], scope: str) -> None:
    reader = member(admin, "reader", team, {"account": {"view": scope, "create": "own"}})
    api = api_of(reader)
    own = api.post("/accounts", {"name": "of own"})
    assert own.status == 201
    expected = {name for name in VIEW[1:] if VIEW.index(name) <= VIEW.index(scope)}
    if scope == "none":
        assert own.json.keys() == {"id", "version"}
        assert api.get("/accounts").status == api.get(f"/accounts/{own.json['id']}").status == 403
        assert api.get("/search", q="of").json["data"] == []
        return
    listed = api.get("/accounts", count=1).json
    assert {row["name"].removeprefix("of ") for row in listed["data"]} == expected
    assert listed["count"] == len(expected)
    found = api.get("/search", q="of ").json["data"]
    assert {hit["label"].removeprefix("of ") for hit in found} == expected
    for name, record in people.items():
        assert api.get(f"/accounts/{record.id}").status == (200 if name in expected else 404)
        assert api.get(f"/accounts/{record.id}/history").status == (200 if name in expected else 404)
        assert api.patch(f"/accounts/{record.id}", {"city": "X"}).status == 403
        assert api.delete(f"/accounts/{record.id}").status == 403


def test_who_sees_a_record_may_not_change_it(admin: Actor, team: Team, people: dict[str, Any]) -> None:
    api = api_of(member(admin, "reader", team, {"account": {"view": "all", "edit": "own", "delete": "own"}}))
    record = people["team"]
    for answer in (
        api.patch(f"/accounts/{record.id}", {"city": "X"}),
        api.delete(f"/accounts/{record.id}"),
        api.post("/accounts/bulk", [{"op": "update", "id": str(record.id), "values": {"city": "X"}}]),
    ):
        assert (answer.status, answer.json["type"]) == (403, "urn:guanxi:problem:not-allowed")
    assert api.get(f"/accounts/{record.id}").json["version"] == 1


def test_a_hidden_field_leaves_by_no_path(admin: Actor, api: Api, team: Team) -> None:
    secret = "+86 138 1234 5678"
    record = api.post("/accounts", {"name": "One", "phone": secret, "tax_number": "T-4711-0815"}).json
    reader = member(admin, "reader", team, {"*": {"*": "all"}}, account={"phone": "hidden", "tax_number": "masked"})
    blind = api_of(reader)
    one = f"/accounts/{record['id']}"
    answers = [blind.get(one), blind.get("/accounts"), blind.get(f"{one}/history"), blind.patch(one, {"city": "Köln"}, If_Match='"1"'),
               blind.patch(one, {"city": "Bonn"}, If_Match='"1"'), blind.post("/accounts/bulk", [{"op": "update", "id": record["id"], "values": {"city": "X"}}]),
               blind.get("/search", q="5678"), blind.get("/search", q="4711"), blind.get("/accounts", q="12345678")]  # fmt: skip
    for answer in answers:
        # Fractions of a second may well be those digits.
        text = re.sub(r"T[\d:.]+Z", "", answer.body.decode())
        assert '"phone"' not in text and "5678" not in text and "T-4711" not in text
    assert blind.get(one).json["tax_number"] == "T-4 •••• 0815"
    for answer in (
        blind.get("/accounts", filter={"field": "phone", "op": "not_empty"}),
        blind.get("/accounts", filter={"field": "tax_number", "op": "starts", "value": "T"}),
        blind.get("/contacts", filter={"field": "account.phone", "op": "not_empty"}),
        blind.get("/accounts", sort="phone"),
        blind.get("/accounts", sort="tax_number"),
    ):
        assert answer.status == 422
        # The same words as for a field that does not exist, and no value.
        assert "no field" in answer.json["detail"]
    assert "phone" not in blind.get("/accounts", fields="name,phone").json["data"][0]
    refused = blind.patch(one, {"phone": "1", "tax_number": "2"})
    assert (refused.status, refused.pointers) == (422, {"/phone", "/tax_number"})


def test_a_replay_shows_what_may_be_seen_now(admin: Actor, api: Api, team: Team) -> None:
    writer = member(admin, "writer", team, {"account": {"*": "own"}})
    caller = api_of(writer)
    values = {"name": "One", "phone": "+86 138 1234 5678"}
    first = caller.post("/accounts", values, Idempotency_Key="k-1")
    assert "5678" in first.body.decode()
    with tenant_tx(admin.tenant_id):
        Role.objects.filter(key="role-writer").update(field_access={"account": {"phone": "hidden"}})
    again = caller.post("/accounts", values, Idempotency_Key="k-1")
    assert (again.status, again.json["id"], again.headers["Idempotency-Replayed"]) == (201, first.json["id"], "true")
    assert "5678" not in again.body.decode() and "phone" not in again.json
    with tenant_tx(admin.tenant_id):
        Role.objects.filter(key="role-writer").update(grants={"account": {"view": "own"}})
    assert caller.post("/accounts", values, Idempotency_Key="k-1").status == 403
    with tenant_tx(admin.tenant_id):
        Role.objects.filter(key="role-writer").update(grants={"account": {"create": "own"}})
    assert "5678" not in caller.post("/accounts", values, Idempotency_Key="k-1").body.decode()


def test_a_narrow_token_does_what_its_scopes_say(admin: Actor, api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    reading = api_of(admin, scopes=("account:read",))
    assert reading.get(f"/accounts/{record['id']}").status == 200
    assert reading.get("/contacts").status == 403
    assert reading.get("/users").status == 403
    assert reading.patch(f"/accounts/{record['id']}", {"city": "X"}).status == 403
    assert reading.post("/accounts", {"name": "Two"}).status == 403
    assert api.get(f"/accounts/{record['id']}").json["version"] == 1


def test_a_revoked_token_and_a_former_user_are_refused_at_once(admin: Actor, team: Team) -> None:
    reader = member(admin, "reader", team, {"account": {"view": "all"}})
    first, second = api_of(reader), api_of(reader)
    assert (first.get("/accounts").status, second.get("/accounts").status) == (200, 200)
    with tenant_tx(admin.tenant_id):
        token = ApiToken.objects.filter(membership_id=reader.member_id).order_by("id").first()
        revoke_token(admin, token_id=token.id)
    assert (first.get("/accounts").status, second.get("/accounts").status) == (401, 200)
    with tenant_tx(admin.tenant_id):
        Membership.objects.filter(id=reader.member_id).update(is_active=False)
    assert second.get("/accounts").status == 401


def test_a_room_switched_off_has_no_addresses(admin: Actor, api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    with tenant_tx(admin.tenant_id):
        Company.objects.update(rooms_off=["customers"])
    for answer in (api.get("/accounts"), api.get(f"/accounts/{record['id']}"), api.post("/accounts", {"name": "Two"})):
        assert answer.status == 404
    assert "account" not in api.get("/me").json["permissions"]
    assert api.get("/search", q="One").json["data"] == []
