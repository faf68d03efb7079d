"""Live updates through the real server: who hears what, and what happens when the database goes away."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core import signing
from django.db import connection

from guanxi.core.ids import new_id
from guanxi.core.stream import announce, stream_address
from guanxi.core.tenancy import tenant_tx

pytestmark = pytest.mark.runtime
TENANT, OTHER_TENANT, ME, COLLEAGUE = new_id(), new_id(), new_id(), new_id()


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


def say(tenant_id: UUID, topic: str, *, member_id: UUID | None = None, **ids: UUID | str | int) -> None:
    with tenant_tx(tenant_id):
        announce(topic, member_id=member_id, **ids)


def test_a_page_hears_its_member_and_its_tenant_and_nothing_else(origin: str) -> None:
    page = Page(stream_address(TENANT, ME))
    assert (page.answer.status, page.answer.getheader("content-type")) == (200, "text/event-stream")
    assert page.answer.getheader("access-control-allow-origin") == "*"
    record_id = new_id()
    say(OTHER_TENANT, "record", id=new_id())
    say(OTHER_TENANT, "record", member_id=ME, id=new_id())
    say(TENANT, "notification", member_id=COLLEAGUE, id=new_id())
    with pytest.raises(RuntimeError), tenant_tx(TENANT):
        announce("record", id=new_id())
        raise RuntimeError
    say(TENANT, "notification", member_id=ME, id=record_id)
    say(TENANT, "record", object="account", id=record_id)
    assert page.next() == ("notification", {"id": str(record_id)})
    assert page.next() == ("record", {"object": "account", "id": str(record_id)})
    page.close()


def test_a_forged_or_foreign_token_hears_nothing(origin: str) -> None:
    address = stream_address(TENANT, ME)
    elsewhere = signing.dumps([TENANT.hex, ME.hex], salt="something.else")
    for wrong in (address[:-2] + "xx", f"{origin}/stream?token={elsewhere}", f"{origin}/stream"):
        page = Page(wrong)
        assert (page.answer.status, page.answer.read()) == (204, b"")
        page.close()


def test_a_page_hears_again_after_the_database_came_back(origin: str) -> None:
    page = Page(stream_address(TENANT, ME))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN guanxi_stream%'"
        )
        assert cursor.fetchall() == [(True,)]
    wait_healthy(urlsplit(origin).port or 0)
    record_id = new_id()
    deadline = time.monotonic() + 30
    heard: list[tuple[str, dict[str, str]]] = []
    while not heard and time.monotonic() < deadline:
        time.sleep(1.2)
        say(TENANT, "record", id=record_id)
        heard.append(page.next())
    assert heard == [("record", {"id": str(record_id)})]
    page.close()
