"""Recency, frequency, monetary value: scores by stored cut points, equal for equal values (Hughes 1994)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Ints, Unusable


@dataclass(frozen=True)
class Cuts:
    """The lowest value of each score from 2 on; score 1 has none. Kept, they score other customers in the same way."""

    lowest: Floats

    @classmethod
    def of(cls, values: Floats, bins: int = 5) -> Cuts:
        """Cut points of equal shares by min-rank: score = 1 + ⌊bins · (number of smaller values) / number of values⌋."""
        if bins < 2:
            raise Unusable("A score needs at least two bins.")
        if len(values) == 0:
            raise Unusable("There are no rows.")
        ordered = np.sort(values)
        smaller = np.searchsorted(ordered, ordered, side="left")
        scores = 1 + bins * smaller // len(ordered)
        places = np.searchsorted(scores, np.arange(2, bins + 1), side="left")
        return cls(np.append(ordered, np.inf)[places])

    @classmethod
    def at(cls, lowest: Sequence[float]) -> Cuts:
        """Own bins. Raises Unusable where the cut points do not grow."""
        found = np.asarray(lowest, dtype=np.float64)
        if len(found) == 0 or (np.diff(found) < 0).any() or np.isnan(found).any():
            raise Unusable("Cut points are numbers that grow.")
        return cls(found)

    def score(self, values: Floats) -> Ints:
        """1 … bins for each value; equal values score equally."""
        return np.asarray(np.searchsorted(self.lowest, values, side="right") + 1, dtype=np.int64)


@dataclass(frozen=True)
class Scores:
    """Scores of customers, shape (customers,), and the cut points that made them."""

    recency: Ints
    frequency: Ints
    monetary: Ints
    total: Floats
    cuts: tuple[Cuts, Cuts, Cuts]


def scores(
    last: Floats,
    frequency: Floats,
    monetary: Floats,
    *,
    bins: int = 5,
    weights: Sequence[float] = (1, 1, 1),
    cuts: tuple[Cuts, Cuts, Cuts] | None = None,
) -> Scores:
    """Scores from the day of the last purchase (later is better), the number of purchases and their sum.

    `total`: weighted mean of the three. `cuts`: stored cut points instead of the data's own.
    """
    if len(weights) != 3 or min(weights) < 0 or sum(weights) <= 0:
        raise Unusable("Weights are three numbers not below 0, for recency, frequency and monetary value.")
    columns = (last, frequency, monetary)
    found = cuts or (Cuts.of(last, bins), Cuts.of(frequency, bins), Cuts.of(monetary, bins))
    each = [cut.score(values) for cut, values in zip(found, columns, strict=True)]
    total = sum(np.asarray(score * weight, dtype=np.float64) for score, weight in zip(each, weights, strict=True))
    return Scores(each[0], each[1], each[2], np.asarray(total) / sum(weights), found)


def migration(before: Ints, after: Ints, bins: int = 5) -> Ints:
    """How many customers went from each grade to each, shape (bins, bins): row before, column after."""
    table = np.bincount((before - 1) * bins + (after - 1), minlength=bins * bins)
    return np.asarray(table.reshape(bins, bins), dtype=np.int64)
