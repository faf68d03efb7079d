"""What belongs to accounts and contacts beside their fields, over the API: the services, rights and history of the screens."""

from typing import Any

import pytest

from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Address, ContactPoint, Identity, Relationship
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.records.changes import create_record
from guanxi.records.models import ExternalKey
from tests.api.calling import Api, admin_of, api_of, member

ALL = dict.fromkeys(("view", "create", "edit", "delete"), "all")


@pytest.fixture
def account(tenant: Tenant, admin: Actor) -> Any:
    with tenant_tx(tenant.id):
        return create_record(admin, "account", {"name": "华东精密机械", "country": "CN"})


@pytest.fixture
def contact(tenant: Tenant, admin: Actor) -> Any:
    with tenant_tx(tenant.id):
        return create_record(admin, "contact", {"family_name": "王", "given_name": "芳"})


def team_of(admin: Actor) -> Any:
    with tenant_tx(admin.tenant_id):
        return Membership.objects.select_related("team").get(id=admin.member_id).team


def test_addresses(api: Api, account: Any) -> None:
    base = f"/accounts/{account.id}/addresses"
    assert api.get(base).json == {"data": [], "next": None}
    made = api.post(base, {"kind": "shipping", "street": "Gewerbeweg 8", "city": "Stuttgart", "country": "de"})
    key = made.json["id"]
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1{base}/{key}")
    assert made.json == {
        "id": key, "kind": "shipping", "label": "", "street": "Gewerbeweg 8", "city": "Stuttgart", "region": "", "postcode": "",
        "country": "DE",
    }  # fmt: skip
    changed = api.patch(f"{base}/{key}", {"postcode": "70565", "street": None, "label": "Halle 2"})
    assert (changed.status, changed.json["postcode"], changed.json["street"], changed.json["label"]) == (200, "70565", "", "Halle 2")  # fmt: skip
    assert api.get(f"{base}/{key}").json == changed.json
    assert api.patch(f"{base}/{key}", {"kind": "castle"}).pointers == {"/kind"}
    assert api.patch(f"{base}/{key}", {"planet": "Mars"}).pointers == {"/planet"}
    assert api.post(base, {"kind": "shipping"}).pointers == {"/street"}
    assert api.post(base, {"kind": 7, "street": "x"}).pointers == {"/kind"}
    assert api.get(base).json["data"] == [changed.json]
    assert api.delete(f"{base}/{key}").status == 204
    assert api.get(base).json["data"] == []
    assert api.delete(f"{base}/{key}").status == 404
    names = [change["field"] for line in api.get(f"/accounts/{account.id}/history").json["data"] for change in line["changes"]]  # fmt: skip
    assert names[:3] == ["address.shipping"] * 3


def test_points_serve_recognition(api: Api, contact: Any) -> None:
    base = f"/contacts/{contact.id}/points"
    made = api.post(base, {"kind": "wechat", "value": "wang_fang"})
    assert (made.status, made.json["value"]) == (201, "wang_fang")
    assert api.post(base, {"kind": "phone", "value": "no phone"}).pointers == {"/value"}
    with tenant_tx(api.actor.tenant_id):
        assert list(Identity.objects.filter(contact=contact.id).values_list("kind", "value")) == [("wechat", "wang_fang")]  # fmt: skip
    assert api.patch(f"{base}/{made.json['id']}", {"value": "x"}).status == 405
    assert api.delete(f"{base}/{made.json['id']}").status == 204
    with tenant_tx(api.actor.tenant_id):
        assert not ContactPoint.objects.exists() and not Identity.objects.exists()


def test_consent_is_said_for_a_purpose_and_a_channel_and_its_history_stays(api: Api, contact: Any) -> None:
    base = f"/contacts/{contact.id}/consent"
    said = {"purpose": "marketing", "channel": "mail", "status": "granted", "source": "Trade show"}
    first = api.post(base, said)
    again = api.post(base, said)
    assert (first.status, again.json["id"]) == (201, first.json["id"])
    second = api.post(base, said | {"status": "withdrawn"})
    assert api.get(base).json["data"] == [second.json]
    history = api.get(f"/contacts/{contact.id}/consent-history").json["data"]
    assert [(row["status"], row["ended_at"] is None) for row in history] == [("withdrawn", True), ("granted", False)]
    assert api.post(base, said | {"channel": "pigeon"}).pointers == {"/channel"}
    assert api.delete(f"{base}/{second.json['id']}").status == 405


def test_people_of_accounts(api: Api, account: Any, contact: Any) -> None:
    base = f"/accounts/{account.id}/people"
    made = api.post(base, {"contact": str(contact.id), "role": "decision_maker", "since": "2025-01-01"})
    row = made.json
    assert (made.status, row["contact"]["id"], row["role"], row["is_primary"], row["since"]) == (
        201, str(contact.id), "decision_maker", True, "2025-01-01",
    )  # fmt: skip
    changed = api.patch(f"{base}/{row['id']}", {"job_title": "Einkauf"}).json
    assert changed == row | {"job_title": "Einkauf"}
    assert api.patch(f"{base}/{row['id']}", {"contact": str(contact.id)}).pointers == {"/contact"}
    assert api.patch(f"{base}/{row['id']}", {"until": "2024-01-01"}).pointers == {"/until"}
    (place,) = api.get(f"/contacts/{contact.id}/places").json["data"]
    assert (place["account"]["id"], place["job_title"]) == (str(account.id), "Einkauf")
    assert api.post(base, {"contact": str(new_id())}).status == 404
    assert api.post(base, {"role": "user"}).pointers == {"/contact"}
    assert api.delete(f"{base}/{row['id']}").status == 204
    assert api.get(base).json["data"] == []


def test_the_account_team(api: Api, account: Any) -> None:
    base = f"/accounts/{account.id}/account-team"
    me = str(api.actor.member_id)
    row = api.post(base, {"member": me, "role": "service"}).json
    assert (row["member"]["id"], row["role"]) == (me, "service")
    assert api.patch(f"{base}/{row['id']}", {"role": "finance"}).json["role"] == "finance"
    assert api.post(base, {"member": str(new_id()), "role": "service"}).pointers == {"/member"}
    assert api.delete(f"{base}/{row['id']}").status == 204
    assert api.get(base).json["data"] == []


def test_relationships_are_read_from_both_ends(api: Api, account: Any, contact: Any) -> None:
    base = f"/accounts/{account.id}/relationships"
    made = api.post(base, {"kind": "partner_of", "contact": str(contact.id), "note": "since 2019"})
    row = made.json
    assert (made.status, row["direction"], row["object"], row["record"]["id"]) == (201, "to", "contact", str(contact.id))  # fmt: skip
    (seen,) = api.get(f"/contacts/{contact.id}/relationships").json["data"]
    assert (seen["id"], seen["direction"], seen["object"]) == (row["id"], "from", "account")
    both = {"kind": "partner_of", "contact": str(contact.id), "account": str(account.id)}
    assert api.post(base, both).status == 422
    assert api.post(base, {"kind": "partner_of"}).status == 422
    assert api.delete(f"{base}/{row['id']}").status == 204
    with tenant_tx(api.actor.tenant_id):
        assert not Relationship.objects.exists()


def test_keys_in_other_systems(api: Api, account: Any, contact: Any, admin: Actor) -> None:
    base = f"/accounts/{account.id}/external-keys"
    made = api.post(base, {"source": "erp", "key": "K-1"})
    assert (made.status, made.json["source"], made.json["key"]) == (201, "erp", "K-1")
    assert api.post(base, {"source": "erp", "key": "K-1"}).json == made.json
    with tenant_tx(api.actor.tenant_id):
        other = create_record(admin, "account", {"name": "Other"})
    assert api.post(f"/accounts/{other.id}/external-keys", {"source": "erp", "key": "K-1"}).pointers == {"/key"}
    assert api.post(f"/contacts/{contact.id}/external-keys", {"source": "erp", "key": "K-1"}).status == 201
    assert api.post(base, {"source": " ", "key": "x" * 201}).pointers == {"/source", "/key"}
    assert [row["key"] for row in api.get(base).json["data"]] == ["K-1"]
    line = api.get(f"/accounts/{account.id}/history").json["data"][0]
    assert line["changes"] == [{"field": "external_keys", "before": None, "after": "erp: K-1"}]
    assert api.delete(f"{base}/{made.json['id']}").status == 204
    with tenant_tx(api.actor.tenant_id):
        assert list(ExternalKey.objects.values_list("object", flat=True)) == ["contact"]


def test_writes_are_safe_to_repeat_and_stale_ones_are_refused(api: Api, account: Any) -> None:
    base = f"/accounts/{account.id}/addresses"
    body = {"kind": "shipping", "city": "Köln"}
    first, second = (api.post(base, body, idempotency_key="one") for _ in range(2))
    assert (first.status, second.status, first.json) == (201, 201, second.json)
    assert second.headers["Idempotency-Replayed"] == "true"
    key = first.json["id"]
    assert api.patch(f"{base}/{key}", {"city": "Bonn"}, if_match='"1"').status == 412
    version = api.get(f"/accounts/{account.id}").json["version"]
    assert api.patch(f"{base}/{key}", {"city": "Bonn"}, if_match=f'"{version}"').status == 200
    with tenant_tx(api.actor.tenant_id):
        assert list(Address.objects.values_list("city", flat=True)) == ["Bonn"]


def test_rights_are_those_of_the_record(api: Api, account: Any, contact: Any, other_tenant: Tenant, admin: Actor) -> None:  # fmt: skip
    one = f"/accounts/{account.id}"
    bodies = {
        "addresses": {"kind": "shipping", "city": "Köln"}, "points": {"kind": "email", "value": "a@b.example"},
        "consent": {"purpose": "service", "channel": "mail", "status": "granted"}, "people": {"contact": str(contact.id)},
        "account-team": {"member": str(admin.member_id), "role": "service"},
        "relationships": {"kind": "partner_of", "contact": str(contact.id)}, "external-keys": {"source": "erp", "key": "1"},
    }  # fmt: skip
    rows = {name: api.post(f"{one}/{name}", body).json["id"] for name, body in bodies.items()}
    stranger = api_of(admin_of(other_tenant))
    blind = api_of(member(admin, "blind", team_of(admin), {"contact": ALL}))
    reader = api_of(member(admin, "reader", team_of(admin), {"account": {"view": "all"}, "contact": ALL}))
    before = {name: api.get(f"{one}/{name}").json for name in bodies}
    for name, body in bodies.items():
        path = f"{one}/{name}/{rows[name]}"
        assert [stranger.get(f"{one}/{name}").status, stranger.get(path).status] == [404, 404]
        assert [stranger.post(f"{one}/{name}", body).status, stranger.delete(path).status] in ([404, 404], [404, 405])
        assert blind.get(f"{one}/{name}").status == 403 and blind.post(f"{one}/{name}", body).status == 403
        assert reader.get(path).json["id"] == rows[name]
        assert [reader.post(f"{one}/{name}", body).status, reader.delete(path).status] in ([403, 403], [403, 405])
        assert Api("").get(f"{one}/{name}").status == 401
    assert {name: api.get(f"{one}/{name}").json for name in bodies} == before


def test_hidden_and_masked_fields_hold_for_further_addresses(api: Api, account: Any, admin: Actor) -> None:
    one = f"/accounts/{account.id}"
    api.post(f"{one}/addresses", {"kind": "shipping", "street": "Zq 4711", "city": "Köln"})
    api.post(f"{one}/points", {"kind": "email", "value": "zq4711@secret.example"})
    api.post(f"{one}/points", {"kind": "phone", "value": "+86 138 4711 4711"})
    closed = {"street": "hidden", "email": "masked", "phone": "hidden"}
    caller = api_of(member(admin, "closed", team_of(admin), {"account": ALL}, account=closed))
    (row,) = caller.get(f"{one}/addresses").json["data"]
    assert (row["street"], row["city"]) == ("", "Köln")
    assert [point["value"] for point in caller.get(f"{one}/points").json["data"]] == ["z•••@secret.example"]
    assert caller.post(f"{one}/points", {"kind": "phone", "value": "+86 138 0000 0000"}).status == 403
    assert caller.patch(f"{one}/addresses/{row['id']}", {"city": "Bonn"}).status == 200
    assert api.get(f"{one}/addresses/{row['id']}").json["street"] == "Zq 4711"
