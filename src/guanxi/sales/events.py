"""Facts of the sales room."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LeadConverted(Event):
    """A lead became an account, perhaps with a contact and an opportunity."""

    lead_id: UUID
    account_id: UUID
    contact_id: UUID | None
    opportunity_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class LeadClaimed(Event):
    """Somebody took a lead out of the pool."""

    lead_id: UUID
    member_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeadReturned(Event):
    """A lead went back into the pool."""

    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class OpportunityMoved(Event):
    """An opportunity entered another stage; `category` is the new stage's: open, won or lost."""

    opportunity_id: UUID
    from_stage_id: UUID
    to_stage_id: UUID
    category: str


@dataclass(frozen=True, kw_only=True)
class OpportunityWon(Event):
    """An opportunity was won."""

    opportunity_id: UUID
    account_id: UUID | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, kw_only=True)
class OpportunityLost(Event):
    """An opportunity was lost."""

    opportunity_id: UUID
    account_id: UUID | None
    reason_id: UUID
    competitor_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OpportunityReopened(Event):
    """A closed opportunity is open again."""

    opportunity_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteSubmitted(Event):
    """A quote waits for approval."""

    quote_id: UUID
    member_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class QuoteApproved(Event):
    """The discounts of a quote were approved."""

    quote_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteRejected(Event):
    """The discounts of a quote were refused."""

    quote_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteSent(Event):
    """A quote went to the customer."""

    quote_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(Event):
    """The customer accepted a quote."""

    quote_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteDeclined(Event):
    """The customer declined a quote."""

    quote_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteExpired(Event):
    """A quote's validity ended without an answer."""

    quote_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderCreated(Event):
    """An order was made from an accepted quote."""

    order_id: UUID
    quote_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Event):
    """An order is binding."""

    order_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(Event):
    """Something of an order was delivered; `complete` when nothing is left."""

    order_id: UUID
    complete: bool


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """Money came in; `complete` when nothing is open."""

    order_id: UUID
    amount: Decimal
    currency: str
    complete: bool


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """An order was cancelled."""

    order_id: UUID
