"""From a tree to a typed one: fields found, functions chosen, types held together, or an error with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as told
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from guanxi.records import registry
from guanxi.records.custom import address_part
from guanxi.records.formulas.functions import FUNCTIONS, Signature, switch_signature
from guanxi.records.formulas.syntax import Call, FormulaError, Literal, Name, Node, parse
from guanxi.records.registry import Field, ObjectType

TYPE_OF = {
    "text": "text", "longtext": "text", "email": "text", "phone": "text", "url": "text", "choice": "text",
    "integer": "number", "number": "number", "percent": "number", "money": "number", "date": "date",
    "datetime": "moment", "bool": "bool", "multichoice": "list", "tags": "list", "address": "text",
}  # fmt: skip
MOST_LINKS = 3
# What functions are for whose meaning is a comparison with one of a field's choices.
_CHOOSING = ("=", "<>", "one_of", "switch", "has")


@dataclass(frozen=True)
class Const:
    """A value; of type "blank" until what stands beside it says which."""

    value: Any
    type: str


@dataclass(frozen=True)
class Ref:
    """A field of `kind`, reached from the formula's object over `links`: (object, link field) each."""

    path: tuple[str, ...]
    kind: ObjectType = told(compare=False)
    field: Field = told(compare=False)
    links: tuple[tuple[ObjectType, Field], ...] = told(compare=False)
    type: str = told(compare=False)


@dataclass(frozen=True)
class Op:
    """A function with the meaning that its arguments chose."""

    name: str
    meaning: Signature
    given: tuple["Typed", ...]
    type: str


Typed = Const | Ref | Op


@dataclass(frozen=True)
class Formula:
    """A checked formula of an object."""

    kind: ObjectType
    text: str
    node: Typed
    refs: tuple[Ref, ...] = ()

    @property
    def type(self) -> str:
        """number, text, date, moment, bool, or blank for one that never has a value."""
        return self.node.type

    @property
    def dated(self) -> bool:
        """Whether its value changes with the day."""
        return any(isinstance(one, Op) and one.name == "today" for one in walk(self.node))


def check(kind: ObjectType, text: str, own: Mapping[str, Mapping[str, Field]], *, wanted: str = "") -> Formula:
    """The formula `text` of an object, whose result is of type `wanted` if one is given. Raises `FormulaError`.

    `own` holds the tenant's own fields by object and name (records.custom.custom_fields_of_all).
    """
    tree = parse(text)
    node = _Checker(kind, own).typed(tree)
    if wanted:
        node = _as(node, wanted)
        if node.type != wanted:
            problem = _("The result is %(found)s, but the field holds %(wanted)s.")
            raise FormulaError(
                problem % {"found": type_label(node.type), "wanted": type_label(wanted)}, tree.start, tree.end
            )
    refs = tuple(dict.fromkeys(one for one in walk(node) if isinstance(one, Ref)))
    return Formula(kind, text, node, refs)


def walk(node: Typed) -> Iterator[Typed]:
    """The node and all below it."""
    yield node
    if isinstance(node, Op):
        for one in node.given:
            yield from walk(one)


def type_label(type: str) -> str:
    """A type in words."""
    return {
        "number": _("a number"), "text": _("text"), "date": _("a date"), "moment": _("a date with time"),
        "bool": _("yes or no"), "list": _("a list"), "blank": _("nothing"),
    }[type]  # fmt: skip


class _Checker:
    def __init__(self, kind: ObjectType, own: Mapping[str, Mapping[str, Field]]) -> None:
        self.kind, self.own = kind, own

    def typed(self, node: Node) -> Typed:
        """The typed form of a node."""
        if isinstance(node, Literal):
            return _const(node)
        if isinstance(node, Name):
            return self.field(node)
        given = [self.typed(one) for one in node.given]
        self.choices(node, given)
        return self.call(node, given)

    def field(self, node: Name) -> Ref:
        """The field that a name means."""
        kind, links = self.kind, list[tuple[ObjectType, Field]]()
        at = node.start
        if len(node.path) > MOST_LINKS + 1:
            raise FormulaError(_("Use at most %(count)d links in a row.") % {"count": MOST_LINKS}, node.start, node.end)
        for depth, part in enumerate(node.path[:-1]):
            item = self.known(kind, part, at)
            if item.kind == "address":
                return self.part(node, depth, kind, item, links)
            target = registry.find(item.to)
            if item.kind != "link" or target is None:
                problem = _("“%(name)s” does not lead to another record.")
                raise FormulaError(problem % {"name": part}, at, at + len(part))
            links.append((kind, item))
            kind, at = target, at + len(part) + 1
        item = self.known(kind, node.path[-1], at)
        type = TYPE_OF.get(item.kind, "")
        if not type:
            problem = _(
                "“%(name)s” has no value to calculate with: name a field of that record, such as %(name)s.name."
            )
            raise FormulaError(problem % {"name": node.path[-1]}, at, node.end)
        return Ref(node.path, kind, item, tuple(links), type)

    def part(self, node: Name, depth: int, kind: ObjectType, item: Field, links: list[tuple[ObjectType, Field]]) -> Ref:
        """A part of an address."""
        rest = ".".join(node.path[depth + 1 :])
        found = address_part(item, rest)
        if found is None:
            problem = _("An address has no part “%(name)s”.")
            raise FormulaError(problem % {"name": rest}, node.end - len(rest), node.end)
        return Ref(node.path, kind, found, tuple(links), "text")

    def known(self, kind: ObjectType, name: str, at: int) -> Field:
        """A field of an object by name."""
        item = kind.by_name.get(name) or self.own.get(kind.name, {}).get(name)
        if item is None:
            problem = _("%(object)s has no field “%(name)s”.")
            raise FormulaError(problem % {"object": kind.label, "name": name}, at, at + len(name))
        if item.elsewhere:
            # It stands in another row, which changes without this one being written.
            raise FormulaError(
                _("“%(name)s” is computed elsewhere and cannot be part of a formula.") % {"name": name},
                at,
                at + len(name),
            )
        return item

    def call(self, node: Call, given: list[Typed]) -> Op:
        """A function with the first of its meanings that fits."""
        if node.name not in FUNCTIONS:
            raise FormulaError(_("There is no function “%(name)s”.") % {"name": node.name}, *node.at)
        if node.name == "switch":
            return self.switch(node, given)
        for meaning in FUNCTIONS[node.name]:
            fitted = _fitted(meaning, given)
            if fitted is not None:
                arguments, result = fitted
                return Op(node.name, meaning, tuple(arguments), result)
        raise self.misfit(node, given)

    def switch(self, node: Call, given: list[Typed]) -> Op:
        """switch has as many arguments as it likes."""
        if len(given) < 3:
            raise FormulaError(_("switch needs a value, what it may be, and what follows then."), *node.at)
        if len(given) % 2:
            given = [*given, Const(None, "blank")]
        of = _bound([given[0], *given[1:-1:2]])
        result = _bound([*given[2:-1:2], given[-1]])
        if not of or not result:
            raise FormulaError(_("These values are of different kinds."), *node.at)
        meaning = switch_signature(of, result, len(given))
        return Op("switch", meaning, tuple(_as(one, to) for one, to in zip(given, meaning.given, strict=True)), result)

    def misfit(self, node: Call, given: Sequence[Typed]) -> FormulaError:
        """Why no meaning fits: too few or many arguments, or the first of a wrong type."""
        meanings = FUNCTIONS[node.name]
        counts = [_counts(one) for one in meanings]
        if not any(least <= len(given) <= most for least, most in counts):
            least, most = min(one[0] for one in counts), max(one[1] for one in counts)
            if most == least:
                problem = _("%(name)s takes %(count)d values.") % {"name": node.name, "count": least}
            else:
                problem = _("%(name)s takes at least %(count)d values.") % {"name": node.name, "count": least}
                if len(given) > most:
                    problem = _("%(name)s takes at most %(count)d values.") % {"name": node.name, "count": most}
            return FormulaError(problem, *node.at)
        if len(meanings) == 1:
            for at, (one, type) in enumerate(zip(given, _spread(meanings[0], len(given)), strict=True)):
                if type != "any" and one.type not in (type, "blank"):
                    problem = _("Here %(wanted)s is expected, this is %(found)s.")
                    place = node.given[at]
                    words = {"wanted": type_label(type), "found": type_label(one.type)}
                    return FormulaError(problem % words, place.start, place.end)
        kinds = ", ".join(type_label(one.type) for one in given)
        problem = _("“%(name)s” does not fit these values: %(kinds)s.")
        return FormulaError(problem % {"name": node.name, "kinds": kinds}, *node.at)

    def choices(self, node: Call, given: Sequence[Typed]) -> None:
        """A text that is compared with a choice must be one of the choices."""
        if node.name not in _CHOOSING:
            return
        fields = [one.field for one in given if isinstance(one, Ref) and one.field.kind in ("choice", "multichoice")]
        if not fields or fields[0].choices_of is not None:
            return
        known = [choice.value for choice in fields[0].choices]
        checked = enumerate(given) if node.name != "switch" else ((at, given[at]) for at in range(1, len(given) - 1, 2))
        for at, one in checked:
            if isinstance(one, Const) and one.type == "text" and one.value not in known:
                problem = _("“%(value)s” is not one of the choices: %(choices)s.")
                words = {"value": one.value, "choices": ", ".join(known[:12])}
                raise FormulaError(problem % words, node.given[at].start, node.given[at].end)


def _const(node: Literal) -> Const:
    if node.value is None or node.value == "":
        return Const(None, "blank")
    if isinstance(node.value, bool):
        return Const(node.value, "bool")
    return Const(node.value, "number" if isinstance(node.value, Decimal) else "text")


def _as(node: Typed, type: str) -> Typed:
    """A blank takes the type of its place; a blank yes-or-no is no."""
    if not isinstance(node, Const) or node.type != "blank":
        return node
    return Const(False if type == "bool" else None, type)


def _bound(given: Sequence[Typed]) -> str:
    """The one type of several values, blanks aside, or ""."""
    types = {one.type for one in given} - {"blank"}
    if len(types) > 1 or "list" in types:
        return ""
    return types.pop() if types else "text"


def _counts(meaning: Signature) -> tuple[int, int]:
    least = sum(1 for one in meaning.given if one[-1] not in "?*")
    repeated = any(one.endswith("*") for one in meaning.given)
    return least, 60 if repeated else len(meaning.given)


def _spread(meaning: Signature, count: int) -> list[str]:
    """The types of `count` arguments, and of those left out at the end."""
    names = [one.rstrip("?*") for one in meaning.given]
    if meaning.given and meaning.given[-1].endswith("*"):
        names = names[:-1] + [names[-1]] * max(0, count - len(names) + 1)
    return names[: max(count, len(names))] if not any(one.endswith("*") for one in meaning.given) else names


def _fitted(meaning: Signature, given: Sequence[Typed]) -> tuple[list[Typed], str] | None:
    """The arguments with their types and the type of the result, or None when the meaning does not fit."""
    least, most = _counts(meaning)
    if not least <= len(given) <= most:
        return None
    types = _spread(meaning, len(given))
    whole = [*given, *[Const(None, "blank")] * (len(types) - len(given))]
    loose = [one for one, type in zip(whole, types, strict=True) if type == "any"]
    bound = _bound(loose) if loose else ""
    if loose and not bound:
        return None
    arguments = [_as(one, bound if type == "any" else type) for one, type in zip(whole, types, strict=True)]
    wanted = [bound if type == "any" else type for type in types]
    if any(one.type != type for one, type in zip(arguments, wanted, strict=True)):
        return None
    return arguments, bound if meaning.result == "any" else meaning.result
