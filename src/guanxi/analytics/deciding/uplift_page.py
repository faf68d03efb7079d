"""The model of whom asking changes, for the page of the model: verdict, Qini curve, tenths, what tells customers apart."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.models import ModelFit, Purpose
from guanxi.core.ui import formats


@dataclass(frozen=True)
class Lifting:
    """What an offer's trial tells. `told` is the evaluation of the fit; `chart` the Qini curve with its table, None where nothing was learnt;
    `pushes`: by feature the coefficients of those asked and of those not."""

    name: str
    told: dict[str, Any]
    chart: tuple[dict[str, Any], dict[str, Any]] | None
    pushes: list[tuple[str, float, float]]
    problem: str


def lifting(fit: ModelFit, name: str) -> Lifting | None:
    """None for models of something else. `name` is that of the offer, empty where the actor does not see it."""
    if fit.purpose != Purpose.UPLIFT:
        return None
    told = fit.evaluation.get("uplift") or {}
    return Lifting(name, told, _chart(told), _pushes(fit), _problem(fit, told))


def _problem(fit: ModelFit, told: dict[str, Any]) -> str:
    """Why the model is not used."""
    code = fit.warnings[0]["code"] if fit.warnings else ""
    if code == "too-few":
        return _("Too little data: at least %(least)s customers must be asked and as many held back, each for %(days)s days.") % {
            "least": told["least"], "days": told["days"],
        }  # fmt: skip
    if code == "too-alike":
        return _("Too little data: among those asked and among those held back at least %(least)s must buy and as many not.") % {
            "least": told["least_of_kind"],
        }  # fmt: skip
    if code == "uncertain":
        return _(
            "Ordering customers by the model does no better than chance: the interval of its Qini coefficient holds zero."
        )
    return str(fit.warnings[0]["text"]) if fit.warnings else ""


def _chart(told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Additional buyers of a hundred when the best by the model are asked first, beside asking in any order."""
    curve = told.get("curve") or []
    if not curve:
        return None
    points = [[round(100 * share, 2), round(100 * gain, 3)] for share, gain in curve]
    end = points[-1][1]
    data = {
        "kind": "plane",
        "x": {"label": _("Customers asked, best first"), "unit": "percent", "min": 0, "max": 100, "step": 20},
        "y": {"label": _("Additional buyers of 100 customers"), "unit": "number"},
        "curves": [
            {"name": _("By the model"), "tone": "plum", "points": points, "area": True},
            {"name": _("In any order"), "tone": "line-3", "points": [[0, 0], [100, end]], "dashed": True, "quiet": True},
        ],
    }  # fmt: skip
    rows = [
        [formats.percent(share, 0), formats.number(gain, 2), formats.number(end * share / 100, 2)]
        for share, gain in points[::4]
    ]
    return data, {"columns": [_("Customers asked"), _("By the model"), _("In any order")], "rows": rows}


def _pushes(fit: ModelFit) -> list[tuple[str, float, float]]:
    given = {name: value for name, value in fit.parameters if value is not None}
    words = feature_words()
    found = [
        (words[key], given[f"asked:{key}"], given[f"control:{key}"])
        for key in words
        if f"asked:{key}" in given and f"control:{key}" in given
    ]
    return sorted(found, key=lambda one: one[2] - one[1])


def feature_words() -> dict[str, str]:
    """What was known of the customer before it was asked."""
    return {
        "orders": _("Orders before"), "orders_12m": _("Orders of 12 months"), "revenue_12m": _("Revenue of 12 months"), "families": _("Product families"),
        "contacts_12m": _("Contacts in 12 months"), "held": _("Had the product already"), "silence": _("Days since the last order"),
        "age": _("Time as a customer"),
    }  # fmt: skip
