"""What questionnaires and answers have beside their fields, as the API reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation

from guanxi.engagement.links import address_of
from guanxi.engagement.models import Answer, AnswerItem, FormLink, Questionnaire
from guanxi.engagement.results import results_of
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.queries import visible_records

MOST = 500
_ITEM = ("question", "attribute", "choice", "number", "text", "day", "perceived", "expected", "importance")


def answer_items(actor: Actor, answer: Answer) -> Sequence[Mapping[str, Any]]:
    """What was said, question by question."""
    return list(AnswerItem.objects.filter(answer=answer).order_by("id").values(*_ITEM))


def links_part(actor: Actor, questionnaire: Questionnaire) -> Sequence[Mapping[str, Any]]:
    """The links of a questionnaire to customers that the actor sees, newest first; addresses only of those still open to use."""
    if not may(actor, "answer", "view"):
        return []
    rows = FormLink.objects.filter(questionnaire=questionnaire).order_by("-created_at", "-id")[:MOST]
    seen = set(
        visible_records(actor, "account").filter(id__in=[row.account_id for row in rows]).values_list("id", flat=True)
    )
    return [
        {
            "id": str(row.id), "account": _text(row.account_id), "contact": _text(row.contact_id), "is_open": row.is_open,
            "url": address_of(row) if row.is_open else "", "sent_at": row.sent_at, "answered_at": row.answered_at,
            "expires_at": row.expires_at, "refusal": row.refusal,
        }
        for row in rows
        if row.account_id is None or row.account_id in seen
    ]  # fmt: skip


def results_part(actor: Actor, questionnaire: Questionnaire) -> Sequence[Mapping[str, Any]]:
    """The distribution of each question; a row without an answer tells the mean of it."""
    found: list[dict[str, Any]] = []
    for asked in results_of(actor, questionnaire, translation.get_language() or "en").asked:
        key = asked.question.key
        found.append({"question": key, "answer": "", "count": asked.n, "mean": _rounded(asked.mean)})
        found += [{"question": key, "answer": bar.key, "count": bar.count, "mean": None} for bar in asked.bars]
        found += [
            {"question": key, "answer": one.key, "count": one.n, "mean": _rounded(one.gap)} for one in asked.judged
        ]
    return found


def _text(key: Any) -> str | None:
    return str(key) if key else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
