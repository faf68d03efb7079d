"""The embedded cluster: start, share, crash, stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import running_pid
from guanxi.project.postgres.connect import open_database
from guanxi.project.postgres.lease import is_kept

pytestmark = pytest.mark.runtime


@pytest.fixture
def data(empty_data: DataDir) -> DataDir:
    """The short name that these tests use."""
    return empty_data


def test_last_lease_stops_the_server(data: DataDir) -> None:
    first = open_database(data)
    second = open_database(data)
    assert first.lease is not None
    cluster = first.lease.cluster
    pid = running_pid(cluster)
    assert pid is not None
    first.close()
    with psycopg.connect(second.urls.app) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("guanxi_app",)
    assert running_pid(cluster) == pid
    second.close()
    assert running_pid(cluster) is None
    assert not is_kept(data)


def test_a_copied_data_directory_opens_its_own_cluster(data: DataDir, other_data: DataDir) -> None:
    open_database(data).close()
    copied = other_data
    subprocess.run(["cp", "-a", f"{data.root}/.", str(copied.root)], check=True)
    # As folders of earlier versions have it: a pointer to the place inside the original.
    (copied.root / "postgres.location").write_text(f"{data.root / 'postgres'}\n", encoding="utf-8")
    original, second = open_database(data), open_database(copied)
    assert original.lease is not None
    assert second.lease is not None
    assert second.lease.cluster.home == copied.root / "postgres"
    with psycopg.connect(second.urls.owner) as connection:
        connection.execute("CREATE TABLE only_in_the_copy (id int)")
    with psycopg.connect(original.urls.owner) as connection:
        assert connection.execute("SELECT to_regclass('only_in_the_copy')").fetchone() == (None,)
    original.close()
    second.close()


def test_roles_can_no_more_than_they_should(data: DataDir) -> None:
    database = open_database(data)
    with psycopg.connect(database.urls.owner) as connection:
        connection.execute("CREATE TABLE t (id int)")
    with psycopg.connect(database.urls.app, autocommit=True) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        for forbidden in (
            "CREATE TABLE u (id int)",
            "DROP TABLE t",
            "TRUNCATE t",
            "CREATE ROLE x",
            "SET ROLE guanxi_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
        attributes = "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'guanxi\\_%' ORDER BY 1"
        assert connection.execute(attributes).fetchall() == [
            ("guanxi_app", False, False, False),
            ("guanxi_backup", False, True, False),
            ("guanxi_owner", False, False, False),
            ("guanxi_super", True, True, True),
        ]
        assert connection.execute("SELECT show_trgm('张三丰') <> '{}'").fetchone() == (True,)
    database.close()


def test_secrets_and_socket_are_closed_to_others(data: DataDir) -> None:
    database = open_database(data)
    assert database.lease is not None
    assert data.credentials.stat().st_mode & 0o777 == 0o600
    assert database.lease.cluster.socket.stat().st_mode & 0o777 == 0o700
    assert database.lease.cluster.pgdata.stat().st_mode & 0o777 == 0o700
    wrong = database.urls.app.replace(load_credentials(data)["app"], "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    database.close()


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_a_killed_server_comes_back_with_all_that_was_committed(data: DataDir, victim: str) -> None:
    database = open_database(data)
    assert database.lease is not None
    with psycopg.connect(database.urls.owner) as connection:
        connection.execute("CREATE TABLE t (id int)")
        connection.execute("INSERT INTO t VALUES (7)")
    server = running_pid(database.lease.cluster)
    assert server is not None
    os.kill(server if victim == "server" else _parent(server), signal.SIGKILL)
    _wait_gone(server)
    database.lease.ensure()
    with psycopg.connect(database.urls.app) as connection:
        assert connection.execute("SELECT id FROM t").fetchall() == [(7,)]
    assert running_pid(database.lease.cluster) != server
    database.close()


def test_a_killed_user_leaves_nothing_running(data: DataDir) -> None:
    script = f"""
import time
from guanxi.project.paths import DataDir
from guanxi.project.postgres.connect import open_database
database = open_database(DataDir.at({str(data.root)!r}))
print("open", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"open\n"
        assert is_kept(data)
        user.kill()
    deadline = time.monotonic() + 20
    while is_kept(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_kept(data)


def test_a_stale_pid_file_with_a_living_stranger_is_no_obstacle(data: DataDir) -> None:
    database = open_database(data)
    assert database.lease is not None
    cluster = database.lease.cluster
    database.close()
    (cluster.pgdata / "postmaster.pid").write_text(
        f"{os.getppid()}\n{cluster.pgdata}\n1700000000\n5432\n{cluster.socket}\n\n"
    )
    again = open_database(data)
    with psycopg.connect(again.urls.app) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.close()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} lives on")
