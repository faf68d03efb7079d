"""Charts of customer value, as core/kit and frontend/src/chart_plane.ts draw them. What a model computed is plum; what was measured is not."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from guanxi.analytics.models import CustomerMonth
from guanxi.analytics.queries.portfolio import RISKY, Dot, Portfolio
from guanxi.core.ui import formats
from guanxi.customers.models import LifecycleStage
from guanxi.identity.actor import Actor
from guanxi.science.profits import WhaleCurve

NAMED = 6
BEST, HUMP, FEW = 0.2, 1.05, 0.01
PERCENT = {"unit": "percent"}


def map_chart(actor: Actor, of: Portfolio, dots: Sequence[Dot], frame: str = "") -> dict[str, Any]:
    """Value against the chance to leave; the most valuable are named, a click opens the customer."""
    most = max((float(dot.margin) for dot in dots), default=1.0) or 1.0
    named = {dot.id for dot in dots[:NAMED]}
    groups = []
    for stage in LifecycleStage:
        items = [
            [round(dot.churn * 100, 1), float(dot.value), round(5 + 11 * max(float(dot.margin) / most, 0) ** 0.5, 1), dot.name, f"/accounts/{dot.id}/", dot.id in named]
            for dot in dots
            if (dot.stage or LifecycleStage.ACQUISITION) == stage
        ]  # fmt: skip
        if items:
            groups.append({"name": str(stage.label), "tone": f"stage-{stage}", "items": items})
    low = min((float(dot.value) for dot in dots), default=1.0)
    high = max((float(dot.value) for dot in dots), default=10.0)
    cut = max(of.cut, 1.0)
    return {
        "kind": "plane",
        "x": {
            "label": _("Probability of leaving"),
            "unit": "percent",
            "min": 0,
            "max": 100,
            "step": 20,
        },
        "y": {
            "label": "",
            "unit": "money",
            "currency": actor.currency,
            "log": True,
            "min": _below(low),
            "max": 10 * _below(high),
        },
        "groups": groups,
        "zones": _map_zones(actor, of, cut),
        "marks": [{"x": RISKY * 100}, {"y": cut, "label": _("most valuable quarter")}],
        **({"frame": frame} if frame else {}),
    }


def _map_zones(actor: Actor, of: Portfolio, cut: float) -> list[dict[str, Any]]:
    """What to do with whom: the valuable who may leave, the valuable who stay, those hardly worth it."""
    protect = ngettext("Protect: %(count)s customer, ≈ %(amount)s at risk", "Protect: %(count)s customers, ≈ %(amount)s at risk", of.at_risk)  # fmt: skip
    at_risk = formats.money_short(of.value_at_risk, actor.currency, home=actor.currency)
    risky = RISKY * 100
    return [
        {"x0": risky, "x1": 100, "y0": cut, "tone": "amber-soft", "at": "insideTopRight", "label": protect % {"count": formats.number(of.at_risk), "amount": at_risk}},
        {"x0": 0, "x1": risky, "y0": cut, "tone": "transparent", "at": "insideBottomLeft", "label": _("Keep and grow")},
        {"x0": risky, "x1": 100, "y1": cut, "tone": "transparent", "at": "insideBottomRight", "label": _("Let go, or win back cheaply")},
    ]  # fmt: skip


def _below(low: float) -> float:
    size = 1.0
    while size * 10 <= max(low, 1.0):
        size *= 10
    return size


def whale_chart(of: WhaleCurve) -> dict[str, Any]:
    """Cumulated profit over customers, the most profitable first, beside equal shares."""
    points = [[round(x * 100, 2), round(y * 100, 2)] for x, y in zip(of.customers, of.profit, strict=True)]
    best = int(of.profit.argmax())
    return {
        "kind": "plane",
        "x": {"label": _("Customers, most profitable first"), "unit": "percent", "min": 0, "max": 100, "step": 20},
        "y": {"label": "", "unit": "percent", "min": 0},
        "curves": [
            {"name": _("Profit"), "tone": "indigo", "points": points, "area": True, "labels": {best: formats.percent(of.peak * 100)}},
            {"name": _("Equal profit"), "tone": "line-3", "points": [[0, 0], [100, 100]], "dashed": True, "quiet": True},
        ],
        "zones": [{"x0": round(of.turn_at * 100, 2), "x1": 100, "tone": "rose-soft", "label": _("cost more than they earn"), "at": "insideBottomRight"}] if of.turn_at < 1 else [],
    }  # fmt: skip


def whale_words(of: WhaleCurve, currency: str) -> str:
    """The curve in a sentence: where the profit comes from, and what the last ones cost."""
    if of.turn_at >= 1:
        best = _("The best %(best)s of customers earn %(peak)s of the profit; every customer earns more than serving it costs.")  # fmt: skip
        return best % {"best": formats.percent(BEST * 100), "peak": formats.percent(of.at(BEST) * 100)}
    # Where those that cost more hardly matter, the top of the curve says nothing: nearly all customers earn all of the profit.
    top, peak = (of.peak_at, of.peak) if of.peak >= HUMP else (BEST, of.at(BEST))
    values = {
        "best": formats.percent(top * 100), "peak": formats.percent(peak * 100), "last": formats.percent((1 - of.turn_at) * 100),
        "drain": formats.money_short(of.drain, currency, home=currency),
    }  # fmt: skip
    if 1 - of.turn_at < FEW:
        return _("The best %(best)s of customers earn %(peak)s of the profit; a few, fewer than 1 %%, cost more than they earn: %(drain)s together.") % values  # fmt: skip
    return _("The best %(best)s of customers earn %(peak)s of the profit; the last %(last)s cost %(drain)s.") % values


def bucket_chart(months: Sequence[CustomerMonth]) -> dict[str, Any]:
    """Gained and regained above the line, lost below, the net as a line."""
    return {
        "kind": "stacked",
        "unit": "number",
        "category_label": _("Month"),
        "categories": [formats.month(one.month) for one in months],
        "series": [
            {"name": pgettext("customers", "Gained"), "values": [one.gained for one in months], "tone": "jade"},
            {
                "name": pgettext("customers", "Regained"),
                "values": [one.regained for one in months],
                "tone": "stage-growth",
            },
            {"name": pgettext("customers", "Lost"), "values": [-one.lost for one in months], "tone": "rose"},
            {
                "name": pgettext("customers", "Net"),
                "values": [one.gained + one.regained - one.lost for one in months],
                "tone": "ink",
                "kind": "line",
            },
        ],
    }
