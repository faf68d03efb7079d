"""Keeping customers: what is expected, early warnings, measures for each stage."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import require_manage
from guanxi.analytics.keeping.expected import Month, expected_of, months_ahead, what_came
from guanxi.analytics.keeping.listing import warnings_of
from guanxi.analytics.keeping.measures import (
    DELIVERED,
    adopt_delivered,
    delete_measure,
    get_measure,
    measured,
    measures,
    save_measure,
)
from guanxi.analytics.models import MeasureLevel, RetentionMeasure
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.views.base import value_page, viewer
from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.core.ui import formats
from guanxi.customers.models import LifecycleStage
from guanxi.engagement.queries import offers_known
from guanxi.records.queries import get_record, visible_records
from guanxi.records.screens import fragment
from guanxi.records.views.base import done, version_of

HOME = "/value/retention/measures"


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Retention"), "url": "/value/retention"}]


@require_safe
def of_customer(request: HttpRequest, id: UUID) -> HttpResponse:
    """What is expected of a customer, which the customer page loads once it stands."""
    actor = viewer(request)
    account = get_record(actor, "account", id)
    context = {"ahead": expected_of(account.id), "home_currency": actor.currency}
    return fragment(request, "analytics/keeping/_expected.html.jinja", context)


@require_safe
def expected(request: HttpRequest) -> HttpResponse:
    """What is expected of all customers within sight, and how earlier expectations did."""
    actor = viewer(request)
    months = months_ahead(actor)
    context: dict[str, Any] = {
        "page_title": _("What is expected"), "breadcrumbs": _crumbs(), "months": months, "chart": _chart(months) if months else None, "came": what_came(actor),
        "sums": {name: sum(getattr(one, name) for one in months) for name in ("purchases", "revenue", "profit", "lapses")},
    }  # fmt: skip
    return value_page(request, "analytics/keeping/expected.html.jinja", "retention", context)


def _chart(months: Sequence[Month]) -> dict[str, Any]:
    return {
        "kind": "bar",
        "unit": "money",
        "category_label": _("Month"),
        "categories": [formats.month(one.month) for one in months],
        "series": [
            {"name": _("Revenue"), "values": [float(one.revenue) for one in months], "estimated": True},
            {"name": _("Profit"), "values": [float(one.profit) for one in months], "estimated": True, "kind": "line"},
        ],
    }


@require_safe
def warnings(request: HttpRequest) -> HttpResponse:
    """Early warnings; `?state=over` those of falls that are over."""
    actor = viewer(request)
    over = request.GET.get("state") == "over"
    context = {
        "page_title": _("Early warnings"), "breadcrumbs": _crumbs(), "rows": warnings_of(actor, lasting=not over), "over": over, "settings": preferences(),
    }  # fmt: skip
    return value_page(request, "analytics/keeping/warnings.html.jinja", "retention", context)


@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """What may be done at each stage, on three levels."""
    viewer(request)
    rows = measures()
    stages = [
        {"label": label, "rows": [row for row in rows if row.stage == stage]} for stage, label in LifecycleStage.choices
    ]
    own = bool(rows) and rows[0].version > 0
    context = {
        "page_title": _("Retention measures"), "breadcrumbs": _crumbs(), "stages": stages, "own": own, "measured": measured(rows) if own else {},
    }  # fmt: skip
    return value_page(request, "analytics/keeping/measures.html.jinja", "retention", context)


@require_POST
def adopt(request: HttpRequest) -> HttpResponse:
    """Make the delivered measures one's own, to change them."""
    names = {}
    for key, language in (("en", "en"), ("zh", "zh-hans")):
        with translation.override(language):
            names[key] = [str(words) for _stage, _level, words in DELIVERED]
    adopt_delivered(viewer(request), names)
    return done(request, HOME, _("Saved."))


@require_http_methods(["GET", "HEAD", "POST"])
def measure(request: HttpRequest, id: UUID | None = None) -> HttpResponse:
    """The dialog of a measure; POST saves it."""
    actor = viewer(request)
    require_manage(actor)
    row = get_measure(actor, id) if id else None
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values: dict[str, Any] = {name: request.POST.get(name, "") for name in _TEXTS}
        values["active"] = request.POST.get("active") == "1"
        try:
            save_measure(actor, values, id, version=version_of(request.POST.get("version")))
            return done(request, HOME, _("Saved."))
        except (Invalid, Conflict, Stale) as refusal:
            errors = refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}
    offers: Any = visible_records(actor, "offer").filter(id__in=offers_known()).order_by("name", "id")[:200]
    context = {
        "row": row, "values": request.POST if request.method == "POST" else _values(row or RetentionMeasure(stage="decline", level="social")),
        "errors": errors, "form_errors": errors.get("", []), "stages": LifecycleStage.choices, "levels": MeasureLevel.choices,
        "offers": [("", "–"), *((str(one.id), _name(one)) for one in offers)], "action": f"{HOME}/{id}" if id else f"{HOME}/new",
    }  # fmt: skip
    return fragment(request, "analytics/keeping/measure.html.jinja", context, status=422 if errors else 200)


_TEXTS = ("stage", "level", "name_en", "name_zh", "cost", "effect", "offer_id", "position")


def _values(row: RetentionMeasure) -> dict[str, str]:
    found = {name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in _TEXTS}
    return found | {
        "cost": f"{float(row.cost):g}",
        "effect": "" if row.effect is None else f"{row.effect:g}",
        "active": "1" if row.active else "",
    }


def _name(offer: Any) -> str:
    return str(offer.name_in(translation.get_language() or "en"))


@require_POST
def remove_measure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remove a measure."""
    delete_measure(viewer(request), id)
    return done(request, HOME, _("Measure removed."))
