"""The life of a record over the API, on accounts."""

import json
from base64 import urlsafe_b64encode
from uuid import uuid4

import orjson
import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.records.lists import ListQuery, list_records
from tests.api.calling import Answer, Api


def count(api: Api) -> int:
    with tenant_tx(api.actor.tenant_id):
        return Account.objects.count()


def problem(answer: Answer, status: int, kind: str) -> dict:
    """The problem document, checked."""
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    content = answer.json
    assert (content["status"], content["type"]) == (status, f"urn:guanxi:problem:{kind}")
    return content


def test_create_answers_the_record_with_its_address_and_version(api: Api) -> None:
    made = api.post("/accounts", {"name": "张三丰贸易", "city": "上海", "annual_revenue": "1234.5", "currency": "CNY"})
    record = made.json
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/accounts/{record['id']}"
    assert made.headers["ETag"] == '"1"'
    assert (record["name"], record["city"], record["annual_revenue"], record["currency"]) == (
        "张三丰贸易",
        "上海",
        "1234.5",
        "CNY",
    )
    assert record["code"] == "AC-00001"
    assert record["owner"] == {"id": str(api.actor.member_id), "label": api.actor.name}
    assert api.get(f"/accounts/{record['id']}").json == record


def test_wrong_values_are_pointed_at_and_nothing_is_made(api: Api) -> None:
    refused = api.post(
        "/accounts", {"name": "", "email": "nobody", "employees": "many", "nonsense": 1, "city": 7, "is_key": "yes"}
    )
    problem(refused, 422, "invalid")
    # JSON types are checked first, then contents.
    assert refused.pointers == {"/employees", "/city", "/is_key"}
    refused = api.post("/accounts", {"name": "", "email": "nobody", "nonsense": 1, "version": 3})
    assert refused.pointers == {"/name", "/email", "/nonsense", "/version"}
    assert count(api) == 0


def test_update_moves_the_version_and_a_stale_write_is_refused(api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    changed = api.patch(f"/accounts/{record['id']}", {"city": "Köln"}, If_Match='"1"')
    assert (changed.status, changed.headers["ETag"], changed.json["city"]) == (200, '"2"', "Köln")
    stale = api.patch(f"/accounts/{record['id']}", {"city": "Bonn"}, If_Match='"1"')
    content = problem(stale, 412, "stale")
    assert (content["version"], stale.headers["ETag"]) == (2, '"2"')
    assert "current" not in content
    assert (
        problem(api.patch(f"/accounts/{record['id']}", {"city": "Bonn"}, If_Match="nonsense"), 412, "stale")["version"]
        == 2
    )
    assert problem(api.delete(f"/accounts/{record['id']}", If_Match='"1"'), 412, "stale")["version"] == 2
    assert api.get(f"/accounts/{record['id']}").json["city"] == "Köln"
    assert api.patch(f"/accounts/{record['id']}", {"city": "Bonn"}, If_Match='"1", "2"').json["city"] == "Bonn"


def test_delete_and_restore(api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    gone = api.delete(f"/accounts/{record['id']}", If_Match='"1"')
    assert (gone.status, gone.body) == (204, b"")
    problem(api.get(f"/accounts/{record['id']}"), 404, "not-found")
    assert api.get("/accounts").json == {"data": [], "next": None}
    assert [row["id"] for row in api.get("/accounts", deleted=1).json["data"]] == [record["id"]]
    back = api.post(f"/accounts/{record['id']}/restore")
    assert (back.status, back.json["name"], back.json["version"]) == (200, "One", 3)
    problem(api.post(f"/accounts/{record['id']}/restore"), 404, "not-found")


def test_list_filters_sorts_counts_and_pages(api: Api) -> None:
    for name, city in (("Beta", "上海"), ("Alpha", "上海"), ("Gamma", "北京"), ("Delta", "上海")):
        assert api.post("/accounts", {"name": name, "city": city}).status == 201
    criteria = {"all": [{"field": "city", "op": "is", "value": "上海"}]}
    first = api.get("/accounts", filter=criteria, sort="name", fields="name", limit=2, count=1).json
    assert [set(row) for row in first["data"]] == [{"id", "version", "name"}] * 2
    assert ([row["name"] for row in first["data"]], first["count"], first["count_exact"]) == (
        ["Alpha", "Beta"],
        3,
        True,
    )
    second = api.get("/accounts", filter=criteria, sort="name", fields="name", limit=2, cursor=first["next"]).json
    assert ([row["name"] for row in second["data"]], second["next"]) == (["Delta"], None)
    down = api.get("/accounts", sort="-name", fields="name").json
    assert [row["name"] for row in down["data"]] == ["Gamma", "Delta", "Beta", "Alpha"]


def test_an_amount_brings_its_currency_along(api: Api) -> None:
    api.post("/accounts", {"name": "One", "annual_revenue": 12, "currency": "EUR"})
    row = api.get("/accounts", fields="annual_revenue").json["data"][0]
    assert (row["annual_revenue"], row["currency"]) == ("12", "EUR")


def test_q_finds_characters_and_pinyin_initials(api: Api) -> None:
    made = {name: api.post("/accounts", {"name": name}).json["id"] for name in ("华东精密机械", "Acme Shanghai")}
    assert [row["id"] for row in api.get("/accounts", q="精密").json["data"]] == [made["华东精密机械"]]
    assert [row["id"] for row in api.get("/accounts", q="hdjm").json["data"]] == [made["华东精密机械"]]
    hits = api.get("/search", q="acme").json["data"]
    assert [(hit["object"], hit["collection"], hit["id"], hit["label"]) for hit in hits] == [
        ("account", "accounts", made["Acme Shanghai"], "Acme Shanghai")
    ]
    assert api.get("/search", q="acme", objects="contacts").json["data"] == []


def test_history_tells_who_changed_what(api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    api.patch(f"/accounts/{record['id']}", {"name": "Two"})
    lines = api.get(f"/accounts/{record['id']}/history").json["data"]
    assert [(line["version"], line["action"], line["via"], line["by"]) for line in lines] == [
        (2, "updated", "api", api.actor.name),
        (1, "created", "api", api.actor.name),
    ]
    assert {"field": "name", "before": "One", "after": "Two"} in lines[0]["changes"]


def test_a_caller_that_has_this_version_gets_304(api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    same = api.get(f"/accounts/{record['id']}", headers={"If-None-Match": '"1"'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", '"1"')


def test_me_users_and_teams(api: Api) -> None:
    me = api.get("/me").json
    assert (me["id"], me["role"], me["permissions"]["account"]["edit"]) == (
        str(api.actor.member_id),
        "administrator",
        "all",
    )
    users = api.get("/users", count=1).json
    assert ([user["email"] for user in users["data"]], users["next"], users["count"]) == (
        ["admin@polaris.example"],
        None,
        1,
    )
    assert api.get(f"/users/{me['id']}").json == users["data"][0]
    teams = api.get("/teams", q="COMP").json["data"]
    assert [team["name"] for team in teams] == ["Company"]
    assert api.get(f"/teams/{teams[0]['id']}").json == teams[0]
    assert api.get("/teams", q="nothing").json["data"] == []


def test_users_are_paged_by_name(api: Api, team: object) -> None:
    first = api.get("/teams", limit=1).json
    second = api.get("/teams", limit=1, cursor=first["next"]).json
    assert [row["name"] for row in first["data"] + second["data"]] == ["Company", "Field sales"]
    assert second["next"] is None
    problem(api.get("/teams", cursor="%%%"), 422, "invalid")


def test_unknown_addresses_methods_and_content_types(api: Api) -> None:
    for path in (
        "/nothing",
        f"/accounts/{uuid4()}",
        "/accounts/not-a-key",
        f"/accounts/{uuid4()}/nothing",
        "/../accounts/x/y/z",
    ):
        problem(api.get(path), 404, "not-found")
    refused = api.call("PUT", "/accounts", {})
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["Allow"] == "GET, POST, HEAD"
    problem(
        api.call("POST", "/accounts", b"name=One", content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported-media-type",
    )
    head = api.call("HEAD", "/accounts")
    assert (head.status, head.body) == (200, b"")


def test_a_forged_cursor_is_refused(api: Api) -> None:
    for name, value in (
        ("employees", "x"),
        ("annual_revenue", "x"),
        ("annual_revenue", 1e300),
        ("customer_since", "x"),
        ("updated_at", "x"),
        ("name", [1]),
    ):
        for is_time in (False, True):
            forged = urlsafe_b64encode(json.dumps([name, False, value, is_time, str(uuid4())]).encode()).decode()
            assert api.get("/accounts", sort=name, cursor=forged).status in (200, 422), (name, value)


@pytest.mark.parametrize(
    "sort", ["name", "-updated_at", "employees", "-annual_revenue", "customer_since", "owner", "-city"]
)
def test_pages_together_are_the_whole_list_in_its_order(api: Api, sort: str) -> None:
    """A page by a compiled statement is what the engine lists, with and without values in the sort field."""
    for number in range(7):
        values = {
            "employees": number % 3,
            "annual_revenue": number % 2,
            "currency": "CNY",
            "customer_since": f"2026-0{number % 2 + 1}-01",
        }
        api.post("/accounts", {"name": f"Name {number % 4}"} | (values if number % 3 else {}))
    with tenant_tx(api.actor.tenant_id):
        whole = list_records(api.actor, ListQuery(object="account", sort=sort)).rows
    for _again in range(2):
        found, cursor = [], ""
        while cursor is not None:
            page = api.get("/accounts", sort=sort, limit=2, **({"cursor": cursor} if cursor else {})).json
            found += page["data"]
            cursor = page["next"]
        assert found == json.loads(orjson.dumps(whole, option=orjson.OPT_UTC_Z))
