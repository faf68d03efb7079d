"""Background work of the company that was given up: events no handler could take, jobs that failed; with a second try."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.failures import failed_jobs
from guanxi.core.outbox import parked_events
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import actor_of, settings_page
from guanxi.identity.services import retry_event, retry_failed_job

SHOWN = 100


@require_GET
def background(request: HttpRequest) -> HttpResponse:
    """What was given up, with its error, newest first."""
    actor = actor_of(request)
    require_admin(actor)
    context = {
        "page_title": _("Background work"),
        "events": parked_events(actor.tenant_id, limit=SHOWN),
        "jobs": failed_jobs(actor.tenant_id, limit=SHOWN),
        "shown": SHOWN,
    }
    return settings_page(request, "identity/background.html.jinja", context)


@require_POST
def retry_one_event(request: HttpRequest, id: UUID) -> HttpResponse:
    """Deliver a parked event once more."""
    retry_event(actor_of(request), event_id=id)
    messages.success(request, _("It is tried again now."))
    return redirect("/settings/background/")


@require_POST
def retry_one_job(request: HttpRequest, number: int) -> HttpResponse:
    """Run a failed job once more."""
    retry_failed_job(actor_of(request), job_id=number)
    messages.success(request, _("It is tried again now."))
    return redirect("/settings/background/")
