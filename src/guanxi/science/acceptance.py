"""How often something is accepted, where most groups were asked too seldom to tell: rates drawn towards what the groups have in common.

The groups' rates are taken to come from one beta distribution (empirical Bayes), whose spread is estimated by moments (Kleinman 1973), and each
group's own answers update it. The difference that asking makes is that of two independent proportions, with the interval of Newcombe (1998, method 10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtri

from guanxi.science.arrays import Floats, Unusable

WEAKEST, STRONGEST = 2.0, 2000.0
"""Bounds of how many answers the common rate weighs as: what a handful of groups says about their spread is not worth more."""
UNKNOWN = 0.1
"""The common rate before anybody was asked."""


@dataclass(frozen=True)
class Rates:
    """Of each group the expected rate and the interval in which it lies; what they have in common, and as how many answers that weighs."""

    rate: Floats
    low: Floats
    high: Floats
    common: float
    weight: float


@dataclass(frozen=True)
class Difference:
    """Rate of the treated minus rate of the control group, with its interval."""

    difference: float
    low: float
    high: float


def shrunken_rates(
    accepted: Floats, asked: Floats, *, level: float = 0.80, common: float | Floats | None = None
) -> Rates:
    """Rates of groups from counts. `common` replaces the overall rate as what groups are drawn towards (one for all, or one for each). Raises Unusable."""
    accepted, asked = np.asarray(accepted, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    if accepted.shape != asked.shape or np.any(accepted < 0) or np.any(accepted > asked):
        raise Unusable("Nobody accepts more often than asked.")
    overall = float(accepted.sum() / asked.sum()) if asked.sum() > 0 else UNKNOWN
    weight = _weight(accepted, asked, overall)
    towards = np.broadcast_to(np.asarray(overall if common is None else common, dtype=np.float64), asked.shape)
    # A common rate of exactly 0 or 1 would be certain of itself.
    towards = np.clip(towards, 0.5 / (asked.sum() + 1), 1 - 0.5 / (asked.sum() + 1))
    a, b = weight * towards + accepted, weight * (1 - towards) + asked - accepted
    tail = (1 - level) / 2
    return Rates(a / (a + b), betaincinv(a, b, tail), betaincinv(a, b, 1 - tail), overall, weight)


def _weight(accepted: Floats, asked: Floats, overall: float) -> float:
    """Kleinman's moment estimate of a + b of the beta distribution, groups weighed by their answers."""
    known = asked > 0
    if known.sum() < 2 or overall <= 0 or overall >= 1:
        return _bounded(float(asked.sum()) ** 0.5)
    n = asked[known]
    w = n / n.sum()
    spread = float(np.sum(w * (accepted[known] / n - overall) ** 2))
    sampled = float(np.sum(w / n * (1 - w)))
    between = overall * (1 - overall) * (float(np.sum(w * (1 - w))) - sampled)
    theta = (spread - overall * (1 - overall) * sampled) / between if between > 0 else 0.0
    return STRONGEST if theta <= 0 else _bounded((1 - theta) / theta)


def _bounded(weight: float) -> float:
    return float(np.clip(weight, WEAKEST, STRONGEST))


def difference_of_rates(
    treated_yes: int, treated: int, control_yes: int, control: int, *, level: float = 0.95
) -> Difference:
    """What a treatment changes in a randomised trial. Raises Unusable for an empty arm."""
    if treated <= 0 or control <= 0:
        raise Unusable("Both arms of a trial need somebody.")
    one, other = treated_yes / treated, control_yes / control
    (low_one, high_one), (low_other, high_other) = (
        _wilson(treated_yes, treated, level),
        _wilson(control_yes, control, level),
    )
    gap = one - other
    below = float(np.hypot(one - low_one, high_other - other))
    above = float(np.hypot(high_one - one, other - low_other))
    return Difference(gap, gap - below, gap + above)


def _wilson(yes: int, count: int, level: float) -> tuple[float, float]:
    """Wilson's interval (1927) of a proportion."""
    z = float(ndtri(1 - (1 - level) / 2))
    p, z2 = yes / count, z * z / count
    middle, half = p + z2 / 2, z * float(np.sqrt(p * (1 - p) / count + z2 / (4 * count)))
    return (middle - half) / (1 + z2), (middle + half) / (1 + z2)
