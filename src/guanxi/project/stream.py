"""The process of live updates: server-sent events. `python -m guanxi.project.stream HOST PORT`.

A small server of its own, on a port of its own: thousands of open, idle connections must not hold threads of the
web processes. The page gets its address with a signed token (see core/stream.py), so no cookie crosses to the other port.
"""

import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM."""
    host, port = arguments
    Server(
        "guanxi.project.asgi:stream",
        address=host,
        port=int(port),
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=2,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
