"""A statement in a transaction of its own, beside the running one: for a counter that everybody shares.

Within the running transaction the counter's row would stay locked until the commit, and everyone else would wait for the
disk. The commit of such a statement is not waited for either: whoever uses what was counted commits later, and the
database's log is written in order, so that nothing counted and used is ever lost. What a refused transaction counted stays
counted.
"""

import atexit
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection
from psycopg import OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

# Each connection is needed for a fraction of a millisecond.
MOST_CONNECTIONS = 2
# Who has changed the row in a longer transaction holds it; the caller then waits in the running one.
LOCK_TIMEOUT_MS = 50
PATIENCE_S = 1.0
_NAMES = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")


def run_apart(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement answers, already committed.

    None of them (the caller then asks in the running transaction) where connections are not pooled (commands), and
    where somebody else has locked the row for longer.
    """
    if not is_pooled():
        return []
    try:
        with _pool().connection(timeout=PATIENCE_S) as apart:
            rows: list[tuple[Any, ...]] = apart.execute(sql, values, prepare=True).fetchall()
            return rows
    except (OperationalError, PoolTimeout):
        return []


def is_pooled() -> bool:
    """Whether this process keeps connections: a web process or a worker, not a command."""
    return bool(connection.settings_dict["OPTIONS"].get("pool"))


@cache
def _pool() -> "ConnectionPool[Any]":
    given = connection.get_connection_params()
    wanted = {name: given[name] for name in _NAMES if name in given}
    options = f"-c synchronous_commit=off -c lock_timeout={LOCK_TIMEOUT_MS}"
    pool: ConnectionPool[Any] = ConnectionPool(
        kwargs={**wanted, "autocommit": True, "options": options},
        min_size=0,
        max_size=MOST_CONNECTIONS,
        num_workers=1,
        open=True,
        name="apart",
    )
    # Its threads end with the process, not after it.
    atexit.register(pool.close)
    return pool
