"""Parts of a configuration: what rooms register, and the usual ones ready-made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.demands.keeping import Keeping
from guanxi.records.object_types import Text
from guanxi.records.registry import Field
from guanxi.records.values import plain

Item = Mapping[str, Any]
Rows = Iterable[tuple[Any, dict[str, Any]]]
# What a record is besides its configuration.
_BESIDE = ("owner", "team", "tags", "code")


@dataclass(frozen=True)
class Part:
    """Items of one kind.

    place  order in which parts are made: what others refer to comes first
    read   (id, item) of all; ids within items become references by themselves
    key    the natural key of an item, of which there is one in a company
    put    makes the item (id None) or changes it; returns the id
    drop   removes an item; None where nothing is removed
    named  only referred to, never carried along (people, teams)
    """

    label: Text
    place: int
    read: Callable[[Actor], Rows]
    key: Callable[[Item], str]
    put: Callable[[Actor, Any, Item], Any]
    drop: Callable[[Actor, Any], None] | None = None
    named: bool = False


CONFIGURATION: Port[Part] = Port("configuration")


def ordered_parts() -> list[tuple[str, Part]]:
    """All parts, what others refer to first."""
    return sorted(CONFIGURATION.items(), key=lambda pair: (pair[1].place, pair[0]))


def of_records(
    object_name: str, label: Text, place: int, names: tuple[str, ...], *, where: Mapping[str, Any] | None = None
) -> Part:
    """Records that are definitions rather than daily work (stages, taxes, templates); `names` are the fields of their key."""

    def read(actor: Actor) -> Rows:
        kind = registry.get(object_name)
        rows: Any = kind.model._default_manager.filter(deleted_at=None, **(where or {}))
        fields = _carried(object_name)
        for row in rows.order_by("created_at", "id"):
            yield row.id, {item.name: _value(item, row) for item in fields}

    def put(actor: Actor, key: Any, item: Item) -> Any:
        known = {field.name for field in _carried(object_name)}
        values = {name: value for name, value in item.items() if name in known}
        if key is None:
            return create_record(actor, object_name, values).id
        update_record(actor, object_name, key, values)
        return key

    def drop(actor: Actor, key: Any) -> None:
        delete_record(actor, object_name, key)

    return Part(label, place, read, lambda item: keyed(item, names), put, drop)


def of_keeping(keeping: Keeping[Any], label: Text, place: int, names: tuple[str, ...]) -> Part:
    """Definitions of an object that records.demands keep."""

    def read(actor: Actor) -> Rows:
        return [(row.id, keeping.describe(row)) for row in keeping.rows(actor)]

    def put(actor: Actor, key: UUID | None, item: Item) -> Any:
        return keeping.save(actor, item, key).id

    return Part(label, place, read, lambda item: keyed(item, names), put, keeping.delete)


def keyed(item: Item, names: tuple[str, ...]) -> str:
    """Some values of an item as its key."""
    return "/".join(str(item.get(name) or "") for name in names)


def _carried(object_name: str) -> list[Field]:
    return [item for item in registry.get(object_name).fields if item.writable and item.name not in _BESIDE]


def _value(item: Field, row: Any) -> Any:
    return plain(getattr(row, f"{item.column}_id" if item.kind == "link" else item.column))
