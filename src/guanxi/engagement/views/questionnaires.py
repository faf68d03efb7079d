"""Questionnaires inside the workspace: the editor, the preview, asking in a customer's place, results, answers from a file."""

from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.engagement.filling import posted
from guanxi.engagement.models import AnswerChannel, Questionnaire
from guanxi.engagement.pages import intro_for, language_now, sheet_for
from guanxi.engagement.queries import latest_version, open_questionnaires
from guanxi.engagement.results import visible_answers
from guanxi.engagement.services import answer_questionnaire, upload_answers
from guanxi.engagement.sheet import KINDS, MEASURES, Sheet
from guanxi.engagement.views.common import account_of, messages_of, open_room, questionnaire_of
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, require
from guanxi.records.changes import update_record
from guanxi.records.queries import linked_labels, shown_label
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, is_htmx, uuids, version_of


def crumbs(actor: Actor, questionnaire: Questionnaire) -> list[dict[str, str]]:
    """The way back to the questionnaire."""
    return [
        {"label": _("Questionnaires"), "url": "/questionnaires/"},
        {"label": shown_label(actor, questionnaire), "url": f"/questionnaires/{questionnaire.id}/"},
    ]


def questions(request: HttpRequest, id: UUID) -> HttpResponse:
    """The editor of the questions; POST saves `content`, a JSON text that the editor writes."""
    actor, questionnaire = actor_of(request), questionnaire_of(request, id, "edit")
    if not matchable(actor, "questionnaire", "content"):
        raise NotFound(_("There is no such page."))
    content, version, errors, status = questionnaire.content, questionnaire.version, [], 200
    if request.method == "POST":
        content = _json(request.POST.get("content", ""))
        try:
            update_record(
                actor, "questionnaire", id, {"content": content}, version=version_of(request.POST.get("version"))
            )
            return done(request, f"/questionnaires/{id}/", _("Questions saved."))
        except Invalid as refusal:
            errors, status = [text for texts in refusal.errors.values() for text in texts], 422
        except Stale as refusal:
            errors, status = [refusal.message], 409
    sections = content.get("sections") if isinstance(content, dict) else None
    context = {
        "page_title": _("Questions"),
        "breadcrumbs": crumbs(actor_of(request), questionnaire),
        "questionnaire": questionnaire,
        "version": version,
        "sections": _drawable(sections) or [{"questions": []}],
        "errors": errors,
        "kinds": list(KINDS.items()),
        "measures": [("", _("nothing of these")), ("csat", "CSAT 1–5"), ("nps", "NPS 0–10"), ("ces", "CES 1–7")],
        "asked": visible_answers(actor).filter(questionnaire=questionnaire).exists(),
    }
    return page(request, "engagement/questions.html.jinja", context, status=status)


def _json(text: str) -> Any:
    try:
        return orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return None


def _drawable(sections: Any) -> list[Any]:
    """What of refused content can be shown again."""
    if not isinstance(sections, list):
        return []
    return [
        {**one, "questions": [item for item in one.get("questions") or [] if isinstance(item, dict)]}
        for one in sections
        if isinstance(one, dict) and isinstance(one.get("questions") or [], list)
    ]


@require_safe
def preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """The form as customers see it, in the language of `?lang=`."""
    questionnaire = questionnaire_of(request, id)
    said = "zh-hans" if request.GET.get("lang", language_now()).startswith("zh") else "en"
    context = {"preview": True, "given": {}, "errors": {}, "form_errors": []}
    return _form(
        request, questionnaire, sheet_for(actor_of(request), questionnaire.content), said, _("Preview"), context
    )


def ask(request: HttpRequest, id: UUID) -> HttpResponse:
    """Answering in a customer's place; POST keeps the answer."""
    actor, questionnaire = actor_of(request), questionnaire_of(request, id)
    require(actor, "answer", "create")
    version = latest_version(questionnaire.id)
    sheet = sheet_for(actor, version.content) if version else Sheet()
    data = request.POST if request.method == "POST" else request.GET
    account, contact = (next(iter(uuids([data.get(name, "")])), None) for name in ("account", "contact"))
    errors: dict[str, list[str]] = {}
    loose: list[str] = []
    if request.method == "POST":
        try:
            answer = answer_questionnaire(
                actor, id, answers=posted(sheet, request.POST), account=account, contact=contact, channel=request.POST.get("channel", ""),
            )  # fmt: skip
            target = f"/accounts/{answer.account_id}/" if answer.account_id else f"/questionnaires/{id}/"
            return done(request, target, _("Answer saved."))
        except (Invalid, Conflict) as refusal:
            errors, loose = messages_of(refusal, tuple(sheet.by_key))
    context = {
        "given": {name: data.getlist(name) for name in request.POST},
        "errors": errors,
        "form_errors": loose,
        "account": _chosen(request, "account", account),
        "contact": _chosen(request, "contact", contact),
        "channel": data.get("channel", AnswerChannel.PHONE),
        "channels": [
            pair for pair in AnswerChannel.choices if pair[0] not in (AnswerChannel.LINK, AnswerChannel.IMPORT)
        ],
        "action": f"/questionnaires/{id}/ask",
    }
    return _form(request, questionnaire, sheet, language_now(), _("Ask on the phone"), context)


@require_safe
def ask_instead(request: HttpRequest, id: UUID) -> HttpResponse:
    """The command's button leads to the questions themselves: nobody types answers as JSON."""
    questionnaire_of(request, id)
    target = f"/questionnaires/{id}/ask"
    return HttpResponse(status=204, headers={"HX-Redirect": target}) if is_htmx(request) else redirect(target)


def _chosen(request: HttpRequest, name: str, key: UUID | None) -> list[tuple[str, str]]:
    labels = linked_labels(actor_of(request), name, {key}) if key else {}
    return [(str(key), label) for key, label in labels.items()]


def _form(
    request: HttpRequest, questionnaire: Questionnaire, sheet: Sheet, said: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    intro = intro_for(actor_of(request), questionnaire, said)
    known = {
        "page_title": title,
        "breadcrumbs": crumbs(actor_of(request), questionnaire),
        "sheet": sheet,
        "said": said,
        "intro": intro,
    }
    status = 422 if context["errors"] else 200
    return page(request, "engagement/ask.html.jinja", {**known, **context}, status=status)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The dialog on a customer's page: which questionnaire, on the phone or by mail."""
    open_room(request)
    actor, account = actor_of(request), account_of(request)
    require(actor, "answer", "create")
    context = {"account": account, "questionnaires": open_questionnaires(actor), "label": partial(shown_label, actor)}
    return fragment(request, "engagement/choose.html.jinja", context)


def upload(request: HttpRequest, id: UUID) -> HttpResponse:
    """Answers from a file."""
    actor, questionnaire = actor_of(request), questionnaire_of(request, id)
    require(actor, "answer", "create")
    loose: list[str] = []
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None or file.file is None:
                raise Invalid({"file": [_("Choose a file.")]})
            found = upload_answers(actor, id, name=str(file.name), file=file.file)
            return done(request, f"/questionnaires/{id}/", _upload_text(found.kept, found.refused))
        except (Invalid, Conflict) as refusal:
            loose = messages_of(refusal)[1]
    keys = ", ".join(sheet_for(actor, questionnaire.content).by_key)
    context = {
        "questionnaire": questionnaire,
        "name": shown_label(actor, questionnaire),
        "keys": keys,
        "form_errors": loose,
    }
    return fragment(request, "engagement/upload.html.jinja", context, status=422 if loose else 200)


def _upload_text(kept: int, refused: list[tuple[int, str]]) -> str:
    text = ngettext("%(num)s answer kept.", "%(num)s answers kept.", kept) % {"num": f"{kept:,}"}
    if refused:
        reasons = "; ".join(_("row %(row)d: %(why)s") % {"row": row, "why": why} for row, why in refused[:5])
        text += " " + ngettext("%(num)s row was refused:", "%(num)s rows were refused:", len(refused)) % {"num": len(refused)} + " " + reasons  # fmt: skip
    return text


MEASURE_NAMES = {name: name.upper() for name in MEASURES}
