"""Facts of the customer base beside the changes of records themselves."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(Event):
    """A customer granted, denied or withdrew consent for a purpose on a channel."""

    account_id: UUID | None
    contact_id: UUID | None
    purpose: str
    channel: str
    status: str


@dataclass(frozen=True, kw_only=True)
class ContactLinked(Event):
    """A contact now belongs to an account (or has another part there)."""

    account_id: UUID
    contact_id: UUID
    role: str
