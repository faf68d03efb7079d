"""Where merged records are found now: by their id, or by the code they had."""

from collections.abc import Sequence
from uuid import UUID

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.models import MergedRecord
from guanxi.records.queries import visible_records

_FARTHEST = 50
_MOST = 5


def survivor_of(actor: Actor, object_name: str, record_id: UUID) -> UUID | None:
    """The record that a merged one has become a part of, over any number of merges, if the actor sees it."""
    survivor: UUID | None = None
    following: UUID | None = record_id
    for _step in range(_FARTHEST):
        rows = MergedRecord.objects.filter(object=object_name, record_id=following)
        following = rows.values_list("survivor_id", flat=True).first()
        if following is None:
            break
        survivor = following
    if survivor is None or not visible_records(actor, object_name).filter(id=survivor).exists():
        return None
    return survivor


def survivors_by_code(actor: Actor, text: str, objects: Sequence[str] | None = None) -> list[tuple[str, UUID, str]]:
    """(object, survivor, old code) for records that had this code and were merged, as far as the actor sees the survivor."""
    codes = {text, text.upper(), text.lower()}
    rows = MergedRecord.objects.filter(code__in=codes).values_list("object", "record_id", "code")[:_MOST]
    open_to = {kind.name for kind in registry.objects() if kind.room not in actor.rooms_off}
    found = []
    for name, key, code in rows:
        if name not in open_to or (objects is not None and name not in objects) or not matchable(actor, name, "code"):
            continue
        survivor = survivor_of(actor, name, key)
        if survivor is not None:
            found.append((name, survivor, code))
    return found


def former_codes(record_id: UUID) -> list[str]:
    """Codes of the records that became a part of this one, directly or with another."""
    codes: list[str] = []
    into = [record_id]
    for _step in range(_FARTHEST):
        rows = list(MergedRecord.objects.filter(survivor_id__in=into).values_list("record_id", "code"))
        if not rows:
            break
        into = [key for key, _code in rows]
        codes += [code for _key, code in rows if code]
    return sorted(codes)
