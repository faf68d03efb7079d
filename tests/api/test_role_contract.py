"""Contract over every registered object, through the API and the screens: what a role does not show leaves by no path."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, Team
from guanxi.records import registry
from guanxi.records.registry import Field, ObjectType
from tests.api.calling import Api, api_of, make, member

OBJECTS = [kind.name for kind in registry.objects()]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EVERYTHING = {"*": {"*": "all"}}
# Nothing else of a company looks like one of these; each is what its field accepts, and stays as it is.
SECRETS = {"text": "Zq4711", "longtext": "Zq4711", "email": "zq4711@secret.example", "url": "https://zq4711.example", "phone": "+86 138 4711 4711"}  # fmt: skip
SECRET = re.compile(r"zq4711|4711\D{0,3}4711", re.I)


def browser(actor: Actor) -> Client:
    """A browser of the actor."""
    client = Client(raise_request_exception=False)
    client.force_login(get_user_model().objects.get(id=actor.user_id), backend=BACKEND)
    return client


def secret(kind: ObjectType) -> Iterator[Field]:
    """The fields that get a secret text: all that take one, but the title, which names the record."""
    for item in kind.fields:
        long_enough = item.max_length is None or item.max_length >= 24
        if item.writable and item.kind in SECRETS and item.name != kind.title and long_enough:
            yield item


def made_with_secrets(actor: Actor, kind: ObjectType) -> tuple[Any, dict[str, str]]:
    """A record with a secret in every field that takes it, and these values."""
    values = {item.name: SECRETS[item.kind] for item in secret(kind)}
    while True:
        try:
            return make(actor, kind, **values), values
        except Invalid as refusal:
            refused = set(refusal.errors) & set(values)
            if not refused:
                raise
            values = {name: value for name, value in values.items() if name not in refused}


def asked(client: Client, path: str, **query: str) -> tuple[str, int, str]:
    """(address, status, text) of a page."""
    address = f"{path}?{urlencode(query)}" if query else path
    answer = client.get(address)
    body = b"".join(answer) if answer.streaming else answer.content
    return address, answer.status_code, body.decode(errors="replace")


def listings(api: Api, client: Client, kind: ObjectType, text: str) -> Iterator[tuple[str, int, str]]:
    """Whatever shows several records of an object: (address, status, text)."""
    for query in ({"count": 1, "limit": 200}, {"q": text}, {"deleted": 1}):
        answer = api.get(f"/{kind.plural}", **query)
        yield f"api /{kind.plural} {query}", answer.status, answer.body.decode()
    found = api.get("/search", q=text)
    yield "api /search", found.status, found.body.decode()
    one = f"/{kind.plural}/"
    yield asked(client, one)
    yield asked(client, one, q=text)
    yield asked(client, one, part="foot")
    yield asked(client, one + "export", format="csv")
    yield asked(client, one + "board")
    yield asked(client, one + "calendar")
    yield asked(client, one + "calendar/feed", start="2020-01-01T00:00:00Z", end="2030-01-01T00:00:00Z")
    yield asked(client, f"/lookup/{kind.name}/", q=text)
    yield asked(client, one + "filter/count", filter="{}")
    yield asked(client, "/search", q=text)
    yield asked(client, "/menu/counts")


def singles(api: Api, client: Client, kind: ObjectType, record_id: Any) -> Iterator[tuple[str, int, str]]:
    """Whatever shows one record."""
    one = f"/{kind.plural}/{record_id}"
    for part in ("", "/history", "/files"):
        answer = api.get(one + part)
        yield f"api {one}{part}", answer.status, answer.body.decode()
    for part in ("/", "/preview", "/edit"):
        yield asked(client, one + part)
    for tab in ("facts", "history", "files"):
        yield asked(client, f"{one}/", tab=tab)


def columns(admin: Actor, kind: ObjectType, record_id: Any) -> dict[str, Any]:
    """The record as the table holds it."""
    with tenant_tx(admin.tenant_id):
        return dict(kind.model.objects.filter(id=record_id).values().get())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("scope", ["none", "own"])
def test_a_record_that_the_list_hides_is_hidden_everywhere(admin: Actor, team: Team, name: str, scope: str) -> None:
    kind = registry.get(name)
    record, _values = made_with_secrets(admin, kind)
    before = columns(admin, kind, record.id)
    reader = member(admin, "reader", team, EVERYTHING | {name: {"*": scope}})
    api, client = api_of(reader), browser(reader)
    title = str(getattr(record, kind.by_name[kind.title].column) or record.code)
    for address, status, text in listings(api, client, kind, title):
        assert status < 500, address
        assert str(record.id) not in text, address
    absent = {404} if scope == "own" else {403, 404}
    for address, status, text in singles(api, client, kind, record.id):
        assert status in absent, (address, status)
        assert not SECRET.search(text), address
    writing(api, client, kind, record.id)
    assert columns(admin, kind, record.id) == before
    seen = api_of(admin).get(f"/{kind.plural}", limit=200)
    assert str(record.id) in seen.body.decode()


def writing(api: Api, client: Client, kind: ObjectType, record_id: Any) -> None:
    """Every way to change what is hidden is refused, without saying that it is there."""
    one = f"/{kind.plural}/{record_id}"
    field = next((item.name for item in kind.fields if item.writable), "tags")
    calls = [api.patch(one, {field: None}), api.delete(one), api.post(f"{one}/restore"), api.post(f"{one}/files"),
             api.post(f"/{kind.plural}/bulk", [{"op": "delete", "id": str(record_id)}]),
             *(api.post(f"{one}/{command.key}", {}) for command in kind.commands)]  # fmt: skip
    for answer in calls:
        assert answer.status in (400, 403, 404, 405, 415, 422), (answer.status, answer.body)
        assert not SECRET.search(answer.body.decode())
    posts = ["edit", f"cell/{field}", "merge", "delete", "restore", "undo", *(f"do/{one.key}" for one in kind.commands)]
    for part in posts:
        status = client.post(f"{one}/{part}", {field: "x", "name": "x", "version": "1"}).status_code
        assert status in (400, 403, 404, 405, 422), (part, status)
    client.post(f"/{kind.plural}/bulk/delete", {"ids": str(record_id), "id": str(record_id)})


@pytest.mark.parametrize("name", [kind.name for kind in registry.objects() if any(secret(kind))])
def test_a_hidden_field_leaves_by_no_path(admin: Actor, api: Api, team: Team, name: str) -> None:
    kind = registry.get(name)
    record, values = made_with_secrets(admin, kind)
    access = dict.fromkeys(kind.by_name, "hidden") | {kind.title: "write"}
    reader = member(admin, "reader", team, EVERYTHING, **{name: access})
    blind, client = api_of(reader), browser(reader)
    title = str(getattr(record, kind.by_name[kind.title].column) or record.code)
    for text in (title, "Zq4711", "47114711"):
        for address, status, body in listings(blind, client, kind, text):
            assert status < 500, address
            assert not SECRET.search(body.replace(text, "")) or text != title, address
    for address, status, body in singles(blind, client, kind, record.id):
        assert status < 500, address
        assert not SECRET.search(body), address
    shown = blind.get(f"/{kind.plural}/{record.id}")
    assert shown.status == 200 and not set(values) & set(shown.json)
    # Somebody who may see it does, so that the secret was really there.
    assert not values or SECRET.search(api.get(f"/{kind.plural}/{record.id}").body.decode())
    for field in values:
        asking(api, blind, client, kind, field)
    refused = blind.patch(f"/{kind.plural}/{record.id}", dict.fromkeys(values, "x"), If_Match=f'"{record.version}"')
    assert refused.status in (403, 404, 405, 422) or not values
    assert not SECRET.search(refused.body.decode())


def asking(api: Api, blind: Api, client: Client, kind: ObjectType, field: str) -> None:
    """By a hidden field nobody filters, sorts or goes on; the answer is that of a field that does not exist."""
    path = f"/{kind.plural}"
    for query in ({"filter": {"field": field, "op": "not_empty"}}, {"sort": field}):
        answer, unknown = (
            blind.get(path, **query),
            blind.get(path, **json.loads(json.dumps(query).replace(field, "zz"))),
        )
        assert answer.status == unknown.status == 422, (field, query)
        assert answer.json["detail"].replace(field, "zz") == unknown.json["detail"]
    sorted_by = api.get(path, sort=field, limit=1)
    cursor = sorted_by.json.get("next") if sorted_by.status == 200 else None
    if cursor:
        assert blind.get(path, cursor=cursor, sort=field).status == 422
        assert not SECRET.search(blind.get(path, cursor=cursor).body.decode())
    criteria = json.dumps({"field": field, "op": "not_empty"})
    for address, status, text in (asked(client, path + "/", filter=criteria, columns=field, sort=field),
                                  asked(client, path + "/export", filter=criteria, columns=field, sort=field, format="csv"),
                                  asked(client, path + "/filter/count", filter=criteria),
                                  asked(client, path + "/bulk/field", field=field)):  # fmt: skip
        assert status < 500 and not SECRET.search(text), address


@pytest.mark.parametrize("name", [kind.name for kind in registry.objects() if kind.creatable and any(secret(kind))])
def test_a_replayed_answer_shows_what_the_role_shows_now(admin: Actor, team: Team, name: str) -> None:
    kind = registry.get(name)
    record, secrets = made_with_secrets(admin, kind)
    sent = api_of(admin).get(f"/{kind.plural}/{record.id}").json
    values = {item.name: sent[item.name] for item in kind.fields if item.writable and sent.get(item.name) is not None}
    api_of(admin).delete(f"/{kind.plural}/{record.id}")
    writer = api_of(member(admin, "writer", team, EVERYTHING))
    first = writer.post(f"/{kind.plural}", values, Idempotency_Key="k-1")
    if first.status != 201:
        pytest.skip(f"{name} cannot be made again from its own values: {first.body.decode()[:200]}")
    assert not secrets or SECRET.search(first.body.decode())
    access = {name: dict.fromkeys(secrets, "hidden")}
    with tenant_tx(admin.tenant_id):
        Role.objects.filter(key="role-writer").update(field_access=access)
    again = writer.post(f"/{kind.plural}", values, Idempotency_Key="k-1")
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    assert not SECRET.search(again.body.decode())
    with tenant_tx(admin.tenant_id):
        Role.objects.filter(key="role-writer").update(grants=EVERYTHING | {name: {"view": "own"}})
    gone = writer.post(f"/{kind.plural}", values, Idempotency_Key="k-1")
    assert gone.status == 403 and not SECRET.search(gone.body.decode())
