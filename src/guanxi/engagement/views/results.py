"""The page of results of a questionnaire."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.core.errors import NotFound
from guanxi.core.ui import formats
from guanxi.engagement.figures import Figure
from guanxi.engagement.models import Questionnaire
from guanxi.engagement.pages import language_now
from guanxi.engagement.results import BY, groups_of, results_of, trend_of, visible_answers
from guanxi.engagement.views.common import questionnaire_of
from guanxi.engagement.views.questionnaires import MEASURE_NAMES, crumbs
from guanxi.identity.permissions import matchable, require
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of


@require_safe
def results(request: HttpRequest, id: UUID) -> HttpResponse:
    """Distributions, measures with their intervals, over time, and by a field of the account (`?measure=`, `?by=`)."""
    actor, questionnaire = actor_of(request), questionnaire_of(request, id)
    require(actor, "answer", "view")
    if not matchable(actor, "questionnaire", "content"):
        raise NotFound(_("There is no such page."))
    answers = visible_answers(actor).filter(questionnaire=questionnaire)
    found = results_of(actor, questionnaire, language_now())
    wanted, by = request.GET.get("measure", ""), request.GET.get("by", "")
    measure = wanted if wanted in found.measures else next(iter(found.measures), "")
    groups = groups_of(actor, answers, measure, by) if measure else []
    context = {
        "page_title": _("Results"),
        "breadcrumbs": crumbs(actor, questionnaire),
        "questionnaire": questionnaire,
        "said": language_now(),
        "results": found,
        "answers_url": answers_url(questionnaire),
        "tiles": [_tile(name, figure) for name, figure in found.measures.items()],
        "trend": _trend(trend_of(answers, measure), measure) if measure else None,
        "measure": measure,
        "measure_label": MEASURE_NAMES.get(measure, ""),
        "measure_choices": [(name, MEASURE_NAMES[name]) for name in found.measures],
        "by": by,
        "by_label": str(BY.get(by, "")),
        "by_choices": list(BY.items()),
        "groups": [{"label": label, **shown(measure, figure)} for label, figure in groups],
    }
    return page(request, "engagement/results.html.jinja", context)


def answers_url(questionnaire: Questionnaire) -> str:
    """The list of its answers."""
    criteria = {"field": "questionnaire", "op": "is", "value": str(questionnaire.id)}
    return f"/answers/?{urlencode({'filter': orjson.dumps(criteria).decode()})}"


def shown(measure: str, figure: Figure) -> dict[str, Any]:
    """A figure in words: value, 95 % interval, number of answers."""
    if figure.value is None or figure.half is None:
        return {"value": "–", "interval": "–", "n": figure.n}
    low, high = figure.value - figure.half, figure.value + figure.half
    if measure == "csat":
        bounds = f"{formats.percent(max(low, 0))} – {formats.percent(min(high, 100))}"
        return {"value": formats.percent(figure.value), "interval": bounds, "n": figure.n}
    digits = 0 if measure == "nps" else 2
    floor, roof = (-100, 100) if measure == "nps" else (1, 7)
    bounds = f"{formats.number(max(low, floor), digits)} – {formats.number(min(high, roof), digits)}"
    return {"value": formats.number(figure.value, digits), "interval": bounds, "n": figure.n}


def _tile(name: str, figure: Figure) -> dict[str, str]:
    told = shown(name, figure)
    return {"label": MEASURE_NAMES[name], "value": told["value"], "note": _("95 %% interval %(bounds)s, n %(n)s") % {"bounds": told["interval"], "n": told["n"]}}  # fmt: skip


def _trend(months: list[tuple[date, Figure]], measure: str) -> dict[str, Any] | None:
    if len(months) < 2:
        return None
    return {
        "title": _("%(measure)s over time") % {"measure": MEASURE_NAMES[measure]},
        "note": _("by month of the answer"),
        "chart": {
            "kind": "line",
            "unit": "percent" if measure == "csat" else "number",
            "category_label": _("Month"),
            "categories": [month.strftime("%Y-%m") for month, _figure in months],
            "series": [
                {"name": MEASURE_NAMES[measure], "values": [round(figure.value or 0, 2) for _month, figure in months]}
            ],
        },
    }
