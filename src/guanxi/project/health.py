"""The state of each part, for `GET /healthz`, `doctor` and load balancers."""

import http.client
import os

import orjson
from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

# The worker says every 5 s that it lives.
WORKER_SILENCE = 30.0


def report() -> tuple[bool, bytes]:
    """Whether all parts work, and a JSON object of the state of each."""
    parts = {"database": database_state(), "worker": worker_state(), "stream": stream_state()}
    healthy = all(state == "ok" for state in parts.values())
    return healthy, orjson.dumps({"status": "ok" if healthy else "failing", "parts": parts})


def database_state() -> str:
    """`ok` when the run-time role gets an answer."""
    return "ok" if _number("SELECT 1") == 1 else "unreachable"


def worker_state() -> str:
    """`ok` when a worker gave a sign of life lately."""
    silence = _number("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    if silence is None:
        return "absent"
    return "ok" if silence < WORKER_SILENCE else f"silent for {silence:.0f} s"


def stream_state() -> str:
    """`ok` when the process of live updates answers; `elsewhere` is not asked."""
    host, _, port = os.environ.get("GUANXI_STREAM_ADDRESS", "").rpartition(":")
    if not port:
        return "ok"
    asked = http.client.HTTPConnection(host, int(port), timeout=2)
    try:
        asked.request("GET", "/healthz")
        return "ok" if asked.getresponse().status == 200 else "failing"
    except (OSError, http.client.HTTPException):
        return "unreachable"
    finally:
        asked.close()


def _number(query: str) -> float | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
    except (DatabaseError, PoolTimeout):
        return None
    finally:
        connection.close()
    return None if row is None or row[0] is None else float(row[0])
