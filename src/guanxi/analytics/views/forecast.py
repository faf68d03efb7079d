"""The forecast of sales: what the models say, the pipeline, what people expect, what came; plans."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import may_manage
from guanxi.analytics.forecast import reading
from guanxi.analytics.forecast.reading import Line
from guanxi.analytics.forecast.saying import (
    DIMENSIONS,
    change_plan,
    delete_plan,
    get_plan,
    goals_from_plan,
    months_of,
    plan_from_forecast,
    say_expected,
)
from guanxi.analytics.goals.targets import target_sums
from guanxi.analytics.kpis.reading import Reach, labels, own_place
from guanxi.analytics.models import Dimension, Plan
from guanxi.core.errors import Invalid
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done

MOST_LINES = 40


@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    """`?by=` family, region or owner; `?of=` shows the course of one member."""
    actor = actor_of(request)
    _kpi, seen = reading.opened(actor)
    by = request.GET.get("by", "")
    by = by if by in reading.BREAKDOWNS and (seen.whole or by == "owner") else ("family" if seen.whole else "owner")
    found = reading.lines(actor, seen, by)
    place = own_place(actor, seen)
    of = request.GET.get("of", "")
    if of and any(line.member == of for line in found):
        place = (by, of)
    whole = [line for line in reading.lines(actor, seen, place[0]) if line.member == place[1]]
    months = reading.months_ahead()
    context = {
        "page_title": _("Forecast"),
        "day": reading.latest(),
        "by": by,
        "of": of,
        "dimensions": [
            (key, label)
            for key, label in Dimension.choices
            if key in reading.BREAKDOWNS and (seen.whole or key == "owner")
        ],
        "whole": seen.whole,
        "line": whole[0] if whole else None,
        "chart": _chart(actor, whole[0], place) if whole else None,
        "lines": found[:MOST_LINES],
        "ahead": list(found[0].months) if found else [],
        "series": whole[0].series if whole else None,
        "methods": method_names(),
        "came": reading.came() if seen.whole else [],
        "plans": Plan.objects.order_by("-created_at")[:20] if seen.whole else [],
        "may_plan": seen.whole and may_manage(actor),
        **_pipeline(actor, seen, months),
    }
    return page(request, "analytics/forecast/forecast.html.jinja", context)


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """What the person expects of some months; fields are named by their month."""
    actor = actor_of(request)

    def run() -> int:
        said = 0
        for month in reading.months_ahead():
            amount = request.POST.get(month.isoformat(), "").strip()
            if amount:
                say_expected(actor, month, amount, request.POST.get("note", "").strip())
                said += 1
        return said

    _count, errors = attempt(run)
    text = _("Saved.") if not errors else " ".join(text for texts in errors.values() for text in texts)
    return done(request, "/forecast/", text)


@require_http_methods(["GET", "HEAD", "POST"])
def new_plan(request: HttpRequest) -> HttpResponse:
    """The dialog of a plan that begins with the forecast."""
    actor = actor_of(request)
    months = reading.months_ahead()
    values = {"name": "", "dimension": "owner", "first": months[1].isoformat(), "after": months[4].isoformat()}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values |= {name: request.POST.get(name, "") for name in values}
        plan, errors = attempt(lambda: _made(actor, values))
        if plan is not None:
            return done(request, f"/forecast/plans/{plan.id}/", _("Plan made from the forecast."))
    else:
        reading.opened(actor)
    choices = [(key, label) for key, label in Dimension.choices if key in DIMENSIONS]
    context = {"values": values, "errors": errors, "dimensions": choices}
    return fragment(request, "analytics/forecast/plan_form.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The table of a plan beside forecast and last year; POST keeps its amounts."""
    actor = actor_of(request)
    found = get_plan(actor, plan_id)
    cells = {(cell.member, cell.since): cell for cell in found.cells.all()}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        amounts = {
            (cell.member, cell.since): request.POST[str(cell.id)]
            for cell in cells.values()
            if str(cell.id) in request.POST
        }
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: change_plan(actor, plan_id, amounts, version=version))
        if saved is not None:
            return done(request, f"/forecast/plans/{plan_id}/", _("Plan saved."))
    months = months_of(found)
    forecasts = {line.member: line for line in reading.lines(actor, Reach(whole=True), found.dimension)}
    names = labels(actor, found.dimension, {member for member, _month in cells})
    rows = [
        _plan_row(member, names[member], months, cells, forecasts.get(member))
        for member in sorted(names, key=lambda one: names[one])
    ]
    context = {
        "page_title": found.name,
        "plan": found,
        "months": months,
        "rows": rows,
        "totals": [
            sum(row["cells"][place].amount for row in rows if row["cells"][place]) for place in range(len(months))
        ],
        "sum": sum(row["sum"] for row in rows),
        "forecast_sum": sum(row["forecast"] or 0 for row in rows),
        "dimension": Dimension(found.dimension).label,
        "errors": errors,
        "may_plan": may_manage(actor),
    }
    return page(request, "analytics/forecast/plan.html.jinja", context, status=422 if errors else 200)


@require_POST
def plan_goals(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The plan as goals."""
    count, errors = attempt(lambda: goals_from_plan(actor_of(request), plan_id))
    if errors:
        return done(
            request, f"/forecast/plans/{plan_id}/", " ".join(text for texts in errors.values() for text in texts)
        )
    return done(request, "/value/goals/", _("Goals made of the plan: %(count)s.") % {"count": count})


@require_POST
def remove_plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Forget a plan."""
    delete_plan(actor_of(request), plan_id)
    return done(request, "/forecast/", _("Plan deleted."))


def method_names() -> dict[str, str]:
    """The methods as people read them."""
    names = {
        "seasonal-naive": _("as last year"),
        "exponential-smoothing": _("exponential smoothing"),
        "theta": _("Theta"),
    }
    return names | {f"{key}-days": _("%(method)s, by working day") % {"method": name} for key, name in names.items()}


def _made(actor: Actor, values: dict[str, str]) -> Plan:
    days = {}
    for name in ("first", "after"):
        try:
            days[name] = date.fromisoformat(values[name])
        except ValueError:
            raise Invalid({name: [_("Write the date as 2026-12-31.")]}) from None
    return plan_from_forecast(actor, values["name"], values["dimension"], days["first"], days["after"])


def _chart(actor: Actor, line: Line, place: tuple[str, str]) -> dict[str, Any]:
    past = reading.past(*place)
    ahead = list(line.months.items())
    nothing: list[float | None] = [None] * len(past)
    last = list(past.values())[-1:] or [0.0]

    def future(values: list[float]) -> list[float | None]:
        return (
            [*nothing[:-1], *last, *(round(value) for value in values)] if past else [round(value) for value in values]
        )

    return {
        "kind": "line", "unit": "money", "currency": actor.currency, "category_label": _("Month"),
        "categories": [formats.month(month) for month in (*past, *line.months)],
        "series": [
            {"name": _("Revenue"), "values": [*(round(value) for value in past.values()), *[None] * len(ahead)], "tone": "indigo"},
            {"name": _("Forecast"), "values": future([point.mean for _month, point in ahead]), "tone": "plum", "estimated": True},
            {"name": _("low (10 %)"), "values": future([max(point.low, 0.0) for _month, point in ahead]), "tone": "plum-edge", "estimated": True},
            {"name": _("high (90 %)"), "values": future([point.high for _month, point in ahead]), "tone": "plum-edge", "estimated": True},
        ],
    }  # fmt: skip


def _pipeline(actor: Actor, seen: Reach, months: list[date]) -> dict[str, Any]:
    """Month by month: model, pipeline, what people expect, sales targets; and each forecaster with the own record."""
    open_business = reading.pipeline(actor, months)
    people = reading.forecasters(actor, seen, months)
    own = next((one for one in people if one.member == actor.member_id), None)
    dimension, member = own_place(actor, seen)
    model = {
        since: point
        for line in reading.lines(actor, seen, dimension)
        if line.member == member
        for since, point in line.months.items()
    }
    rows = []
    for month in months:
        said = [one.months[month].amount for one in people if month in one.months]
        targets, _teams = target_sums(actor, month, _after(month))
        shown = (
            targets.values() if seen.whole else [amount for key, amount in targets.items() if str(key) in seen.people]
        )
        rows.append(
            {
                "month": month, "model": model.get(month), "pipeline": open_business.get(month), "said": sum(said) if said else None,
                "target": sum(shown) or None, "own": own.months[month].amount if own and month in own.months else None,
            }
        )  # fmt: skip
    return {"months": rows, "people": people, "may_say": actor.member_id is not None, "today": timezone.localdate()}


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _plan_row(member: str, label: str, months: list[date], cells: Any, line: Line | None) -> dict[str, Any]:
    own = [cells.get((member, month)) for month in months]
    known = [line.months[month].mean for month in months if line and month in line.months]
    before = [line.last_year[month] for month in months if line and month in line.last_year]
    return {
        "label": label, "cells": own, "sum": sum(cell.amount for cell in own if cell), "forecast": sum(known) if known else None,
        "before": sum(before) if before else None,
    }  # fmt: skip
