"""The same change to many records: those chosen, or the whole filter. One that is refused does not stop the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import AnyChange, Delete, Restore, Update, change_records
from guanxi.records.lists import ListQuery, filtered
from guanxi.records.queries import visible_records

MOST = 10_000
BATCH = 200


@dataclass
class BulkResult:
    """What came of it: how many changed, and for each refused record its id and the reason."""

    done: int = 0
    refused: list[tuple[UUID, str]] = field(default_factory=list)


def chosen_ids(actor: Actor, query: ListQuery) -> list[UUID]:
    """The ids of a whole filter, oldest first. Raises `Invalid` beyond `MOST`: narrow the filter."""
    ids = list(filtered(actor, query).order_by("id").values_list("id", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        raise Invalid({"": [_("At most %(count)s records at once: narrow the filter.") % {"count": f"{MOST:,}"}]})
    return ids


def edit_many(actor: Actor, object_name: str, ids: Sequence[UUID], values: Mapping[str, Any]) -> BulkResult:
    """Give all records the same values of some fields."""
    return _each(actor, object_name, ids, lambda key: Update(key, values))


def delete_many(actor: Actor, object_name: str, ids: Sequence[UUID]) -> BulkResult:
    """Put all records into the recycle bin."""
    return _each(actor, object_name, ids, Delete)


def restore_many(actor: Actor, object_name: str, ids: Sequence[UUID]) -> BulkResult:
    """Take all records out of the recycle bin."""
    return _each(actor, object_name, ids, Restore)


def tag_many(
    actor: Actor, object_name: str, ids: Sequence[UUID], *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> BulkResult:
    """Add and remove tags, keeping the other tags of each record."""
    rows = visible_records(actor, object_name).filter(id__in=ids).values_list("id", "tags")
    now = dict(rows)

    def change(key: UUID) -> Update:
        kept = [tag for tag in now.get(key, []) if tag not in remove]
        return Update(key, {"tags": [*kept, *(tag for tag in add if tag not in kept)]})

    return _each(actor, object_name, ids, change)


def _each(actor: Actor, object_name: str, ids: Sequence[UUID], change: Callable[[UUID], AnyChange]) -> BulkResult:
    result = BulkResult()
    with tenant_tx(actor.tenant_id):
        for start in range(0, len(ids), BATCH):
            _batch(actor, object_name, [change(key) for key in ids[start : start + BATCH]], result)
    return result


def _batch(actor: Actor, object_name: str, changes: Sequence[AnyChange], result: BulkResult) -> None:
    """Try a batch as a whole; when it is refused, halve it until the culprits stand alone."""
    try:
        change_records(actor, object_name, changes)
        result.done += len(changes)
    except Refused as refusal:
        if len(changes) == 1:
            result.refused.append((changes[0].id, refusal.message))
            return
        middle = len(changes) // 2
        _batch(actor, object_name, changes[:middle], result)
        _batch(actor, object_name, changes[middle:], result)
