"""What may follow a large import within minutes: the entries of the search, and what customers are recognised by."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.records.imports.orders import importable
from guanxi.records.models import Import
from guanxi.records.search import index_records

PAGE = 2000


def follow_page(tenant_id: UUID, import_id: UUID) -> bool:
    """Follow up the next records of an import in one transaction; True when there is nothing left to do."""
    with tenant_tx(tenant_id):
        row = Import.objects.select_for_update().filter(id=import_id).first()
        if row is None or row.followed_at is not None or row.undone_at is not None:
            return True
        changes = Change.objects.filter(batch_id=row.id, object=row.object, action="created")
        if row.followed is not None:
            changes = changes.filter(record_id__gt=row.followed)
        ids = list(changes.order_by("record_id").values_list("record_id", flat=True)[:PAGE])
        if ids:
            _follow(row.object, ids)
            row.followed = ids[-1]
        else:
            row.followed_at = timezone.now()
        row.save(update_fields=["followed", "followed_at"])
        return not ids


def _follow(object_name: str, ids: list[UUID]) -> None:
    kind = importable(object_name)
    if kind.bulk is not None and kind.bulk.follow is not None:
        kind.bulk.follow(ids)
    model: Any = kind.model
    index_records(kind, model.objects.filter(id__in=ids, deleted_at__isnull=True))
