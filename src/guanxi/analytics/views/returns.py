"""The return of the CRM: calculator, four questions, what came beside what was claimed."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from guanxi.analytics.access import may_manage, require_manage
from guanxi.analytics.kpis.showing import shown
from guanxi.analytics.roi.answering import four_questions
from guanxi.analytics.roi.calculating import Calculation, calculate
from guanxi.analytics.roi.cases import case_of, require_return, save_case, sees_return
from guanxi.analytics.roi.charts import course_chart, tornado_chart, track_chart
from guanxi.analytics.roi.inputs import (
    GROUPS,
    INPUTS,
    PUBLISHED_MONTHS,
    PUBLISHED_PROFIT,
    PUBLISHED_SALES,
    group_names,
    unit_of,
)
from guanxi.analytics.roi.measuring import base_period, measured
from guanxi.analytics.roi.tracking import Track, Tracking, track
from guanxi.analytics.views.base import Tab, offer_tab, value_page
from guanxi.identity.actor import Actor
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done

HOME = "/value/return/"
offer_tab(Tab("return", pgettext_lazy("investment", "Return"), HOME, 80, sees_return))


def return_parts(actor: Actor, current: str) -> list[dict[str, Any]]:
    """The pages of the tab; figures of persons are for who manages."""
    parts = [("calculator", _("Calculator"), HOME), ("swot", _("SWOT"), f"{HOME}swot")]
    if may_manage(actor):
        parts.append(("adoption", _("Adoption"), f"{HOME}adoption"))
    return [{"label": label, "url": url, "current": key == current} for key, label, url in parts]


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The calculator with its result, the four questions, the tracker (`?of=` shows the course of one measure)."""
    actor = actor_of(request)
    require_return(actor)
    case = case_of(actor)
    base = measured(actor, *base_period(case.started_on))
    of = calculate(case, base)
    tracking = track(case.started_on, of)
    one = _chosen(tracking, request.GET.get("of", ""))
    context = {
        "parts": return_parts(actor, "calculator"),
        "case": case,
        "base": base,
        "base_last": base.after - timedelta(days=1),
        "of": of,
        "effects": effect_rows(of),
        "published": {"months": PUBLISHED_MONTHS, "sales": PUBLISHED_SALES, "profit": PUBLISHED_PROFIT},
        "chart": course_chart(of, actor.currency),
        "tornado": tornado_chart(of, actor.currency),
        "answers": four_questions(actor, base, of.values["margin_rate"] or None),
        "tracking": tracking,
        "tracks": [_row(actor, track, one) for track in tracking.tracks] if tracking else [],
        "track_chart": track_chart(tracking, one, actor.currency) if tracking and one else None,
        "track": one,
    }
    return value_page(request, "analytics/returns/calculator.html.jinja", "return", context)


@require_http_methods(["GET", "HEAD", "POST"])
def figures(request: HttpRequest) -> HttpResponse:
    """The dialog of all inputs; what is left empty is taken from the records, or as published."""
    actor = actor_of(request)
    require_return(actor)
    require_manage(actor)
    case = case_of(actor)
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {**case.inputs, "started_on": case.started_on.isoformat() if case.started_on else ""}
    if request.method == "POST":
        values = {key: request.POST[key] for key in (*INPUTS, "started_on") if key in request.POST}
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_case(actor, values, version=version))
        if saved is not None:
            return done(request, HOME, _("Saved."))
    used = calculate(case, measured(actor, *base_period(case.started_on))).values
    names = group_names()
    context = {
        "case": case,
        "values": values,
        "errors": errors,
        "groups": [
            (names[group], [(one, unit_of(one, actor.currency), plain(used[one.key])) for one in INPUTS.values() if one.group == group])
            for group in GROUPS
        ],
    }  # fmt: skip
    return fragment(request, "analytics/returns/figures.html.jinja", context, status=422 if errors else 200)


def plain(value: float) -> str:
    """A number for a field's place: 12.5, 4800000."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def effect_rows(of: Calculation) -> list[dict[str, Any]]:
    """What each effect brings in the last twelve months of the look ahead, and over all of it."""
    course, values = of.course, of.values
    rows = (
        ("saving", _("Marketing and sales cost less"), f"−{plain(values['saving'])} %", _("after three years"), course.saving),
        ("won", _("More deals won"), f"+{plain(values['won_growth'])} %", _("each year"), course.won),
        ("recovered", _("Lost business recovered"), f"{plain(values['recovered'])} %", _("counted beyond the deals won more: a deal recovered is a deal won"), course.recovered),
        ("margin", _("More margin per transaction"), f"+{plain(values['margin_gain'])}", _("points of its revenue"), course.margin),
    )  # fmt: skip
    return [
        {
            "key": key,
            "label": label,
            "claim": claim,
            "about": about,
            "year": float(each[-12:].sum()),
            "all": float(each.sum()),
        }
        for key, label, claim, about, each in rows
    ]


def _chosen(tracking: Tracking | None, key: str) -> Track | None:
    tracks = tracking.tracks if tracking else []
    return next((one for one in tracks if one.key == key), tracks[0] if tracks else None)


def _row(actor: Actor, one: Track, chosen: Track | None) -> dict[str, Any]:
    reached = one.reached
    return {
        "track": one, "current": one is chosen, "url": f"{HOME}?of={one.key}#tracker", "reached": reached,
        "base": shown(one.unit, one.base_all, actor.currency), "claim": shown(one.unit, one.claim_all, actor.currency), "came": shown(one.unit, one.came_all, actor.currency),
        "light": "" if reached is None else "jade" if reached >= 100 else "amber" if reached >= 0 else "rose",
    }  # fmt: skip
