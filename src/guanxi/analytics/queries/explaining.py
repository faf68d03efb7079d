"""The figures that a customer's value was computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.analytics.models import LifecycleChange
from guanxi.customers.models import Score

NAMES = {
    "bg-nbd": "BG/NBD", "mbg-nbd": "MBG/NBD", "pareto-nbd": "Pareto/NBD", "nbd": "NBD", "bg-bb": "BG/BB", "sbg": "sBG", "bdw": "BdW", "gamma-gamma": "Gamma-Gamma",
    "migration": "Pfeifer & Carraway", "churn-logit": "Logit", "churn-alive": "1 − P(alive)", "next-product": "Logit",
    "t-learner": "T-learner",
}  # fmt: skip
"""Models as the papers call them."""


@dataclass(frozen=True)
class Explanation:
    """A score with what it was computed from; `model` is its name as people know it, `months` the look ahead, `discount` in percent a year."""

    score: Score
    inputs: dict[str, Any]
    model: str
    months: int
    discount: float
    orders: int
    last_days: int | None
    changes: Sequence[LifecycleChange]


def explained(account_id: UUID) -> Explanation | None:
    """None where no value was computed. Two statements."""
    score = Score.objects.filter(account_id=account_id, value__isnull=False).first()
    if score is None:
        return None
    inputs = score.inputs or {}
    unit = float(inputs.get("unit_days") or 7)
    silent = (
        None if inputs.get("T") is None or inputs.get("t_x") is None else round((inputs["T"] - inputs["t_x"]) * unit)
    )
    changes = list(LifecycleChange.objects.filter(account_id=account_id).order_by("-changed_on")[:5])
    model = str(NAMES.get(inputs.get("model", ""), inputs.get("model", "")))
    return Explanation(
        score, inputs, model, int(inputs.get("horizon_months") or 0), float(inputs.get("discount") or 0) * 100,
        int(inputs.get("orders") or (inputs.get("x") or 0) + 1), silent, changes,
    )  # fmt: skip
