"""Tasks in lists: done with one click, put off with two, ticks of the checklist."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.activity import services
from guanxi.activity.views.base import About, Fields, dialog
from guanxi.core.errors import Invalid
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, is_htmx, next_url, triggered


@require_POST
def complete(request: HttpRequest, id: UUID) -> HttpResponse:
    """The task is done; its row is shown struck, with a way back."""
    actor = actor_of(request)
    task = services.complete_task(actor, id)
    undo = f"/tasks/{id}/reopen"
    if not is_htmx(request):
        return done(request, next_url(request, f"/tasks/{id}/"), _("Task completed."), undo=undo)
    answer = fragment(request, "activity/_task_row.html.jinja", {"task": task, "done": True, "now": timezone.now()})
    answer["HX-Trigger"] = triggered(gx_toast={"text": _("Task completed."), "undo_url": undo}, gx_timeline=True)[
        "HX-Trigger"
    ]
    return answer


@require_POST
def reopen(request: HttpRequest, id: UUID) -> HttpResponse:
    """Undo of `complete`."""
    services.reopen_task(actor_of(request), id)
    return triggered(gx_toast={"text": _("The task is open again.")})


def snooze(request: HttpRequest, id: UUID) -> HttpResponse:
    """Later today, tomorrow, next week, or a time of one's own."""
    actor = actor_of(request)
    task = get_record(actor, "task", id)

    def save(fields: Fields, about: About) -> HttpResponse:
        until = fields.moment("choice") or fields.moment("until")
        if until is None:
            raise Invalid({"until": [_("Fill in this field.")]})
        services.snooze_task(actor, id, until=until)
        return triggered(gx_saved=True, gx_toast={"text": _("Task put off.")}, gx_refresh=True)

    return dialog(request, "activity/dialog_snooze.html.jinja", {"task": task, "choices": _later()}, save)


@require_POST
def tick(request: HttpRequest, id: UUID) -> HttpResponse:
    """One line of the checklist."""
    fields = Fields(request.POST)
    task = services.tick_item(actor_of(request), id, index=fields.number("index") or 0, done=fields.text("done") == "1")
    return fragment(request, "activity/_checklist.html.jinja", {"task": task})


@require_POST
def add_item(request: HttpRequest, id: UUID) -> HttpResponse:
    """A further line of the checklist."""
    try:
        task = services.add_item(actor_of(request), id, text=request.POST.get("text", ""))
        return fragment(request, "activity/_checklist.html.jinja", {"task": task})
    except Invalid as refused:
        task = get_record(actor_of(request), "task", id)
        return fragment(request, "activity/_checklist.html.jinja", {"task": task, "errors": refused.errors}, status=422)


def _later() -> list[tuple[str, str]]:
    now = timezone.localtime().replace(second=0, microsecond=0)
    morning = (now + timedelta(days=1)).replace(hour=9, minute=0)
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=9, minute=0)
    return [
        ((now + timedelta(hours=2)).isoformat(), _("In two hours")),
        (morning.isoformat(), _("Tomorrow morning")),
        (monday.isoformat(), _("Next Monday")),
    ]
