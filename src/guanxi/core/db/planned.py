"""Queries of the ORM compiled once: building a query of forty columns costs ten times what answering it costs.

A `Planned` holds the ORM's SQL with the places of the values that differ from call to call. Whoever keeps one decides for how
long what was compiled into it holds: rights, settings, language.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from psycopg.sql import Literal

from guanxi.core.db.statements import run_prepared

Rows = list[Sequence[Any]]
M = TypeVar("M", bound=models.Model)
# A place of a value, told from an escaped per cent sign.
_PLACE = re.compile(r"(%%|%s)")


@dataclass(frozen=True)
class Planned:
    """SQL with its values, the places of those that vary by name, and how the ORM converts columns by their places."""

    sql: str
    values: tuple[Any, ...]
    places: Mapping[int, str]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]

    @cached_property
    def written_out(self) -> str:
        """The statement with every value but the varying ones as a literal."""
        texts = []
        place = 0
        for part in _PLACE.split(self.sql):
            if part == "%s":
                keep_place = place in self.places
                part = (
                    "%s"
                    if keep_place
                    else Literal(self.values[place]).as_string(connection.connection).replace("%", "%%")
                )
                place += 1
            texts.append(part)
        return "".join(texts)

    def filled(self, varying: Mapping[str, Any]) -> list[Any]:
        """The values of one call."""
        values = list(self.values)
        for place, name in self.places.items():
            values[place] = varying[name]
        return values

    def run_planned(self, varying: Mapping[str, Any]) -> Rows:
        """Likewise, with the values of this caller written out: the server plans for them, and only once.

        Planning a list with the labels of ten links takes ten times as long as reading its page; a plan for any caller whatever
        would be a bad one, since it does not know how many records this one sees.
        """
        connection.ensure_connection()
        values = [varying[name] for _place, name in sorted(self.places.items())]
        return self._converted(run_prepared(self.written_out, values))

    def run_prepared(self, varying: Mapping[str, Any]) -> Rows:
        """The rows as the ORM would fetch them, through a statement that the server keeps planned on this connection."""
        return self._converted(run_prepared(self.sql, self.filled(varying)))

    def _converted(self, rows: list[Any]) -> Rows:
        if not self.converters:
            return rows
        return [self._convert(list(row)) for row in rows]

    def _convert(self, row: list[Any]) -> list[Any]:
        for place, functions, expression in self.converters:
            for function in functions:
                row[place] = function(row[place], expression, connection)
        return row


def planned(queryset: Any, marks: Mapping[str, Any]) -> Planned | None:
    """The statement of a query set of `values_list`; None when it cannot match anything.

    `marks` are, by name, improbable values put into the query set in the places of those that vary.
    """
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, values = compiler.as_sql()
    except EmptyResultSet:
        return None
    found = compiler.get_converters([item[0] for item in compiler.select[: compiler.col_count]])
    places = {place: name for place, value in enumerate(values) for name, mark in marks.items() if _same(value, mark)}
    converters = [(place, functions, expression) for place, (functions, expression) in found.items()]
    return Planned(sql, tuple(values), places, converters)


def _same(value: Any, mark: Any) -> bool:
    return type(value) is type(mark) and bool(value == mark)


class PlannedObjects(Generic[M]):
    """Objects of a model by a query set that is compiled at its first use."""

    def __init__(self, queryset: "Callable[[], models.QuerySet[M]]", marks: Mapping[str, Any]) -> None:
        self._queryset = queryset
        self._marks = marks

    @cached_property
    def _compiled(self) -> tuple[Planned | None, type[M], list[str]]:
        queryset = self._queryset()
        names = [column.attname for column in queryset.model._meta.concrete_fields]
        return planned(queryset.values_list(*names), self._marks), queryset.model, names

    def fetch(self, varying: Mapping[str, Any]) -> list[M]:
        """The objects as the query set would give them."""
        statement, model, names = self._compiled
        rows = statement.run_prepared(varying) if statement is not None else []
        return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in rows]
