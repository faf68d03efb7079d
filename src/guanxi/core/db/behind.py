"""Writing behind: the database stores one batch while the program thinks out the next."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from psycopg import Connection, Cursor

# Statements that may wait; whoever is further ahead waits for the oldest.
MOST = 48


class Writer:
    """Executes statements one after the other, in their order, on the connection of the running transaction."""

    def __init__(self, raw: "Connection[Any]") -> None:
        self._raw = raw
        self._thread = ThreadPoolExecutor(1, "writer")
        self._sent: deque[Future[None]] = deque()

    def send(self, sql: str, values: Any) -> None:
        """Have a statement executed; what an earlier one raised may be raised here."""
        while len(self._sent) >= MOST:
            self._sent.popleft().result()
        self._sent.append(self._thread.submit(self._execute, sql, values))

    def drain(self) -> None:
        """Wait until everything sent is done; raises what any of it raised."""
        while self._sent:
            self._sent.popleft().result()

    def stop(self) -> None:
        """Forget what has not begun."""
        self._thread.shutdown(cancel_futures=True)

    def _execute(self, sql: str, values: Any) -> None:
        Cursor(self._raw).execute(sql, values, prepare=True)


_writer: ContextVar[Writer | None] = ContextVar("guanxi_writer", default=None)


def writer() -> Writer | None:
    """The writer of the running block of `behind`, if there is one."""
    return _writer.get()


@contextmanager
def behind() -> Iterator[None]:
    """Statements without an answer (`send_prepared`) are executed while the block goes on.

    Every other statement waits for them first, so that each sees what was written before it. For one long transaction that
    computes as much as it writes, such as a fill.
    """
    found = Writer(connection.connection)
    token = _writer.set(found)

    def in_order(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found.drain()
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(in_order):
            yield
        with connection.wrap_database_errors:
            found.drain()
    finally:
        _writer.reset(token)
        found.stop()
