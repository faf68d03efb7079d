"""Holding records until the transaction ends, always from above to below: first what a record links to, then the record itself.

Who changes a parent holds it and then writes the children that read it; who changes a child must therefore hold the parents that it reads, or
that sum it up, before the child itself. Within one level the order is that of objects and ids.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from guanxi.records import registry
from guanxi.records.derived.graph import Graph, graph_now
from guanxi.records.formulas.compiling import Links, alias_of, join_of, key_of
from guanxi.records.registry import ObjectType

# So far up are parents of parents held; what is further up is held when it is needed.
LEVELS = 4
ATTEMPTS = 6


def hold(object_name: str, ids: Iterable[UUID], how: str) -> None:
    """Lock records in the order of their ids."""
    table = registry.get(object_name).model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t.id = ANY(%s) ORDER BY t.id {how}', [sorted(ids)])


def hold_above(kind: ObjectType, ids: Iterable[UUID], given: Sequence[Mapping[str, Any]] = ()) -> None:
    """Hold what these records lead to, and what `given` (values about to be written) lets them lead to.

    Called before the records themselves are locked. Without derived fields over links nothing is asked.
    """
    graph = graph_now()
    if not graph:
        return
    for _attempt in range(ATTEMPTS):
        levels = _above(graph, kind, ids, given)
        if not levels:
            return
        mark = transaction.savepoint()
        for level in reversed(levels):
            hold_all(graph, level)
        held = {pair for level in levels for pair in _pairs(level)}
        if {pair for level in _above(graph, kind, ids, given) for pair in _pairs(level)} <= held:
            transaction.savepoint_commit(mark)
            return
        # While this one waited, a record was led elsewhere: let go and begin in order again.
        transaction.savepoint_rollback(mark)


def _above(
    graph: Graph, kind: ObjectType, ids: Iterable[UUID], given: Sequence[Mapping[str, Any]]
) -> list[dict[str, set[UUID]]]:
    """What is above, level by level, the nearest first."""
    levels: list[dict[str, set[UUID]]] = []
    current = {kind.name: set(ids)}
    for depth in range(LEVELS):
        above: dict[str, set[UUID]] = {}
        for name, keys in current.items():
            for links in ways_up(graph, name):
                ends = ids_at(registry.get(name), links, keys)
                ends |= _named(links, given) if depth == 0 and len(links) == 1 else set()
                above.setdefault(links[-1][1].to, set()).update(ends)
        current = {name: keys for name, keys in above.items() if keys}
        if not current:
            break
        levels.append(current)
    return levels


def _pairs(level: Mapping[str, set[UUID]]) -> Iterator[tuple[str, UUID]]:
    return ((name, key) for name, keys in level.items() for key in keys)


def hold_all(graph: Graph, wanted: Mapping[str, set[UUID]]) -> None:
    """Lock the records of one level: those with roll-ups to be written, others so that nobody changes them."""
    rolled = {one.object for one in graph.order if one.rollup}
    for name in sorted(wanted):
        if wanted[name]:
            hold(name, wanted[name], "FOR NO KEY UPDATE" if name in rolled else "FOR SHARE")


def ways_up(graph: Graph, object_name: str) -> Iterator[Links]:
    """The ways on which formulas leave records of an object, and the links by which they are summed up."""
    paths: dict[tuple[str, ...], Links] = {}
    for one in graph.order:
        over = one.rollup.child if one.rollup else one.object
        if over != object_name:
            continue
        if one.rollup:
            paths[one.rollup.link.name,] = ((registry.get(over), one.rollup.link),)
        for ref in (ref for formula in one.formulas for ref in formula.refs):
            paths |= {ref.path[:depth]: ref.links[:depth] for depth in range(1, len(ref.links) + 1)}
    return iter(paths.values())


def ids_at(kind: ObjectType, links: Links, ids: Iterable[UUID]) -> set[UUID]:
    """The records to which a way leads from some of `kind`."""
    table = kind.model._meta.db_table
    steps = "".join(f" JOIN {join_of(links[:depth])}" for depth in range(1, len(links)))
    key = key_of(links[-1][1], alias_of(links[:-1]))
    return read_ids(f'SELECT {key} FROM "{table}" t{steps} WHERE t.id = ANY(%s) AND {key} IS NOT NULL', ids)


def read_ids(sql: str, ids: Iterable[UUID]) -> set[UUID]:
    """The keys that a statement about `ids` answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(ids)])
        return {row[0] for row in cursor.fetchall()}


def _named(links: Links, given: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """The records that values name in a link; what is no key is told by the checks that follow."""
    found = set()
    for values in given:
        value = values.get(links[0][1].name)
        try:
            found.add(value if isinstance(value, UUID) else UUID(str(value)))
        except ValueError:
            continue
    return found
