"""The overview of customer value, the lists behind its figures, and the frame that becomes a segment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from guanxi.analytics.charts import bucket_chart, map_chart, whale_chart, whale_words
from guanxi.analytics.queries.groups import groups_in_use
from guanxi.analytics.queries.lists import LISTS, SHOWN, framed, listed
from guanxi.analytics.queries.portfolio import (
    bucket_months,
    portfolio,
    regions,
    value_map,
    whale,
    year_of,
)
from guanxi.analytics.services.segments import keep_customers
from guanxi.analytics.views.base import region_of, value_page, viewer
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.screens import fragment
from guanxi.records.views.base import done


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Five figures, value map, whale curve, leaky bucket, groups, lists of the overlooked and the over-served."""
    actor, region = viewer(request), region_of(request)
    found = portfolio(actor, region)
    if found is None:
        empty = {"regions": regions(actor) if region else []}
        return value_page(request, "analytics/overview_empty.html.jinja", "overview", empty)
    months = bucket_months(region)
    curve = whale(actor, region)
    clustering, groups = groups_in_use(actor, region)
    dots = value_map(actor, region)
    context = {
        "found": found,
        "regions": regions(actor),
        "map": map_chart(actor, found, dots, f"/value/frame?{urlencode({'region': region})}" if may(actor, "segment", "create") else ""),
        "dots": dots[:20],
        "whale": curve,
        "whale_chart": whale_chart(curve) if curve else None,
        "whale_lead": whale_words(curve, actor.currency) if curve else "",
        "months": months,
        "year": year_of(months),
        "bucket_chart": bucket_chart(months) if months else None,
        "clustering": clustering,
        "groups": groups,
        "counts": {key: listed(actor, LISTS[key], found, region).count() for key in ("overlooked", "over-served")},
    }  # fmt: skip
    return value_page(request, "analytics/overview.html.jinja", "overview", context)


def _of(actor: Actor, key: str, region: str) -> Any:
    one, found = LISTS.get(key), portfolio(actor, region)
    if one is None or found is None:
        raise NotFound(_("There is no such page."))
    return one, found, listed(actor, one, found, region)


@require_http_methods(["GET", "HEAD", "POST"])
def value_list(request: HttpRequest, listing: str) -> HttpResponse:
    """The customers of a list; POST keeps them as a segment."""
    actor, region = viewer(request), region_of(request)
    one, found, rows = _of(actor, listing, region)
    if request.method == "POST":
        segment = keep_customers(actor, request.POST.get("name", "") or str(one.label), rows)
        return done(request, f"/segments/{segment.id}/", _("Segment “%(name)s” made.") % {"name": segment.name})
    context = {
        "page_title": str(one.label), "one": one, "found": found, "count": rows.count(), "shown": SHOWN, "rows": rows.values(*COLUMNS)[:SHOWN],
        "breadcrumbs": [{"label": _("Customer value"), "url": "/value/"}], "may_keep": may(actor, "segment", "create"),
    }  # fmt: skip
    return value_page(request, "analytics/list.html.jinja", "", context)


COLUMNS = (
    "id", "name", "region", "scores__value", "scores__churn", "scores__grade", "scores__stage", "scores__margin_12m", "scores__cost_to_serve", "scores__profit_12m",
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest) -> HttpResponse:
    """Who lies inside a frame that was drawn on the value map; POST keeps them as a segment."""
    actor, region = viewer(request), region_of(request)
    try:
        x0, x1, y0, y1 = (float(request.GET.get(name, "")) for name in ("x0", "x1", "y0", "y1"))
        rows = framed(actor, (x0, x1), (y0, y1), region)
        count = rows.count()
    except (ValueError, OverflowError):
        raise NotFound(_("There is no such page.")) from None
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            segment = keep_customers(actor, request.POST.get("name", ""), rows)
            return done(request, f"/segments/{segment.id}/", _("Segment “%(name)s” made.") % {"name": segment.name})
        except Invalid as refusal:
            errors = refusal.errors
    context = {
        "count": ngettext("%(num)s customer", "%(num)s customers", count) % {"num": f"{count:,}"}, "rows": rows.values(*COLUMNS)[:8],
        "action": request.get_full_path(), "errors": errors, "name": request.POST.get("name", ""),
        "home_currency": actor.currency,
    }  # fmt: skip
    return fragment(request, "analytics/_frame.html.jinja", context, status=422 if errors else 200)
