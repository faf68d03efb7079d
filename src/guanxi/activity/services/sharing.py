"""A record opened to colleagues because they have a part in it, whatever the scope of their role."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from guanxi.identity.models import Share
from guanxi.identity.permissions import share_bit
from guanxi.records import registry
from guanxi.records.search import index_records


def open_to(object_name: str, record: Any, member_ids: Iterable[UUID], *, source: str) -> None:
    """Let the members read the record; call inside the tenant's transaction. Repeated, nothing more happens."""
    keys = sorted(member_ids)
    if not keys:
        return
    shares = [Share(principal_id=key, object=object_name, record_id=record.id, source=source) for key in keys]
    Share.objects.bulk_create(shares, ignore_conflicts=True)
    for key in keys:
        record.share_mask |= share_bit(key)
    type(record).objects.filter(id=record.id).update(share_mask=record.share_mask)
    index_records(registry.get(object_name), [record])
