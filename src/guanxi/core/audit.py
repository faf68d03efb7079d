"""What changed no record but must be known, written into the access log."""

from typing import Any
from uuid import UUID

from guanxi.core.models import AccessEntry


def log_access(
    action: str,
    *,
    member_id: UUID | None,
    origin: str = "",
    object_name: str = "",
    record_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append one entry for the running tenant: `action` such as sign-in, reveal, export, download, settings.

    `origin` is the caller's address, `detail` holds plain values and no secret. The app role can neither change nor
    delete an entry.
    """
    AccessEntry.objects.create(
        action=action[:40],
        member_id=member_id,
        origin=origin[:80],
        object=object_name,
        record_id=record_id,
        detail=detail or {},
    )
