"""Favourites and what was opened lately: the page, and the star on records and views."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.core.errors import NotFound
from guanxi.records.holds import hold_on
from guanxi.records.queries import get_record
from guanxi.records.recents import VIEW, is_starred, opened, set_star
from guanxi.records.saved_views import linked_view
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, object_of


@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """What the person gave a star, and below it what they opened lately."""
    actor = actor_of(request)
    context = {
        "page_title": _("Favourites"),
        "starred": opened(actor, starred=True),
        "recent": opened(actor, starred=False),
    }
    return page(request, "records/favourites.html.jinja", context)


def star(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """GET: the star of a record, and the mark of a legal hold on it. POST: give the star (`wanted=1`) or take it away."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    base = f"/{kind.plural}/{id}"
    context: dict[str, Any] = {"star_url": f"{base}/star"}
    if request.method == "POST":
        context["starred"] = request.POST.get("wanted") == "1"
        set_star(actor, kind.name, id, context["starred"])
    else:
        get_record(actor, kind.name, id)
        context |= {"starred": is_starred(actor, kind.name, id), "held": hold_on(id)}
        context["hold_url"] = f"{base}/hold" if actor.is_admin else ""
    return fragment(request, "records/_star.html.jinja", context)


def star_view(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The same for a view of the object's list."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    view = linked_view(actor, id)
    if view is None or view.object != kind.name:
        raise NotFound(_("There is no such view, or it is not shared with you."))
    wanted = request.POST.get("wanted") == "1" if request.method == "POST" else is_starred(actor, VIEW, id)
    if request.method == "POST":
        set_star(actor, VIEW, id, wanted)
    context = {"starred": wanted, "star_url": f"/{kind.plural}/views/{id}/star"}
    return fragment(request, "records/_star.html.jinja", context)
