"""Filters over all reports of a dashboard: a field is named once, and each report calls it as its own records do.

"account.region" is the region of an account itself and of the account behind an opportunity; "source" is the field of that name that
the records of each report have. What a report does not know it leaves alone, and says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.criteria import MAX_DEPTH, SEGMENT, operators_of
from guanxi.records.custom import own_field, reachable_fields
from guanxi.records.registry import Field, ObjectType
from guanxi.records.relations import linked_object
from guanxi.records.wording import Chip, chips, in_words, joined, parse_criteria, top_conditions

MOST_FILTERS = 8
# The bar of a dashboard has these by itself.
PEOPLE = {"owner": "user", "team": "team"}
_SEGMENT = Field(SEGMENT, label="", kind="link", to="segment")


@dataclass(frozen=True)
class Shared:
    """A field to filter by: its name on the dashboard, what it is called, and how many of the reports know it."""

    name: str
    label: str
    known: int


@dataclass(frozen=True)
class Narrowing:
    """What narrows a report just now, in words, and what was asked for but does not fit its records."""

    by: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def called(actor: Actor, kind: ObjectType, name: str) -> str | None:
    """How criteria of `kind` call a dashboard's field; None where its records have no such field for the actor."""
    for path in _paths(kind, name):
        if field_at(actor, kind, path) is not None:
            return path
    return None


def field_at(actor: Actor, kind: ObjectType, path: str) -> tuple[ObjectType, Field] | None:
    """The object and field at the end of a path that criteria may name; None when there is none for the actor."""
    own = own_field(kind.name, path)
    if own is not None:
        return (kind, own) if own.filterable and matchable(actor, kind.name, own.stored_name) else None
    *links, last = path.split(".")
    for link in links:
        target = linked_object(actor, kind, kind.by_name.get(link))
        if target is None:
            return None
        kind = target
    if last == SEGMENT:
        return kind, _SEGMENT
    item = kind.by_name.get(last)
    if item is None or not item.filterable or not operators_of(item.kind) or not matchable(actor, kind.name, last):
        return None
    return kind, item


def _paths(kind: ObjectType, name: str) -> list[str]:
    """The ways in which records of `kind` may have it: themselves, by the link of that name, by any link to that object."""
    head, dot, rest = name.partition(".")
    if not dot:
        return [name]
    if head == kind.name:
        return [rest]
    links = [item.name for item in kind.fields if item.kind == "link" and item.to == head]
    return [name, *(f"{link}.{rest}" for link in links if link != head)]


def narrowed(
    actor: Actor, kind: ObjectType, criteria: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """A dashboard's criteria in the words of `kind`, and those of its conditions that do not fit its records."""
    fitting, left = [], []
    for item in top_conditions(criteria):
        found = _translated(actor, kind, item, 0)
        if found is None:
            left.append(item)
        else:
            fitting.append(found)
    return joined(fitting), left


def _translated(actor: Actor, kind: ObjectType, node: Any, depth: int) -> Any:
    """The same condition in the words of `kind`; None when it names what is not there. What is malformed stays so, to be refused."""
    if not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return node
    for key in ("all", "any"):
        if isinstance(node.get(key), list):
            parts = [_translated(actor, kind, one, depth + 1) for one in node[key]]
            return None if None in parts else {key: parts}
    if "not" in node:
        inner = _translated(actor, kind, node["not"], depth + 1)
        return None if inner is None else {"not": inner}
    if "field" not in node:
        return node
    path = called(actor, kind, str(node["field"])[:200])
    return None if path is None else {**node, "field": path}


def narrowing_of(actor: Actor, kind: ObjectType, given: Mapping[str, str], *, period: str) -> Narrowing:
    """What the choices of a dashboard mean for a report about `kind`; `period` says its period in words, "" when it has none."""
    by: list[str] = []
    without: list[str] = []
    if given.get("within"):
        (by if period else without).append(period or _("Period"))
    for name in PEOPLE:
        if given.get(name) and name in kind.by_name:
            by.append(in_words(actor, kind, {"field": name, "op": "is", "value": given[name]}))
        elif given.get(name):
            without.append(_("Person") if name == "owner" else _("Team"))
    if given.get("filter"):
        criteria, left = narrowed(actor, kind, parse_criteria(given["filter"]))
        by += [words for item in top_conditions(criteria) if (words := in_words(actor, kind, item))]
        without += [_label_of_condition(actor, item) for item in left]
    return Narrowing(tuple(by), tuple(dict.fromkeys(without)))


def _label_of_condition(actor: Actor, node: Any) -> str:
    if isinstance(node, Mapping):
        if "field" in node:
            return label_of(actor, str(node["field"])[:200])
        for key in ("all", "any"):
            if isinstance(node.get(key), list):
                return ", ".join(dict.fromkeys(_label_of_condition(actor, one) for one in node[key]))
        if "not" in node:
            return _label_of_condition(actor, node["not"])
    return _("Filter")


def label_of(actor: Actor, name: str) -> str:
    """What a dashboard's field is called, whatever the report; its own name when nobody knows it."""
    for kind in _owners(name):
        path = called(actor, kind, name)
        found = field_at(actor, kind, path) if path else None
        if found is not None:
            return _called_so(found[1], kind if "." in name else None)
    return name[:60]


def _called_so(item: Field, kind: ObjectType | None) -> str:
    label = _("Segment") if item.name == SEGMENT else str(item.label)
    return f"{kind.label}: {label}" if kind is not None else label


def _owners(name: str) -> Iterable[ObjectType]:
    """The object that a name begins with; any object where it names a field alone."""
    head, dot, _rest = name.partition(".")
    return [one for one in registry.objects() if not dot or one.name == head]


def owner_of(actor: Actor, name: str) -> tuple[ObjectType, Field] | None:
    """The object that describes a dashboard's field, and the field; None when nobody has it for the actor."""
    for kind in _owners(name):
        path = called(actor, kind, name)
        found = field_at(actor, kind, path) if path and kind.room not in actor.rooms_off else None
        if found is not None:
            return found
    return None


def shared_chips(actor: Actor, criteria: Mapping[str, Any]) -> list[Chip]:
    """A dashboard's conditions as chips, each with the criteria that remain without it."""
    items = top_conditions(criteria)
    rests = [joined([*items[:at], *items[at + 1 :]]) for at in range(len(items))]
    return [_chip(actor, item, rest) for item, rest in zip(items, rests, strict=True)]


def _chip(actor: Actor, item: Any, rest: dict[str, Any]) -> Chip:
    name = str(item["field"])[:200] if isinstance(item, Mapping) and "field" in item else ""
    for kind in _owners(name) if name else registry.objects():
        path = called(actor, kind, name) if name else ""
        if path is not None:
            (chip,) = chips(actor, kind, {"all": [{**item, "field": path} if name else item]})
            return Chip(chip.field, chip.op, chip.value, rest)
    return Chip(name[:60], "", "", rest)


def shared_fields(actor: Actor, kinds: Sequence[ObjectType]) -> list[Shared]:
    """What reports about these objects may be filtered by together: what all of them know stands first."""
    labels: dict[str, str] = {}
    for kind in {kind.name: kind for kind in kinds}.values():
        targets = [linked_object(actor, kind, item) for item in kind.fields if item.kind == "link"]
        for owner in [kind, *(one for one in targets if one is not None and one.name not in PEOPLE.values())]:
            # Own fields are not reached over a link.
            own = reachable_fields(kind.name).values() if owner is kind else ()
            for item in [*owner.fields, *own]:
                if item.name not in PEOPLE and item.name != "code":
                    labels.setdefault(f"{owner.name}.{item.name}", _called_so(item, owner))
            labels.setdefault(f"{owner.name}.{SEGMENT}", _called_so(_SEGMENT, owner))
    labels |= _same_named(kinds)
    found = [Shared(name, label, sum(called(actor, kind, name) is not None for kind in kinds)) for name, label in labels.items()]  # fmt: skip
    return sorted((one for one in found if one.known), key=lambda one: (-one.known, one.label.casefold(), one.name))


def _same_named(kinds: Sequence[ObjectType]) -> dict[str, str]:
    """Fields that records of different objects have under the same name."""
    different = list({kind.name: kind for kind in kinds}.values())
    if len(different) < 2:
        return {}
    first = different[0].by_name
    names = [
        name
        for name, item in first.items()
        if name not in PEOPLE and name != "code" and all(name in kind.by_name and kind.by_name[name].kind == item.kind for kind in different[1:])
    ]  # fmt: skip
    return {name: _("%(field)s (of the records themselves)") % {"field": first[name].label} for name in names}


def check_filters(actor: Actor, kinds: Sequence[ObjectType], names: Any) -> list[str]:
    """The fields that a dashboard is filtered by. Raises `Invalid` for what no report of it knows."""
    if not isinstance(names, list | tuple) or len(names) > MOST_FILTERS:
        raise Invalid({"filters": [_("A list of at most %(count)d is expected.") % {"count": MOST_FILTERS}]})
    for at, name in enumerate(names):
        known = isinstance(name, str) and len(name) <= 200
        if not known or all(called(actor, kind, name) is None for kind in kinds):
            raise Invalid({f"filters.{at}": [_("None of the reports knows the field “%(name)s”.") % {"name": str(name)[:60]}]})  # fmt: skip
    return list(dict.fromkeys(names))
