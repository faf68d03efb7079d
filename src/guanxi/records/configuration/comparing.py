"""A company's configuration as a document, and what a document would change of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.configuration.parts import ordered_parts

FORMAT = "guanxi-configuration"
ADDED, CHANGED, REMOVED = "added", "changed", "removed"
Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass
class State:
    """What a company has: items by part and key, and the ids behind them."""

    items: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One item that a document has otherwise; `fields` are (before, after) of what differs."""

    part: str
    label: str
    key: str
    kind: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the item is called when it is picked."""
        return f"{self.part}:{self.key}"


def read_state(actor: Actor) -> State:
    """Everything that the parts tell, with references instead of ids."""
    require_admin(actor)
    state = State()
    rows = {name: list(part.read(actor)) for name, part in ordered_parts()}
    known: dict[str, str] = {}
    for name, part in ordered_parts():
        state.ids[name] = {}
        for key, item in rows[name]:
            natural = part.key(referring(item, known))
            state.ids[name][natural] = key
            if isinstance(key, UUID):
                known[str(key)] = f"@{name}:{natural}"
    for name, part in ordered_parts():
        if not part.named:
            items = [referring(item, known) for _key, item in rows[name]]
            state.items[name] = {part.key(item): item for item in items}
    return state


def document(actor: Actor) -> dict[str, Any]:
    """The configuration as it is exported."""
    return {"format": FORMAT, "version": 1, "parts": read_state(actor).items}


def parts_of(given: Any) -> Parts:
    """The parts of a document. Raises `Invalid` for anything else; parts that nobody here knows are left out."""
    parts = given.get("parts") if isinstance(given, Mapping) and given.get("format") == FORMAT else None
    if not isinstance(parts, Mapping) or given.get("version") != 1:
        raise Invalid({"file": [_("This is no configuration of Guanxi.")]})
    known = {name for name, part in ordered_parts() if not part.named}
    for items in parts.values():
        if not isinstance(items, Mapping) or not all(isinstance(item, Mapping) for item in items.values()):
            raise Invalid({"file": [_("This is no configuration of Guanxi.")]})
    return {name: items for name, items in parts.items() if name in known}


def compare(actor: Actor, given: Any) -> list[Difference]:
    """What a document would add, change and remove, part by part. What it does not name within an item stays."""
    wanted, state = parts_of(given), read_state(actor)
    return list(differences_between(state, wanted))


def differences_between(state: State, wanted: Parts) -> Iterator[Difference]:
    """The same of a state that was read already. Parts that the document does not have are not compared."""
    for name, part in ordered_parts():
        if name not in wanted or part.named:
            continue
        now, label = state.items[name], str(part.label)
        for key, item in wanted[name].items():
            if key not in now:
                yield Difference(name, label, key, ADDED, {field: (None, value) for field, value in item.items()})
                continue
            changed = {
                field: (now[key].get(field), value) for field, value in item.items() if now[key].get(field) != value
            }
            if changed:
                yield Difference(name, label, key, CHANGED, changed)
        if part.drop is not None:
            for key in now:
                if key not in wanted[name]:
                    yield Difference(name, label, key, REMOVED, {})


def referring(value: Any, known: Mapping[str, str]) -> Any:
    """A value with references instead of the ids that are known."""
    if isinstance(value, Mapping):
        return {str(name): referring(one, known) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [referring(one, known) for one in value]
    return known.get(str(value), str(value)) if isinstance(value, UUID) else _in_text(value, known)


def _in_text(value: Any, known: Mapping[str, str]) -> Any:
    return known.get(value, value) if isinstance(value, str) and len(value) == 36 else value


def resolved(value: Any, ids: Mapping[str, Mapping[str, Any]]) -> Any:
    """A value with ids instead of references. Raises `Invalid` for what is not there."""
    if isinstance(value, Mapping):
        return {name: resolved(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [resolved(one, ids) for one in value]
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    part, colon, key = value[1:].partition(":")
    if not colon or part not in ids:
        return value
    if key not in ids[part]:
        raise Invalid({"": [_("“%(what)s” is not there.") % {"what": value[1:120]}]})
    return str(ids[part][key])
