"""Live updates through the real server: who hears what, what ends a stream, and what happens when the database goes away."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import connection
from django.test import Client

from guanxi.core.ids import new_id
from guanxi.core.stream import announce
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Tenant, User
from guanxi.identity.services import change_member, change_role, deactivate_member
from guanxi.identity.tests.conftest import signed_in
from guanxi.identity.tests.factories import admin_of, make_member, make_tenant

pytestmark = pytest.mark.runtime


class Page:
    """An open page that listens."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        self.connection.request("GET", f"{parts.path}?{parts.query}")
        self.answer = self.connection.getresponse()

    def next(self) -> tuple[str, dict[str, str]]:
        """Topic and ids of the next message."""
        topic = ""
        while True:
            line = self.answer.readline().decode().strip()
            if line.startswith("event: "):
                topic = line[7:]
            elif line.startswith("data: "):
                return topic, json.loads(line[6:])

    def ends(self) -> bool:
        """Wait for the end; False when something else comes first."""
        return all(not line.startswith(b"event") for line in iter(self.answer.readline, b""))

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def origin(transactional_db: None, settings: pytest.FixtureRequest) -> Iterator[str]:
    """A running stream on the test's database."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"GUANXI_SUPERVISED": "0"}
    process = subprocess.Popen([sys.executable, "-m", "guanxi.project.stream", "127.0.0.1", str(port)], env=environment)
    settings.STREAM_URL = f"http://127.0.0.1:{port}/stream"  # type: ignore[attr-defined]
    wait_healthy(port)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


def wait_healthy(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            asked.request("GET", "/healthz")
            if asked.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("The stream did not start.")


@pytest.fixture
def company(origin: str) -> Tenant:
    """A company with a colleague, committed."""
    tenant = make_tenant("polaris")
    make_member(admin_of(tenant), "rep@polaris.example")
    return tenant


def address_of(client: Client) -> str:
    """Where a page of this browser listens."""
    page = client.get("/settings/profile/").content.decode()
    found = re.search(r'name="gx-stream" content="([^"]+)"', page)
    assert found
    return found[1]


def member_of(tenant: Tenant, email: str) -> Membership:
    with tenant_tx(tenant.id):
        found: Membership = Membership.objects.get(user__email=email)
    return found


def say(tenant_id: UUID, topic: str, *, member_id: UUID | None = None, **ids: UUID | str | int) -> None:
    with tenant_tx(tenant_id):
        announce(topic, member_id=member_id, **ids)


def test_a_page_hears_its_member_and_its_tenant_and_nothing_else(company: Tenant) -> None:
    me, other = member_of(company, "rep@polaris.example").id, make_tenant("borealis")
    page = Page(address_of(signed_in("rep@polaris.example")))
    assert (page.answer.status, page.answer.getheader("content-type")) == (200, "text/event-stream")
    assert page.answer.getheader("access-control-allow-origin") == "*"
    record_id = new_id()
    say(other.id, "record", id=new_id())
    say(other.id, "record", member_id=me, id=new_id())
    say(company.id, "notification", member_id=admin_of(company).member_id, id=new_id())
    with pytest.raises(RuntimeError), tenant_tx(company.id):
        announce("record", id=new_id())
        raise RuntimeError
    say(company.id, "notification", member_id=me, id=record_id)
    say(company.id, "record", object="account", id=record_id)
    assert page.next() == ("notification", {"id": str(record_id)})
    assert page.next() == ("record", {"object": "account", "id": str(record_id)})
    page.close()


def test_a_forged_or_foreign_token_hears_nothing(company: Tenant, origin: str) -> None:
    address = address_of(signed_in("rep@polaris.example"))
    elsewhere = signing.dumps([new_id().hex] * 5, salt="something.else")
    old = signing.dumps([new_id().hex] * 2, salt="guanxi.stream")
    unknown = signing.dumps([*[new_id().hex] * 3, "x", "y"], salt="guanxi.stream")
    tokens = [f"{origin}/stream?token={token}" for token in (elsewhere, old, unknown)]
    for wrong in (address[:-2] + "xx", *tokens, f"{origin}/stream"):
        page = Page(wrong)
        assert (page.answer.status, page.answer.read()) == (204, b"")
        page.close()


def new_password(_admin: Actor, _member: Membership, _client: Client) -> None:
    user = User.objects.get(email="rep@polaris.example")
    user.set_password("Another-Horse-8")
    user.save()


def no_access(admin: Actor, member: Membership, _client: Client) -> None:
    deactivate_member(admin, member_id=member.id)


def sign_out(_admin: Actor, _member: Membership, client: Client) -> None:
    assert client.post("/auth/logout/").status_code == 302


def session_ended_elsewhere(_admin: Actor, _member: Membership, client: Client) -> None:
    SessionStore(client.session.session_key).delete()


@pytest.mark.parametrize("end", [no_access, sign_out, session_ended_elsewhere, new_password])
def test_the_stream_ends_at_once_and_does_not_open_again(company: Tenant, end: Callable[..., None]) -> None:
    client, colleague = signed_in("rep@polaris.example"), signed_in("admin@polaris.example")
    address = address_of(client)
    page, other = Page(address), Page(address_of(colleague))
    began = time.monotonic()
    end(admin_of(company), member_of(company, "rep@polaris.example"), client)
    say(company.id, "record", id=new_id())
    assert page.ends()
    assert time.monotonic() - began < 5
    assert Page(address).answer.status == 204
    assert other.next()[0] == "record"
    other.close()


def test_a_changed_role_ends_the_stream_and_the_browser_may_open_it_again(company: Tenant) -> None:
    address, admin = address_of(signed_in("rep@polaris.example")), admin_of(company)
    member = member_of(company, "rep@polaris.example")
    page = Page(address)
    with tenant_tx(company.id):
        manager = Role.objects.get(key="manager")
    change_member(admin, member_id=member.id, role_id=manager.id)
    assert page.ends()
    page = Page(address)
    assert page.answer.status == 200
    change_role(admin, role_id=manager.id, name=manager.name, grants={"*": {"view": "own"}})
    assert page.ends()
    page = Page(address)
    change_member(admin, member_id=member.id, title="Lead")
    say(company.id, "record", id=new_id())
    assert page.next()[0] == "record"
    page.close()


def test_a_page_hears_again_after_the_database_came_back(company: Tenant, origin: str) -> None:
    page = Page(address_of(signed_in("rep@polaris.example")))
    leaver = Page(address_of(signed_in("admin@polaris.example")))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN guanxi_stream%'"
        )
        assert cursor.fetchall() == [(True,)]
    # Nobody hears this; it is asked for when the connection is back.
    User.objects.filter(email="admin@polaris.example").update(is_active=False)
    wait_healthy(urlsplit(origin).port or 0)
    record_id = new_id()
    deadline = time.monotonic() + 30
    heard: list[tuple[str, dict[str, str]]] = []
    while not heard and time.monotonic() < deadline:
        time.sleep(1.2)
        say(company.id, "record", id=record_id)
        heard.append(page.next())
    assert heard == [("record", {"id": str(record_id)})]
    assert leaver.ends()
    page.close()
