"""`guanxi serve`: all parts come up, come back after any of them is killed, and go down together."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from guanxi.project.paths import DataDir
from guanxi.project.testing.template import copy, find_or_make
from tests.runtime.server import Server, children_of, guanxi, start, until

pytestmark = pytest.mark.runtime


@dataclass
class Served:
    """The data directory of this module, and the servers that ran on it; the last one may still."""

    data: DataDir
    servers: list[Server] = field(default_factory=list)

    def ready(self) -> Server:
        """The running server, or a new one where a test has ended it."""
        if not self.servers or self.servers[-1].process.poll() is not None:
            self.servers.append(start(self.data, port=self.servers[-1].port if self.servers else None))
        self.servers[-1].wait_ready()
        return self.servers[-1]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One data directory for this module: starting a server takes longer than most of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    made = Served(copy(find_or_make(), DataDir.at(folder).root))
    yield made
    for server in made.servers:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(served: Served) -> Server:
    """A server that is ready."""
    return served.ready()


def test_all_parts_come_back_after_kill_9(server: Server) -> None:
    victims: dict[str, Callable[[], list[int]]] = {
        "a web worker": lambda: children_of(server.find("guanxi.project.web")[0])[-1:],
        "the web": lambda: server.find("guanxi.project.web")[:1],
        "the stream": lambda: server.find("guanxi.project.stream")[:1],
        "the worker": lambda: server.find("guanxi.project.worker")[:1],
        "PostgreSQL": lambda: server.find("postgres", "-D")[:1],
        "its keeper": lambda: server.find("guanxi.project.postgres.keeper"),
    }
    for name, find in victims.items():
        pids = find()
        assert len(pids) == 1, (name, server.processes())
        os.kill(pids[0], signal.SIGKILL)
        until(lambda pid=pids[0]: pid not in server.processes(), f"{name} is gone", 60)
        until(lambda pid=pids[0], find=find: find() not in ([], [pid]), f"{name} is back", 60)
        server.wait_ready()
    assert server.process.poll() is None


def test_a_killed_supervisor_leaves_nothing_in_the_way(served: Served, server: Server) -> None:
    server.process.kill()
    server.process.wait()
    again = served.ready()
    assert again is not server
    assert len(again.find("guanxi.project.postgres.keeper")) == 1
    assert len(again.find("guanxi.project.worker")) == 1


def test_sigterm_stops_everything(server: Server) -> None:
    server.stop()
    assert server.process.returncode == 0
    assert server.processes() == {}


def test_one_server_for_one_data_directory(server: Server) -> None:
    second = guanxi(server.data, "serve", "--port", str(server.port + 2))
    assert second.returncode == 1
    assert second.stderr == f"guanxi: This data directory is served already by process {server.process.pid}.\n"


def test_commands_work_beside_the_server_and_after_it(server: Server) -> None:
    create = guanxi(
        server.data, "tenant", "create", "acme", "--admin", "a@acme.example", "--password", "correct horse 9"
    )
    assert (create.returncode, create.stderr) == (0, "")
    user = ("user", "create", "b@acme.example", "--tenant", "acme", "--role", "sales", "--password", "correct horse 9")
    assert guanxi(server.data, *user).returncode == 0
    server.stop()
    token = guanxi(server.data, "token", "create", "--tenant", "acme", "--user", "b@acme.example")
    assert token.stdout.startswith("gx_")
    assert token.stdout.count("\n") == 1
    assert guanxi(server.data, "token", "create", "--tenant", "acme", "--user", "c@acme.example").returncode == 1
    assert server.processes() == {}


def test_an_error_is_one_line(migrated_data: DataDir) -> None:
    wrong = guanxi(migrated_data, "token", "create", "--tenant", "nobody", "--user", "x@y.example")
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert wrong.stderr == "guanxi: tenant: There is no company “nobody”.\n"
