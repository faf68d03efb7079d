"""Any process may die at any moment: what was acknowledged stays, nothing is half-written, all comes back by itself.

Writers send each record until it is acknowledged, always with the same Idempotency-Key, as a careful caller does. Meanwhile a
part of the installation is killed. In the end each record is there exactly once, with its history and its events.
"""

import http.client
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import DATABASE, SUPERUSER, locate
from guanxi.project.testing.template import copy, find_or_make
from tests.runtime.server import Server, children_of, guanxi, start, until

pytestmark = pytest.mark.runtime
PATIENCE = 90.0
# The lease of an event whose worker died, and some.
DELIVERED_WITHIN = 100.0


@dataclass
class Installation:
    """A running server with a company and a token."""

    server: Server
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and body; status 0 when nobody answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=15)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return 0, {}
        finally:
            connection.close()

    @contextmanager
    def database(self) -> "Iterator[psycopg.Connection[Any]]":
        """A connection that sees everything."""
        data = self.server.data
        credentials = load_credentials(data)
        address = locate(data, credentials["instance"]).url(SUPERUSER, credentials["superuser"], DATABASE)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def ask(self, sql: str) -> list[Any]:
        """The rows of a question, their single column alone."""
        with self.database() as connection:
            return [row[0] if len(row) == 1 else row for row in connection.execute(sql).fetchall()]  # type: ignore[arg-type,call-overload]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One server for this module: it has to survive all of it anyway."""
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    server = start(copy(find_or_make(), DataDir.at(folder).root))
    try:
        server.wait_ready()
        email = ("--admin", "a@acme.example", "--password", "correct horse 9")
        assert guanxi(server.data, "tenant", "create", "acme", *email).returncode == 0
        token = guanxi(server.data, "token", "create", "--tenant", "acme", "--user", "a@acme.example")
        yield Installation(server, token.stdout.strip())
    finally:
        server.stop()
        shutil.rmtree(server.data.root, ignore_errors=True)


class Writers:
    """Threads that create accounts until told to stop; every one of them insists."""

    def __init__(self, installation: Installation, label: str, threads: int = 4) -> None:
        self.installation, self.label = installation, label
        self.acknowledged: list[str] = []
        self.failures = 0
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def _write(self, writer: int) -> None:
        number = 0
        while not self.stopped.is_set():
            name = f"{self.label} {writer} {number}"
            self._insist(name)
            number += 1
            time.sleep(0.02)

    def _insist(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, body = self.installation.call("POST", "/accounts", {"name": name}, Idempotency_Key=name)
            if status == 201:
                assert body["name"] == name
                self.acknowledged.append(name)
                return
            self.failures += 1
            time.sleep(0.2)
        raise AssertionError(f"{name} was never acknowledged")

    def finish(self, *, more: int = 20) -> None:
        """Let everybody write some more, then stop."""
        enough = len(self.acknowledged) + more
        until(lambda: len(self.acknowledged) >= enough, "the writers go on")
        self.stopped.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads)


def check_all_there(installation: Installation, writers: Writers) -> None:
    """Each acknowledged record exactly once and whole: row, history, search entry, event."""
    label = writers.label
    rows = installation.ask(f"SELECT name FROM customers_account WHERE name LIKE '{label} %'")
    assert sorted(rows) == sorted(writers.acknowledged)
    assert len(set(rows)) == len(rows)
    ids = f"SELECT id FROM customers_account WHERE name LIKE '{label} %'"
    history = f"SELECT count(*), count(DISTINCT record_id) FROM core_change WHERE record_id IN ({ids})"
    assert installation.ask(history) == [(len(rows), len(rows))]
    keys = f"SELECT count(*) FROM records_idempotencykey WHERE key LIKE '{label} %' AND status = 201"
    assert installation.ask(keys) == [len(rows)]
    codes = installation.ask("SELECT code FROM customers_account WHERE code <> ''")
    assert len(set(codes)) == len(codes)


def test_killed_web_processes_lose_nothing(installation: Installation) -> None:
    writers = Writers(installation, "web")
    for _ in range(3):
        until(lambda: len(writers.acknowledged) % 7 > 3, "writing")
        for pid in children_of(installation.server.find("guanxi.project.web")[0]):
            os.kill(pid, signal.SIGKILL)
        time.sleep(1)
    writers.finish()
    check_all_there(installation, writers)


def test_a_save_whose_process_is_killed_in_the_middle_did_not_happen(installation: Installation) -> None:
    _status, made = installation.call("POST", "/accounts", {"name": "Held", "city": "before"})
    answers: list[int] = []
    path = f"/accounts/{made['id']}"

    def save() -> None:
        answers.append(installation.call("PATCH", path, {"city": "after"}, If_Match='"1"')[0])

    with installation.database() as connection, connection.transaction():
        connection.execute("SELECT 1 FROM customers_account WHERE id = %s FOR UPDATE", [made["id"]])
        saver = threading.Thread(target=save)
        saver.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'guanxi_app'"
        until(lambda: installation.ask(waiting) == [1], "the save waits for the row")
        for pid in children_of(installation.server.find("guanxi.project.web")[0]):
            os.kill(pid, signal.SIGKILL)
        saver.join(30)
    assert len(answers) == 1 and answers[0] not in (200, 204)
    until(lambda: installation.ask(waiting) == [0], "the transaction of the killed process is gone")
    until(lambda: installation.server.healthz()[0] == 200, "the web is back")
    now = installation.call("GET", path)[1]
    assert (now["city"], now["version"]) == ("before", 1)
    count = f"SELECT count(*) FROM core_change WHERE record_id = '{made['id']}'"
    assert installation.ask(count) == [1]
    assert installation.call("PATCH", path, {"city": "after"}, If_Match='"1"')[0] == 200
    assert installation.ask(count) == [2]


def test_terminated_backends_lose_nothing(installation: Installation) -> None:
    writers = Writers(installation, "backend")
    for _ in range(3):
        until(lambda: len(writers.acknowledged) % 7 > 3, "writing")
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guanxi_app'"
        assert any(installation.ask(kill))
        time.sleep(0.5)
    writers.finish()
    check_all_there(installation, writers)


def test_a_killed_database_loses_nothing(installation: Installation) -> None:
    writers = Writers(installation, "database")
    until(lambda: len(writers.acknowledged) > 20, "writing")
    [postmaster] = installation.server.find("postgres", "-D")[:1]
    os.kill(postmaster, signal.SIGKILL)
    until(lambda: postmaster not in installation.server.processes(), "the database is gone")
    writers.finish()
    assert writers.failures > 0
    assert installation.server.process.poll() is None
    check_all_there(installation, writers)
    until(lambda: installation.server.healthz()[0] == 200, "every part is back")


def test_a_killed_worker_leaves_no_event_and_no_job_undone(installation: Installation) -> None:
    writers = Writers(installation, "worker")
    for _ in range(3):
        until(lambda: len(writers.acknowledged) % 7 > 3, "writing")
        for pid in installation.server.find("guanxi.project.worker"):
            os.kill(pid, signal.SIGKILL)
        until(lambda: installation.server.find("guanxi.project.worker"), "a new worker")
        time.sleep(1)
    writers.finish()
    check_all_there(installation, writers)
    # Of all tests of this module: each record's event was delivered, none was given up, no job is left running.
    undone = "SELECT count(*) FROM core_outbox_event WHERE done_at IS NULL"
    until(lambda: installation.ask(undone) == [0], "all events are delivered", DELIVERED_WITHIN)
    assert installation.ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == [0]
    announced = """SELECT count(*) FROM customers_account a WHERE NOT EXISTS (
        SELECT 1 FROM core_outbox_event e WHERE e.name = 'records.RecordsChanged' AND e.payload -> 'ids' ? a.id::text)"""
    assert installation.ask(announced) == [0]
