"""An object that a company invents, over the API: made, filled, listed, filtered, moved, exported, taken away."""

import json

import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Team
from tests.api.calling import admin_of, api_of, make_tenant, member

pytestmark = pytest.mark.django_db(transaction=True)

VEHICLE = {
    "label_en": "Vehicle", "label_zh": "车辆", "plural_en": "Vehicles", "dated": True, "priced": True,
    "statuses": [{"label_en": "Free", "tone": "jade"}, {"label_en": "Sold", "closed": True}],
}  # fmt: skip


def test_an_invented_object_serves_every_call_at_once() -> None:
    admin = admin_of(make_tenant("motors"))
    api = api_of(admin)
    assert api.get("/x_vehicles").status == 404
    made = api.post("/objects", VEHICLE)
    assert made.status == 201, made
    body = made.json
    assert (body["name"], body["plural"], body["version"]) == ("x_vehicle", "x_vehicles", 1)
    assert (
        api.post("/fields", {"object": "x_vehicle", "kind": "link", "label_en": "Keeper", "to": "account"}).status
        == 201
    )
    account = api.post("/accounts", {"name": "Acme"}).json
    first = api.post("/x_vehicles", {"name": "Lorry 7", "amount": "1200.50", "keeper": account["id"]})
    assert first.status == 201, first
    assert {name: first.json[name] for name in ("code", "name", "status", "amount")} == {
        "code": "VEH-00001", "name": "Lorry 7", "status": "free", "amount": "1200.5",
    }  # fmt: skip
    api.post("/x_vehicles", {"name": "Lorry 8", "amount": "5"})
    wanted = json.dumps({"field": "keeper", "op": "is", "value": account["id"]})
    listed = api.get("/x_vehicles", filter=wanted, fields="name,keeper", count=1).json
    assert (listed["count"], [row["name"] for row in listed["data"]]) == (1, ["Lorry 7"])
    assert listed["data"][0]["keeper"] == {"id": account["id"], "label": "Acme"}
    assert [row["name"] for row in api.get("/x_vehicles", sort="-amount", fields="name").json["data"]] == [
        "Lorry 7",
        "Lorry 8",
    ]
    key = first.json["id"]
    assert api.patch(f"/x_vehicles/{key}", {"status": "sold"}).json["version"] == 2
    assert api.patch(f"/x_vehicles/{key}", {"status": "nowhere"}).status == 422
    found = api.get("/search", q="Lorry").json["data"]
    assert {row["object"] for row in found} == {"x_vehicle"} and len(found) == 2
    assert api.delete(f"/x_vehicles/{key}").status == 204
    assert api.post(f"/x_vehicles/{key}/restore", {}).status == 200
    document = api.get("/openapi.json").json
    assert "/x_vehicles" in document["paths"] and "/x_vehicles/{id}" in document["paths"]


def test_another_company_knows_nothing_of_it() -> None:
    api = api_of(admin_of(make_tenant("motors")))
    made = api.post("/objects", VEHICLE).json
    row = api.post("/x_vehicles", {"name": "Lorry"}).json
    other = api_of(admin_of(make_tenant("rivals")))
    for path in ("/x_vehicles", f"/x_vehicles/{row['id']}", f"/objects/{made['id']}"):
        assert other.get(path).status == 404
    assert other.get("/objects").json["data"] == []
    assert "/x_vehicles" not in other.get("/openapi.json").json["paths"]
    # A name of its own leads to its own records only.
    other.post("/objects", VEHICLE)
    assert other.get("/x_vehicles").json["data"] == []
    assert other.get(f"/x_vehicles/{row['id']}").status == 404


def test_roles_hold_for_it_like_for_any_object() -> None:
    admin = admin_of(make_tenant("motors"))
    api = api_of(admin)
    assert api.post("/objects", VEHICLE).status == 201
    row = api.post("/x_vehicles", {"name": "Lorry", "amount": "7"}).json
    with tenant_tx(admin.tenant_id):
        team = Team.objects.create(name="Yard")
    none = api_of(member(admin, "none", team, {"x_vehicle": {"*": "none"}, "*": {"*": "all"}}))
    assert none.get("/x_vehicles").status == 403 and none.get(f"/x_vehicles/{row['id']}").status in (403, 404)
    assert none.get("/search", q="Lorry").json["data"] == []
    blind = api_of(member(admin, "blind", team, {"*": {"*": "all"}}, x_vehicle={"amount": "hidden"}))
    shown = blind.get(f"/x_vehicles/{row['id']}").json
    assert shown["name"] == "Lorry" and "amount" not in shown
    assert blind.get("/x_vehicles", sort="amount").status == 422
    assert blind.post("/objects", VEHICLE).status == 403


def test_removed_restored_and_purged_over_the_api() -> None:
    api = api_of(admin_of(make_tenant("motors")))
    made = api.post("/objects", VEHICLE).json
    api.post("/x_vehicles", {"name": "Lorry"})
    assert api.delete(f"/objects/{made['id']}").status == 204
    assert api.get("/x_vehicles").status == 404
    assert [row["id"] for row in api.get("/objects", removed=1).json["data"]] == [made["id"]]
    assert api.post(f"/objects/{made['id']}/restore", {}).status == 200
    assert [row["name"] for row in api.get("/x_vehicles", fields="name").json["data"]] == ["Lorry"]
    assert api.patch(f"/objects/{made['id']}", {"plural_en": "Cars"}).json["plural_en"] == "Cars"
    assert api.patch(f"/objects/{made['id']}", {"name": "x_car"}).status == 422
