"""The overview as of an earlier day."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.analytics.queries.past import GRADES, best_then, days_kept, then
from guanxi.analytics.queries.portfolio import regions
from guanxi.analytics.views.base import region_of, value_page, viewer
from guanxi.core.errors import NotFound
from guanxi.core.ui import formats
from guanxi.customers.models import LifecycleStage


@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """What was concluded on `?as_of=` (the latest day kept before the last without it), beside today."""
    actor, region = viewer(request), region_of(request)
    days = days_kept()
    day = _day(request.GET.get("as_of", ""), days)
    found = then(actor, day, region) if day else None
    context: dict[str, Any] = {
        "page_title": _("Customer value"), "day": day, "found": found, "regions": [], "all_regions": regions(actor), "grades": GRADES,
        "days": [
            {"label": formats.day(one), "url": "?" + urlencode({"as_of": one.isoformat(), **({"region": region} if region else {})}), "current": one == day}
            for one in days
        ],
        "rows": best_then(actor, day, region) if day and found else [],
        "stages": [(str(label), key, found.stages.get(key, 0)) for key, label in LifecycleStage.choices] if found else [],
    }  # fmt: skip
    return value_page(request, "analytics/past.html.jinja", "overview", context)


def _day(text: str, days: list[date]) -> date | None:
    if not text:
        return days[1] if len(days) > 1 else days[0] if days else None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day not in days:
        raise NotFound(_("No run of that day was kept."))
    return day
