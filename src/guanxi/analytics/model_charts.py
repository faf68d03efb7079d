"""Charts of a model's page."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from guanxi.analytics.models import ModelFit
from guanxi.core.ui import formats

TONES = ("teal", "indigo", "amber", "rose")
Chart = tuple[dict[str, Any], dict[str, Any]]
"""What is drawn, and its table."""


def calibration(fit: ModelFit) -> Chart | None:
    """Ten groups of customers: expected and come, with the interval of a count."""
    groups = fit.evaluation.get("calibration") or []
    if not groups:
        return None
    points, rows, top = [], [], 0.0
    for one in groups:
        half = 1.96 * (one["happened"] / one["customers"]) ** 0.5
        points.append([one["forecast"], one["happened"], max(one["happened"] - half, 0.0), one["happened"] + half])
        rows.append(
            [
                formats.number(round(one["forecast"], 3)),
                formats.number(round(one["happened"], 3)),
                formats.number(one["customers"]),
            ]
        )
        top = max(top, one["forecast"], one["happened"] + half)
    data = {
        "kind": "plane",
        "x": {"label": _("Expected orders per customer"), "unit": "number", "min": 0},
        "y": {"label": _("Came"), "unit": "number", "min": 0},
        "bars": [{"name": _("Groups of customers"), "tone": "indigo", "points": points}],
        "curves": [
            {
                "name": _("Exactly right"),
                "tone": "line-3",
                "points": [[0, 0], [top, top]],
                "dashed": True,
                "quiet": True,
            }
        ],
    }
    return data, {"columns": [pgettext("forecast", "Expected"), _("Came"), _("Customers")], "rows": rows}


def touching(fit: ModelFit) -> tuple[int, int]:
    """How many groups of the calibration have the forecast inside their interval, of how many."""
    groups = fit.evaluation.get("calibration") or []
    inside = sum(
        abs(one["happened"] - one["forecast"])
        <= 1.96 * (max(one["happened"], one["forecast"]) / one["customers"]) ** 0.5
        for one in groups
    )
    return inside, len(groups)


def by_orders(fit: ModelFit, name: str) -> dict[str, Any] | None:
    """What came and what was expected, by the number of repeat orders so far."""
    groups = fit.evaluation.get("by_orders") or []
    if not groups:
        return None
    return {
        "kind": "bar",
        "unit": "number",
        "category_label": _("Repeat orders so far"),
        "categories": ["7+" if one["orders"] == 7 else str(one["orders"]) for one in groups],
        "series": [
            {"name": _("Came"), "values": [round(one["happened"], 3) for one in groups], "tone": "line-3"},
            {"name": name, "values": [round(one["forecast"], 3) for one in groups], "estimated": True, "kind": "line"},
        ],
    }


def gains(fit: ModelFit, name: str) -> Chart | None:
    """Share of the orders that the best customers by the model gave, beside counting orders and chance."""
    found = fit.evaluation.get("gains") or {}
    if not found.get("model"):
        return None

    def points(shares: list[float]) -> list[list[float]]:
        return [[100 * at / (len(shares) - 1), round(100 * share, 2)] for at, share in enumerate(shares)]

    fifth = found["model"][2]
    data = {
        "kind": "plane",
        "x": {"label": _("Customers called, best first"), "unit": "percent", "min": 0, "max": 100, "step": 20},
        "y": {"label": "", "unit": "percent", "min": 0, "max": 100},
        "curves": [
            {
                "name": name,
                "tone": "plum",
                "points": points(found["model"]),
                "area": True,
                "labels": {2: formats.percent(fifth * 100)},
            },
            {"name": _("Orders so far"), "tone": "amber", "points": points(found["orders"]), "dashed": True},
            {"name": _("Chance"), "tone": "line-3", "points": [[0, 0], [100, 100]], "dashed": True, "quiet": True},
        ],
    }
    rows = [
        [formats.percent(10 * at), formats.percent(100 * ours, 1), formats.percent(100 * theirs, 1)]
        for at, (ours, theirs) in enumerate(zip(found["model"], found["orders"], strict=True))
    ]
    return data, {"columns": [_("Best customers"), name, _("Orders so far")], "rows": rows}


def alive(fit: ModelFit) -> Chart | None:
    """P(alive) by the time since the last order, for some numbers of repeat orders."""
    curves = fit.evaluation.get("curves") or []
    if not curves:
        return None
    names = [ngettext("%(num)s repeat", "%(num)s repeats", one["orders"]) % {"num": one["orders"]} for one in curves]
    data = {
        "kind": "plane",
        "x": {"label": _("Weeks since the last order"), "unit": "number", "min": 0},
        "y": {"label": "", "unit": "number", "min": 0, "max": 1, "step": 0.25},
        "curves": [
            {"name": name, "tone": TONES[at % len(TONES)], "points": one["points"]}
            for at, (name, one) in enumerate(zip(names, curves, strict=True))
        ],
    }
    waits = [wait for wait, _share in curves[0]["points"]][::4]
    known = [dict(map(tuple, one["points"])) for one in curves]
    rows = [
        [formats.number(wait), *(formats.number(each.get(wait), 2) if wait in each else "–" for each in known)]
        for wait in waits
    ]
    return data, {"columns": [_("Weeks"), *names], "rows": rows}
