"""The tables of engagement, by noun."""

from guanxi.engagement.models.choices import (
    OPEN_RESPONSES,
    TAKEN_UP,
    AnswerChannel,
    DeclineReason,
    LeadsTo,
    OfferChannel,
    Offered,
    OfferKind,
    OfferStatus,
    Purpose,
    QuestionnaireStatus,
    ResponseState,
)
from guanxi.engagement.models.offers import Offer, Response
from guanxi.engagement.models.questionnaires import (
    Answer,
    AnswerItem,
    FormLink,
    Questionnaire,
    QuestionnaireVersion,
)

__all__ = [
    "OPEN_RESPONSES",
    "TAKEN_UP",
    "Answer",
    "AnswerChannel",
    "AnswerItem",
    "DeclineReason",
    "FormLink",
    "LeadsTo",
    "Offer",
    "OfferChannel",
    "OfferKind",
    "OfferStatus",
    "Offered",
    "Purpose",
    "Questionnaire",
    "QuestionnaireStatus",
    "QuestionnaireVersion",
    "Response",
    "ResponseState",
]
