"""Customers that a figure names become a segment, usable in views, filters and lists at once."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.segments.services import add_members, remove_members

AT_A_TIME = 5_000


def keep_customers(actor: Actor, name: str, accounts: Any) -> Any:
    """A segment kept by hand of the accounts of a query set. Raises `Invalid`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        segment = create_record(actor, "segment", {"name": name, "object": "account", "kept": "hand"})
        ids: list[UUID] = list(accounts.order_by().values_list("id", flat=True))
        for start in range(0, len(ids), AT_A_TIME):
            add_members(actor, segment.id, ids[start : start + AT_A_TIME])
        return segment


def follow_group(tenant_id: UUID, segment_id: UUID, *, joined: Collection[UUID], left: Collection[UUID]) -> None:
    """Bring a segment up to date with the group that it was made of; whom people added or took out themselves, they keep so. One that is gone or
    not kept by hand any more stays as it is."""
    actor = Actor.system(tenant_id)
    with suppress(Invalid, NotFound, NotAllowed), tenant_tx(tenant_id):
        for change, ids in ((add_members, sorted(joined)), (remove_members, sorted(left))):
            for start in range(0, len(ids), AT_A_TIME):
                change(actor, segment_id, ids[start : start + AT_A_TIME])
