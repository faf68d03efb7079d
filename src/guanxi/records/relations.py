"""Objects that link to an object: what criteria and the filter builder call related records."""

from dataclasses import dataclass

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.registry import Field, ObjectType


@dataclass(frozen=True)
class Relation:
    """Records of `kind` whose link `field` names the record; `name` is "opportunity.account"."""

    name: str
    kind: ObjectType
    field: Field
    label: str


def relations_of(actor: Actor, kind: ObjectType) -> list[Relation]:
    """All relations to `kind` that the actor may match by: the room is on, the object is shown, the link is readable."""
    found = []
    for other in registry.objects():
        if other.room in actor.rooms_off or not may(actor, other.name, "view"):
            continue
        links = [item for item in other.fields if item.kind == "link" and item.to == kind.name and item.filterable]
        found += [
            Relation(f"{other.name}.{item.name}", other, item, relation_label(kind, other, item, len(links) > 1))
            for item in links
            if matchable(actor, other.name, item.name)
        ]
    return found


def relation_of(actor: Actor, kind: ObjectType, name: str) -> Relation | None:
    """The relation of this name, or None when there is none for the actor."""
    return next((one for one in relations_of(actor, kind) if one.name == name), None)


def linked_object(actor: Actor, kind: ObjectType, item: Field | None) -> ObjectType | None:
    """The object that a link of `kind` leads to, where the actor may match by it: as for `relations_of`."""
    target = registry.find(item.to) if item is not None and item.kind == "link" else None
    if item is None or target is None or target.room in actor.rooms_off:
        return None
    return target if matchable(actor, kind.name, item.name) and may(actor, target.name, "view") else None


def relation_label(kind: ObjectType, other: ObjectType, item: Field, several: bool) -> str:
    """The name of its tab on the record, else the plural; with the link's name where `several` links lead here."""
    tab = next((one for one in kind.related if (one.object, one.field) == (other.name, item.name)), None)
    if tab is not None:
        return str(tab.label)
    if other.name == kind.name or (several and item.name != kind.name):
        return f"{other.label_plural} ({item.label})"
    return str(other.label_plural)
