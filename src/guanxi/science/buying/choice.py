"""Which model of repeat buying: by the density that each, fitted on the past, gives to what came afterwards.

The density of later purchase times given the earlier ones is the quotient of the likelihoods of the longer and the shorter
history, so every model with a likelihood has the score, on one scale (Gneiting & Raftery 2007 on logarithmic scores).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from guanxi.science.arrays import Unusable
from guanxi.science.buying.beta_geometric import BgNbd, MbgNbd
from guanxi.science.buying.nbd import Nbd
from guanxi.science.buying.pareto import ParetoNbd
from guanxi.science.buying.purchases import Purchases
from guanxi.science.results import Fit

CANDIDATES: Mapping[str, Any] = {"bg-nbd": BgNbd, "mbg-nbd": MbgNbd, "pareto-nbd": ParetoNbd, "nbd": Nbd}


@dataclass(frozen=True)
class Scored:
    """A candidate: its fit on the past, mean log score per customer (higher is better), purchases expected and happened."""

    fit: Fit[Any]
    score: float
    expected: float
    happened: float


def choose(before: Purchases, after: Purchases, candidates: Mapping[str, Any] = CANDIDATES) -> list[Scored]:
    """The candidates, best first. `before` and `after` describe the same customers, row by row, at the two dates.

    A candidate whose data show no dropout is scored as the NBD that stands in for it. Raises Unusable.
    """
    if len(before) != len(after) or (before.n != after.n).any():
        raise Unusable("The two dates must hold the same customers, row by row.")
    if (after.T <= before.T).any() or (after.x < before.x).any():
        raise Unusable("The second date must be later, with no fewer purchases.")
    found = [_scored(kind.fit(before), before, after) for kind in candidates.values()]
    return sorted(found, key=lambda scored: -scored.score)


def _scored(fit: Fit[Any], before: Purchases, after: Purchases) -> Scored:
    model, n = fit.model, before.n
    later = model.log_likelihood(after.x, after.t_x, after.T)
    score = float(n @ (later - model.log_likelihood(before.x, before.t_x, before.T))) / before.customers
    return Scored(fit, score, _expected(model, before, after), float(n @ (after.x - before.x)))


def _expected(model: Any, before: Purchases, after: Purchases) -> float:
    """Expected purchases between the dates; the periods may differ between customers."""
    period = np.round(after.T - before.T, 6)
    total = 0.0
    for length in np.unique(period):
        rows = period == length
        each = model.expected_purchases(float(length), before.x[rows], before.t_x[rows], before.T[rows])
        total += float(each @ before.n[rows])
    return total
