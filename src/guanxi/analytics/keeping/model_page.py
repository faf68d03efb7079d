"""The fit of the chance to leave, for the page of the model: verdict, tests beside baselines, calibration."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from guanxi.analytics.models import ModelFit, Purpose
from guanxi.core.ui import formats

WAYS = ("model", "alive", "recency")


@dataclass(frozen=True)
class Leaving:
    """Of all tests together: customers, who left, whom it expected; `ways`: for the model and each baseline AUC, Brier and log score, weighted by customers."""

    window: int
    days: list[dict[str, Any]]
    customers: int
    left: int
    expected: float
    ways: dict[str, dict[str, float]]

    @property
    def better(self) -> bool:
        """Whether it gave more probability to what came than each baseline."""
        return all(
            self.ways["model"]["log_score"] > one["log_score"]
            for one in self.ways.values()
            if one is not self.ways["model"]
        )


def leaving(fit: ModelFit) -> Leaving | None:
    """None for models of something else."""
    if fit.purpose != Purpose.CHURN:
        return None
    found = fit.evaluation.get("leaving") or {}
    days: list[dict[str, Any]] = found.get("days") or []
    total = sum(one["customers"] for one in days)
    ways = {}
    for name in WAYS if days else ():
        ways[name] = {
            figure: sum((one["ways"][name][figure] or 0.0) * one["customers"] for one in days) / total for figure in ("auc", "brier", "log_score")
        }  # fmt: skip
    return Leaving(
        int(found.get("window") or 0),
        days,
        total,
        sum(one["left"] for one in days),
        sum(one["expected"] for one in days),
        ways,
    )


def way_words() -> dict[str, str]:
    """The model and what it is laid beside."""
    return {"model": _("The model"), "alive": _("1 − P(alive)"), "recency": _("Days since last")}


def feature_words() -> dict[str, str]:
    """What the coefficients belong to."""
    return {
        "intercept": _("Constant"), "overdue": _("Silence in usual gaps"), "silence": _("Days since the last order"), "habit": _("Orders a year"),
        "single": _("Only one order"), "rhythm": _("Trend of orders"), "amount": _("Trend of the amount"), "order_size": _("Revenue of an order"),
        "tenure": _("Time as a customer"), "breadth": _("Product families"), "discount": _("Share of discount"), "contacts": _("Contacts in 12 months"),
        "contact_gap": _("Days since the last contact"), "begun": _("Contacts that the customer began"), "content": _("Satisfaction"),
    }  # fmt: skip


def warning_words() -> dict[str, str]:
    """Why the model is not used."""
    return {
        "too-short": _("The past is too short to learn from."),
        "too-few": _("Fewer than 30 customers left, or fewer than 30 stayed."),
        "untested": _("There was no past day to test it on."),
        "not-better": _("It foresaw no better than 1 − P(alive) or the days since the last order."),
    }


def calibration_chart(fit: ModelFit) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Ten groups by probability: foreseen and come, with the 95 % interval of a share."""
    groups = fit.evaluation.get("calibration") or []
    if not groups:
        return None
    points, rows, top = [], [], 0.0
    for one in groups:
        p, n = one["happened"], one["customers"]
        half = 1.96 * max(p * (1 - p) / n, 0.25 / n**2) ** 0.5
        points.append([round(100 * value, 2) for value in (one["forecast"], p, max(p - half, 0.0), min(p + half, 1.0))])
        rows.append([formats.percent(100 * one["forecast"], 1), formats.percent(100 * p, 1), formats.number(n)])
        top = max(top, *points[-1])
    data = {
        "kind": "plane",
        "x": {"label": _("Probability of leaving, foreseen"), "unit": "percent", "min": 0},
        "y": {"label": pgettext("churn", "Left"), "unit": "percent", "min": 0},
        "bars": [{"name": _("Groups of customers"), "tone": "indigo", "points": points}],
        "curves": [{"name": _("Exactly right"), "tone": "line-3", "points": [[0, 0], [top, top]], "dashed": True, "quiet": True}],
    }  # fmt: skip
    return data, {
        "columns": [pgettext("forecast", "Expected"), pgettext("churn", "Left"), _("Customers")],
        "rows": rows,
    }
