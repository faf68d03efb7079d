"""What is read of a tenant's settings, kept in memory by their version.

Every actor brings the version along (identity.queries), so that a request sends no statement for what is kept, and every process
sees a change with its next request. What a transaction reads that changed the settings stays its own, so that a refused one leaves no trace.
"""

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import F

from guanxi.core.tenancy import CHANGED, note_settings_version, read_since_change, settings_version, tenant_or_none
from guanxi.identity.models import Company

T = TypeVar("T")
MOST_KEPT = 1_000


class Kept(Generic[T]):
    """`read` is called in a tenant's transaction whenever the settings have another version; `nothing` stands where no tenant runs."""

    def __init__(self, read: Callable[[], T], nothing: T) -> None:
        self._read = read
        self._nothing = nothing
        self._by_tenant: dict[UUID, tuple[int, T]] = {}

    def __call__(self) -> T:
        """What holds for the running tenant; not to be changed by who gets it."""
        tenant_id = tenant_or_none()
        if tenant_id is None:
            return self._nothing
        version = _version()
        if version == CHANGED:
            return self._read_here()
        kept = self._by_tenant.get(tenant_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = self._read()
        if len(self._by_tenant) >= MOST_KEPT:
            self._by_tenant.clear()
        self._by_tenant[tenant_id] = (version, found)
        return found

    def _read_here(self) -> T:
        """What the transaction that changes the settings sees itself."""
        since = read_since_change()
        if self not in since:
            since[self] = self._read()
        found: T = since[self]
        return found


def settings_changed() -> None:
    """Settings that are kept were changed in the running transaction: it reads them anew at once, all others with their next request."""
    Company.objects.update(permissions_version=F("permissions_version") + 1)
    note_settings_version(CHANGED)


def _version() -> int:
    version = settings_version()
    if version is None:
        version = Company.objects.values_list("permissions_version", flat=True).first() or 0
        note_settings_version(version)
    return version
