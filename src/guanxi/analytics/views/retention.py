"""Retention: the leaky bucket over two years, cohorts, and what a point more is worth."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guanxi.analytics.charts import bucket_chart
from guanxi.analytics.keeping.listing import lasting_count
from guanxi.analytics.queries.portfolio import bucket_months, regions, year_of
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.queries.retention import Cohorts, cohorts, worth_of_retention
from guanxi.analytics.views.base import Tab, offer_tab, region_of, value_page, viewer
from guanxi.core.ui import formats
from guanxi.identity.permissions import scope_of

offer_tab(Tab("retention", gettext_lazy("Retention"), "/value/retention", 20))
MOST_COST = 1e9


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Who came, went and came back; what it costs; what one and five points more of retention would bring. `?cost=` is that of winning a customer."""
    actor, region = viewer(request), region_of(request)
    months = bucket_months(region, 24)
    year = year_of(months[-12:])
    cost = _cost(request.GET.get("cost", ""))
    found = cohorts() if not region else Cohorts([], [], [])
    context: dict[str, Any] = {
        "regions": regions(actor), "months": months, "year": year, "bucket_chart": bucket_chart(months) if months else None, "cost": cost,
        "replacing": max(year.lost - year.regained, 0) * cost if year and cost is not None else None,
        "worth": worth_of_retention(actor, year, preferences().discount_rate, region) if year else None, "discount": preferences().discount_rate, "warned": lasting_count(actor),
        "cohort_chart": _triangle(found) if found.born else None, "cohorts": found, "partial": scope_of(actor, "account", "view") != "all",
    }  # fmt: skip
    return value_page(request, "analytics/retention.html.jinja", "retention", context)


def _cost(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found <= MOST_COST else None


def _triangle(of: Cohorts) -> dict[str, Any]:
    """Quarters of the first order downwards, age to the right."""
    names = [f"{formats.month(day)} ({size})" for day, size in zip(of.born, of.sizes, strict=True)]
    columns = list(zip(*of.shares, strict=True))
    return {
        "kind": "heat",
        "unit": "percent",
        "category_label": _("First order in the quarter from (customers)"),
        "categories": names,
        "series": [
            {"name": f"+{age}", "values": [None if share is None else round(100 * share, 1) for share in column]}
            for age, column in enumerate(columns)
        ],
    }
