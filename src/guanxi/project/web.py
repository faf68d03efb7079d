"""The web process: pages and API over WSGI. `python -m guanxi.project.web HOST PORT WORKERS`."""

import os
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

# Requests that one process works on at once; the connection pool has as many places. With eight, the threads of a process
# wait for each other more than for the database: a fifth fewer answers.
THREADS = int(os.environ.get("GUANXI_POOL_SIZE", "4"))


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM. A dead worker process is replaced."""
    host, port, workers = arguments
    Server(
        "guanxi.project.wsgi:application",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=8,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
