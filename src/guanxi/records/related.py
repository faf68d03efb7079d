"""Records that stand beside a record: the tabs of its page."""

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.own_objects.described import own_links
from guanxi.records.registry import Field, ObjectType, Related


def related_of(actor: Actor, kind: ObjectType) -> list[Related]:
    """Related objects whose room is on and that the actor may see: those the object names, rooms above that link to it, own links."""
    known = {one.name: one for one in registry.objects()}
    named = [*kind.related, *_linking(kind)]
    return [
        one
        for one in named
        if one.object in known
        and known[one.object].room not in actor.rooms_off
        and may(actor, one.object, "view")
        and matchable(actor, one.object, one.field)
    ]


def _linking(kind: ObjectType) -> list[Related]:
    """Objects of the side bar with a link of this object's name, e.g. the quotes of an account, unless named already."""
    named = {one.object for one in kind.related} | {kind.name}
    found = [
        Related(one.name, kind.name, one.label_plural)
        for one in registry.objects()
        if one.in_menu and one.name not in named and kind.name in one.by_name and one.by_name[kind.name].to == kind.name
    ]
    return found + [Related(name, item.name, _other_end(name, item)) for name, item in own_links(kind.name)]


def _other_end(name: str, item: Field) -> str:
    """What a tab of records that link here by a field of the tenant's own is called."""
    other = registry.find(name)
    return f"{other.label_plural} ({item.label})" if other else ""
