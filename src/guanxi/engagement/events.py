"""Facts of engagement."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OfferProposed(Event):
    """An offer was proposed to a customer."""

    response_id: UUID
    offer_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class OfferAnswered(Event):
    """A customer accepted, declined or put off an offer, or said nothing; `state` says which."""

    response_id: UUID
    offer_id: UUID
    account_id: UUID
    state: str


@dataclass(frozen=True, kw_only=True)
class OfferConverted(Event):
    """What an accepted offer led to was won."""

    response_id: UUID
    offer_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuestionnaireAnswered(Event):
    """Somebody answered a questionnaire."""

    answer_id: UUID
    questionnaire_id: UUID
    account_id: UUID | None
