"""Operations on many records and merging over the API."""

from typing import Any

import pytest

from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.records.models import Operation
from guanxi.records.operations import run_to_end, running
from tests.api.calling import Api


def made(api: Api, count: int = 3, **values: Any) -> list[str]:
    return [api.post("/accounts", {"name": f"Firm {n}", **values}).json["id"] for n in range(count)]


def stored(api: Api) -> list[Operation]:
    with tenant_tx(api.actor.tenant_id):
        return list(Operation.objects.order_by("id"))


def cities(api: Api) -> list[str]:
    return [row["city"] for row in api.get("/accounts", sort="name", fields="city").json["data"]]


def test_few_are_done_at_once_and_taken_back(api: Api) -> None:
    keys = made(api, city="Bonn")
    done = api.post("/accounts/operations", {"action": "edit", "ids": keys[:2], "values": {"city": "Ulm"}})
    assert (done.status, done.json["state"], done.json["done"], done.json["left"]) == (200, "done", 2, 0)
    assert done.headers["Location"] == f"/api/v1/operations/{done.json['id']}"
    assert cities(api) == ["Ulm", "Ulm", "Bonn"]
    undo = api.post(f"/operations/{done.json['id']}/undo")
    assert (undo.status, undo.json["action"], undo.json["undoes"]) == (200, "undo", done.json["id"])
    assert cities(api) == ["Bonn"] * 3
    assert api.post(f"/operations/{done.json['id']}/undo").status == 409
    listed = api.get("/operations").json
    assert [(row["action"], row["may_undo"]) for row in listed["data"]] == [("undo", True), ("edit", False)]


def test_many_are_left_to_the_worker_watched_and_stopped(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    made(api)
    order = {"action": "tag", "criteria": {"field": "name", "op": "starts", "value": "Firm"}, "add": ["x"]}
    begun = api.post("/accounts/operations", order, Idempotency_Key="one")
    assert (begun.status, begun.json["state"]) == (202, "waiting")
    again = api.post("/accounts/operations", order, Idempotency_Key="one")
    assert (again.status, again.json["id"], len(stored(api))) == (202, begun.json["id"], 1)
    run_to_end(api.actor.tenant_id, stored(api)[0].id)
    assert api.get(f"/operations/{begun.json['id']}").json["done"] == 3
    other = api.post("/accounts/operations", {"action": "delete", "criteria": {}})
    stopped = api.post(f"/operations/{other.json['id']}/cancel")
    assert (stopped.status, stopped.json["state"]) == (200, "cancelled")
    assert api.post(f"/operations/{other.json['id']}/cancel").status == 409
    assert len(cities(api)) == 3


def test_what_was_left_is_told_with_the_reason(api: Api) -> None:
    keys = [*made(api, 1), str(new_id()), str(new_id())]
    done = api.post("/accounts/operations", {"action": "delete", "ids": keys}).json
    assert (done["done"], done["left"]) == (1, 2)
    first = api.get(f"/operations/{done['id']}/left", limit=1).json
    assert (len(first["data"]), first["data"][0]["collection"], first["data"][0]["label"]) == (1, "accounts", "")
    second = api.get(f"/operations/{done['id']}/left", limit=1, cursor=first["next"]).json
    assert {first["data"][0]["id"], second["data"][0]["id"]} == set(keys[1:])
    assert second["next"] is None


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"ids": []}, {"/action"}),
        ({"action": "burn", "ids": []}, {"/action"}),
        ({"action": ["edit"], "ids": []}, {"/action"}),
        ({"action": "delete"}, {""}),
        ({"action": "delete", "ids": [], "criteria": {}}, {""}),
        ({"action": "delete", "ids": "all"}, {"/ids"}),
        ({"action": "delete", "ids": ["x"]}, {"/ids"}),
        ({"action": "delete", "criteria": []}, {"/criteria"}),
        ({"action": "delete", "criteria": {"field": "nothing"}}, {"/criteria"}),
        ({"action": "delete", "ids": [], "values": {}}, {"/values"}),
        ({"action": "edit", "criteria": {}, "values": {"employees": "x"}}, {"/values/employees"}),
        ({"action": "edit", "criteria": {}, "values": {"nothing": 1}}, {"/values/nothing"}),
        ({"action": "edit", "criteria": {}, "values": 5}, {"/values"}),
        ({"action": "tag", "criteria": {}, "add": 5}, {"/add"}),
        ({"action": "assign", "criteria": {}}, {"/owner"}),
    ],
)
def test_wrong_orders_are_refused_where_they_are_wrong(api: Api, body: dict[str, Any], pointers: set[str]) -> None:
    made(api, 1)
    refused = api.post("/accounts/operations", body)
    assert (refused.status, refused.pointers) == (422, pointers), refused.json
    assert stored(api) == []


def test_another_company_and_another_person_see_nothing_of_it(api: Api, other_api: Api) -> None:
    keys = made(api, 1)
    done = api.post("/accounts/operations", {"action": "edit", "ids": keys, "values": {"city": "Ulm"}}).json
    foreign = other_api.post("/accounts/operations", {"action": "delete", "ids": keys}).json
    assert (foreign["done"], foreign["left"]) == (0, 1)
    for method, path in (("GET", ""), ("GET", "/left"), ("POST", "/cancel"), ("POST", "/undo")):
        assert other_api.call(method, f"/operations/{done['id']}{path}").status == 404
    assert [row["id"] for row in other_api.get("/operations").json["data"]] == [foreign["id"]]
    assert cities(api) == ["Ulm"]


def test_bulk_is_an_operation_that_can_be_undone(api: Api) -> None:
    keys = made(api, 2, city="Bonn")
    operations = [{"op": "update", "id": keys[0], "values": {"city": "Ulm"}}, {"op": "delete", "id": keys[1]}]
    assert api.post("/accounts/bulk", operations).status == 200
    one = api.get("/operations").json["data"][0]
    assert (one["action"], one["done"], one["may_undo"]) == ("bulk", 2, True)
    assert api.post(f"/operations/{one['id']}/undo").json["done"] == 2
    assert cities(api) == ["Bonn", "Bonn"]


def test_merge_by_command_with_choices_and_back(api: Api) -> None:
    first, second = made(api, 2, city="Bonn")
    api.patch(f"/accounts/{second}", {"city": "Ulm", "phone": "+49 228 5"})
    contact = api.post("/contacts", {"name": "Ada", "account": second}).json["id"]
    code = api.get(f"/accounts/{second}").json["code"]
    stale = api.post(f"/accounts/{first}/merge", {"ids": [second]}, If_Match='"9"')
    assert stale.status == 412
    merged = api.post(f"/accounts/{first}/merge", {"ids": [second], "choices": {"city": second}}, If_Match='"1"')
    assert (merged.status, merged.json["action"], merged.json["done"]) == (200, "merge", 2)
    now = api.get(f"/accounts/{first}").json
    assert (now["city"], now["phone"]) == ("Ulm", "+49 228 5")
    assert api.get(f"/contacts/{contact}").json["account"]["id"] == first
    moved = api.get(f"/accounts/{second}")
    assert (moved.status, moved.headers["Location"]) == (307, f"/api/v1/accounts/{first}")
    assert [hit["id"] for hit in api.get("/search", q=code).json["data"]] == [first]
    assert [row["id"] for row in api.get("/accounts", q=code.lower()).json["data"]] == [first]
    assert api.post(f"/operations/{merged.json['id']}/undo").status == 200
    assert api.get(f"/contacts/{contact}").json["account"]["id"] == second
    assert [hit["id"] for hit in api.get("/search", q=code).json["data"]] == [second]


def test_wrong_merges_are_refused_where_they_are_wrong(api: Api, other_api: Api) -> None:
    first, second = made(api, 2)
    for body, status, pointers in (
        ({}, 422, {"/ids"}),
        ({"ids": []}, 422, {"/ids"}),
        ({"ids": [first]}, 422, {"/ids"}),
        ({"ids": [second, str(new_id()), str(new_id())]}, 422, {"/ids"}),
        ({"ids": [second], "more": 1}, 422, {"/more"}),
        ({"ids": [second], "choices": {"nothing": second}}, 422, {"/choices/nothing"}),
        ({"ids": [second], "choices": {"city": "x"}}, 422, {"/choices/city"}),
        ({"ids": [second], "choices": 5}, 422, {"/choices"}),
        ({"ids": [str(new_id())]}, 404, set()),
    ):
        refused = api.post(f"/accounts/{first}/merge", body)
        assert (refused.status, refused.pointers) == (status, pointers), (body, refused.json)
    assert other_api.post(f"/accounts/{first}/merge", {"ids": [second]}).status == 404
    assert api.post(f"/orders/{first}/merge", {"ids": [second]}).status == 404
    assert len(cities(api)) == 2
    assert stored(api) == []


def test_a_merged_record_hides_from_who_does_not_see_the_survivor(api: Api, other_api: Api) -> None:
    first, second = made(api, 2)
    api.post(f"/accounts/{first}/merge", {"ids": [second]})
    assert other_api.get(f"/accounts/{second}").status == 404
