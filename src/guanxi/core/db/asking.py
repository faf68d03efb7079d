"""A question that travels with the beginning of its transaction, so that a request waits for the database once less."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import Connection
from psycopg.pq import ExecStatus
from psycopg.sql import Literal

from guanxi.core.db.statements import run_prepared

Texts = list[tuple[str | None, ...]]
# The questions that each connection has prepared by name.
_prepared: "WeakKeyDictionary[Connection[Any], set[str]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Question:
    """A statement with named values, `types` being theirs in order; its columns are texts."""

    name: str
    sql: str
    types: Mapping[str, str]

    @property
    def prepare(self) -> str:
        """The statement that has a connection keep it planned."""
        places = {name: f"${place}" for place, name in enumerate(self.types, 1)}
        return f"PREPARE {self.name} ({', '.join(self.types.values())}) AS {self.sql % places}"


class Asking:
    """A question with its values: give it to `tenant_tx`, then read `rows`."""

    def __init__(self, question: Question, values: Mapping[str, Any]) -> None:
        self.question = question
        self.values = values
        self._rows: Texts | None = None

    def begin(self, raw: "Connection[Any]", beginning: str) -> bool:
        """Send `beginning` and the question in one go; False where the connection does not know it yet, and nothing has begun."""
        if self.question.name not in _prepared.get(raw, ()):
            return False
        given = ", ".join(Literal(self.values[name]).as_string(raw) for name in self.question.types)
        result = raw.pgconn.exec_(f"{beginning}; EXECUTE {self.question.name} ({given})".encode())
        if result.status == ExecStatus.TUPLES_OK:
            columns = range(result.nfields)
            self._rows = [
                tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)
            ]
            return True
        _prepared.pop(raw, None)
        raw.pgconn.exec_(b"ROLLBACK")
        return False

    def rows(self) -> Texts:
        """The answer; asked for now where it did not come with the beginning."""
        if self._rows is None:
            self._rows = [tuple(row) for row in run_prepared(self.question.sql, self.values)]
            self._prepare(connection.connection)
        return self._rows

    def _prepare(self, raw: "Connection[Any]") -> None:
        """From the next transaction of this connection on, the question goes along with its beginning."""
        known = _prepared.setdefault(raw, set())
        if self.question.name not in known:
            result = raw.pgconn.exec_(self.question.prepare.encode())
            if result.status != ExecStatus.COMMAND_OK:
                raise RuntimeError(f"{self.question.name}: {result.error_message.decode(errors='replace')}")
            known.add(self.question.name)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
