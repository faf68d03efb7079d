"""What the tables of engagement hold about customers."""

from django.utils.translation import gettext_lazy as _

from guanxi.engagement.models import (
    Answer,
    AnswerItem,
    FormLink,
    Offer,
    Questionnaire,
    QuestionnaireVersion,
    Response,
)
from guanxi.records.privacy.declaring import RoomPersonalData, Table, empty, impersonal, scrubbed

OWN = ("account", "contact")
TABLES = (
    Table(
        Offer,
        columns=scrubbed("name", "name_zh", "description", "description_zh", "criteria"),
        plain=("kind", "offered", "channels", "currency", "leads_to", "status", "valid_from", "valid_to"),
        anywhere=True,
    ),
    Table(
        Response,
        about=OWN,
        touches=OWN,
        columns=empty("note"),
        plain=("channel", "state", "decline_reason", "made_object", "currency", "later_on"),
    ),
    Table(
        Questionnaire,
        columns=scrubbed("name", "name_zh", "intro", "intro_zh", "thanks", "thanks_zh", "content"),
        plain=("purpose", "status"),
        anywhere=True,
    ),
    impersonal(QuestionnaireVersion, "content"),
    Table(FormLink, about=OWN, plain=("language", "refusal"), goes=True, label=_("Links to questionnaires")),
    Table(Answer, about=OWN, touches=OWN, columns=empty("comment"), plain=("channel", "language")),
    Table(
        AnswerItem,
        about=("answer__account", "answer__contact"),
        columns=empty("text"),
        plain=("question", "attribute", "choice", "day"),
        label=_("Answers to questions"),
    ),
)


def personal_data() -> RoomPersonalData:
    """What somebody scored counts on, without a word of theirs."""
    return RoomPersonalData(tables=TABLES)
