"""Criteria: one small language for filters, views, segments, routing, conditions and sharing rules.

A tree of JSON: {"all": [...]}, {"any": [...]}, {"not": {...}} and leaves {"field": "stage", "op": "in", "value": [...]}.
A field may lead over a link to a related record: "account.industry". Values may be relative: "$me", "$my_team", "$my_teams", "$today",
and the operator "within" takes {"last": 180, "unit": "days"} or {"next": 6, "unit": "months"} or a named period ("this_month").
Records that link here are asked for by {"related": "opportunity.account", "op": "any" or "none", "where": {criteria of an opportunity}};
only those the actor sees count. Members of segments are asked for by {"field": "$segment", "op": "in" or "not_in", "value": [ids]}, and
over a link by "account.$segment".

`compile_q` makes the database's condition, `compile_predicate` the same for one record in Python.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.custom import alias_of, custom_fields, slot_value, stored_in, typed
from guanxi.records.periods import period_bounds
from guanxi.records.ports import SEGMENT_RULES, SegmentRule
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.relations import relation_of
from guanxi.records.values import Wrong, clean_value, plain

MAX_DEPTH = 8
MAX_LEAVES = 60
ORDERED = ("integer", "number", "percent", "money", "date", "datetime")
TEXTUAL = ("text", "longtext", "email", "phone", "url")
OPERATORS: dict[str, tuple[str, ...]] = {
    "is": (*ORDERED, *TEXTUAL, "choice", "link", "bool"),
    "is_not": (*ORDERED, *TEXTUAL, "choice", "link", "bool"),
    "in": ("choice", "link", "text", "integer"),
    "not_in": ("choice", "link", "text", "integer"),
    "contains": (*TEXTUAL, "tags", "multichoice"),
    "starts": TEXTUAL,
    "gt": ORDERED,
    "gte": ORDERED,
    "lt": ORDERED,
    "lte": ORDERED,
    "between": ORDERED,
    "within": ("date", "datetime"),
    "empty": (*ORDERED, *TEXTUAL, "choice", "link", "tags", "multichoice"),
    "not_empty": (*ORDERED, *TEXTUAL, "choice", "link", "tags", "multichoice"),
}
RELATED_OPERATORS = ("any", "none")
SEGMENT = "$segment"
SEGMENT_OPERATORS = ("in", "not_in")
MAX_SEGMENTS = 8
_LOOKUP = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}


@dataclass(frozen=True)
class Leaf:
    """A condition with its field resolved: `path` is the ORM path, `field` the registry's description."""

    field: Field
    path: str
    op: str
    value: Any


@dataclass(frozen=True)
class RelatedLeaf:
    """A condition on records that link here: `rows` are those that count, `column` is their link, `wanted` whether there must be any."""

    rows: Any
    column: str
    wanted: bool


@dataclass(frozen=True)
class SegmentLeaf:
    """Being in a segment: the condition for the database, and the same for one record."""

    q: Q
    holds: Callable[[Any], bool]


Condition = Leaf | RelatedLeaf | SegmentLeaf


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
    q = compiler.walk(criteria, _to_q, 0) if criteria else Q()
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
    return _predicate(criteria, iter(leaves)) or (lambda record: True)


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

    def walk(self, node: Any, leaf: Callable[[Condition], Q], depth: int) -> Q:
        if depth > MAX_DEPTH or not isinstance(node, Mapping):
            raise _wrong(_("The filter is not well formed."))
        for key, join in (("all", Q.AND), ("any", Q.OR)):
            if key in node:
                return self._group(node[key], join, leaf, depth)
        if "not" in node:
            inner = self.walk(node["not"], leaf, depth + 1)
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
        q = inner.walk(where, _to_q, depth + 1) if where else Q()
        self.leaves = inner.leaves
        rows = Compiled(q, inner.aliases).apply(visible_records(self.actor, relation.kind.name))
        return RelatedLeaf(rows, relation.field.column, op == "any")

    def _segment(self, node: Mapping[str, Any]) -> SegmentLeaf:
        self._count()
        name, op, value = str(node["field"]), str(node.get("op", "in")), node.get("value")
        kind, path = self._linked(name)
        if op not in SEGMENT_OPERATORS:
            raise _wrong(_("“%(op)s” does not fit the field %(field)s.") % {"op": op[:40], "field": _("Segment")})
        found = [self._one_segment(kind, path, item) for item in (value if isinstance(value, list) else [value])]
        q = reduce(or_, (one.q for one in found), Q(pk__in=[]))
        wanted = op == "in"
        return SegmentLeaf(q if wanted else ~q, lambda record: any(one.holds(record) for one in found) == wanted)

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
            return _listed(rule.members, path)
        try:
            return self._by_criteria(kind, path, rule, (*self.within, key))
        except Invalid as refusal:
            # The reason would tell the name of a field that is hidden.
            text = _("The segment “%(name)s” uses what your role does not show, or what is gone.")
            raise _wrong(text % {"name": rule.name}) from refusal

    def _by_criteria(self, kind: ObjectType, path: str, rule: SegmentRule, within: tuple[UUID, ...]) -> SegmentLeaf:
        criteria = rule.criteria or {}
        inner = _Compiler(self.actor, kind, within, self.leaves)
        q = inner.walk(criteria, _to_q, 0) if criteria else Q()
        self.leaves = inner.leaves
        if path:
            rows = Compiled(q, inner.aliases).apply(kind.model.objects.filter(deleted_at__isnull=True))  # type: ignore[attr-defined]
            return SegmentLeaf(
                Q(**{f"{path}in": rows.values("pk")}), lambda record: _is_among(rows, "pk", record, path)
            )
        self.aliases |= inner.aliases
        made: list[Callable[[Any], bool]] = []

        def holds(record: Any) -> bool:
            if not made:
                made.append(_tester(_Compiler(self.actor, kind, within), criteria))
            return made[0](record)

        return SegmentLeaf(q or Q(pk__isnull=False), holds)

    def _linked(self, name: str) -> tuple[ObjectType, str]:
        """The object at the end of a dotted name's links, and the ORM path to it."""
        kind, path = self.kind, ""
        for part in name.split(".")[:-1]:
            link = kind.by_name.get(part)
            target = _object_or_none(link.to) if link and link.kind == "link" else None
            if link is None or target is None or not matchable(self.actor, kind.name, part):
                raise _unknown(name)
            path, kind = f"{path}{link.column}__", target
        return kind, path

    def _count(self) -> None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise _wrong(_("The filter has too many conditions."))

    def _leaf(self, node: Mapping[str, Any]) -> Leaf:
        self._count()
        name, op = str(node["field"]), str(node.get("op", "is"))
        field, path = self._resolve(name)
        if field.kind not in OPERATORS.get(op, ()):
            raise _wrong(_("“%(op)s” does not fit the field %(field)s.") % {"op": op[:40], "field": field.label})
        return Leaf(field, path, op, self._value(field, op, node.get("value")))

    def _resolve(self, name: str) -> tuple[Field, str]:
        kind, path = self._linked(name)
        last = name.rpartition(".")[2]
        field = kind.by_name.get(last)
        if field is None and not path:
            field = custom_fields(kind.name).get(last)
        if field is None or not field.filterable or not matchable(self.actor, kind.name, last):
            raise _unknown(name)
        return field, path + self._column(field)

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


def _to_q(leaf: Condition) -> Q:
    if isinstance(leaf, RelatedLeaf):
        q = Q(Exists(leaf.rows.filter(**{leaf.column: OuterRef("pk")})))
        return q if leaf.wanted else ~q
    if isinstance(leaf, SegmentLeaf):
        return leaf.q
    path, value = leaf.path, _stored(leaf)
    if leaf.field.custom and leaf.field.kind == "bool":
        return _yes_no_q(leaf)
    if leaf.op in ("is", "is_not"):
        q = Q(**{path: value}) if value is not None else Q(**{f"{path}__isnull": True})
        return q if leaf.op == "is" else _complement(leaf, q)
    if leaf.op in ("in", "not_in"):
        q = Q(**{f"{path}__in": [item for item in value if item is not None]})
        return q if leaf.op == "in" else _complement(leaf, q)
    if leaf.op in ("empty", "not_empty"):
        q = _empty_q(leaf)
        return q if leaf.op == "empty" else ~q
    if leaf.op == "contains":
        listed = leaf.field.kind in ("tags", "multichoice")
        return Q(**{f"{path}__contains": [value]}) if listed else Q(**{f"{path}__icontains": value})
    if leaf.op == "starts":
        return Q(**{f"{path}__istartswith": value})
    if leaf.op == "between":
        return Q(**{f"{path}__gte": value[0], f"{path}__lte": value[1]})
    if leaf.op == "within":
        return Q(**{f"{path}__gte": value[0], f"{path}__lt": value[1]})
    return Q(**{f"{path}__{_LOOKUP[leaf.op]}": value})


def _listed(members: Any, path: str) -> SegmentLeaf:
    """Being named by a row of `members`: the record itself, or the one at the end of `path`."""
    q = Q(**{f"{path}in": members.values("record_id")}) if path else Q(Exists(members.filter(record_id=OuterRef("pk"))))
    return SegmentLeaf(q, lambda record: _is_among(members, "record_id", record, path))


def _is_among(rows: Any, column: str, record: Any, path: str) -> bool:
    for part in path.split("__")[:-1]:
        record = getattr(record, part, None) if record is not None else None
    return record is not None and bool(rows.filter(**{column: record.pk}).exists())


def _yes_no_q(leaf: Leaf) -> Q:
    """A box that nobody ever ticked holds nothing, and that is No."""
    yes = Q(**{leaf.path: 1 if leaf.field.slot else True})
    wants_yes = bool(leaf.value) == (leaf.op == "is")
    return yes if wants_yes else _complement(leaf, yes)


def _stored(leaf: Leaf) -> Any:
    """The value in the form of its column; a custom field in a slot is compared in the slot's type."""
    if not leaf.field.custom or leaf.op in ("contains", "starts"):
        return leaf.value
    if isinstance(leaf.value, list | tuple):
        return [_stored_one(leaf.field, item) for item in leaf.value]
    return _stored_one(leaf.field, leaf.value)


def _stored_one(field: Field, value: Any) -> Any:
    return slot_value(field, plain(value)) if field.slot else value


def _complement(leaf: Leaf, q: Q) -> Q:
    """Not the value, and empty counts as different."""
    return ~q | Q(**{f"{leaf.path}__isnull": True})


def _empty_q(leaf: Leaf) -> Q:
    q = Q(**{f"{leaf.path}__isnull": True})
    if leaf.field.kind in (*TEXTUAL, "choice"):
        q |= Q(**{leaf.path: ""})
    if leaf.field.kind in ("tags", "multichoice"):
        q |= Q(**{leaf.path: []})
    return q


def _predicate(node: Mapping[str, Any], leaves: Iterator[Condition]) -> Callable[[Any], bool] | None:
    """None for a group without conditions: it narrows nothing, in the database too."""
    for key, join in (("all", all), ("any", any)):
        if key in node:
            tests = [test for item in node[key] if (test := _predicate(item, leaves))]
            return _joined(join, tests) if tests else None
    if "not" in node:
        inner = _predicate(node["not"], leaves)
        return _negated(inner) if inner else None
    return partial(_leaf_holds, next(leaves))


def _joined(join: Callable[[Iterable[bool]], bool], tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return lambda record: join(test(record) for test in tests)


def _negated(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda record: not test(record)


def _leaf_holds(leaf: Condition, record: Any) -> bool:
    if isinstance(leaf, RelatedLeaf):
        return bool(leaf.rows.filter(**{leaf.column: record.pk}).exists()) == leaf.wanted
    if isinstance(leaf, SegmentLeaf):
        return leaf.holds(record)
    return _holds(leaf, _read(record, leaf))


def _read(record: Any, leaf: Leaf) -> Any:
    if leaf.field.custom:
        value = typed(leaf.field, record.custom.get(leaf.field.name))
        return bool(value) if leaf.field.kind == "bool" else value
    value = record
    for part in leaf.path.split("__"):
        value = getattr(value, part, None) if value is not None else None
    return getattr(value, "id", value) if leaf.field.kind == "link" else value


def _holds(leaf: Leaf, value: Any) -> bool:
    wanted = leaf.value
    blank = value in (None, "", [])
    if leaf.op in ("empty", "not_empty"):
        return blank == (leaf.op == "empty")
    if leaf.op in ("is", "is_not"):
        return bool(value == wanted) == (leaf.op == "is")
    if leaf.op in ("in", "not_in"):
        return (value in wanted) == (leaf.op == "in")
    if value is None:
        return False
    if leaf.op == "contains":
        return wanted in value if isinstance(value, list) else str(wanted).casefold() in str(value).casefold()
    return _compares(leaf.op, value, wanted)


def _compares(op: str, value: Any, wanted: Any) -> bool:
    if op == "starts":
        return str(value).casefold().startswith(str(wanted).casefold())
    if op == "between":
        return bool(wanted[0] <= value <= wanted[1])
    if op == "within":
        return bool(wanted[0] <= value < wanted[1])
    return bool({"gt": value > wanted, "gte": value >= wanted, "lt": value < wanted, "lte": value <= wanted}[op])


def _object_or_none(name: str) -> ObjectType | None:
    return next((kind for kind in registry.objects() if kind.name == name), None)


def _unknown(name: str) -> Invalid:
    return _wrong(_("There is no field “%(name)s” to filter by.") % {"name": name[:60]})


def _wrong(text: str) -> Invalid:
    return Invalid({"filter": [str(text)]})
