"""Reports that jobs read: those that are on their way or kept, one of them with its figures, order, stop, forget."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.core.errors import Conflict, Invalid, Refused
from guanxi.identity.actor import Actor
from guanxi.records.models import ReportRun
from guanxi.records.reports.adjusting import ADJUSTING, adjusted
from guanxi.records.reports.exporting import FORMS, export_report
from guanxi.records.reports.runs import cancel_run, delete_run, get_run, list_runs, show_run, start_run
from guanxi.records.reports.saved import find_report
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, is_htmx
from guanxi.records.views.report_states import run_row
from guanxi.records.views.reports import as_download, shown_answer


def runs(request: HttpRequest) -> HttpResponse:
    """The person's readings, newest first; POST orders one of a report."""
    actor = actor_of(request)
    if request.method == "POST":
        return _order(request, actor)
    context = {"page_title": _("Reports read in the background"), "rows": [run_row(one) for one in list_runs(actor)]}
    return page(request, "records/report_runs.html.jinja", context)


@require_safe
def run(request: HttpRequest, id: UUID) -> HttpResponse:
    """One reading: how far it is, then its figures. `?state=1` asks for its state alone."""
    actor = actor_of(request)
    found = get_run(actor, id)
    context = {
        "page_title": found.name,
        "one": run_row(found),
        "small": request.GET.get("small") == "1",
        "forms": FORMS,
    }
    if is_htmx(request):
        if found.state == "done":
            return fragment(request, "records/_report.html.jinja", context | _figures(actor, found))
        return fragment(request, "records/_report_run.html.jinja", context)
    return page(request, "records/report_run.html.jinja", context | _figures(actor, found))


@require_safe
def export(request: HttpRequest, id: UUID) -> HttpResponse:
    """The kept figures as a file."""
    actor = actor_of(request)
    found = get_run(actor, id)
    answer = show_run(actor, found)
    form = request.GET.get("format", "csv")
    return as_download(export_report(actor, answer.made, found.name, form, found=answer.result or answer.listing))


@require_POST
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop it at once."""
    cancel_run(actor_of(request), id)
    return done(request, f"/report-runs/{id}/", _("The report is not read any further."))


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget its figures."""
    delete_run(actor_of(request), id)
    return done(request, "/report-runs/", _("The figures are forgotten. The report stays."))


def _order(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = find_report(actor, request.POST.get("key", ""))
    given = {name: request.POST[name] for name in ADJUSTING if request.POST.get(name)}
    made = start_run(actor, adjusted(actor, found.read, given), key=found.key, name=found.name)
    if is_htmx(request) and request.POST.get("beside") == "1":
        context = {"one": run_row(made), "small": request.POST.get("small") == "1"}
        return fragment(request, "records/_report_run.html.jinja", context)
    return done(request, f"/report-runs/{made.id}/")


def _figures(actor: Actor, found: ReportRun) -> dict[str, Any]:
    if found.state != "done":
        return {}
    try:
        return shown_answer(actor, show_run(actor, found))
    except Invalid as refusal:
        return {"error": refusal.message}
    except (Conflict, Refused) as refusal:
        return {"error": refusal.message, "heavy": True}
