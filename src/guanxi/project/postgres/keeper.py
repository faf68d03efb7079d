"""The process that owns the embedded server: `python -m guanxi.project.postgres.keeper DATA`.

Started by whoever first needs the server (see lease.py), in a session of its own, so that Ctrl-C in a terminal does
not reach it. Restarts the server when it dies; stops it and leaves when nobody holds a lease any more.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import Cluster, locate, running_pid, start
from guanxi.project.postgres.lease import keeper_path, lease_path, log_path

POLL = 0.2
LONGEST_PAUSE = 5.0


def main(arguments: list[str]) -> int:
    """Keep the server of the data directory `arguments[0]`. Leaves at once when another keeper does already."""
    data = DataDir(Path(arguments[0]))
    mine = os.open(keeper_path(data), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    # Orderly end by lease only; a signal to the keeper is passed on as an orderly stop of the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cluster = locate(data, load_credentials(data)["instance"])
    with log_path(data).open("ab") as log:
        _keep(data, cluster, log)
    return 0


def _keep(data: DataDir, cluster: Cluster, log: IO[bytes]) -> None:
    lease = os.open(lease_path(data), os.O_RDWR | os.O_CREAT, 0o600)
    extra = json.loads(os.environ.get("GUANXI_POSTGRES_SETTINGS", "{}"))
    _stop_orphan(cluster)
    server = start(cluster, log, extra)
    pause = POLL
    born = time.monotonic()
    try:
        while not _unused(lease):
            time.sleep(POLL)
            if server.poll() is not None:
                # Its children may need a moment to let go of the shared memory: keep trying.
                time.sleep(pause)
                pause = POLL if time.monotonic() - born > 10 else min(LONGEST_PAUSE, pause * 2)
                born = time.monotonic()
                server = start(cluster, log, extra)
    finally:
        _stop(server)


def _unused(lease: int) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _stop_orphan(cluster: Cluster) -> None:
    """A server whose keeper was killed is shutting down; wait for it, and ask again where the kernel did not."""
    deadline = time.monotonic() + 60
    pid = running_pid(cluster)
    while pid is not None and time.monotonic() < deadline:
        os.kill(pid, signal.SIGINT)
        time.sleep(POLL)
        pid = running_pid(cluster)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
