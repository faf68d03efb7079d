"""Records that may be the same as one being entered: what an object's room finds, as forms show it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.display import record_url
from guanxi.records.registry import ObjectType, Text

MOST = 6


@dataclass(frozen=True)
class Similar:
    """One record that may be the same: where it is, what it is called, why it is thought so."""

    object: str
    id: UUID
    name: str
    note: str
    url: str
    reasons: tuple[Text, ...]


def similar_of(actor: Actor, object_name: str, record: Any, reasons: Iterable[Text]) -> Similar:
    """`record` as the actor may see it: a name that is not shown to the role is replaced by the code."""
    kind = registry.get(object_name)
    shown = [_text(actor, kind, record, name) for name in (kind.title, "code", "city")]
    name = shown[0] or shown[1]
    note = " · ".join(text for text in shown[1:] if text and text != name)
    return Similar(object_name, record.id, name, note, record_url(kind, record.id), tuple(reasons))


def similar_records(actor: Actor, kind: ObjectType, values: Mapping[str, Any]) -> Sequence[Similar]:
    """Records within the actor's sight that may be the one described by `values` (field → text); most reasons first."""
    if kind.similar is None:
        return []
    given = {name: str(values.get(name) or "").replace("\x00", "")[:254] for name in kind.similar_fields}
    if not any(text.strip() for text in given.values()):
        return []
    return list(kind.similar(actor, given))[:MOST]


def _text(actor: Actor, kind: ObjectType, record: Any, name: str) -> str:
    item = kind.by_name.get(name)
    if item is None or field_access(actor, kind.name, name) in ("hidden", "masked"):
        return ""
    return str(getattr(record, item.column) or "")
