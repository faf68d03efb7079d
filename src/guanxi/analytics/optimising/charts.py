"""The curve of a plan: what more or less money brings."""

from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.models import AllocationPlan
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor

Chart = tuple[dict[str, Any], dict[str, Any]]


def point_at(plan: AllocationPlan, asked: str) -> dict[str, Any] | None:
    """The point of the curve that was asked for, beside the plan's own: what changes, and what one more of money brings there."""
    points = plan.result.get("curve") or []
    try:
        share = float(asked)
    except ValueError:
        return None
    found = next((one for one in points if one["share"] == share), None)
    if found is None:
        return None
    more = {name: found[name] - plan.result[name] for name in ("value", "spent", "customers")}
    return {**found, "more": more, "ratio": more["value"] / more["spent"] if more["spent"] else None}


def curve_chart(actor: Actor, plan: AllocationPlan, point: dict[str, Any] | None) -> Chart:
    """Margin over budget, each point to be clicked, with the best simple rule at the plan's own money."""
    result, currency = plan.result, actor.currency

    def money(value: float | None) -> str:
        return "–" if value is None else formats.money(round(value), currency, home=currency)

    points = [[round(one["budget"]), round(one["value"])] for one in result["curve"]]
    chosen = point["share"] if point else 1.0
    items = [
        [round(one["budget"]), round(one["value"]), 8 if one["share"] == chosen else 5, formats.percent(one["share"] * 100), f"?at={one['share']:g}", one["share"] == chosen]
        for one in result["curve"]
    ]  # fmt: skip
    best = max((one["value"] for one in (result.get("baselines") or {}).values()), default=None)
    marks = [{"y": round(best), "label": _("best simple rule")}] if best is not None else []
    data = {
        "kind": "plane",
        "x": {"label": _("Budget"), "unit": "money", "currency": currency, "min": 0},
        "y": {"label": "", "unit": "money", "currency": currency, "min": 0},
        "curves": [{"name": _("Expected margin"), "tone": "plum", "points": [[0, 0], *points], "estimated": True}],
        "groups": [{"name": _("Budgets"), "tone": "plum", "items": items}],
        "marks": marks,
    }
    rows = [
        [formats.percent(one["share"] * 100), money(one["budget"]), formats.number(one["customers"]), money(one["value"]), "–" if one["price"] is None else formats.number(round(one["price"], 2))]
        for one in result["curve"]
    ]  # fmt: skip
    columns = [_("Share of the budget"), _("Budget"), _("Customers"), _("Expected margin"), _("One more brings")]
    return data, {"columns": columns, "rows": rows}
