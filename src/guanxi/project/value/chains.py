"""`guanxi value migrate` and `guanxi value retain`."""

from __future__ import annotations

from typing import Any

from guanxi.science.arrays import Unusable
from guanxi.science.lifetime import Migration, optimal_value, retained_value, retention_effect
from guanxi.science.lifetime import value as value_of


def _numbers(text: str, name: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise Unusable(f"--{name} takes numbers with commas between them, such as .3,.2,.05,0.") from None


def migrate(p: str, payoff: str, discount: float, horizon: int | None, *, optimal: bool) -> dict[str, Any]:
    """Value by recency state; with `optimal` also whether to go on spending in it. Raises Unusable."""
    chain = Migration.of(_numbers(p, "p"), _numbers(payoff, "payoff"), discount)
    if horizon is not None and horizon < 0:
        raise Unusable("--horizon is not below 0.")
    if not optimal:
        return {"value": value_of(chain, horizon).tolist()}
    found, go_on = optimal_value(chain, horizon)
    return {"value": (found + 0.0).tolist(), "continue": go_on.tolist()}


def retain(margin: float, retention: float, discount: float) -> dict[str, Any]:
    """Value with the first margin now, and with the first after one period; growth for 1 and 5 points. Raises Unusable."""
    return {
        "value": retained_value(margin, retention, discount),
        "value_after_one_period": retained_value(margin, retention, discount, first_now=False),
        "growth": {f"+{points}": retention_effect(retention, discount, points) for points in (1, 5)},
    }
