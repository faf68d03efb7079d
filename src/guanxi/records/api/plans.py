"""Statements compiled once per caller: the ORM's work is done when a question is asked for the first time.

A plan (see core.db.planned) also holds how its columns become a row. Plans live as long as the snapshot of the caller's
rights they were made for (callers.py), so that a changed role, team or field never meets an old plan.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.db import models

from guanxi.core.db.planned import Planned, planned
from guanxi.core.fields import MoneyField
from guanxi.core.money import minor_text
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.identity.sharing import inline_rules
from guanxi.records.custom import label_alias, with_link_labels
from guanxi.records.list_plans import ID_MARK, Plans, keep
from guanxi.records.lists import link_label_path, link_value, shown_fields
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType, source_of
from guanxi.records.values import masked, plain

Row = dict[str, Any]
Step = tuple[str, str, int, int, Any]
# Column types whose values are answered as they are: orjson writes them as `plain` would.
_NATIVE = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.DateField,
    models.UUIDField,
)


class AnyOf(models.Lookup):
    """column = ANY(array): one place for any number of keys."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """The condition with the whole list as one value."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*values, self.rhs]


@dataclass(frozen=True)
class Plan(Planned):
    """A statement compiled once, and how a fetched row is shown."""

    steps: Sequence[Step]

    @cached_property
    def _shape(self) -> "_Shape":
        return _Shape.of(self.steps)

    def show(self, row: Sequence[Any]) -> Row:
        """A fetched row as it is answered."""
        shape = self._shape
        values = list(shape.pick(row))
        for place, label in shape.links:
            if values[place] is not None:
                values[place] = {"id": values[place], "label": str(row[label] or "")}
        for place, function in shape.functions:
            values[place] = function(values[place])
        for place, name, function in shape.custom:
            values[place] = function(values[place].get(name))
        for place, name, label in shape.own_links:
            values[place] = link_value(values[place].get(name), row[label])
        return dict(zip(shape.names, values, strict=True))


@dataclass(frozen=True)
class _Shape:
    """The steps of a plan, sorted by what is to be done: most columns are answered as they are."""

    names: tuple[str, ...]
    pick: Callable[[Sequence[Any]], Sequence[Any]]
    links: Sequence[tuple[int, int]]
    functions: Sequence[tuple[int, Callable[[Any], Any]]]
    custom: Sequence[tuple[int, str, Callable[[Any], Any]]]
    own_links: Sequence[tuple[int, str, int]]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "_Shape":
        """Places count within the answer, behind id and version."""
        placed = list(enumerate(steps, 2))
        return cls(
            names=("id", "version", *(step[0] for step in steps)),
            pick=itemgetter(0, 1, *(step[2] for step in steps)),
            links=[(at, step[3]) for at, step in placed if step[1] == "link"],
            functions=[(at, step[4]) for at, step in placed if step[1] == "value" and step[4] is not None],
            custom=[(at, step[0].partition(".")[0], step[4]) for at, step in placed if step[1] == "custom"],
            own_links=[(at, step[0], step[3]) for at, step in placed if step[1] == "own link"],
        )


def row_plan(actor: Actor, plans: Plans, kind: ObjectType, fields: Sequence[str]) -> Plan | None:
    """The plan that reads one record of the actor's scope by its id, or None when there is nothing to see."""
    key = ("row", kind.name, tuple(fields))
    if key not in plans:
        shown = shown_fields(actor, kind, fields)
        queryset = visible_records(actor, kind.name).filter(id=ID_MARK)
        made = compiled(actor, kind, shown, queryset, ("id", "version"), {"id": ID_MARK})
        if inline_rules(actor, kind.name):
            return made
        keep(plans, key, made)
    plan: Plan | None = plans[key]
    return plan


def rows_plan(actor: Actor, plans: Plans, kind: ObjectType, fields: Sequence[str]) -> Plan | None:
    """Likewise for many records by their `ids`."""
    key = ("rows", kind.name, tuple(fields))
    if key not in plans:
        shown = shown_fields(actor, kind, fields)
        queryset = visible_records(actor, kind.name).filter(AnyOf(models.F("id"), [ID_MARK]))
        made = compiled(actor, kind, shown, queryset, ("id", "version"), {"ids": [ID_MARK]})
        if inline_rules(actor, kind.name):
            return made
        keep(plans, key, made)
    plan: Plan | None = plans[key]
    return plan


def compiled(
    actor: Actor, kind: ObjectType, shown: Sequence[Field], queryset: Any, head: Sequence[str], marks: Mapping[str, Any]
) -> Plan | None:
    """The plan of a query set: columns `head`, then those of the fields shown. None when it cannot match anything.

    `marks` are, by name, improbable values put into the query set in the places of those that vary.
    """
    queryset = with_link_labels(queryset, shown, chinese=False)
    columns = list(head) + [name for name in _columns(shown) if name not in head]
    statement = planned(queryset.values_list(*columns), marks)
    if statement is None:
        return None
    steps = [_step(actor, kind, item, columns, len(head)) for item in shown]
    amounts = {step[2] for step in steps if step[4] is minor_text}
    converters = [one for one in statement.converters if one[0] not in amounts]
    return Plan(statement.sql, statement.values, statement.places, converters, steps)


def _columns(shown: Sequence[Field]) -> list[str]:
    names: list[str] = []
    for item in shown:
        if item.custom:
            names += ["custom", *([label_alias(item)] if item.kind == "link" else [])]
        elif item.kind == "link":
            names += [f"{item.column}_id", link_label_path(item) or f"{item.column}_id"]
        else:
            names.append(item.column)
    return list(dict.fromkeys(names))


def _step(actor: Actor, kind: ObjectType, item: Field, columns: list[str], head: int) -> Step:
    hidden_partly = field_access(actor, kind.name, item.name) == "masked"
    show = _masked if hidden_partly else plain
    if item.custom and item.kind == "link":
        return item.name, "own link", columns.index("custom"), columns.index(label_alias(item)), None
    if item.within:
        return item.name, "custom", columns.index("custom"), 0, lambda whole: show((whole or {}).get(item.part))
    if item.custom:
        return item.name, "custom", columns.index("custom"), 0, show
    if item.kind == "link":
        place = columns.index(f"{item.column}_id")
        label = link_label_path(item)
        return item.name, "link", place, columns.index(label) if label else place, None
    source = source_of(kind.model, item.column)
    place = columns.index(item.column)
    # The head is also read as values of the model.
    if isinstance(source, MoneyField) and not hidden_partly and place >= head:
        return item.name, "value", place, 0, minor_text
    native = isinstance(source, _NATIVE) and item.kind != "money" and not hidden_partly
    return item.name, "value", place, 0, None if native else show


def _masked(value: Any) -> Any:
    shown = plain(value)
    return masked(shown) if shown else shown
