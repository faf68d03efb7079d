"""Pages of the models: all fits of the last run, and one fit with everything that speaks for or against it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guanxi.analytics import model_charts
from guanxi.analytics.deciding.uplift_page import lifting
from guanxi.analytics.keeping import model_page
from guanxi.analytics.models import ModelFit
from guanxi.analytics.queries.models import (
    PUBLISHED_LIKELIHOOD,
    fit_of,
    is_cdnow,
    latest_fits,
    name_of,
    offer_names,
    parameters,
    refits,
    verdict,
)
from guanxi.analytics.queries.selling import way_words
from guanxi.analytics.views.base import Tab, offer_tab, value_page, viewer
from guanxi.core.errors import NotFound

offer_tab(Tab("models", gettext_lazy("Models"), "/value/models/", 70))


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """The fits of the last run: which is in use, how the others did."""
    actor = viewer(request)
    fits = latest_fits()
    rows = [{"fit": one, "name": name_of(one), "verdict": verdict(one)} for one in fits]
    context = {"rows": rows, "offer_names": offer_names(actor, fits)}
    return value_page(request, "analytics/models.html.jinja", "models", context)


@require_safe
def model(request: HttpRequest, id: UUID) -> HttpResponse:
    """One fit: verdict, parameters, baselines, refits, checks, charts."""
    actor = viewer(request)
    fit = fit_of(id)
    if fit is None:
        raise NotFound(_("There is no such page."))
    name = name_of(fit)
    leaving = model_page.leaving(fit)
    about = offer_names(actor, [fit]).get(fit.offer_id, "") if fit.offer_id else ""
    context = {
        "page_title": " · ".join(filter(None, (fit.get_purpose_display(), about, name))), "fit": fit, "name": name, "verdict": verdict(fit), "parameters": parameters(fit),
        "published": PUBLISHED_LIKELIHOOD[fit.model] if is_cdnow(fit) else None, "origins": fit.evaluation.get("origins") or [], "refits": refits(fit),
        "meaning": _meaning(fit), "lifting": lifting(fit, about), "calibration": None if leaving else model_charts.calibration(fit), "touching": model_charts.touching(fit),
        "by_orders": model_charts.by_orders(fit, name), "gains": model_charts.gains(fit, name), "alive": model_charts.alive(fit),
        "checks": fit.evaluation.get("checks") or {}, "breadcrumbs": [{"label": _("Models"), "url": "/value/models/"}],
        "selling_ways": way_words(), "leaving": leaving, "leaving_warnings": model_page.warning_words(), "leaving_chart": model_page.calibration_chart(fit) if leaving else None,
        "ways": model_page.way_words(), "features": model_page.feature_words(),
    }  # fmt: skip
    return value_page(request, "analytics/model.html.jinja", "", context)


def _meaning(fit: ModelFit) -> str:
    """What the parameters say, where they say it in a sentence."""
    given = {name: value for name, value in fit.parameters if value}
    if fit.model in ("bg-nbd", "mbg-nbd") and {"r", "alpha", "a", "b"} <= given.keys():
        return _("Mean rate: one order in %(weeks)s weeks (α / r); after each order about %(share)s %% leave for good (a / (a + b)).") % {
            "weeks": round(given["alpha"] / given["r"], 1), "share": round(100 * given["a"] / (given["a"] + given["b"])),
        }  # fmt: skip
    if fit.model in ("nbd", "pareto-nbd") and {"r", "alpha"} <= given.keys():
        return _("Mean rate: one order in %(weeks)s weeks (α / r).") % {"weeks": round(given["alpha"] / given["r"], 1)}
    return ""
