"""Rules against duplicates that warn: over the API the write is refused with what is there, until the caller says that it is meant."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.identity.actor import Actor
from guanxi.identity.models import Team
from guanxi.records.demands.services import DUPLICATE_RULES
from tests.api.calling import Api, api_of, member

ALLOW = {"Duplicates": "allow"}


def rule(actor: Actor, action: str = "warn") -> None:
    matches = [{"field": "name", "how": "normalised"}, {"field": "city", "how": "exact"}]
    values = {"object": "account", "name": f"Same {action}", "matches": matches, "action": action, "is_active": True}
    DUPLICATE_RULES.save(actor, values)


@pytest.fixture
def old(api: Api) -> Any:
    rule(api.actor)
    return api.post("/accounts", {"name": "Acme GmbH", "city": "Ulm"}).json


def count(api: Api) -> int:
    found: int = api.get("/accounts", count=1).json["count"]
    return found


def test_a_new_record_is_refused_until_it_is_meant(api: Api, old: Any) -> None:
    twin = {"name": "ACME gmbh", "city": "Ulm"}
    refused = api.post("/accounts", twin, Idempotency_Key="k")
    assert (refused.status, refused.json["type"], count(api)) == (409, "urn:guanxi:problem:conflict", 1)
    assert refused.json["duplicates"] == [
        {
            "id": old["id"],
            "name": "Acme GmbH",
            "url": f"/api/v1/accounts/{old['id']}",
            "reasons": ["same Name, same City"],
        }
    ]
    assert "Duplicates: allow" in refused.json["detail"]
    meant = api.call("POST", "/accounts", twin, headers={**ALLOW, "Idempotency-Key": "k"})
    assert (meant.status, count(api)) == (201, 2)
    assert api.post("/accounts", {"name": "Acme GmbH", "city": "Bonn"}).status == 201


def test_of_a_change_the_rules_take_part_whose_fields_it_names(api: Api, old: Any) -> None:
    other = api.post("/accounts", {"name": "Acme GmbH", "city": "Bonn"}).json
    path = f"/accounts/{other['id']}"
    assert api.patch(path, {"city": "Ulm"}).status == 409
    assert api.get(path).json["city"] == "Bonn"
    assert api.call("PATCH", path, {"city": "Ulm"}, headers=ALLOW).status == 200
    assert api.patch(path, {"phone": "0731 1"}).status == 200


def test_a_list_of_operations_is_refused_as_a_whole_with_pointers(api: Api, old: Any) -> None:
    body = [
        {"op": "create", "values": {"name": "New", "city": "Ulm"}},
        {"op": "create", "values": {"name": "acme GmbH", "city": "Ulm"}},
    ]
    refused = api.post("/accounts/bulk", body)
    assert (refused.status, [one["pointer"] for one in refused.json["duplicates"]], count(api)) == (409, ["/1"], 1)
    assert api.call("POST", "/accounts/bulk", body, headers=ALLOW).status == 200


def test_what_the_caller_does_not_see_is_not_told_and_a_rule_that_blocks_still_blocks(
    api: Api, old: Any, team: Team
) -> None:
    grants = {"account": {"view": "own", "create": "own", "edit": "own"}}
    stranger = api_of(member(api.actor, "stranger", team, grants))
    assert stranger.post("/accounts", {"name": "Acme GmbH", "city": "Ulm"}).status == 201
    rule(api.actor, "block")
    blocked = api.call("POST", "/accounts", {"name": "Acme GmbH", "city": "Ulm"}, headers=ALLOW)
    assert blocked.status == 422


def test_without_rules_nothing_is_asked(api: Api) -> None:
    api.post("/accounts", {"name": "First", "city": "Ulm"})
    with CaptureQueriesContext(connection) as queries:
        assert api.post("/accounts", {"name": "First", "city": "Ulm"}).status == 201
    assert not [query for query in queries if "records_matchkey" in query["sql"]]
    described = api.get("/openapi.json").json["paths"]["/accounts"]["post"]["parameters"]
    assert [one["schema"] for one in described if one["name"] == "Duplicates"] == [
        {"type": "string", "enum": ["allow"]}
    ]
