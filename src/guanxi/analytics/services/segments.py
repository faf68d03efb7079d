"""Customers that a figure names become a segment, usable in views, filters and lists at once."""

from typing import Any
from uuid import UUID

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.segments.services import add_members

AT_A_TIME = 5_000


def keep_customers(actor: Actor, name: str, accounts: Any) -> Any:
    """A segment kept by hand of the accounts of a query set. Raises `Invalid`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        segment = create_record(actor, "segment", {"name": name, "object": "account", "kept": "hand"})
        ids: list[UUID] = list(accounts.order_by().values_list("id", flat=True))
        for start in range(0, len(ids), AT_A_TIME):
            add_members(actor, segment.id, ids[start : start + AT_A_TIME])
        return segment
