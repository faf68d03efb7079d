"""Idempotency, bulk and bad input."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.records.models import IdempotencyKey
from guanxi.records.replays import forget_old_keys
from tests.api.calling import Api


def names(api: Api) -> list[str]:
    with tenant_tx(api.actor.tenant_id):
        return list(Account.objects.filter(deleted_at=None).order_by("name").values_list("name", flat=True))


def test_the_same_key_writes_once(api: Api) -> None:
    first = api.post("/accounts", {"name": "One"}, Idempotency_Key="a")
    again = api.post("/accounts", {"name": "One"}, Idempotency_Key="a")
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert again.headers["Location"] == first.headers["Location"]
    assert names(api) == ["One"]
    changed = [api.patch(f"/accounts/{first.json['id']}", {"city": "X"}, Idempotency_Key="b") for _ in range(2)]
    assert [(answer.status, answer.json["version"]) for answer in changed] == [(200, 2), (200, 2)]
    deleted = [api.delete(f"/accounts/{first.json['id']}", Idempotency_Key="c") for _ in range(2)]
    assert [answer.status for answer in deleted] == [204, 204]
    assert names(api) == []


def test_a_key_used_for_something_else_is_refused(api: Api, other_api: Api) -> None:
    api.post("/accounts", {"name": "One"}, Idempotency_Key="a")
    for answer in (
        api.post("/accounts", {"name": "Two"}, Idempotency_Key="a"),
        api.post("/contacts", {"name": "One"}, Idempotency_Key="a"),
    ):
        assert answer.status == 422
    assert names(api) == ["One"]
    assert other_api.post("/accounts", {"name": "Three"}, Idempotency_Key="a").status == 201


def test_a_refused_write_frees_its_key(api: Api) -> None:
    assert api.post("/accounts", {"name": ""}, Idempotency_Key="a").status == 422
    assert api.post("/accounts", {"name": "One"}, Idempotency_Key="a").status == 201
    for key in ("", "x" * 201, "a\tb"):
        assert api.post("/accounts", {"name": "Two"}, Idempotency_Key=key).status == 422
    assert names(api) == ["One"]


def test_keys_are_kept_for_a_day(api: Api) -> None:
    api.post("/accounts", {"name": "One"}, Idempotency_Key="a")
    with tenant_tx(api.actor.tenant_id):
        assert forget_old_keys() == 0
        IdempotencyKey.objects.update(created_at="2026-01-01T00:00:00Z")
    assert api.post("/accounts", {"name": "Two"}, Idempotency_Key="a").status == 201
    assert names(api) == ["One", "Two"]
    with tenant_tx(api.actor.tenant_id):
        IdempotencyKey.objects.update(created_at="2026-01-01T00:00:00Z")
        assert forget_old_keys() == 1


def test_bulk_does_all_in_order(api: Api) -> None:
    one, two = (api.post("/accounts", {"name": name}).json["id"] for name in ("One", "Two"))
    operations = [
        {"op": "create", "values": {"name": "Three"}},
        {"op": "update", "id": one, "version": 1, "values": {"city": "X"}},
        {"op": "update", "id": one, "version": 2, "values": {"city": "Y"}},
        {"op": "delete", "id": two},
        {"op": "restore", "id": two},
        {"op": "delete", "id": one},
    ]
    done = api.post("/accounts/bulk", operations, Idempotency_Key="a")
    assert done.status == 200
    data = done.json["data"]
    assert [row["id"] for row in data[1:]] == [one, one, two, two, one]
    assert data[0]["name"] == "Three"
    assert data[5] == {"id": one, "version": 4}
    assert names(api) == ["Three", "Two"]
    assert [row["id"] for row in api.post("/accounts/bulk", operations, Idempotency_Key="a").json["data"]] == [
        row["id"] for row in data
    ]
    assert names(api) == ["Three", "Two"]


def test_bulk_is_all_or_nothing_and_points_at_what_is_wrong(api: Api) -> None:
    one, two = (api.post("/accounts", {"name": name}).json["id"] for name in ("One", "Two"))
    create: dict[str, Any] = {"op": "create", "values": {"name": "Three"}}
    cases = [
        ([create, create, create, {"op": "create", "values": {"name": ""}}], 422, {"/3/values/name"}),
        ([create, {"op": "update", "id": one, "values": {"email": "nobody"}}], 422, {"/1/values/email"}),
        ([create, {"op": "create", "values": {"name": 7, "nonsense": 1}}], 422, {"/1/values/name"}),
        ([create, {"op": "update", "id": one, "version": 9, "values": {}}], 412, {"/1"}),
        ([create, {"op": "delete", "id": two, "version": 1}, {"op": "delete", "id": one, "version": 7}], 412, {"/2"}),
        ([create, {"op": "delete", "id": one}, {"op": "delete", "id": str(uuid4())}], 404, {"/2"}),
        ([create, {"op": "restore", "id": one}], 404, {"/1"}),
        ([create, {"op": "nonsense"}, 7, {"op": []}], 422, {"/1/op", "/2/op", "/3/op"}),
        (
            [{"op": "update", "id": "x", "values": [], "more": 1, "version": True}],
            422,
            {"/0/id", "/0/values", "/0/more", "/0/version"},
        ),
        ({"operations": []}, 422, {""}),
        ([], 422, {""}),
        ([create] * 1001, 422, {""}),
    ]
    for operations, status, pointers in cases:
        refused = api.post("/accounts/bulk", operations)
        assert (refused.status, refused.pointers) == (status, pointers), operations
    assert names(api) == ["One", "Two"]


BAD_BODIES = [
    (b"", (400, 415)), (b"{", (400,)), (b"\xff\xfe{}", (400,)), (b"null", (422,)), (b"[]", (422,)), (b'"text"', (422,)), (b"NaN", (400,)),
    (b'{"name": "\\u0000"}', (422,)), (b'{"name": "\\ud800"}', (400, 422)), (b"[" * 100_000, (400,)), (b'{"name": ' + b"1" * 5000 + b"}", (400, 422)),
    (b'{"name": "' + b"x" * 300 + b'"}', (422,)), (b'{"name": "One", "employees": 99999999999999999999999}', (422,)),
    (b'{"name": "One", "employees": -1}', (422,)), (b'{"name": "One", "annual_revenue": 1e300}', (422,)),
    (b'{"name": "One", "annual_revenue": "NaN"}', (422,)), (b'{"name": "One", "customer_since": "9999-99-99"}', (422,)),
    (b'{"name": "One", "parent": "x"}', (422,)), (b'{"name": "One", "tags": [1]}', (422,)), (b'{"name": "One", "relations": ["nothing"]}', (422,)),
    (b'{"name": ["One"]}', (422,)), (b'{"name": {"a": 1}}', (422,)), (b'{"name": true}', (422,)), (b'{"name": "One", "": 1}', (422,)),
    (b'{"name": "One", "id": "x"}', (422,)), (b'{"name": "One", "owner": "' + b"0" * 36 + b'"}', (422,)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "statuses"), BAD_BODIES)
def test_bad_bodies_are_refused_clearly(api: Api, body: bytes, statuses: tuple[int, ...]) -> None:
    refused = api.call("POST", "/accounts", body)
    assert refused.status in statuses
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert names(api) == []


def test_emoji_and_right_to_left_text_are_kept(api: Api) -> None:
    text = "🦀 שלום مرحبا 张三丰"
    assert api.post("/accounts", {"name": text}).json["name"] == text


def test_large_bodies_are_refused(api: Api) -> None:
    large = orjson.dumps({"name": "One", "description": "x" * (1024 * 1024)})
    assert api.call("POST", "/accounts", large).status == 413
    assert api.call("POST", "/accounts/bulk", b"[" + b" " * (5 * 1024 * 1024) + b"]").status == 413
    assert api.call("PATCH", f"/accounts/{uuid4()}", b" " * (10 * 1024 * 1024)).status == 413
    assert api.call("POST", "/accounts", large, headers={"Idempotency-Key": "a"}).status == 413


BAD_QUERIES = [
    "limit=0", "limit=-1", "limit=999", "limit=abc", "limit=%C2%B2", "limit=" + "9" * 5000, "count=maybe", "nonsense=1", "sort=nothing", "sort=-",
    "sort=tags", "fields=nothing", "cursor=x", "cursor=%00", "filter=x", "filter=[]", "filter=%7B%7D%7D", "limit=1&limit=2", "filter=%7B%22field%22%3A%5B%5D%7D",
    "filter=" + "%7B%22not%22%3A" * 50 + "%7B%7D" + "%7D" * 50, "cursor=bnVsbA", "cursor=WyJ1cGRhdGVkX2F0Iix0cnVlLCJ4Iix0cnVlLCJ4Il0",
    "filter=%7B%22field%22%3A%22annual_revenue%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A%221e30%22%7D",
    "filter=%7B%22field%22%3A%22employees%22%2C%22op%22%3A%22is%22%2C%22value%22%3A99999999999999999999%7D",
    "filter=%7B%22field%22%3A%22name%22%2C%22op%22%3A%22is%22%2C%22value%22%3A%22%5Cu0000%22%7D",
    "filter=%7B%22field%22%3A%22updated_at%22%2C%22op%22%3A%22within%22%2C%22value%22%3A%7B%22last%22%3A1e30%2C%22unit%22%3A%22days%22%7D%7D",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_QUERIES)
def test_bad_queries_are_refused_clearly(api: Api, text: str) -> None:
    refused = api.call("GET", f"/accounts?{text}")
    assert (refused.status, refused.headers["Content-Type"]) == (422, "application/problem+json"), refused.body


@pytest.mark.parametrize("text", ["", "%", "\x00", "张", "a" * 5000, "🦀", "'; drop table", "\\", "  "])
def test_any_text_may_be_searched(api: Api, text: str) -> None:
    assert api.get("/search", q=text).status in (200, 422)
    assert api.get("/accounts", q=text).status in (200, 422)
