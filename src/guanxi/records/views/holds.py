"""Legal holds: the list in the settings, and the dialog on a record."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page
from guanxi.records import registry
from guanxi.records.display import object_or_none, record_url
from guanxi.records.holds import end_hold, hold_on, open_holds, place_hold
from guanxi.records.queries import get_record, linked_labels, shown_label
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, object_of


@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    """All legal holds in force."""
    actor = actor_of(request)
    found = [row for row in open_holds(actor) if object_or_none(row.object)]
    people = dict(Membership.objects.values_list("id", "name"))
    labels: dict[UUID, str] = {}
    for name in dict.fromkeys(row.object for row in found):
        labels |= linked_labels(actor, name, {row.record_id for row in found if row.object == name})
    rows = [
        {
            "row": row,
            "kind": registry.get(row.object),
            "name": labels.get(row.record_id, "?"),
            "url": record_url(registry.get(row.object), row.record_id),
            "by": people.get(row.placed_by_id, "Guanxi"),
        }
        for row in found
    ]
    return settings_page(request, "records/settings_holds.html.jinja", {"page_title": _("Legal hold"), "rows": rows})


@require_POST
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a hold."""
    end_hold(actor_of(request), id)
    messages.success(request, _("The legal hold has ended."))
    return redirect("/settings/holds/")


@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The hold on a record, or the form that places one."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    require_admin(actor)
    record = get_record(actor, kind.name, id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        placed, errors = attempt(lambda: place_hold(actor, kind.name, id, request.POST.get("reason", "")))
        if placed is not None:
            return done(request, record_url(kind, id), _("The record is under legal hold."))
    held = hold_on(id)
    by = Membership.objects.filter(id=held.placed_by_id).values_list("name", flat=True).first() if held else ""
    context = {
        "name": shown_label(actor, record), "action": f"/{kind.plural}/{id}/hold", "held": held, "by": by or "Guanxi",
        "errors": errors,
    }  # fmt: skip
    return fragment(request, "records/hold_dialog.html.jinja", context)
