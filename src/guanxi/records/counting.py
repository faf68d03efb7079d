"""Counts beside the entries of the side bar and beside the views of a list, asked for after the page stands.

Every count opens its list: an object is counted by the view that its entry opens (`opening_view`); a pinned view by itself.
Rooms count entries that stand for no object through the port MENU_COUNTS.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from guanxi.core.errors import Refused
from guanxi.core.stream import announce
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.display import object_or_none
from guanxi.records.lists import ListQuery, count_records
from guanxi.records.models import SavedView
from guanxi.records.ports import MENU_COUNTS
from guanxi.records.queries import opening_view
from guanxi.records.registry import Draft, ObjectType, Related

MOST_VIEWS = 20
MOST_TOLD = 50
# Changes of these fields move a record into a colleague's counts or out of them.
MOVING = frozenset({"owner", "status", "stage", "category", "completed_at"})


def menu_counts(actor: Actor, saved: Iterable[SavedView] = ()) -> dict[str, int]:
    """Key of a side bar entry → how many records its list holds, up to the cap of counting.

    Only entries that this actor sees: objects of its role and of switched-on rooms, pinned views among `saved`.
    """
    counts: dict[str, int] = {}
    for kind in registry.objects():
        if kind.counted and kind.views and _open_to(actor, kind):
            _count_into(counts, kind.plural, actor, kind, opening_view(actor, kind).criteria)
    for view in saved:
        found = object_or_none(view.object)
        if view.pinned and found and _open_to(actor, found):
            _count_into(counts, str(view.id), actor, found, view.criteria)
    for room, count in MENU_COUNTS.items():
        if room not in actor.rooms_off:
            counts |= count(actor)
    return counts


def view_counts(
    actor: Actor, kind: ObjectType, views: Sequence[tuple[str, Mapping[str, Any]]], *, pipeline: str = ""
) -> dict[str, int]:
    """Key of a view → how many records it holds. `views` are keys with criteria; `pipeline` narrows a board's."""
    counts: dict[str, int] = {}
    within = {"field": "pipeline", "op": "is", "value": pipeline} if pipeline and "pipeline" in kind.by_name else None
    for key, criteria in views[:MOST_VIEWS]:
        parts = [part for part in (criteria, within) if part]
        _count_into(counts, key, actor, kind, {"all": parts})
    return counts


def related_counts(actor: Actor, record_id: UUID, related: Sequence[Related]) -> dict[str, int]:
    """Key of a record's tab ("object.field") → how many records behind it the actor may see."""
    counts: dict[str, int] = {}
    for one in related[:MOST_VIEWS]:
        criteria = {"field": one.field, "op": "is", "value": str(record_id)}
        _count_into(counts, f"{one.object}.{one.field}", actor, registry.get(one.object), criteria)
    return counts


def owners_moved(drafts: Sequence[Draft]) -> set[UUID | None]:
    """The owners, old and new, of records that a change brings into their lists or takes out of them."""
    owners: set[UUID | None] = set()
    for draft in drafts:
        if draft.before is None or draft.changed & MOVING:
            owners |= {draft.record.owner_id, (draft.before or {}).get("owner")}
    return owners


def tell_owners(actor: Actor, owners: Iterable[UUID | None]) -> None:
    """Let open pages of these members ask for their counts anew, when the running transaction commits.

    The actor's own page asks by itself after each change: a change of one's own record costs nothing.
    """
    for member in list(set(owners) - {None, actor.member_id})[:MOST_TOLD]:
        announce("counters", member_id=member)


def _count_into(counts: dict[str, int], key: str, actor: Actor, kind: ObjectType, criteria: Mapping[str, Any]) -> None:
    """A view whose criteria are no longer valid for the actor (a field gone or hidden) has no count."""
    try:
        counts[key] = count_records(actor, ListQuery(object=kind.name, criteria=criteria))[0]
    except Refused:
        return


def _open_to(actor: Actor, kind: ObjectType) -> bool:
    return kind.room not in actor.rooms_off and may(actor, kind.name, "view")
