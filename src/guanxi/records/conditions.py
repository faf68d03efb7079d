"""The conditions that criteria are made of: as the database asks them, and the same of one record in Python."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import and_
from typing import Any

from django.db.models import Exists, OuterRef, Q

from guanxi.records.custom import own_value, slot_value, typed
from guanxi.records.registry import Field
from guanxi.records.values import plain

ORDERED = ("integer", "number", "percent", "money", "date", "datetime")
TEXTUAL = ("text", "longtext", "email", "phone", "url")
# What SQL answers for a field that holds nothing, too.
_KNOWN_OF_NOTHING = ("is_not", "not_in", "empty", "not_empty")
_LOOKUP = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}


@dataclass(frozen=True)
class Guard:
    """A link that a condition leads over: `path` is the ORM path to the linked record, `rows` are those that the actor sees."""

    path: str
    rows: Any

    @property
    def q(self) -> Q:
        """True where there is a linked record and the actor sees it."""
        return Q(**{f"{self.path}__in": self.rows.values("pk")})

    def holds(self, record: Any) -> bool:
        """The same for one record."""
        return is_among(self.rows, "pk", record, f"{self.path}__")


@dataclass(frozen=True)
class Leaf:
    """A condition with its field resolved: `path` is the ORM path, `field` the registry's description.

    Behind a guard that does not hold stands nothing: the answer is that of an empty field, whatever the field holds. `negated` conditions
    stand below a “not”: for an empty field they must be false, where SQL would not know.
    """

    field: Field
    path: str
    op: str
    value: Any
    guards: tuple[Guard, ...] = ()
    negated: bool = False


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


def to_q(leaf: Condition) -> Q:
    """The condition for the database."""
    if isinstance(leaf, RelatedLeaf):
        q = Q(Exists(leaf.rows.filter(**{leaf.column: OuterRef("pk")})))
        return q if leaf.wanted else ~q
    if isinstance(leaf, SegmentLeaf):
        return leaf.q
    q = _leaf_q(leaf)
    if leaf.field.kind != "bool" and leaf.value is not None and leaf.op not in _KNOWN_OF_NOTHING:
        q = _known(leaf, q)
    for guard in leaf.guards:
        q = q | ~guard.q if _holds(leaf, None) else q & guard.q
    return q


def behind(leaf: SegmentLeaf, guards: Iterable[Guard]) -> SegmentLeaf:
    """Being in a segment, where the actor sees the records that the condition leads over."""
    guards = tuple(guards)
    q = reduce(and_, (guard.q for guard in guards), leaf.q)
    return SegmentLeaf(q, lambda record: all(guard.holds(record) for guard in guards) and leaf.holds(record))


def _leaf_q(leaf: Leaf) -> Q:
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


def listed(members: Any, path: str) -> SegmentLeaf:
    """Being named by a row of `members`: the record itself, or the one at the end of `path`."""
    q = Q(**{f"{path}in": members.values("record_id")}) if path else Q(Exists(members.filter(record_id=OuterRef("pk"))))
    return SegmentLeaf(q, lambda record: is_among(members, "record_id", record, path))


def is_among(rows: Any, column: str, record: Any, path: str) -> bool:
    """Whether `column` of a row names the record, or the one at the end of `path`."""
    for part in path.split("__")[:-1]:
        record = getattr(record, part, None) if record is not None else None
    return record is not None and bool(rows.filter(**{column: record.pk}).exists())


def _yes_no_q(leaf: Leaf) -> Q:
    """A box that nobody ever ticked holds nothing, and that is No."""
    yes = Q(**{leaf.path: 1 if leaf.field.slot else True})
    wants_yes = bool(leaf.value) == (leaf.op == "is")
    return _known(leaf, yes) if wants_yes else _complement(leaf, yes)


def _known(leaf: Leaf, q: Q) -> Q:
    """Below a “not” a condition on an expression must be false of nothing; Django sees to that for columns only."""
    return q & Q(**{f"{leaf.path}__isnull": False}) if leaf.negated and leaf.field.custom else q


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


def predicate(node: Mapping[str, Any], leaves: Iterator[Condition]) -> Callable[[Any], bool] | None:
    """The same for one record, of a tree whose conditions come in its order; None for a group without any: it narrows nothing."""
    for key, join in (("all", all), ("any", any)):
        if key in node:
            tests = [test for item in node[key] if (test := predicate(item, leaves))]
            return _joined(join, tests) if tests else None
    if "not" in node:
        inner = predicate(node["not"], leaves)
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
    seen = all(guard.holds(record) for guard in leaf.guards)
    return _holds(leaf, _read(record, leaf) if seen else None)


def _read(record: Any, leaf: Leaf) -> Any:
    if leaf.field.custom:
        value = typed(leaf.field, own_value(leaf.field, record.custom))
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
