"""Derived fields are brought up to date in the transaction that changed what they follow from, as its last step.

One statement a field, for all records concerned. Records of other transactions cannot slip through: whoever writes a record
holds the records whose fields its formulas read (FOR SHARE), and a roll-up is calculated while its parents are held, which are
locked in the order of their ids. What is calculated anew from all rows cannot drift.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from guanxi.records import registry
from guanxi.records.derived.converting import rate_sql
from guanxi.records.derived.graph import Derived, Graph, Input, Key, graph_now
from guanxi.records.derived.holding import hold, hold_all, ids_at, read_ids, ways_up
from guanxi.records.formulas.compiling import (
    alias_of,
    join_of,
    joins,
    json_sql,
    key_of,
    slot_sql,
    sql_of,
    stored_sql,
)
from guanxi.records.formulas.functions import Setting
from guanxi.records.registry import Draft, ObjectType

_ROLLED = {
    "count": "count(c.k)", "sum": "coalesce(sum(c.v), 0)", "average": "avg(c.v)", "min": "min(c.v)", "max": "max(c.v)",
}  # fmt: skip


@dataclass
class Touched:
    """Records of one object that were written, and what of them: all fields if `fields` is None.

    `before` names, by link field, the records to which they pointed until now. `moved` says that they came or went.
    """

    kind: ObjectType
    ids: set[UUID]
    fields: frozenset[str] | None = None
    before: Mapping[str, Iterable[UUID]] = field(default_factory=dict)
    moved: bool = False


def touched_by(kind: ObjectType, drafts: Sequence[Draft]) -> Touched:
    """What some drafts wrote."""
    before: dict[str, set[UUID]] = {}
    for draft in drafts:
        for name, value in (draft.before or {}).items():
            item = kind.by_name.get(name)
            if value and (item is None or item.kind == "link"):
                before.setdefault(name, set()).update(_keys(value))
    new = any(draft.before is None for draft in drafts)
    fields = None if new else frozenset().union(*(draft.changed for draft in drafts))
    return Touched(kind, {draft.record.id for draft in drafts}, fields, before, moved=new)


def _keys(value: Any) -> list[UUID]:
    """A link's value as keys; one's own field of another kind has none."""
    try:
        return [value if isinstance(value, UUID) else UUID(value)]
    except (ValueError, AttributeError, TypeError):
        return []


def settle(touched: Touched) -> dict[UUID, dict[str, Any]]:
    """Bring all that follows from the written records up to date; returns `custom` of those of them that changed by it."""
    graph = graph_now()
    return _Settling(graph, touched).run() if graph and touched.ids else {}


def recompute(one: Derived, ids: Sequence[UUID], setting: Setting) -> dict[UUID, dict[str, Any]]:
    """Calculate a derived field of these records; returns `custom` of those whose value changed."""
    table = registry.get(one.object).model._meta.db_table
    source = _rolled(one, setting) if one.rollup else _calculated(one, setting)
    if one.rollup:
        hold(one.object, ids, "FOR NO KEY UPDATE")
    slot = f', "{one.slot}" = {slot_sql(one.type, "n.v")}' if one.slot else ""
    sql = (
        f"UPDATE \"{table}\" t SET custom = CASE WHEN n.v IS NULL THEN t.custom - '{one.name}' "
        f"ELSE t.custom || jsonb_build_object('{one.name}', {json_sql(one.type, 'n.v')}) END{slot} "
        f"FROM (SELECT s.id, {stored_sql(one.type, 's.v')} AS v FROM ({source}) AS s(id, v)) AS n "
        f"WHERE t.id = n.id AND t.custom -> '{one.name}' IS DISTINCT FROM {json_sql(one.type, 'n.v')} "
        "RETURNING t.id, t.custom"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return {key: orjson.loads(custom) if isinstance(custom, str) else custom for key, custom in cursor.fetchall()}


def _calculated(one: Derived, setting: Setting) -> str:
    assert one.formula is not None
    table = registry.get(one.object).model._meta.db_table
    value = sql_of(one.formula, setting)
    return f'SELECT t.id, {value} FROM "{table}" t{joins([one.formula])} WHERE t.id = ANY(%s)'


def _rolled(one: Derived, setting: Setting) -> str:
    rollup = one.rollup
    assert rollup is not None
    table = registry.get(rollup.child).model._meta.db_table
    key = key_of(rollup.link, "t")
    value = sql_of(rollup.value, setting) if rollup.value else "NULL::numeric"
    rate = rate_sql(rollup.currency) if rollup.currency else ""
    value, unknown = (
        (f"({value}) * ({rate})", f"({value}) IS NOT NULL AND ({rate}) IS NULL") if rate else (value, "false")
    )
    where = f" AND {sql_of(rollup.where, setting)}" if rollup.where else ""
    rows = f'SELECT {key}, {value}, {unknown} FROM "{table}" t{joins(rollup.formulas)} WHERE {key} = p.id AND t.deleted_at IS NULL{where}'
    # Without a rate for one of them there is no sum: a smaller one would be wrong without a word.
    inner = f"(SELECT CASE WHEN NOT coalesce(bool_or(c.u), false) THEN {_ROLLED[rollup.function]} END FROM ({rows}) AS c(k, v, u))"
    return f"SELECT p.id, {inner} FROM unnest(%s::uuid[]) AS p(id)"


class _Settling:
    def __init__(self, graph: Graph, touched: Touched) -> None:
        self.graph, self.touched = graph, touched
        self.setting = graph.setting()
        self.changed: dict[tuple[str, str], set[UUID]] = {}
        self.customs: dict[UUID, dict[str, Any]] = {}

    def run(self) -> dict[UUID, dict[str, Any]]:
        """Each field in turn, for the records that what went before it concerns."""
        parents = {one.key: self._parents(one) for one in self.graph.order if one.rollup}
        self._hold_all(parents)
        for one in self.graph.order:
            ids = parents[one.key] | self._further(one) if one.rollup else self._concerned(one)
            if not ids:
                continue
            found = recompute(one, sorted(ids), self.setting)
            if found:
                self.changed[one.key] = set(found)
            if one.object == self.touched.kind.name:
                self.customs |= {key: custom for key, custom in found.items() if key in self.touched.ids}
        return self.customs

    def _hold_all(self, parents: Mapping[Key, set[UUID]]) -> None:
        """Lock, object by object and in the order of ids, what formulas of the written records read and what sums them up.

        Nobody changes these until this transaction has ended, and no two that meet there wait for each other.
        """
        wanted: dict[str, set[UUID]] = {}
        for links in ways_up(self.graph, self.touched.kind.name):
            wanted.setdefault(links[-1][1].to, set()).update(ids_at(self.touched.kind, links, self.touched.ids))
        for (object_name, _name), ids in parents.items():
            wanted.setdefault(object_name, set()).update(ids)
        hold_all(self.graph, wanted)

    def _concerned(self, one: Derived) -> set[UUID]:
        """Records whose formula may have another value now."""
        own = self.touched.kind.name == one.object
        ids = set(self.touched.ids) if own and self._reads(one) else set()
        for given in one.inputs():
            ids |= self._behind(one.object, given)
        return ids

    def _reads(self, one: Derived) -> bool:
        """Whether a formula reads, of the written records themselves, what was written."""
        names = {given.field for given in one.inputs() if not given.links}
        return any(self._written(one.object, name) for name in names) or self.touched.moved

    def _parents(self, one: Derived) -> set[UUID]:
        """Records whose roll-up may have another value by what was written itself."""
        rollup = one.rollup
        assert rollup is not None
        children: set[UUID] = set()
        parents: set[UUID] = set()
        if self.touched.kind.name == rollup.child:
            names = {given.field for given in one.inputs() if not given.links}
            if self.touched.moved or any(self._written(rollup.child, name) for name in names):
                children |= self.touched.ids
                parents |= set(self.touched.before.get(rollup.link.name, ()))
        if self.touched.kind.name == one.object and self.touched.fields is None:
            parents |= self.touched.ids
        return parents | self._pointed(rollup.child, rollup.link, children)

    def _further(self, one: Derived) -> set[UUID]:
        """Likewise by what has followed from it so far."""
        rollup = one.rollup
        assert rollup is not None
        children: set[UUID] = set()
        for given in one.inputs():
            children |= self._behind(rollup.child, given)
        return self._pointed(rollup.child, rollup.link, children)

    def _pointed(self, child: str, link: Any, ids: set[UUID]) -> set[UUID]:
        if not ids:
            return set()
        table, key = registry.get(child).model._meta.db_table, key_of(link, "t")
        return read_ids(f'SELECT DISTINCT {key} FROM "{table}" t WHERE t.id = ANY(%s) AND {key} IS NOT NULL', ids)

    def _behind(self, object_name: str, given: Input) -> set[UUID]:
        """Records of an object from which `given` is reached and has changed."""
        ids = set(self.changed.get((given.object, given.field), ()))
        if given.links and self.touched.kind.name == given.object and not self.touched.moved:
            ids |= self.touched.ids if self._written(given.object, given.field) else set()
        if not ids or not given.links:
            return ids
        table = registry.get(object_name).model._meta.db_table
        steps = "".join(f" JOIN {join_of(given.links[:depth])}" for depth in range(1, len(given.links)))
        key = key_of(given.links[-1][1], alias_of(given.links[:-1]))
        return read_ids(f'SELECT t.id FROM "{table}" t{steps} WHERE {key} = ANY(%s)', ids)

    def _written(self, object_name: str, name: str) -> bool:
        """Whether a field may have been written: named, or one that no person writes but a command or the object itself."""
        fields = self.touched.fields
        item = registry.get(object_name).by_name.get(name)
        return fields is None or name in fields or (item is not None and not item.writable)
