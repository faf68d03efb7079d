"""Satisfaction, loyalty and the leaky bucket: arithmetic on a company's own figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column, same_length, sums, weights
from guanxi.science.results import Notice


@dataclass(frozen=True)
class LoyaltyCurve:
    """Share that buys again at a satisfaction s: low + (high − low) / (1 + e^−(s − middle) · steepness), never falling.

    Jones & Sasser (1995) drew such curves per market without a formula; this one is fitted to own pairs.
    """

    low: float
    high: float
    middle: float
    steepness: float
    warnings: tuple[Notice, ...] = ()

    def loyalty(self, satisfaction: Column) -> Floats:
        """Expected share that buys again, for each satisfaction."""
        push = np.clip((column(satisfaction, "satisfaction", least=None) - self.middle) * self.steepness, -500, 500)
        return np.asarray(self.low + (self.high - self.low) / (1 + np.exp(-push)))


def fit_loyalty(satisfaction: Column, bought_again: Column, n: Column | None = None) -> LoyaltyCurve:
    """Least squares over a grid of middle and steepness, the two ends in closed form, refined twice. Raises Unusable.

    bought_again: 0 or 1, or the share of the n customers of a row.
    """
    score, again = column(satisfaction, "satisfaction", least=None), column(bought_again, "bought_again")
    count = weights(n, len(score))
    same_length(satisfaction=score, bought_again=again, n=count)
    if (again > 1).any():
        raise Unusable("bought_again is a share from 0 to 1.")
    score, again, count = (each[count > 0] for each in (score, again, count))
    levels = np.unique(score)
    if len(levels) < 3:
        raise Unusable("The curve needs answers at three levels of satisfaction at least.")
    # Squared errors about the mean of each level are the same for every curve.
    place = np.searchsorted(levels, score)
    sizes = sums(place, count)
    score, again, count = levels, sums(place, count * again) / sizes, sizes
    width = float(levels[-1] - levels[0])
    middles, slopes = np.linspace(levels[0], levels[-1], 25), np.geomspace(0.5, 50, 25) / width
    for _refinement in range(3):
        fits = [(_ends(score, again, count, middle, slope), middle, slope) for middle in middles for slope in slopes]
        (_loss, low, high), middle, slope = min(fits, key=lambda fit: fit[0][0])
        step = float(middles[1] - middles[0])
        middles, slopes = np.linspace(middle - step, middle + step, 25), np.geomspace(slope / 1.3, slope * 1.3, 25)
    said = []
    if high - low < 0.02:
        text = "Satisfaction makes no difference to buying again here: look for false loyalty (law, cost of changing, technology, rewards)."
        said.append(Notice("no-effect", text))
    if count.sum() < 100:
        said.append(Notice("few-answers", f"Only {count.sum():g} answers: the shape of the curve is uncertain."))
    return LoyaltyCurve(low, high, float(middle), float(slope), tuple(said))


def _ends(score: Floats, again: Floats, n: Floats, middle: float, slope: float) -> tuple[float, float, float]:
    """(squared error, low, high) of the best ends within 0 … 1 for a middle and a steepness, low never above high."""
    part = 1 / (1 + np.exp(-np.clip((score - middle) * slope, -500, 500)))
    design = np.stack([1 - part, part])
    weighted = design * n
    try:
        low, high = np.linalg.solve(weighted @ design.T, weighted @ again)
    except np.linalg.LinAlgError:
        low = high = float(n @ again / n.sum())
    low, high = float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))
    if low > high:
        low = high = float(n @ again / n.sum())
    return float(n @ (again - low - (high - low) * part) ** 2), low, high


@dataclass(frozen=True)
class Bucket:
    """Customers of a period: at its start, gained, lost, regained."""

    start: float
    gained: float
    lost: float
    regained: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be. Raises Unusable."""
        if min(self.start, self.gained, self.lost, self.regained) < 0 or self.lost > self.start:
            raise Unusable("Numbers of customers are not below 0, and no more are lost than there were.")

    @property
    def end(self) -> float:
        """Customers at the end."""
        return self.start + self.gained + self.regained - self.lost

    @property
    def retention(self) -> float:
        """Share of those at the start who stayed; NaN where there were none."""
        return 1 - self.lost / self.start if self.start else math.nan

    def replacement_cost(self, acquisition: float) -> float:
        """What it costs to replace the lost, at the cost of winning one customer; the regained need no replacement."""
        return max(self.lost - self.regained, 0.0) * acquisition


def revenue(new: float, existing: float, retention: float, usage: float) -> float:
    """(new customers + existing × retention rate) × usage per customer."""
    return (new + existing * retention) * usage
