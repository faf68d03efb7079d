"""Fields of the company's own over the API: their definitions, and their values in records, lists and the description."""

from typing import Any

import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Role, Team
from guanxi.records.models import CustomField
from guanxi.records.own_fields import KINDS
from guanxi.records.registry import Field
from tests.api.calling import Api, api_of, member, value_for
from tests.api.test_actions import upload

CHOICES = [{"label_en": "Gold", "label_zh": "金", "tone": "amber"}, {"label_en": "Silver", "label_zh": "银"}]


PLACE = {"city": "Ulm", "country": "DE"}


def made(api: Api, kind: str = "text", **values: Any) -> dict[str, Any]:
    body = {"object": "account", "kind": kind, "label_en": f"My {kind}", **values}
    if kind in ("choice", "multichoice"):
        body.setdefault("choices", CHOICES)
    if kind == "link":
        body.setdefault("to", "contact")
    answer = api.post("/fields", body)
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json
    assert answer.headers["Location"] == f"/api/v1/fields/{found['id']}"
    return found


def test_a_field_is_made_read_changed_removed_and_brought_back(api: Api) -> None:
    field = made(api, "choice", label_zh="等级", name="level", required=False)
    assert (field["name"], field["kind"], field["indexed"], field["version"], field["removed"]) == (
        "level",
        "choice",
        True,
        1,
        False,
    )
    assert [(choice["value"], choice["tone"]) for choice in field["choices"]] == [("gold", "amber"), ("silver", "grey")]
    one = f"/fields/{field['id']}"
    assert api.get(one).json == field
    assert api.get("/fields", object="account").json == {"data": [field], "next": None}
    assert api.get("/fields", object="contact").json["data"] == []
    changed = api.patch(one, {"label_en": "Rank", "default": "gold"}, if_match='"1"')
    assert (changed.status, changed.json["label_en"], changed.json["default"], changed.headers["ETag"]) == (
        200,
        "Rank",
        "gold",
        '"2"',
    )
    assert api.patch(one, {"label_en": "Late"}, if_match='"1"').status == 412
    assert api.post("/accounts", {"name": "With default"}).json["level"] == "gold"
    assert api.delete(one).status == 204
    assert api.post("/accounts", {"name": "Too late", "level": "gold"}).pointers == {"/level"}
    assert [row["id"] for row in api.get("/fields", deleted=1).json["data"]] == [field["id"]]
    assert api.post(f"{one}/restore").json["removed"] is False
    assert api.post(f"{one}/purge").status == 409
    assert api.delete(one).status == 204
    assert api.post(f"{one}/purge").status == 204


def test_a_repeated_request_makes_one_field(api: Api) -> None:
    body = {"object": "account", "kind": "text", "label_en": "Once"}
    first, again = (api.post("/fields", body, idempotency_key="k1") for _number in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert api.get("/fields").json["data"] == [first.json]
    one = f"/fields/{first.json['id']}"
    for _number in range(2):
        assert api.delete(one, idempotency_key="k2").status == 204


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/object"}),
        ({"object": "account"}, {"/kind"}),
        ({"object": "account", "kind": "text"}, {"/label_en"}),
        ({"object": "account", "kind": "text", "label_en": "A", "slot": "st1"}, {"/slot"}),
        ({"object": "account", "kind": "text", "label_en": 7}, {"/label_en"}),
        ({"object": "account", "kind": "text", "label_en": "A", "required": "yes"}, {"/required"}),
        ({"object": "account", "kind": "choice", "label_en": "A", "choices": ["gold"]}, {"/choices"}),
        ({"object": "account", "kind": "number", "label_en": "A", "default": [1]}, {"/default"}),
        ({"object": "account", "kind": "link", "label_en": "A", "to": "nothing"}, {"/to"}),
        ({"object": "account", "kind": "nothing", "label_en": "A"}, {"/kind"}),
        ({"object": "account", "kind": "formula", "label_en": "A"}, {"/result"}),
    ],
)
def test_a_wrong_definition_is_told_beside_its_member(api: Api, body: dict[str, Any], pointers: set[str]) -> None:
    answer = api.post("/fields", body)
    assert (answer.status, answer.pointers) == (422, pointers)
    assert api.get("/fields").json["data"] == []


def test_every_kind_is_written_read_filtered_and_sorted(api: Api) -> None:
    for kind in (kind for kind in KINDS if kind not in ("autocode", "file")):
        field = made(api, kind)
        item = Field(field["name"], kind=kind, to=field["to"])
        value = {"choice": "gold", "multichoice": ["silver"], "address": PLACE}.get(kind) or value_for(api.actor, item)
        record = api.post("/accounts", {"name": f"With {kind}", field["name"]: value})
        assert record.status == 201, record.body
        one = f"/accounts/{record.json['id']}"
        stored = api.get(one).json[field["name"]]
        if kind == "link":
            assert stored["id"] == value and stored["label"]
        sent = stored["id"] if kind == "link" else stored
        assert api.patch(one, {field["name"]: sent}).json["version"] == 1
        op = {"longtext": "contains", "multichoice": "contains", "address": "contains"}.get(kind, "is")
        asked = sent[0] if kind == "multichoice" else sent["city"] if kind == "address" else sent
        criteria = {"field": field["name"], "op": op, "value": asked}
        found = api.get("/accounts", filter=criteria, fields=f"name,{field['name']}").json["data"]
        assert [(row["name"], row[field["name"]]) for row in found] == [(f"With {kind}", stored)], kind
        sorted_by = api.get("/accounts", sort=f"-{field['name']}", fields="name", limit=1)
        if kind in ("longtext", "multichoice", "link"):
            assert sorted_by.status == 422
        else:
            assert sorted_by.json["data"][0]["name"] == f"With {kind}"
        wrong = api.patch(one, {field["name"]: {"strange": 1}})
        assert (wrong.status, wrong.pointers) == (422, {f"/{field['name']}"}), kind
        assert api.patch(one, {field["name"]: None}).status == 200
        assert api.get(one).json[field["name"]] in (None, [], False)


def test_parts_of_an_address_are_fields_to_ask_for(api: Api) -> None:
    made(api, "address", name="site")
    api.post("/accounts", {"name": "Ulm", "site": PLACE})
    api.post("/accounts", {"name": "Bonn", "site": {"city": "Bonn"}})
    found = api.get("/accounts", sort="site.city", fields="name,site.city,site").json["data"]
    assert [(row["site.city"], row["site"]) for row in found] == [("Bonn", {"city": "Bonn"}), ("Ulm", PLACE)]
    one = api.get("/accounts", filter={"field": "site.country", "op": "is", "value": "DE"}).json["data"]
    assert [row["name"] for row in one] == ["Ulm"]
    assert api.get(f"/accounts/{one[0]['id']}").json["site"] == PLACE
    for wrong in ({"site": "Ulm"}, {"site": {"planet": "Mars"}}, {"site.city": "Ulm"}):
        assert api.patch(f"/accounts/{one[0]['id']}", wrong).status == 422
    schemas = api.get("/openapi.json").json["components"]["schemas"]
    assert schemas["AccountCreate"]["properties"]["site"]["properties"]["country"] == {"type": "string", "maxLength": 2}


def test_a_field_of_codes_numbers_its_records(api: Api) -> None:
    field = made(api, "autocode", name="file_no", pattern="F-{seq:3}")
    assert (field["pattern"], field["next_code"], field["indexed"]) == ("F-{seq:3}", "F-001", True)
    made_ = api.post("/accounts", {"name": "A"}).json
    assert made_["file_no"] == "F-001"
    assert api.post("/accounts", {"name": "B", "file_no": "F-009"}).pointers == {"/file_no"}
    assert api.get(f"/fields/{field['id']}").json["next_code"] == "F-002"
    assert api.patch(f"/fields/{field['id']}", {"pattern": "F"}).pointers == {"/pattern"}
    assert api.patch(f"/fields/{field['id']}", {"pattern": "G{seq}"}).json["next_code"] == "G2"
    written = api.get("/openapi.json").json["components"]["schemas"]["AccountCreate"]["properties"]
    assert "file_no" not in written


def test_a_file_is_uploaded_first_and_named_then(api: Api, other_api: Api) -> None:
    made(api, "file", name="papers", several=True)
    one = upload(api, "", "contract.txt", b"Signed")
    assert (one.status, one.json["object"], one.json["record"]) == (201, "", None)
    key = one.json["id"]
    record = api.post("/accounts", {"name": "A", "papers": [key]})
    assert record.json["papers"] == [{"id": key, "name": "contract.txt", "size": 6}]
    address = f"/accounts/{record.json['id']}"
    assert api.patch(address, {"papers": record.json["papers"]}).json["version"] == 1
    assert api.call("GET", f"/files/{key}/content").body == b"Signed"
    assert other_api.call("GET", f"/files/{key}/content").status == 404
    assert other_api.post("/accounts", {"name": "B"}).status == 201
    for wrong in (["nothing"], "text", [7], [{"name": "x"}], [record.json["id"]]):
        assert api.patch(address, {"papers": wrong}).pointers == {"/papers"}
    assert api.patch(address, {"papers": []}).json["papers"] in (None, [])
    assert api.call("GET", f"/files/{key}/content").status == 404
    assert api.call("POST", "/files", b"x", content_type="text/plain").status == 415


def test_a_required_field_is_asked_for(api: Api) -> None:
    made(api, name="territory", required=True)
    assert api.post("/accounts", {"name": "Without"}).pointers == {"/territory"}
    bulk = api.post("/accounts/bulk", [{"op": "create", "values": {"name": "Without"}}])
    assert (bulk.status, bulk.pointers) == (422, {"/0/values/territory"})
    assert api.get("/accounts", count=1).json["count"] == 0
    assert api.post("/accounts", {"name": "With", "territory": "North"}).status == 201


def test_the_description_tells_a_caller_of_the_own_fields(api: Api, other_api: Api, anonymous: Api) -> None:
    made(api, "choice", name="level")
    schemas = api.get("/openapi.json").json["components"]["schemas"]
    assert schemas["Account"]["properties"]["level"]["description"] == "My choice"
    written = schemas["AccountCreate"]["properties"]["level"]
    assert {key: written["anyOf"][0][key] for key in ("type", "enum")} == {"type": "string", "enum": ["gold", "silver"]}
    assert "level" not in schemas["Contact"]["properties"]
    for stranger in (other_api, anonymous, Api("gx_nonsense")):
        assert "level" not in stranger.get("/openapi.json").json["components"]["schemas"]["Account"]["properties"]


def test_roles_and_companies_keep_fields_apart(api: Api, other_api: Api, team: Team) -> None:
    field = made(api, name="secret")
    record = api.post("/accounts", {"name": "Known", "secret": "Nachtigall"}).json
    one = f"/fields/{field['id']}"
    assert other_api.get(one).status == 404
    assert other_api.patch(one, {"label_en": "Mine"}).status == 404
    assert other_api.delete(one).status == 404
    assert other_api.get("/fields").json["data"] == []
    assert other_api.post("/accounts", {"name": "X", "secret": "y"}).pointers == {"/secret"}
    reader = api_of(member(api.actor, "reader", team, {"*": {"*": "all"}}, account={"secret": "hidden"}))
    for method, path, body in (("GET", "/fields", None), ("GET", one, None), ("POST", "/fields", {}), ("PATCH", one, {}), ("DELETE", one, None),
                               ("POST", f"{one}/restore", None), ("POST", f"{one}/purge", None)):  # fmt: skip
        assert reader.call(method, path, body).status == 403, (method, path)
    shown = reader.get(f"/accounts/{record['id']}")
    assert (shown.status, "secret" in shown.json) == (200, False)
    for answer in (
        reader.get(f"/accounts/{record['id']}/history"), reader.get("/accounts"), reader.get("/search", q="Nachtigall"),
        reader.get("/openapi.json"),
    ):  # fmt: skip
        assert (answer.status, "Nachtigall" in answer.body.decode(), '"secret"' in answer.body.decode()) == (
            200,
            False,
            False,
        )
    assert reader.get("/accounts", filter={"field": "secret", "op": "is", "value": "Nachtigall"}).status == 422
    assert reader.get("/accounts", sort="secret").status == 422
    assert reader.get("/accounts", fields="secret").json["data"][0].get("secret") is None
    assert reader.patch(f"/accounts/{record['id']}", {"secret": "x"}).pointers == {"/secret"}
    with tenant_tx(api.actor.tenant_id):
        Role.objects.filter(key="role-reader").update(field_access={"account": {"secret": "masked"}})
    masked = reader.get(f"/accounts/{record['id']}").json["secret"]
    assert masked and "achtigal" not in masked
    with tenant_tx(api.actor.tenant_id):
        assert CustomField.objects.get().deleted_at is None
    assert api.get(f"/accounts/{record['id']}").json["secret"] == "Nachtigall"


def test_a_field_made_between_two_calls_is_known_to_the_second(api: Api) -> None:
    record = api.post("/accounts", {"name": "Known"}).json
    assert "late" not in api.get(f"/accounts/{record['id']}").json
    made(api, name="late", default="now")
    assert api.get(f"/accounts/{record['id']}").json["late"] is None
    assert api.post("/accounts", {"name": "New"}).json["late"] == "now"
