"""Criteria: one small language for filters, views, segments, routing, conditions and sharing rules.

A tree of JSON: {"all": [...]}, {"any": [...]}, {"not": {...}} and leaves {"field": "stage", "op": "in", "value": [...]}.
A field may lead over a link to a related record: "account.industry"; what that record holds counts only where the actor sees it. Values may be relative: "$me", "$my_team", "$my_teams", "$today",
and the operator "within" takes {"last": 180, "unit": "days"} or {"next": 6, "unit": "months"} or a named period ("this_month").
Records that link here are asked for by {"related": "opportunity.account", "op": "any" or "none", "where": {criteria of an opportunity}};
only those the actor sees count. Members of segments are asked for by {"field": "$segment", "op": "in" or "not_in", "value": [ids]}, and
over a link by "account.$segment".

`compile_q` makes the database's condition, `compile_predicate` the same for one record in Python.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, scope_of
from guanxi.records import registry
from guanxi.records.conditions import (
    ORDERED,
    TEXTUAL,
    Condition,
    Guard,
    Leaf,
    RelatedLeaf,
    SegmentLeaf,
    behind,
    is_among,
    listed,
    predicate,
    to_q,
)
from guanxi.records.custom import alias_of, own_field, stored_in
from guanxi.records.periods import period_bounds
from guanxi.records.ports import SEGMENT_RULES, SegmentRule
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.relations import linked_object, relation_of
from guanxi.records.sharing.estimate import sees_few
from guanxi.records.values import Wrong, clean_value

MAX_DEPTH = 8
MAX_LEAVES = 60
OPERATORS: dict[str, tuple[str, ...]] = {
    "is": (*ORDERED, *TEXTUAL, "choice", "link", "bool"),
    "is_not": (*ORDERED, *TEXTUAL, "choice", "link", "bool"),
    "in": ("choice", "link", "text", "integer"),
    "not_in": ("choice", "link", "text", "integer"),
    "contains": (*TEXTUAL, "tags", "multichoice", "address"),
    "starts": TEXTUAL,
    "gt": ORDERED,
    "gte": ORDERED,
    "lt": ORDERED,
    "lte": ORDERED,
    "between": ORDERED,
    "within": ("date", "datetime"),
    "empty": (*ORDERED, *TEXTUAL, "choice", "link", "tags", "multichoice", "address", "file"),
    "not_empty": (*ORDERED, *TEXTUAL, "choice", "link", "tags", "multichoice", "address", "file"),
}
RELATED_OPERATORS = ("any", "none")
SEGMENT = "$segment"
SEGMENT_OPERATORS = ("in", "not_in")
MAX_SEGMENTS = 8


@dataclass(frozen=True)
class Compiled:
    """The condition, and the expressions of custom fields that the query set must be given as aliases first."""

    q: Q
    aliases: Mapping[str, Any]

    def apply(self, queryset: Any) -> Any:
        """The query set narrowed by the criteria."""
        return queryset.alias(**self.aliases).filter(self.q) if self.aliases else queryset.filter(self.q)


def compile_q(actor: Actor, object_name: str, criteria: Mapping[str, Any]) -> Compiled:
    """The condition for a query set of the object's model. Raises `Invalid` with what is wrong.

    Fields that are hidden from the actor or masked do not exist here, so that nobody can guess a value by filtering.
    """
    compiler = _Compiler(actor, registry.get(object_name))
    q = compiler.walk(criteria, to_q, 0) if criteria else Q()
    return Compiled(q, compiler.aliases)


def compile_predicate(actor: Actor, object_name: str, criteria: Mapping[str, Any]) -> Callable[[Any], bool]:
    """A function record → bool with the result that `compile_q` would give in the database."""
    return _tester(_Compiler(actor, registry.get(object_name)), criteria)


def _tester(compiler: "_Compiler", criteria: Mapping[str, Any]) -> Callable[[Any], bool]:
    if not criteria:
        return lambda record: True
    leaves: list[Condition] = []

    def collect(leaf: Condition) -> Q:
        leaves.append(leaf)
        return Q(pk__isnull=True)

    compiler.walk(criteria, collect, 0)
    return predicate(criteria, iter(leaves)) or (lambda record: True)


def operators_of(kind: str) -> list[str]:
    """The operators that a field of this kind knows, in the builder's order."""
    return [name for name, kinds in OPERATORS.items() if kind in kinds]


class _Compiler:
    def __init__(self, actor: Actor, kind: ObjectType, within: tuple[UUID, ...] = (), leaves: int = 0) -> None:
        self.actor = actor
        self.kind = kind
        self.within = within
        self.aliases: dict[str, Any] = {}
        self.leaves = leaves
        self.negations = 0

    def walk(self, node: Any, leaf: Callable[[Condition], Q], depth: int) -> Q:
        if depth > MAX_DEPTH or not isinstance(node, Mapping):
            raise _wrong(_("The filter is not well formed."))
        for key, join in (("all", Q.AND), ("any", Q.OR)):
            if key in node:
                return self._group(node[key], join, leaf, depth)
        if "not" in node:
            self.negations += 1
            inner = self.walk(node["not"], leaf, depth + 1)
            self.negations -= 1
            return ~inner if inner else inner
        if "related" in node:
            return leaf(self._related(node, depth))
        if "field" not in node:
            raise _wrong(_("The filter is not well formed."))
        named = str(node["field"])
        return leaf(self._segment(node) if named == SEGMENT or named.endswith(f".{SEGMENT}") else self._leaf(node))

    def _group(self, items: Any, join: str, leaf: Callable[[Condition], Q], depth: int) -> Q:
        if not isinstance(items, list):
            raise _wrong(_("The filter is not well formed."))
        q = Q()
        for item in items:
            q = q._combine(self.walk(item, leaf, depth + 1), join)  # type: ignore[attr-defined]
        return q

    def _related(self, node: Mapping[str, Any], depth: int) -> RelatedLeaf:
        self._count()
        name, op = str(node["related"]), str(node.get("op", "any"))
        relation = relation_of(self.actor, self.kind, name)
        if relation is None:
            raise _unknown(name)
        if op not in RELATED_OPERATORS:
            raise _wrong(_("“%(op)s” does not fit the field %(field)s.") % {"op": op[:40], "field": relation.label})
        inner = _Compiler(self.actor, relation.kind, self.within, self.leaves)
        where = node.get("where")
        q = inner.walk(where, to_q, depth + 1) if where else Q()
        self.leaves = inner.leaves
        rows = Compiled(q, inner.aliases).apply(visible_records(self.actor, relation.kind.name))
        return RelatedLeaf(rows, relation.field.column, op == "any")

    def _segment(self, node: Mapping[str, Any]) -> SegmentLeaf:
        self._count()
        name, op, value = str(node["field"]), str(node.get("op", "in")), node.get("value")
        kind, path, guards = self._linked(name)
        if op not in SEGMENT_OPERATORS:
            raise _wrong(_("“%(op)s” does not fit the field %(field)s.") % {"op": op[:40], "field": _("Segment")})
        found = [self._one_segment(kind, path, item) for item in (value if isinstance(value, list) else [value])]
        q = reduce(or_, (one.q for one in found), Q(pk__in=[]))
        among = behind(SegmentLeaf(q, lambda record: any(one.holds(record) for one in found)), guards)
        return among if op == "in" else SegmentLeaf(~among.q, lambda record: not among.holds(record))

    def _one_segment(self, kind: ObjectType, path: str, value: Any) -> SegmentLeaf:
        try:
            key = UUID(str(value))
        except ValueError:
            raise _wrong(_("There is no such segment.")) from None
        nested = bool(self.within)
        found = (find(self.actor, kind.name, key, nested=nested) for find in SEGMENT_RULES)
        rule = next((one for one in found if one is not None), None)
        if rule is None:
            raise _wrong(_("There is no such segment."))
        if key in self.within or len(self.within) >= MAX_SEGMENTS:
            raise _wrong(_("The segment “%(name)s” leads back to itself.") % {"name": rule.name})
        if rule.criteria is None:
            return listed(rule.members, path)
        try:
            return self._by_criteria(kind, path, rule, (*self.within, key))
        except Invalid as refusal:
            # The reason would tell the name of a field that is hidden.
            text = _("The segment “%(name)s” uses what your role does not show, or what is gone.")
            raise _wrong(text % {"name": rule.name}) from refusal

    def _by_criteria(self, kind: ObjectType, path: str, rule: SegmentRule, within: tuple[UUID, ...]) -> SegmentLeaf:
        criteria = rule.criteria or {}
        inner = _Compiler(self.actor, kind, within, self.leaves)
        q = inner.walk(criteria, to_q, 0) if criteria else Q()
        self.leaves = inner.leaves
        if path:
            rows = Compiled(q, inner.aliases).apply(kind.model.objects.filter(deleted_at__isnull=True))  # type: ignore[attr-defined]
            return SegmentLeaf(Q(**{f"{path}in": rows.values("pk")}), lambda record: is_among(rows, "pk", record, path))
        self.aliases |= inner.aliases
        made: list[Callable[[Any], bool]] = []

        def holds(record: Any) -> bool:
            if not made:
                made.append(_tester(_Compiler(self.actor, kind, within), criteria))
            return made[0](record)

        return SegmentLeaf(q or Q(pk__isnull=False), holds)

    def _linked(self, name: str) -> tuple[ObjectType, str, tuple[Guard, ...]]:
        """The object at the end of a dotted name's links, the ORM path to it, and what stands before records that the actor does not see."""
        kind, path, guards = self.kind, "", tuple[Guard, ...]()
        for part in name.split(".")[:-1]:
            link = kind.by_name.get(part)
            target = linked_object(self.actor, kind, link)
            if link is None or target is None:
                raise _unknown(name)
            if scope_of(self.actor, target.name, "view") != "all":
                few = sees_few(self.actor, target.name)
                guards += (Guard(path + link.column, visible_records(self.actor, target.name, few=few)),)
            path, kind = f"{path}{link.column}__", target
        return kind, path, guards

    def _count(self) -> None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise _wrong(_("The filter has too many conditions."))

    def _leaf(self, node: Mapping[str, Any]) -> Leaf:
        self._count()
        name, op = str(node["field"]), str(node.get("op", "is"))
        field, path, guards = self._resolve(name)
        if field.kind not in OPERATORS.get(op, ()):
            raise _wrong(_("“%(op)s” does not fit the field %(field)s.") % {"op": op[:40], "field": field.label})
        return Leaf(field, path, op, self._value(field, op, node.get("value")), guards, self.negations > 0)

    def _resolve(self, name: str) -> tuple[Field, str, tuple[Guard, ...]]:
        own = own_field(self.kind.name, name)
        kind, path, guards = self._linked(name if own is None else own.stored_name)
        last = name.rpartition(".")[2] if own is None else own.stored_name
        field = own or kind.by_name.get(last)
        if field is None or not field.filterable or not matchable(self.actor, kind.name, last):
            raise _unknown(name)
        return field, path + self._column(field), guards

    def _column(self, field: Field) -> str:
        if not field.custom:
            return field.column
        self.aliases[alias_of(field)] = stored_in(field)
        return alias_of(field)

    def _value(self, field: Field, op: str, value: Any) -> Any:
        if op in ("empty", "not_empty"):
            return None
        if op == "within":
            return period_bounds(value, self.actor.time_zone, as_date=field.kind == "date")
        if op == "between":
            if not isinstance(value, list) or len(value) != 2:
                raise _wrong(_("Give a lower and an upper value."))
            return [self._one(field, item) for item in value]
        if op in ("in", "not_in"):
            items = value if isinstance(value, list) else [value]
            return [one for item in items for one in self._many(field, item)]
        if op in ("contains", "starts"):
            return str(value or "")[:200].replace("\x00", "")
        return self._one(field, value)

    def _many(self, field: Field, value: Any) -> list[Any]:
        if value == "$my_teams":
            return list(self.actor.below_team_ids)
        return [self._one(field, value)]

    def _one(self, field: Field, value: Any) -> Any:
        relative = {"$me": self.actor.member_id, "$my_team": self.actor.team_id}
        if isinstance(value, str) and value in relative:
            return relative[value]
        if value == "$today":
            return period_bounds("today", self.actor.time_zone, as_date=field.kind == "date")[0]
        try:
            return clean_value(field, value)
        except (Wrong, AttributeError) as wrong:
            raise _wrong(f"{field.label}: {wrong}") from wrong


def _unknown(name: str) -> Invalid:
    return _wrong(_("There is no field “%(name)s” to filter by.") % {"name": name[:60]})


def _wrong(text: str) -> Invalid:
    return Invalid({"filter": [str(text)]})
