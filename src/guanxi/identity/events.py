"""What identity announces."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MemberDeactivated(Event):
    """A person lost the access to the tenant: open work of theirs needs somebody else."""

    member_id: UUID


@dataclass(frozen=True, kw_only=True)
class ExchangeRateChanged(Event):
    """A rate of a currency was added, corrected or deleted: amounts in the company's currency follow."""

    currency: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    """An invited person is a user now."""

    member_id: UUID
    invited_by_id: UUID | None
