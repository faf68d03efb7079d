"""Three methods that are hard to beat on monthly sales (Makridakis & Hibon 2000), each over all series at once.

A table of series has shape (series, periods), the oldest period first; a forecast (series, horizon).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from guanxi.science.arrays import Floats, Unusable

_LEVELS = (0.05, 0.15, 0.3, 0.5, 0.8)
_TRENDS = (0.0, 0.05, 0.2)
_SEASONS = (0.0, 0.1, 0.3)
_DAMPING = 0.95


@dataclass(frozen=True)
class Forecast:
    """mean, deviation: of each future period, shape (series, horizon)."""

    mean: Floats
    deviation: Floats

    def quantile(self, level: float) -> Floats:
        """The value that is not exceeded with probability `level`."""
        return np.asarray(self.mean + float(ndtri(level)) * self.deviation)


def checked(series: npt.ArrayLike, season: int, horizon: int) -> Floats:
    """The table as numbers. Raises Unusable for gaps, or less than two seasons (without season: three periods)."""
    table = np.atleast_2d(np.asarray(series, dtype=np.float64))
    if table.ndim != 2 or not np.isfinite(table).all():
        raise Unusable("A series has a finite number in each period.")
    if season < 1 or horizon < 1:
        raise Unusable("Season and horizon are at least 1.")
    if table.shape[1] < max(2 * season, 3):
        raise Unusable(
            f"A series of {table.shape[1]} periods is too short: two seasons are needed, and at least 3 periods."
        )
    return table


def seasonal_naive(series: npt.ArrayLike, season: int, horizon: int) -> Forecast:
    """The same as one season ago; the baseline of all others."""
    table = checked(series, season, horizon)
    last = table[:, -season:]
    steps = np.arange(horizon)
    spread = np.sqrt(((table[:, season:] - table[:, :-season]) ** 2).mean(axis=1))
    return Forecast(last[:, steps % season], spread[:, None] * np.sqrt(steps // season + 1)[None, :])


def exponential_smoothing(series: npt.ArrayLike, season: int, horizon: int) -> Forecast:
    """Additive level, damped trend and season (Holt 1957, Winters 1960, Gardner & McKenzie 1985).

    Weights are those of a grid with the least squared error one period ahead, chosen for each series.
    """
    table = checked(series, season, horizon)
    best, least = np.zeros((len(table), horizon)), np.full(len(table), np.inf)
    deviation = np.zeros_like(best)
    for level in _LEVELS:
        for trend in _TRENDS:
            for turn in _SEASONS if season > 1 else (0.0,):
                mean, error = _smoothed(table, season, horizon, (level, trend, turn))
                better = error < least
                least = np.where(better, error, least)
                best[better] = mean[better]
                growth = np.sqrt(1 + np.arange(horizon) * (level + trend / 2) ** 2)
                deviation[better] = np.sqrt(error[better])[:, None] * growth[None, :]
    return Forecast(best, deviation)


def _smoothed(table: Floats, season: int, horizon: int, weights: tuple[float, float, float]) -> tuple[Floats, Floats]:
    """(forecast, mean squared error one period ahead) with given weights."""
    by_level, by_trend, by_season = weights
    periods = table.shape[1]
    first, second = table[:, :season].mean(axis=1), table[:, season : 2 * season].mean(axis=1)
    trend = (second - first) / season
    level = first - trend * (season - 1) / 2 - trend
    middles = np.arange(season) - (season - 1) / 2
    seasons = table[:, :season] - first[:, None] - trend[:, None] * middles if season > 1 else np.zeros((len(table), 1))
    seasons = seasons.copy()
    squares = np.zeros(len(table))
    for period in range(periods):
        place = period % season
        ahead = level + _DAMPING * trend
        error = table[:, period] - ahead - seasons[:, place]
        if period >= season:
            squares += error**2
        level = ahead + by_level * error
        trend = _DAMPING * trend + by_level * by_trend * error
        seasons[:, place] += by_season * (1 - by_level) * error
    steps = np.arange(1, horizon + 1)
    damped = np.cumsum(_DAMPING**steps)
    mean = level[:, None] + trend[:, None] * damped + seasons[:, (periods + steps - 1) % season]
    return mean, squares / max(periods - season, 1)


def theta(series: npt.ArrayLike, season: int, horizon: int) -> Forecast:
    """Theta (Assimakopoulos & Nikolopoulos 2000): the mean of a straight line and of smoothing twice the departure from it, after the
    additive season has been taken out."""
    table = checked(series, season, horizon)
    periods = table.shape[1]
    pattern = _pattern(table, season)
    plain = table - pattern[:, np.arange(periods) % season]
    time = np.arange(periods) - (periods - 1) / 2
    slope = plain @ time / (time @ time)
    line = plain.mean(axis=1)[:, None] + slope[:, None] * time
    doubled = 2 * plain - line
    best, least = np.zeros(len(table)), np.full(len(table), np.inf)
    for weight in _LEVELS:
        level, squares = doubled[:, 0].copy(), np.zeros(len(table))
        for period in range(1, periods):
            error = doubled[:, period] - level
            squares += error**2
            level = level + weight * error
        better = squares < least
        least, best = np.where(better, squares, least), np.where(better, level, best)
    steps = np.arange(1, horizon + 1)
    straight = plain.mean(axis=1)[:, None] + slope[:, None] * ((periods - 1) / 2 + steps)
    mean = (straight + best[:, None]) / 2 + pattern[:, (periods + steps - 1) % season]
    spread = np.sqrt(least / (periods - 1)) / 2
    noise = np.sqrt(((plain - line) ** 2).mean(axis=1))
    return Forecast(mean, np.maximum(spread, noise)[:, None] * np.sqrt(1 + 0.05 * (steps - 1))[None, :])


def _pattern(table: Floats, season: int) -> Floats:
    """Mean departure of each place of the season from a centred moving average, summing to 0; shape (series, season)."""
    if season == 1:
        return np.zeros((len(table), 1))
    kernel = np.ones(season) / season if season % 2 else np.concatenate([[0.5], np.ones(season - 1), [0.5]]) / season
    size, edge = table.shape[1], len(kernel) // 2
    if size < len(kernel) + season - 1:
        return np.asarray(table[:, :season] - table[:, :season].mean(axis=1, keepdims=True))
    middle = sum(kernel[place] * table[:, place : size - len(kernel) + 1 + place] for place in range(len(kernel)))
    departure = table[:, edge : size - edge] - middle
    places = (np.arange(departure.shape[1]) + edge) % season
    found = np.stack([departure[:, places == place].mean(axis=1) for place in range(season)], axis=1)
    return np.asarray(found - found.mean(axis=1, keepdims=True))


Method = Callable[[npt.ArrayLike, int, int], Forecast]
METHODS: dict[str, Method] = {
    "seasonal-naive": seasonal_naive,
    "exponential-smoothing": exponential_smoothing,
    "theta": theta,
}
