"""What engagement asks of the rooms above it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor


@dataclass(frozen=True)
class Accepted:
    """An offer that a customer accepted, as far as something is to be made of it."""

    response_id: UUID
    name: str
    kind: str
    account_id: UUID
    contact_id: UUID | None
    product_id: UUID | None
    price: Decimal | None
    discount_percent: Decimal | None
    currency: str


@dataclass(frozen=True)
class Made:
    """What was made: the record to open, and the one whose end is the outcome."""

    object: str
    id: UUID
    deal_id: UUID


class MakeOfAccepted(Protocol):
    """Makes a record of an accepted offer."""

    def __call__(self, actor: Actor, accepted: Accepted) -> Made:
        """Make it in the running transaction, by the actor's rights; raises `NotAllowed` where they do not suffice."""
        ...


# Registered under the value of LeadsTo that it serves; what nobody serves becomes a task.
ACCEPTED: Port[MakeOfAccepted] = Port("accepted")
