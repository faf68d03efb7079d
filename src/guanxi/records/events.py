"""Facts of the record engine."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RecordsChanged(Event):
    """Records of one object were created, updated, deleted (to the recycle bin) or restored, in one transaction.

    `fields` are the names that changed in at least one of them (empty on deletion and restoration).
    """

    object: str
    action: str
    ids: tuple[UUID, ...]
    fields: tuple[str, ...] = ()
