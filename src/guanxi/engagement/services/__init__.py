"""Commands of engagement, split by noun. Import them from here."""

from guanxi.engagement.services.offers import (
    accept_response,
    close_response,
    convert_response,
    decline_response,
    postpone_response,
    propose_offer,
    record_outcome,
)
from guanxi.engagement.services.questionnaires import (
    answer_link,
    answer_questionnaire,
    follow_low_score,
    is_low,
    keep_version,
    make_link,
    open_link,
    revoke_links,
    share_link,
    state_of,
)
from guanxi.engagement.services.sending import remind_silent, send_links, send_questionnaire, send_to_segment
from guanxi.engagement.services.uploading import Uploaded, upload_answers

__all__ = [
    "Uploaded",
    "accept_response",
    "answer_link",
    "answer_questionnaire",
    "close_response",
    "convert_response",
    "decline_response",
    "follow_low_score",
    "is_low",
    "keep_version",
    "make_link",
    "open_link",
    "postpone_response",
    "propose_offer",
    "record_outcome",
    "remind_silent",
    "revoke_links",
    "send_links",
    "send_questionnaire",
    "send_to_segment",
    "share_link",
    "state_of",
    "upload_answers",
]
