"""The page of satisfaction and loyalty, and the dialog of a market."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guanxi.analytics.access import require_manage
from guanxi.analytics.satisfaction.charts import curve_chart, map_chart, trend_chart
from guanxi.analytics.satisfaction.markets import (
    FACTORS,
    competition,
    delete_market,
    get_market,
    market_of,
    markets,
    save_market,
)
from guanxi.analytics.satisfaction.reading import Curve, Satisfaction, satisfaction
from guanxi.analytics.views.base import Tab, offer_tab, region_of, value_page, viewer
from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.core.ui import formats
from guanxi.engagement.figures import Figure
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, version_of

offer_tab(Tab("satisfaction", gettext_lazy("Satisfaction"), "/value/satisfaction", 30))
HOME = "/value/satisfaction"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Measures with their change, the importance–performance map, curves per market (`?market=`), false loyalty, the four signs of loyalty."""
    actor = viewer(request)
    language = translation.get_language() or "en"
    found = satisfaction(actor, region_of(request), language=language)
    wanted = request.GET.get("market", "")
    curve = next((one for one in found.curves if one.industry == wanted), None) or next(iter(found.curves), None)
    rows = markets(actor)
    context = {
        "found": found,
        "tiles": [_tile(name, figure, found) for name, figure in found.measures.items()],
        "map": map_chart(found.judged),
        "trends": [(name, chart) for name, months in found.trends.items() if (chart := trend_chart(name, months))],
        "curve": curve,
        "curve_chart": curve_chart(curve) if curve else None,
        "curve_words": _curve_words(curve) if curve else "",
        "market_choices": [(one.industry, one.industry or _("All customers")) for one in found.curves],
        "market": curve.industry if curve else "",
        "markets": [{"row": row, "held": competition(row)} for row in rows],
        "held_words": held_words(),
        "here": market_of(rows, curve.industry) if curve else None,
    }
    return value_page(request, "analytics/satisfaction.html.jinja", "satisfaction", context)


def held_words() -> dict[str, str]:
    """How strong competition is, in words."""
    return {"strong": _("strong"), "medium": _("medium"), "weak": _("weak")}


def market(request: HttpRequest, id: UUID | None = None) -> HttpResponse:
    """The dialog of a market; POST saves it."""
    actor = actor_of(request)
    require_manage(actor)
    row = get_market(actor, id) if id else None
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values: dict[str, Any] = {name: request.POST.get(name, "0") for name in FACTORS}
        values["industry"] = request.POST.get("industry", "")
        try:
            save_market(actor, values, id, version=version_of(request.POST.get("version")))
            return done(request, HOME, _("Market saved."))
        except (Invalid, Conflict, Stale) as refusal:
            errors = refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}
    context = {
        "row": row,
        "values": request.POST if request.method == "POST" else {name: getattr(row, name) for name in ("industry", *FACTORS)} if row else {},
        "errors": errors,
        "form_errors": errors.get("", []),
        "factors": [(name, label) for name, label in factor_words().items()],
        "points": [("0", _("not at all")), ("1", _("a little")), ("2", _("clearly")), ("3", _("strongly"))],
        "action": f"{HOME}/markets/{row.id}" if row else f"{HOME}/markets",
    }  # fmt: skip
    return fragment(request, "analytics/market.html.jinja", context, status=422 if errors else 200)


def factor_words() -> dict[str, str]:
    """What holds customers back from changing."""
    return {
        "law": _("Law and regulation"), "switching": _("Cost of changing"), "technology": _("Proprietary technology"), "rewards": _("Rewards for regulars"),
    }  # fmt: skip


@require_POST
def remove_market(request: HttpRequest, id: UUID) -> HttpResponse:
    """The industry belongs to the rest again."""
    delete_market(actor_of(request), id)
    return done(request, HOME, _("Market removed."))


def _tile(name: str, figure: Figure, found: Satisfaction) -> dict[str, str]:
    percent = name == "csat"
    digits = {"csat": 0, "nps": 0}.get(name, 2)

    def shown(value: float | None) -> str:
        return "–" if value is None else formats.percent(value) if percent else formats.number(value, digits)

    before = found.before.get(name)
    change = _("%(before)s in the 12 months before") % {"before": shown(before.value)} if before and before.value is not None else _("nothing to compare with")  # fmt: skip
    return {
        "label": name.upper(),
        "value": shown(figure.value),
        "right": f"±\u202f{formats.number(figure.half, digits)}" if figure.half is not None else "",
        "note": f"n {formats.number(figure.n)} · {change}",
    }


def _curve_words(curve: Curve) -> str:
    """The verdict in plain words."""
    if curve.fitted is None:
        return _("Too few answers whose customers had half a year to buy again: %(n)s so far.") % {
            "n": formats.number(curve.n)
        }
    low, high = (float(value) * 100 for value in curve.fitted.loyalty([1, 5]))
    if high - low < 5:
        return _("Content or not, about as many buy again (%(share)s): look for what holds them.") % {
            "share": formats.percent(100 * curve.share)
        }
    return _("Of the least content ≈ %(low)s buy again within half a year, of the most content ≈ %(high)s.") % {
        "low": formats.percent(low), "high": formats.percent(high),
    }  # fmt: skip
