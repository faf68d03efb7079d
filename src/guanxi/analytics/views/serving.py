"""Service by value: what each class gets, who is due for a contact, who is served above its value."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import require_manage
from guanxi.analytics.queries.portfolio import portfolio, regions
from guanxi.analytics.queries.preferences import channels
from guanxi.analytics.serving.classes import FIELDS, class_of, save_class, service_classes
from guanxi.analytics.serving.due import MOST, due, plan_contacts, served
from guanxi.analytics.serving.rhythm import next_contact
from guanxi.analytics.views.base import Tab, offer_tab, region_of, value_page, viewer
from guanxi.customers.models import ServiceLevel
from guanxi.identity.permissions import may
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.queries import linked_labels
from guanxi.records.screens import fragment
from guanxi.records.views.base import done

HOME = "/value/service"
COLUMNS = ("id", "name", "owner_id", "last_contact_at", "scores__grade", "scores__value")
offer_tab(Tab("service", gettext_lazy("Service"), HOME, 25))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The classes with their customers; the first who are due."""
    actor, region = viewer(request), region_of(request)
    classes = served(actor, region)
    rows = list(due(actor, region).values(*COLUMNS)[:MOST])
    owners = linked_labels(actor, "user", {row["owner_id"] for row in rows if row["owner_id"]})
    rules = service_classes()
    context = {
        "found": portfolio(actor, region),
        "regions": regions(actor),
        "classes": classes,
        "due_count": sum(one.due for one in classes),
        "dear_count": sum(one.too_dear for one in classes),
        "rows": [
            {**row, "level": rules[row["scores__grade"]].level, "owner": owners.get(row["owner_id"], ""), "since": next_contact(rules[row["scores__grade"]], row["last_contact_at"])} for row in rows
        ],
        "most": MOST,
        "may_plan": may(actor, "task", "create"),
        "levels": dict(ServiceLevel.choices),
    }  # fmt: skip
    return value_page(request, "analytics/service.html.jinja", "service", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, grade: str) -> HttpResponse:
    """The dialog of a class; POST saves it."""
    actor = viewer(request)
    require_manage(actor)
    row = class_of(actor, grade)
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    if request.method == "POST":
        values = {name: request.POST[name] for name in FIELDS if name in request.POST}
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_class(actor, grade, values, version=version))
        if saved is not None:
            return done(request, HOME, _("Saved."))
    context = {"row": row, "values": values, "errors": errors, "levels": ServiceLevel.choices, "channels": channels()}
    return fragment(request, "analytics/service_class.html.jinja", context, status=422 if errors else 200)


@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """Tasks for the chosen customers (`accounts`), or for all that the page shows (`all`)."""
    actor = viewer(request)
    if request.POST.get("all"):
        keys = list(due(actor, region_of(request)).values_list("id", flat=True)[:MOST])
    else:
        keys = [key for text in request.POST.getlist("accounts") if (key := _key(text))]
    count, errors = attempt(lambda: plan_contacts(actor, keys))
    if count is None:
        return done(request, HOME, " ".join(text for texts in errors.values() for text in texts))
    return done(request, HOME, ngettext("%(num)s task planned.", "%(num)s tasks planned.", count) % {"num": count})


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
