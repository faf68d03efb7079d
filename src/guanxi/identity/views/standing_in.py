"""Delegations during absence, and signing in as a colleague."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.identity.acting import begin_acting, end_acting
from guanxi.identity.models import Membership
from guanxi.identity.screens import actor_of, attempt, posted_values, settings_page, uuid_or_none
from guanxi.identity.services.delegations import delegate, delegations_of, end_delegation


@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """Who stands in for whom; POST adds one."""
    actor = actor_of(request)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        given: dict[str, Any] = {
            "absent_id": uuid_or_none(request.POST.get("absent")),
            "delegate_id": uuid_or_none(request.POST.get("delegate")),
            "first_day": _day(request.POST.get("first_day", "")),
            "last_day": _day(request.POST.get("last_day", "")),
            "may_edit": request.POST.get("right", "edit") == "edit",
            "note": request.POST.get("note", ""),
        }
        saved, errors = attempt(lambda: delegate(actor, **given))
        if saved is not None:
            messages.success(request, _("%(name)s stands in.") % {"name": saved.delegate.name})
            return redirect("/settings/delegations/")
    people = [(str(one.id), one.name) for one in Membership.objects.filter(is_active=True).order_by("name")]
    context = {
        "page_title": _("Standing in"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "rows": delegations_of(actor),
        "people": people,
        "others": [one for one in people if one[0] != str(actor.member_id)] if not actor.is_admin else people,
        "my_id": str(actor.member_id),
        "for_all": actor.is_admin,
    }
    return settings_page(request, "identity/delegations.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_delegation(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a delegation now."""
    end_delegation(actor_of(request), id)
    messages.success(request, _("It has ended."))
    return redirect("/settings/delegations/")


@require_POST
def sign_in_as(request: HttpRequest, id: UUID) -> HttpResponse:
    """See and use Guanxi as a colleague does."""
    begin_acting(request, actor_of(request), id)
    return redirect("/")


@require_POST
def sign_in_as_end(request: HttpRequest) -> HttpResponse:
    """Back to one's own account."""
    actor = actor_of(request)
    end_acting(request, actor)
    return redirect(f"/settings/users/{actor.member_id}/" if actor.doer_id else "/")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
