"""Charts of the return: what is computed is plum, what was measured is not."""

from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.roi.calculating import Calculation, Scenario, swing_names
from guanxi.analytics.roi.tracking import Track, Tracking
from guanxi.core.ui import formats

TONES = {"claimed": "plum", "half": "plum-edge", "careful": "grey", "nothing": "line-3"}


def course_chart(of: Calculation, currency: str) -> dict[str, Any]:
    """What is left of effects less cost, cumulated, by scenario."""
    months = range(of.months + 1)
    return {
        "kind": "line", "unit": "money", "currency": currency, "category_label": _("Month"), "categories": [str(month) for month in months],
        "series": [_line(one) for one in reversed(of.scenarios)], "targets": [{"name": _("paid back"), "value": 0}],
    }  # fmt: skip


def _line(one: Scenario) -> dict[str, Any]:
    values = [round(float(value)) for value in one.course.cumulated]
    return {"name": one.label, "values": values, "tone": TONES[one.key], "estimated": True}


def tornado_chart(of: Calculation, currency: str) -> dict[str, Any] | None:
    """Each assumption alone: how far it moves the net present value down and up. None where nothing moves it."""
    rows = [one for one in of.swings if one.width > 0]
    if not rows:
        return None
    names, npv = swing_names(), of.course.npv
    ends = [
        (_("50 % less"), [one.npv_low - npv for one in rows]),
        (_("50 % more"), [one.npv_high - npv for one in rows]),
    ]
    return {
        "kind": "row", "stacked": True, "unit": "money", "currency": currency, "category_label": _("Assumption"), "categories": [names[one.name] for one in rows],
        "series": [
            {"name": name, "values": [round(value) for value in values], "tone": tone, "estimated": True}
            for (name, values), tone in zip(ends, ("plum-edge", "plum"), strict=True)
        ],
    }  # fmt: skip


def track_chart(tracking: Tracking, one: Track, currency: str) -> dict[str, Any]:
    """What came beside the claim and the base year."""
    digits = 2 if one.unit == "percent" else 0

    def rounded(values: list[float | None]) -> list[float | None]:
        return [None if value is None else round(value, digits) for value in values]

    return {
        "kind": "line", "unit": one.unit, "currency": currency, "category_label": _("Month"), "categories": [formats.month(month) for month in tracking.months],
        "series": [
            {"name": _("Came"), "values": rounded(one.came), "tone": "indigo"},
            {"name": _("Claimed"), "values": rounded(one.claim), "tone": "plum", "estimated": True},
            {"name": _("Base year"), "values": rounded(one.base), "tone": "grey"},
        ],
    }  # fmt: skip
