"""Statements beside the ORM: kept planned by the server, or sent together without waiting for each answer.

The ORM compiles a statement, the server parses and plans it, and both wait for each other once per statement. On the hottest
paths that costs more than the work itself.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg import Cursor
from psycopg.pq import Format

from guanxi.core.db.behind import writer

Values = Sequence[Any] | Mapping[str, Any]
Answer = Callable[[], list[tuple[Any, ...]]]
# psycopg's own default; Django switches it off.
PREPARE_AFTER = 5
# Django reads times by a loader in Python; psycopg's own is in C. The connection's zone is UTC either way.
_found = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)
assert _found is not None
_TIMES = _found


def run_prepared(sql: str, values: Values = (), *, ordered: bool = True) -> list[tuple[Any, ...]]:
    """Run a statement with an answer that the server keeps planned on this connection; returns its rows.

    The server binds the values, so give them as their types (UUID, list of UUID) and JSON as text; a value whose type varies
    from call to call is planned anew for each. One that is not `ordered` goes before what is still to be written `behind`.
    Raises what Django's cursors raise.
    """
    writing = writer()
    if writing is not None and ordered:
        with connection.wrap_database_errors:
            writing.drain()
    cursor = _executed(sql, values)
    with connection.wrap_database_errors:
        return cursor.fetchall()


def send_prepared(sql: str, values: Values = ()) -> None:
    """Likewise for a statement without an answer; inside `together` and `behind` it is not waited for."""
    writing = writer()
    if writing is None:
        _executed(sql, values)
        return
    with connection.wrap_database_errors:
        writing.send(sql, values)


def ask_prepared(sql: str, values: Values = ()) -> Answer:
    """Likewise for a statement whose answer is read later: after the block of `together` that costs no wait.

    Call the result for its rows. What is written `behind` has none.
    """
    writing = writer()
    if writing is None:
        return _executed(sql, values).fetchall
    with connection.wrap_database_errors:
        writing.send(sql, values)
    return list


@contextmanager
def together() -> Iterator[None]:
    """Statements sent within travel in one go; an error of any of them is raised at the end at the latest.

    For `send_prepared` only: whoever reads an answer within waits for it all the same.
    """
    own = connections[DEFAULT_DB_ALIAS]
    own.ensure_connection()
    with own.wrap_database_errors, own.connection.pipeline():
        yield


def _executed(sql: str, values: Values) -> "Cursor[tuple[Any, ...]]":
    began = time.monotonic()
    own = connections[DEFAULT_DB_ALIAS]
    own.ensure_connection()
    raw = own.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE_AFTER
    cursor: Cursor[tuple[Any, ...]] = Cursor(raw)
    cursor.adapters.register_loader("timestamptz", _TIMES)
    with own.wrap_database_errors:
        cursor.execute(sql, values, prepare=True)
    if own.queries_logged:
        # Beside Django's own statements, so that a count of queries is the truth.
        text = own.ops.compose_sql(sql, values)  # type: ignore[attr-defined]
        own.queries_log.append({"sql": text, "time": f"{time.monotonic() - began:.3f}"})
    return cursor
