"""Whole parts of a whole: shares that add up exactly, and how much of a period should be behind us by now."""

from collections.abc import Sequence

import numpy as np

from guanxi.science.arrays import Column, Unusable, column


def apportion(total: float, weights: Column, step: float = 1.0) -> list[float]:
    """`total` in parts by weight, each a multiple of `step`, by largest remainders (Hamilton); they add up to the total to the last step.

    Weights that are all 0 count as equal. Raises Unusable for none, or negative ones.
    """
    given = column(weights, "weight")
    if len(given) == 0 or step <= 0:
        raise Unusable("A whole is shared out among at least one, in steps above 0.")
    shares = given / given.sum() if given.sum() > 0 else np.full(len(given), 1 / len(given))
    steps = round(abs(total) / step)
    exact = shares * steps
    # A share that is whole but for rounding must not lose a step.
    whole = np.floor(exact + 1e-9)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: int(steps - whole.sum())]] += 1
    sign = -1.0 if total < 0 else 1.0
    return [round(sign * float(count) * step, 10) for count in whole]


def expected_share(weights: Sequence[float], elapsed: Sequence[float]) -> float:
    """How much of a whole should be reached by now: weights of the parts of the period (last year's), and how much of each is over (0 … 1).

    Parts that all weigh 0 count by their number.
    """
    if len(weights) != len(elapsed) or not weights:
        raise Unusable("Every part of the period has a weight and how much of it is over.")
    known = column(weights, "weight")
    over = np.clip(column(elapsed, "elapsed"), 0.0, 1.0)
    whole = float(known.sum())
    return float(known @ over) / whole if whole > 0 else float(over.mean())
