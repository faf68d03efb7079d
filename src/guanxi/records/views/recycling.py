"""Settings of the recycle bin: how long deleted records are kept, and what waits in it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import Company
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page
from guanxi.identity.services import change_company
from guanxi.identity.services.locking import locked
from guanxi.records import registry
from guanxi.records.recycling import EMPTIED, expired, limit_of
from guanxi.records.views.base import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def recycle_bin(request: HttpRequest) -> HttpResponse:
    """How long records stay in the bin, and how many of each object are in it; POST changes the time."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        stored = state_of({"recycle_days": locked(Company, actor.tenant_id).recycle_days})
        words = {"recycle_days": Word(_("Keep deleted records (days)"))}
        clash = settle(request, now=stored, words=words, trace=("company", actor.tenant_id))
        if clash is not None:
            return clash
        days = request.POST.get("recycle_days", "")
        saved, errors = attempt(lambda: change_company(actor, values={"recycle_days": days}))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/recycle-bin/")
    company = Company.objects.get()
    context = {
        "page_title": _("Recycle bin"),
        "errors": errors,
        "days": request.POST.get("recycle_days", "") if errors else company.recycle_days,
        "before": dump_state(state_of({"recycle_days": company.recycle_days})),
        "rows": _rows(actor, company),
        "last": AccessEntry.objects.filter(action=EMPTIED).order_by("-at").first(),
        "labels": {kind.name: str(kind.label_plural) for kind in registry.objects()},
    }
    return settings_page(request, "records/settings_recycling.html.jinja", context, status=422 if errors else 200)


def _rows(actor: Actor, company: Company) -> list[dict[str, Any]]:
    limit = limit_of(company)
    rows = []
    for kind in registry.objects():
        if kind.room in actor.rooms_off:
            continue
        count = kind.model.objects.filter(deleted_at__isnull=False).count()  # type: ignore[attr-defined]
        if count:
            due = expired(kind, limit).count() if limit else 0
            rows.append({"kind": kind, "count": count, "due": due, "url": f"/{kind.plural}/?deleted=1"})
    return rows
