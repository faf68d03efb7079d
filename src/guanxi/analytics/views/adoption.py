"""Whether the staff uses the system, and who had which training."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import require_manage
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.roi.adoption import RARE, REGULAR, WEEKS, Adoption, adoption
from guanxi.analytics.roi.cases import require_return
from guanxi.analytics.roi.trainings import add_training, delete_training, trainings
from guanxi.analytics.views.base import value_page
from guanxi.analytics.views.returns import HOME, return_parts
from guanxi.core.ui import formats
from guanxi.identity.models import Membership
from guanxi.identity.screens import attempt
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done

PAGE = f"{HOME}adoption"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Weeks, teams, people; trainings."""
    actor = actor_of(request)
    found = adoption(actor)
    context = {
        "parts": return_parts(actor, "adoption"),
        "of": found,
        "weeks": WEEKS,
        "regular": REGULAR,
        "rare": RARE,
        "chart": _chart(found),
        "trainings": trainings(actor)[:40],
    }
    return value_page(request, "analytics/returns/adoption.html.jinja", "return", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_training(request: HttpRequest) -> HttpResponse:
    """The dialog of a training of several people."""
    actor = actor_of(request)
    require_return(actor)
    require_manage(actor)
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {"title": "", "done_on": company_today().isoformat(), "members": []}
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in ("title", "done_on")}
        values["members"] = request.POST.getlist("members")
        made, errors = attempt(lambda: add_training(actor, values))
        if made is not None:
            return done(request, PAGE, _("Training written down."))
    people = Membership.objects.filter(is_active=True).order_by("name").values_list("id", "name")
    context = {"values": values, "errors": errors, "people": [(str(key), name) for key, name in people]}
    return fragment(request, "analytics/returns/training.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_training(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a training."""
    delete_training(actor_of(request), id)
    return done(request, PAGE, _("Training removed."))


def _chart(of: Adoption) -> dict[str, Any]:
    return {
        "kind": "bar", "unit": "percent", "category_label": _("Week from"), "categories": [formats.day_short(week) for week in of.weeks],
        "series": [{"name": _("Worked with the system"), "values": [round(share, 1) for share in of.active], "tone": "indigo"}],
        "targets": [{"name": _("regular"), "value": REGULAR}],
    }  # fmt: skip
