"""Charts of satisfaction. What was measured is solid, what is fitted is plum."""

from collections.abc import Sequence
from datetime import date
from math import ceil, floor
from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.satisfaction.reading import Curve
from guanxi.core.ui import formats
from guanxi.engagement.figures import Figure
from guanxi.engagement.results import Judged

STEPS = 40


def map_chart(judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Importance over satisfaction; the lines stand at 0 and at the mean importance."""
    known = [one for one in judged if one.gap is not None and one.importance is not None]
    if len(known) < 2:
        return None
    middle = round(sum(one.importance or 0 for one in known) / len(known), 2)
    wide = ceil(max(0.5, *(abs(one.gap or 0) for one in known)) * 2.2) / 2
    low, high = min(one.importance or 0 for one in known), max(one.importance or 0 for one in known)
    y0, y1 = max(1.0, floor(low * 2 - 0.4) / 2), min(5.0, ceil(high * 2 + 0.4) / 2)
    items = [[round(one.gap or 0, 2), round(one.importance or 0, 2), 13, one.label, None, True] for one in known]
    return {
        "kind": "plane",
        "x": {"label": _("Satisfaction = perceived − expected"), "unit": "number", "min": -wide, "max": wide, "step": 0.5},
        "y": {"label": "", "unit": "number", "min": y0, "max": y1, "step": 0.5},
        "groups": [{"name": _("Attributes"), "tone": "indigo", "items": items}],
        "zones": [
            {"x0": -wide, "x1": 0, "y0": middle, "y1": y1, "tone": "rose-soft", "label": _("Improve first"), "at": "insideTopLeft"},
            {"x0": 0, "x1": wide, "y0": middle, "y1": y1, "tone": "transparent", "label": _("Keep it up"), "at": "insideTopRight"},
            {"x0": -wide, "x1": 0, "y0": y0, "y1": middle, "tone": "transparent", "label": _("Can wait"), "at": "insideBottomLeft"},
            {"x0": 0, "x1": wide, "y0": y0, "y1": middle, "tone": "transparent", "label": _("Perhaps too much"), "at": "insideBottomRight"},
        ],
        "marks": [{"x": 0}, {"y": middle, "label": _("mean importance")}],
    }  # fmt: skip


def curve_chart(curve: Curve) -> dict[str, Any]:
    """Share that bought again by level of satisfaction, the fitted curve, and the flat line of no effect."""
    curves: list[dict[str, Any]] = [
        {
            "name": _("Bought again, measured"),
            "tone": "indigo",
            "points": [[score, round(100 * share, 2)] for score, share, _n in curve.levels],
            "dots": True,
        }
    ]
    if curve.fitted is not None:
        places = [1 + 4 * step / STEPS for step in range(STEPS + 1)]
        shares = curve.fitted.loyalty(places)
        points = [[round(x, 2), round(100 * float(y), 2)] for x, y in zip(places, shares, strict=True)]
        curves.append({"name": _("Fitted curve"), "tone": "plum", "points": points, "dashed": True})
    flat = round(100 * curve.share, 2)
    curves.append({"name": _("If satisfaction made no difference"), "tone": "line-3", "points": [[1, flat], [5, flat]], "dashed": True, "quiet": True})  # fmt: skip
    return {
        "kind": "plane",
        "x": {"label": _("CSAT, 1 to 5"), "unit": "number", "min": 1, "max": 5, "step": 1},
        "y": {"label": "", "unit": "percent", "min": 0, "max": 100},
        "curves": curves,
    }


def trend_chart(name: str, months: Sequence[tuple[date, Figure]]) -> dict[str, Any] | None:
    """A measure by month."""
    if len(months) < 2:
        return None
    return {
        "kind": "line",
        "unit": "percent" if name == "csat" else "number",
        "category_label": _("Month"),
        "categories": [formats.month(month) for month, _figure in months],
        "series": [{"name": name.upper(), "values": [round(figure.value or 0, 2) for _month, figure in months]}],
    }
