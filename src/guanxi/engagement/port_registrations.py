"""What engagement offers to ports of lower rooms."""

from collections.abc import Mapping
from uuid import UUID

from guanxi.activity.ports import TIMELINE, Card
from guanxi.engagement.configuration import register_parts
from guanxi.engagement.extracts import extracts
from guanxi.engagement.models import Answer, Questionnaire, Response
from guanxi.engagement.personal import personal_data
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.extracts import EXTRACTS
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.queries import shown_label

TONES = {"accepted": "jade", "converted": "jade", "declined": "rose", "later": "amber", "proposed": "indigo"}


def response_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Offers and what was said to them, on the timeline."""
    named, told = may(actor, "offer", "view"), matchable(actor, "response", "state")
    return {
        row.id: Card(
            url=f"/responses/{row.id}/",
            title=shown_label(actor, row.offer) if named else row.code,
            code=row.offer.code if named else "",
            icon="gift",
            badge=str(row.get_state_display()) if told else "",
            tone=TONES.get(row.state, "grey") if told else "grey",
        )
        for row in Response.objects.filter(id__in=ids).select_related("offer")
    }


def answer_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Answers with their measure."""
    return {
        row.id: Card(
            url=f"/answers/{row.id}/",
            title=shown_label(actor, row.questionnaire),
            code=row.code,
            icon="clipboard-check",
            badge=_measure(actor, row),
        )
        for row in Answer.objects.filter(id__in=ids).select_related("questionnaire")
    }


def _measure(actor: Actor, answer: Answer) -> str:
    for name in ("nps", "csat", "ces"):
        value = getattr(answer, name)
        if value is not None and matchable(actor, "answer", name):
            return f"{name.upper()} {value}"
    return ""


def questionnaire_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Questionnaires that were sent."""
    return {
        row.id: Card(
            url=f"/questionnaires/{row.id}/", title=shown_label(actor, row), code=row.code, icon="clipboard-list"
        )
        for row in Questionnaire.objects.filter(id__in=ids)
    }


register_parts()
TIMELINE.register("response", response_cards)
TIMELINE.register("answer", answer_cards)
TIMELINE.register("questionnaire", questionnaire_cards)
PERSONAL_DATA.register("engagement", personal_data)
EXTRACTS.register("engagement", extracts)
