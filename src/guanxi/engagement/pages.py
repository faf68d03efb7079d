"""What the pages of this room's records show beside the generic facts."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.engagement.links import address_of
from guanxi.engagement.models import Answer, AnswerItem, FormLink, Offer, Questionnaire, Response
from guanxi.engagement.queries import offer_figures
from guanxi.engagement.results import visible_answers
from guanxi.engagement.sheet import KINDS, RATINGS, Question, Sheet, read_sheet
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.display import record_url
from guanxi.records.wording import sentence


def language_now() -> str:
    """The language of the page."""
    return translation.get_language() or "en"


def sheet_for(actor: Actor, content: Any) -> Sheet:
    """The questions, for those whose role shows them."""
    return read_sheet(content) if matchable(actor, "questionnaire", "content") else Sheet()


def intro_for(actor: Actor, questionnaire: Questionnaire, language: str) -> str:
    """The greeting, as far as the role shows it."""
    names = ("intro_zh", "intro") if language.startswith("zh") else ("intro",)
    shown = (getattr(questionnaire, name) for name in names if matchable(actor, "questionnaire", name))
    return next((text for text in shown if text), "")


def offer_context(actor: Actor, offer: Offer, request: HttpRequest) -> dict[str, Any]:
    """For whom it is, in words, and how it does so far."""
    found = offer_figures(actor, offer) if may(actor, "response", "view") else None
    return {
        "offer": offer,
        "for_whom": sentence(actor, registry.get("account"), offer.criteria) if offer.criteria else "",
        "figures": found,
        "taken_share": 100 * found["taken"] / found["proposed"] if found and found["proposed"] else None,
    }


def response_context(actor: Actor, response: Response, request: HttpRequest) -> dict[str, Any]:
    """What accepting made."""
    return {"response": response, "made_url": made_url(response)}


def made_url(response: Response) -> str:
    """The address of what accepting made, or ""."""
    kind = registry.find(response.made_object) if response.made_object else None
    return record_url(kind, response.made_id) if kind is not None and response.made_id else ""


def questionnaire_context(actor: Actor, questionnaire: Questionnaire, request: HttpRequest) -> dict[str, Any]:
    """The questions as they are asked, how many answered, the open address."""
    sheet = sheet_for(actor, questionnaire.content)
    shared = (
        FormLink.objects.filter(questionnaire=questionnaire, is_open=True, revoked_at=None)
        .order_by("-expires_at")
        .first()
    )
    return {
        "questionnaire": questionnaire,
        "sheet": sheet,
        "said": language_now(),
        "question_kinds": KINDS,
        "answer_count": visible_answers(actor).filter(questionnaire=questionnaire).count(),
        "shared_url": address_of(shared) if shared else "",
        "shared": shared,
    }


def answer_context(actor: Actor, answer: Answer, request: HttpRequest) -> dict[str, Any]:
    """Question by question what was said, in the version that was asked."""
    sheet = (
        sheet_for(actor, answer.sheet.content) if answer.sheet and matchable(actor, "answer", "comment") else Sheet()
    )
    return {"answer": answer, "said_lines": said_lines(sheet, answer.id)}


def said_lines(sheet: Sheet, answer_id: UUID) -> list[dict[str, Any]]:
    """Each question with what was said to it, as texts; those not answered left out."""
    language = language_now()
    by_question: dict[str, list[AnswerItem]] = {}
    for item in AnswerItem.objects.filter(answer_id=answer_id).order_by("id"):
        by_question.setdefault(item.question, []).append(item)
    return [
        {
            "question": question.words.said(language),
            "texts": [_said(question, item, language) for item in by_question[question.key]],
        }
        for question in sheet
        if question.key in by_question
    ]


def _said(question: Question, item: AnswerItem, language: str) -> str:
    options = {option.key: option.words.said(language) for option in question.options}
    if question.kind == "matrix":
        names = {"perceived": _("perceived"), "expected": _("expected"), "importance": _("importance")}
        given = ", ".join(f"{names[name]} {value}" for name in RATINGS if (value := getattr(item, name)) is not None)
        return f"{options.get(item.attribute, item.attribute)}: {given}"
    if question.kind == "scale" and item.number is not None:
        return _("%(value)d of %(most)d") % {"value": int(item.number), "most": question.end}
    if question.kind == "number" and item.number is not None:
        return f"{item.number:g}"
    if question.kind == "yes_no":
        return _("Yes") if item.choice == "yes" else _("No")
    return options.get(item.choice, item.choice) or item.text or (item.day.isoformat() if item.day else "")
