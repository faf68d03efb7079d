"""Contract over every registered object: another company finds nothing, an anonymous caller gets nothing."""

from typing import Any

import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.records import registry
from guanxi.records.registry import ObjectType
from tests.api.calling import Api, make

OBJECTS = [kind.name for kind in registry.objects()]


@pytest.fixture
def made(api: Api, request: pytest.FixtureRequest) -> tuple[ObjectType, Any]:
    """A record of the first company."""
    kind = registry.get(request.param)
    return kind, make(api.actor, kind)


def stored(api: Api, kind: ObjectType) -> list[dict[str, Any]]:
    """The columns of all records of the first company."""
    with tenant_tx(api.actor.tenant_id):
        return list(kind.model.objects.order_by("id").values())  # type: ignore[attr-defined]


@pytest.mark.parametrize("made", OBJECTS, indirect=True)
def test_its_own_company_sees_it(api: Api, made: tuple[ObjectType, Any]) -> None:
    kind, record = made
    answer = api.get(f"/{kind.plural}/{record.id}")
    assert (answer.status, answer.json["id"], answer.json["version"]) == (200, str(record.id), record.version)
    listed = api.get(f"/{kind.plural}", count=1, limit=200).json
    assert str(record.id) in [row["id"] for row in listed["data"]]
    assert answer.json == next(row for row in listed["data"] if row["id"] == str(record.id))


@pytest.mark.parametrize("made", OBJECTS, indirect=True)
def test_another_company_neither_sees_nor_changes_it(api: Api, other_api: Api, made: tuple[ObjectType, Any]) -> None:
    kind, record = made
    before = stored(api, kind)
    one = f"/{kind.plural}/{record.id}"
    field = next((item.name for item in kind.fields if item.writable), "tags")
    assert str(record.id) not in other_api.get(f"/{kind.plural}", count=1, limit=200).body.decode()
    assert str(record.id) not in other_api.get(f"/{kind.plural}", deleted=1).body.decode()
    assert other_api.get(one).status == 404
    assert other_api.get(f"{one}/history").status == 404
    assert other_api.get(f"{one}/files").status == 404
    assert other_api.patch(one, {field: None}).status in (404, 422)
    assert other_api.delete(one).status == 404
    assert other_api.post(f"{one}/restore").status == 404
    operation = {"op": "delete", "id": str(record.id)}
    refused = other_api.post(f"/{kind.plural}/bulk", [operation])
    assert (refused.status, refused.pointers) == (404, {"/0"})
    for command in kind.commands:
        assert other_api.post(f"{one}/{command.key}", {}).status in (404, 422), command.key
    title = str(getattr(record, kind.by_name[kind.title].column) or record.code)
    assert str(record.id) not in other_api.get("/search", q=title).body.decode()
    assert stored(api, kind) == before


@pytest.mark.parametrize("made", OBJECTS, indirect=True)
def test_an_anonymous_caller_gets_401_everywhere(anonymous: Api, api: Api, made: tuple[ObjectType, Any]) -> None:
    kind, record = made
    one = f"/{kind.plural}/{record.id}"
    calls = [("GET", f"/{kind.plural}"), ("POST", f"/{kind.plural}"), ("POST", f"/{kind.plural}/bulk"), ("GET", one), ("PATCH", one),
             ("DELETE", one), ("POST", f"{one}/restore"), ("GET", f"{one}/history"), ("GET", f"{one}/files"), ("POST", f"{one}/files"),
             *(("POST", f"{one}/{command.key}") for command in kind.commands), ("GET", "/me"), ("GET", "/search?q=a"), ("GET", "/nothing")]  # fmt: skip
    for token in ("", "gx_nonsense", f"gx_{api.actor.tenant_id.hex}_{'x' * 43}"):
        for method, path in calls:
            answer = Api(token).call(method, path, {} if method in ("POST", "PATCH") else None)
            assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json"), (method, path)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="guanxi"'


@pytest.mark.parametrize("made", OBJECTS, indirect=True)
def test_a_link_to_another_company_is_refused(other_api: Api, made: tuple[ObjectType, Any]) -> None:
    """No record of another company can be named in a link."""
    target, record = made
    for kind in registry.objects():
        for item in kind.fields:
            if item.kind == "link" and item.to == target.name and item.writable:
                refused = other_api.post(f"/{kind.plural}", {item.name: str(record.id)})
                assert refused.status == 422 and f"/{item.name}" in refused.pointers, (kind.name, item.name)
