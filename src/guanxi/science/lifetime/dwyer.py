"""Dwyer's two models: customers who are lost for good, and customers who always give a share and may come back."""

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column


def retained_value(margin: float, retention: float, discount: float, *, first_now: bool = True) -> float:
    """Σ m r^t / (1 + d)^t over all periods t: from 0 (first margin now), or from 1 (after one period).

    Berger & Nasr (1998). Raises Unusable where the sum has no end: r ≥ 1 + d.
    """
    check_rates(retention, discount)
    if retention >= 1 + discount:
        raise Unusable("Retention 1 without discount is worth infinitely much: the sum has no end.")
    ever = margin * (1 + discount) / (1 + discount - retention)
    return ever if first_now else ever - margin


def retained_values(margins: Column, retention: float, discount: float) -> Floats:
    """Discounted expected margins of the periods 0, 1, 2 …, for margins that differ; their sum is the value."""
    check_rates(retention, discount)
    each = column(margins, "margins", least=None)
    return np.asarray(each * (retention / (1 + discount)) ** np.arange(len(each)))


def retention_effect(retention: float, discount: float, points: float) -> float:
    """By what share the value of a customer of constant margin grows when retention grows by `points` hundredths.

    r 0.8, d 0: +33 % for 5 points; d 0.1: +20 %. Infinite where the better retention has no end.
    """
    check_rates(retention, discount)
    better = retention + points / 100
    if better > 1 or better >= 1 + discount:
        return float("inf")
    return (1 + discount - retention) / (1 + discount - better) - 1


def migrating_buyers(p: Column, buyers: float, periods: int) -> Floats:
    """Expected buyers in the periods 0 … `periods`, where a buyer returns with probability p[k − 1] in the k-th period since
    the last purchase, if not before. Who did not within len(p) periods never does."""
    chances = check_chances(p)
    waiting = np.concatenate([[1.0], np.cumprod(1 - chances)[:-1]]) * chances
    found = np.zeros(periods + 1)
    found[0] = buyers
    for period in range(1, periods + 1):
        reach = min(period, len(waiting))
        found[period] = found[period - reach : period][::-1] @ waiting[:reach]
    return found


def check_rates(retention: float, discount: float) -> None:
    """Refuses a retention that is no share, and a discount below 0. Raises Unusable."""
    if not 0 <= retention <= 1:
        raise Unusable("Retention is a share from 0 to 1.")
    if not 0 <= discount < float("inf"):
        raise Unusable("The discount rate is not below 0.")


def check_chances(p: Column) -> Floats:
    """Probabilities as an array. Raises Unusable for one above 1."""
    chances = column(p, "p")
    if len(chances) == 0 or (chances > 1).any():
        raise Unusable("p holds probabilities from 0 to 1, one for each recency.")
    return chances
