"""Who needs the embedded server: as long as one process holds a lease it runs, with the last one it stops.

A lease is a shared file lock, so the kernel counts, and a killed process cannot forget to hand its lease back. The
server itself is the child of a small keeper process (see keeper.py), which restarts it when it dies and stops it
when it can get the same lock exclusively.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from guanxi.project.failure import Failure
from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import SUPERUSER, Cluster, create, locate

START_TIMEOUT = 90.0


@dataclass
class Lease:
    """A hold on the running server. `close()` hands it back and, being the last, waits until the server has stopped."""

    data: DataDir
    cluster: Cluster
    superuser_url: str
    handle: int

    def ensure(self) -> None:
        """Bring the server (or its keeper) back when it is gone; returns when it answers."""
        _await_server(self)

    def close(self) -> None:
        """Hand the lease back."""
        os.close(self.handle)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and is_kept(self.data) and not _held_by_others(self.data):
            time.sleep(0.05)


def lease_path(data: DataDir) -> Path:
    """The file whose lock is the lease."""
    return data.run / "postgres.lease"


def keeper_path(data: DataDir) -> Path:
    """The file that the one keeper process locks."""
    return data.run / "postgres.keeper"


def acquire(data: DataDir) -> Lease:
    """Take a lease: makes the cluster at the first time, starts the server when it does not run."""
    with exclusive(data.run / "postgres.start"):
        credentials = load_credentials(data)
        cluster = locate(data, credentials["instance"])
        create(cluster, credentials["superuser"])
        handle = os.open(lease_path(data), os.O_RDWR | os.O_CREAT, 0o600)
        # Waits while a keeper is stopping the server: it holds the lock exclusively until the end.
        fcntl.flock(handle, fcntl.LOCK_SH)
        lease = Lease(data, cluster, cluster.url(SUPERUSER, credentials["superuser"], "postgres"), handle)
        _await_server(lease)
        return lease


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of a file."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_kept(data: DataDir) -> bool:
    """Whether a keeper process lives."""
    return not _free(keeper_path(data))


def _held_by_others(data: DataDir) -> bool:
    """Whether another process holds a lease. A keeper that stops the server holds the lock exclusively: not counted."""
    handle = os.open(lease_path(data), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return _share(handle)
    finally:
        os.close(handle)


def _share(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(path: Path) -> bool:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _await_server(lease: Lease) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    keeper: subprocess.Popen[bytes] | None = None
    while not _answers(lease):
        if time.monotonic() > deadline:
            raise Failure(f"PostgreSQL did not start within {START_TIMEOUT:.0f} s; see {log_path(lease.data)}")
        if (keeper is None or keeper.poll() is not None) and not is_kept(lease.data):
            if keeper is not None and keeper.returncode:
                raise Failure(f"PostgreSQL does not start; see {log_path(lease.data)}: {_last_line(lease.data)}")
            keeper = _spawn_keeper(lease.data)
        time.sleep(0.05)


def _answers(lease: Lease) -> bool:
    try:
        psycopg.connect(lease.superuser_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _spawn_keeper(data: DataDir) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "guanxi.project.postgres.keeper", str(data.root)]
    with log_path(data).open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def log_path(data: DataDir) -> Path:
    """The server's log."""
    return data.logs / "postgres.log"


def _last_line(data: DataDir) -> str:
    lines = log_path(data).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"
