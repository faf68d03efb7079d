"""The optimiser: plans of who gets which offer on which channel within a budget, what they would bring, and applying one."""

import csv
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.models import AllocationGoal, AllocationPlan
from guanxi.analytics.optimising import saving
from guanxi.analytics.optimising.applying import enqueue_proposals
from guanxi.analytics.optimising.charts import curve_chart, point_at
from guanxi.analytics.optimising.form import form_of, read_form, words
from guanxi.analytics.optimising.jobs import enqueue_allocation
from guanxi.analytics.optimising.reading import plans, shown
from guanxi.analytics.views.base import Tab, offer_tab, value_page, viewer
from guanxi.core.errors import Conflict, NotFound
from guanxi.engagement.queries import channel_label, known_channels, offered_now
from guanxi.identity.actor import Actor
from guanxi.identity.clashes import dump_state, settle, state_of
from guanxi.identity.permissions import may
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.queries import visible_records
from guanxi.records.views.base import done

offer_tab(Tab("optimiser", gettext_lazy("Optimiser"), "/value/optimiser/", 50, saving.sees_plans))
TONES = {
    "draft": "grey", "computing": "indigo", "computed": "jade", "impossible": "amber", "failed": "rose", "applied": "indigo", "ended": "grey",
}  # fmt: skip
SHOWN = 50


def _planner(request: HttpRequest, *, change: bool = False) -> Actor:
    actor = viewer(request)
    saving.require_plans(actor, change=change)
    return actor


@require_safe
def optimiser(request: HttpRequest) -> HttpResponse:
    """All plans."""
    actor = _planner(request)
    context = {"plans": plans(), "tones": TONES, "may_plan": saving.may_plan(actor)}
    return value_page(request, "analytics/optimising/plans.html.jinja", "optimiser", context)


@require_safe
def plan(request: HttpRequest, id: UUID) -> HttpResponse:
    """A plan: what it brings, where the money goes, what limits cost. `?at=1.25` asks what another budget would bring."""
    actor = _planner(request)
    found = saving.get_plan(actor, id)
    seen = shown(actor, found)
    point = point_at(found, request.GET.get("at", ""))
    rows = saving.rows_of(actor, found).select_related("account", "offer").order_by("-margin", "id")
    context = {
        "page_title": found.name,
        "breadcrumbs": [{"label": _("Optimiser"), "url": "/value/optimiser/"}],
        "seen": seen,
        "plan": found,
        "result": found.result,
        "tone": TONES[found.state],
        "chart": curve_chart(actor, found, point) if found.result.get("curve") else None,
        "point": point,
        "rows": [(row, channel_label(row.channel)) for row in rows[:SHOWN]] if found.result else [],
        "cells": _cells(found, seen.names),
        "may_plan": saving.may_plan(actor),
        "may_keep": may(actor, "segment", "create"),
        "may_apply": saving.may_plan(actor) and may(actor, "response", "create"),
        "segment": _segment(actor, found),
        "rules": {"lot": _("Customers and offers by lot"), "likely": _("Who accepts most likely first"), "same": _("The same offer for all")},
        "said": get_language() or "en",
    }  # fmt: skip
    return value_page(request, "analytics/optimising/plan.html.jinja", "", context)


def _cells(found: AllocationPlan, names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    cells = found.result.get("cells") or []
    return [
        {**one, "name": names.get(UUID(one["offer"]), "–"), "way": channel_label(one["channel"])}
        for one in sorted(cells, key=lambda one: -one["value"])
        if one["customers"]
    ]


def _segment(actor: Actor, found: AllocationPlan) -> Any:
    if not found.segment_id:
        return None
    return visible_records(actor, "segment").filter(id=found.segment_id).first()


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new plan."""
    actor = _planner(request, change=True)
    today = timezone.localdate()
    start = {"goal": AllocationGoal.MARGIN, "hurdle": "50", "first": today.isoformat(), "last": today.replace(month=12, day=31).isoformat()}  # fmt: skip
    return _form(request, actor, None, start)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change the limits of a plan; `?budget=` proposes another one."""
    actor = _planner(request, change=True)
    found = saving.get_plan(actor, id)
    if found.state in saving.STANDING:
        raise Conflict(_("This plan was applied; copy it to plan anew."))
    return _form(request, actor, found, form_of(found))


def _form(request: HttpRequest, actor: Actor, found: AllocationPlan | None, start: Mapping[str, Any]) -> HttpResponse:
    offers = list(offered_now(actor).order_by("name", "id")[:60])
    errors: dict[str, list[str]] = {}
    values = dict(start)
    if request.method == "POST":
        if found is not None:
            clash = settle(
                request, now=state_of(start), words=words(offers), trace=("allocation", found.id), version=found.version
            )
            if clash is not None:
                return clash
        version = version_or_none(request.POST.get("version")) if found else None
        key = found.id if found else None
        saved, errors = attempt(lambda: saving.save_plan(actor, read_form(request.POST, offers), key, version=version))
        if saved is not None:
            saving.ask_to_compute(actor, saved.id)
            enqueue_allocation(saved.id)
            return done(request, f"/value/optimiser/{saved.id}/", _("Saved. The allocation is being computed."))
        values = request.POST.dict()
    elif "budget" in request.GET:
        values["budget"] = request.GET["budget"][:20]
    seen = shown(actor, found) if found else None
    if seen and seen.problem and not errors:
        errors = {seen.field: [seen.problem]}
    context = {
        "page_title": found.name if found else _("New plan"),
        "breadcrumbs": [{"label": _("Optimiser"), "url": "/value/optimiser/"}],
        "values": values,
        "errors": errors,
        "plan": found,
        "before": dump_state(state_of(start)) if found else None,
        "offers": offers,
        "channels": [(key, channel_label(key)) for key in known_channels()],
        "goals": AllocationGoal.choices,
        "segment": visible_records(actor, "segment").filter(id=found.segment_id).first() if found and found.segment_id else None,
        "said": get_language() or "en",
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return value_page(request, "analytics/optimising/form.html.jinja", "", context, status=status)


def _to(request: HttpRequest, id: UUID, run: Any, said: str) -> HttpResponse:
    """Carry a command out and go back to the plan, with what was refused as the message."""
    _result, errors = attempt(run)
    text = " ".join(text for texts in errors.values() for text in texts)
    return done(request, f"/value/optimiser/{id}/", text or said)


@require_POST
def compute(request: HttpRequest, id: UUID) -> HttpResponse:
    """Compute a plan with what is known today."""
    actor = _planner(request, change=True)

    def run() -> None:
        saving.ask_to_compute(actor, id, version_or_none(request.POST.get("version")))
        enqueue_allocation(id)

    return _to(request, id, run, _("The allocation is being computed."))


@require_POST
def apply(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a plan hold, and propose its offers."""
    actor = _planner(request, change=True)

    def run() -> None:
        saving.apply_plan(actor, id, version_or_none(request.POST.get("version")))
        if actor.member_id:
            enqueue_proposals(id, actor.member_id)

    return _to(
        request, id, run, _("Applied: mails leave within a few minutes, tasks are planned for visits and calls.")
    )


@require_POST
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """Nothing more by this plan."""
    actor = _planner(request, change=True)
    return _to(request, id, lambda: saving.end_plan(actor, id), _("Ended. What is planned and not proposed yet stays so."))  # fmt: skip


@require_POST
def copy(request: HttpRequest, id: UUID) -> HttpResponse:
    """A draft with the same limits."""
    made, errors = attempt(lambda: saving.copy_plan(_planner(request, change=True), id))
    if made is None:
        return _to(request, id, lambda: None, " ".join(text for texts in errors.values() for text in texts))
    return done(request, f"/value/optimiser/{made.id}/edit", _("Copied."))


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a plan."""
    saving.delete_plan(_planner(request, change=True), id)
    return done(request, "/value/optimiser/", _("Plan deleted."))


def _chosen(request: HttpRequest) -> tuple[UUID | None, str]:
    values = request.POST if request.method == "POST" else request.GET
    try:
        return (UUID(values["offer"]) if values.get("offer") else None), values.get("channel", "")[:10]
    except ValueError:
        raise NotFound(_("There is no such page.")) from None


@require_POST
def segment(request: HttpRequest, id: UUID) -> HttpResponse:
    """Who gets an offer by the plan, as a segment."""
    actor = _planner(request)
    offer, channel = _chosen(request)
    made, errors = attempt(lambda: saving.segment_of_plan(actor, id, offer, channel, request.POST.get("name", "")))
    if made is None:
        return _to(request, id, lambda: None, " ".join(text for texts in errors.values() for text in texts))
    return done(request, f"/segments/{made.id}/", _("Segment “%(name)s” made.") % {"name": made.name})


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


@require_safe
def export(request: HttpRequest, id: UUID) -> StreamingHttpResponse:
    """Who gets what, as CSV."""
    actor = _planner(request)
    found = saving.get_plan(actor, id)
    if not may(actor, "account", "export"):
        raise NotFound(_("There is no such page."))
    offer, channel = _chosen(request)
    said = get_language() or "en"
    rows = saving.rows_of(actor, found, offer, channel).select_related("account", "offer").order_by("-margin", "id")
    writer = csv.writer(_Echo())
    head = [_("Code"), _("Customer"), _("Offer"), _("Channel"), _("Probability"), _("Expected margin"), _("Cost"), _("State")]  # fmt: skip
    # Read here, inside the tenant's transaction: an answer is sent when it is over.
    lines = ["\ufeff", str(writer.writerow(head))]
    for row in rows:
        cells = [
            row.account.code,
            _plain(row.account.name),
            _plain(row.offer.name_in(said)),
            channel_label(row.channel),
        ]
        lines.append(str(writer.writerow([*cells, round(row.probability, 6), round(row.margin, 2), round(row.cost, 2), row.get_step_display()])))  # fmt: skip
    saving.note_export(actor, found, len(lines) - 2)
    answer = StreamingHttpResponse(iter(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="allocation.csv"'
    return answer


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
