"""Who earns the profit: the whale curve (Kaplan & Cooper 1998) over customers, the most profitable first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column, same_length, weights


@dataclass(frozen=True)
class WhaleCurve:
    """Shares from 0: of customers, growing, and of all profit that these and the ones before them earn (it passes 1 and comes back).

    peak_at, peak: the share of customers at which the most is earned, and how much of the whole that is. turn_at: where those
    begin that cost more than they earn (1: nobody). drain: what these cost together, 0 or more. total: the profit of all.
    """

    customers: Floats
    profit: Floats
    peak_at: float
    peak: float
    turn_at: float
    drain: float
    total: float

    def at(self, share: float) -> float:
        """The share of the profit that the best `share` of customers earn, between the points of the curve."""
        return float(np.interp(share, self.customers, self.profit))


def whale_curve(profit: Column, n: Column | None = None) -> WhaleCurve:
    """Profits of customers, or of groups of n customers each (then profit is that of the group). Raises Unusable where nothing is earned in all."""
    earned = column(profit, "profit", least=None)
    count = weights(n, len(earned))
    same_length(profit=earned, n=count)
    earned, count = earned[count > 0], count[count > 0]
    total = float(earned.sum())
    if total <= 0:
        raise Unusable("The customers earn nothing in all: shares of it cannot be drawn.")
    order = np.argsort(-earned / count, kind="stable")
    earned, count = earned[order], count[order]
    customers = np.concatenate([[0.0], np.cumsum(count) / count.sum()])
    shares = np.concatenate([[0.0], np.cumsum(earned) / total])
    best, losing = int(shares.argmax()), earned < 0
    turn_at = float(customers[:-1][losing][0]) if losing.any() else 1.0
    return WhaleCurve(
        customers, shares, float(customers[best]), float(shares[best]), turn_at, float(-earned[losing].sum()), total
    )
