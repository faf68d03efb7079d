"""The warehouse follows the database outside of a run: after an erasure, and every night where no run does it."""

from uuid import UUID

from guanxi.analytics.access import ROOM
from guanxi.analytics.warehouse.extracting import Brought, drop_unreadable, extract_all
from guanxi.analytics.warehouse.store import drop_frames, locked, remove
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Company


def follow(tenant_id: UUID) -> dict[str, Brought]:
    """Bring the facts up to date and drop all frames, which the next run makes again; returns what was done by fact.

    A company that has switched the room off keeps no warehouse. Raises Busy while a run is under way: it may have read what is gone since.
    """
    with locked(tenant_id):
        drop_frames(tenant_id)
        with tenant_tx(tenant_id):
            off = ROOM in (Company.objects.values_list("rooms_off", flat=True).first() or [])
        if off:
            remove(tenant_id)
            return {}
        drop_unreadable(tenant_id)
        return extract_all(tenant_id, lambda _share, _what: None)
