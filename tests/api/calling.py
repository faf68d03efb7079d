"""Calling the API in tests as production does: through the WSGI application, with a token."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from wsgiref.types import WSGIApplication

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Team, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_token, create_user
from guanxi.project.wsgi import application
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.registry import Field, ObjectType

PASSWORD = "Correct-Horse-7"
_numbers = iter(range(1, 1_000_000))


@contextmanager
def kept_connection() -> Iterator[None]:
    """As Django's own test client does: the connection of the test's transaction must stay."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    @property
    def pointers(self) -> set[str]:
        """Where the problem's errors point."""
        return {error["pointer"] for error in self.json.get("errors", [])}


@dataclass(frozen=True)
class Api:
    """A caller: an actor and the text of a token of theirs."""

    token: str
    actor: Any = None
    app: WSGIApplication = application

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request; `body` is sent as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()}
        if self.token:
            extra["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        request = RequestFactory().generic(
            method, f"/api/v1{path}", data, content_type=content_type if data else "", **extra
        )
        return self.send(request.environ)

    def send(self, environ: dict[str, Any]) -> Answer:
        """One request as the server hands it over."""
        started: list[Any] = []
        with kept_connection():
            parts = self._parts(environ, started)
        return Answer(int(started[0].split()[0]), dict(started[1]), parts)

    def _parts(self, environ: dict[str, Any], started: list[Any]) -> bytes:
        parts = self.app(environ, lambda status, headers, *rest: started.extend([status, headers]))  # type: ignore[arg-type,func-returns-value]
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return body

    def get(self, path: str, *, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """GET with query parameters; lists and mappings go as JSON."""
        texts = {
            name: json.dumps(value) if isinstance(value, dict | list) else str(value) for name, value in query.items()
        }
        return self.call("GET", f"{path}?{urlencode(texts)}" if texts else path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST; keyword arguments are headers with _ for -."""
        return self.call("POST", path, body, headers=_headers(headers))

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        """PATCH likewise."""
        return self.call("PATCH", path, body, headers=_headers(headers))

    def delete(self, path: str, **headers: str) -> Answer:
        """DELETE likewise."""
        return self.call("DELETE", path, headers=_headers(headers))


def _headers(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


def make_tenant(slug: str) -> Tenant:
    """A company with its administrator admin@<slug>.example."""
    return create_tenant(slug=slug, name=slug.title(), admin_email=f"admin@{slug}.example", admin_password=PASSWORD)


def admin_of(tenant: Tenant) -> Actor:
    """The first administrator."""
    with tenant_tx(tenant.id):
        member = Membership.objects.get(user__email=f"admin@{tenant.slug}.example")
        found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


def api_of(actor: Actor, scopes: tuple[str, ...] = ("*",)) -> Api:
    """A caller with a new token of the actor."""
    assert actor.member_id is not None
    return Api(create_token(actor, membership=actor.member_id, name="test", scopes=scopes), actor)


def member(
    admin: Actor, name: str, team: Team, grants: dict[str, dict[str, str]], **field_access: dict[str, str]
) -> Actor:
    """A colleague with a role of their own."""
    with tenant_tx(admin.tenant_id):
        Role.objects.create(key=f"role-{name}", name=f"Role {name}", grants=grants, field_access=field_access)
        made = create_user(
            admin, email=f"{name}@people.example", name=name, role_key=f"role-{name}", password=PASSWORD, team=team
        )
        found = actor_of_user(admin.tenant_id, made.user_id)
    assert found is not None
    return found


# What a record needs beyond its required fields.
FURTHER = {"sales_target": ("member",)}


def values_for(actor: Actor, kind: ObjectType) -> dict[str, Any]:
    """The least that makes a record of any object; for what only commands make, all that the table demands."""
    needed = [item for item in kind.fields if item.required and (item.writable or not kind.creatable)]
    title = kind.by_name.get(kind.title)
    needed += [title] if title is not None and title.writable and not title.required else []
    needed += [kind.by_name[name] for name in FURTHER.get(kind.name, ())]
    return {item.name: value_for(actor, item) for item in needed}


def value_for(actor: Actor, item: Field) -> Any:
    """A value that fits a field; a link gets a record made for it."""
    number = next(_numbers)
    if item.kind == "link":
        return _linked(actor, item)
    if item.kind == "choice":
        choices = item.choices_of() if item.choices_of else item.choices
        return choices[0].value
    simple = {"integer": 1, "number": "1", "percent": "1", "money": "1", "bool": True, "date": "2026-11-21", "json": {},
              "datetime": "2026-11-21T08:00:00Z", "email": f"name{number}@some.example", "url": "https://some.example",
              "tags": ["one"], "multichoice": [choice.value for choice in item.choices[:1]], "phone": "+86 138 0000 1234"}  # fmt: skip
    return simple.get(item.kind, f"Text{number}")


def _linked(actor: Actor, item: Field) -> str | None:
    if item.to == "user":
        return str(actor.member_id)
    if item.to == "team":
        return str(actor.team_id)
    kind = registry.get(item.to)
    with tenant_tx(actor.tenant_id):
        existing = kind.model.objects.filter(deleted_at=None).first()  # type: ignore[attr-defined]
    return str(existing.id if existing is not None else make(actor, kind).id)


def make(actor: Actor, kind: ObjectType, **values: Any) -> Any:
    """A record of any object through the write path."""
    with tenant_tx(actor.tenant_id):
        allow = () if kind.creatable else kind.by_name
        return create_record(actor, kind.name, values_for(actor, kind) | values, allow=allow)
