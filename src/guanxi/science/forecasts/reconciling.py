"""Forecasts that add up: a table of series with sums among them, made coherent (Wickramasuriya, Athanasopoulos & Hyndman 2019).

Sums are rows of `constraints`, shape (sums, series): a total has 1, its parts −1. Several breakdowns of one total (by region, by product, by
person) are several such rows, so that all of them agree at once: nobody asks which of them is the lowest level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from guanxi.science.arrays import Floats, Unusable


def totals(parts: npt.ArrayLike) -> Floats:
    """Constraints of a total and its breakdowns. `parts` says of each series to which breakdown it belongs, 0 for the total itself."""
    group = np.asarray(parts, dtype=np.int64)
    if group.ndim != 1 or np.count_nonzero(group == 0) != 1 or group.min(initial=0) < 0:
        raise Unusable("Exactly one series is the total.")
    breakdowns = [number for number in np.unique(group) if number]
    found = np.zeros((len(breakdowns), len(group)))
    for row, number in enumerate(breakdowns):
        found[row, group == 0], found[row, group == number] = 1.0, -1.0
    return found


def bottom_up(forecast: npt.ArrayLike, constraints: npt.ArrayLike, *, keep: int) -> Floats:
    """Parts stay, the total becomes their sum; of several breakdowns the one of row `keep` stays and the others are scaled to its sum."""
    table, sums = _checked(forecast, constraints)
    whole = -(sums[keep] == -1).astype(float) @ table * -1
    return _scaled(table, sums, whole)


def top_down(forecast: npt.ArrayLike, constraints: npt.ArrayLike) -> Floats:
    """The total stays, the parts of each breakdown are scaled to it (equal parts where all of them are 0)."""
    table, sums = _checked(forecast, constraints)
    return _scaled(table, sums, table[_total(sums)])


def mint(forecast: npt.ArrayLike, constraints: npt.ArrayLike, errors: npt.ArrayLike, *, shrink: bool = True) -> Floats:
    """The coherent table nearest to the forecasts in the metric of their errors one period ahead, shape (series, periods): the least trace of error variances.

    With `shrink` the covariances are drawn to their diagonal as Schäfer & Strimmer (2005) say; without it only the variances count.
    """
    table, sums = _checked(forecast, constraints)
    seen = np.atleast_2d(np.asarray(errors, dtype=np.float64))
    if len(seen) != len(table) or seen.shape[1] < 2 or not np.isfinite(seen).all():
        raise Unusable("Each series needs its errors of at least two periods.")
    spread = shrunk(seen) if shrink else np.diag((seen**2).mean(axis=1))
    # A series that was never missed still has a little room, or nothing could give way.
    spread = spread + np.eye(len(spread)) * max(1e-8 * float(np.trace(spread)) / len(spread), 1e-12)
    middle = sums @ spread @ sums.T
    return np.asarray(table - spread @ sums.T @ np.linalg.solve(middle, sums @ table))


def shrunk(errors: npt.ArrayLike) -> Floats:
    """The covariance of errors, its correlations shrunk to 0 by the intensity with the least expected squared loss."""
    table = np.atleast_2d(np.asarray(errors, dtype=np.float64))
    count = table.shape[1]
    deviation = np.sqrt((table**2).mean(axis=1))
    scaled = table / np.where(deviation > 0, deviation, 1.0)[:, None]
    correlation = scaled @ scaled.T / count
    variance = ((scaled**2) @ (scaled**2).T / count - correlation**2) / max(count - 1, 1)
    np.fill_diagonal(variance, 0.0)
    off = correlation - np.diag(np.diag(correlation))
    square = float((off**2).sum())
    intensity = min(max(float(variance.sum()) / square, 0.0), 1.0) if square > 0 else 1.0
    shrunk_correlation = (1 - intensity) * off + np.eye(len(table))
    return np.asarray(shrunk_correlation * np.outer(deviation, deviation))


def incoherence(forecast: npt.ArrayLike, constraints: npt.ArrayLike) -> float:
    """How far the sums are off at most."""
    table, sums = _checked(forecast, constraints)
    return float(np.abs(sums @ table).max(initial=0.0))


def _checked(forecast: npt.ArrayLike, constraints: npt.ArrayLike) -> tuple[Floats, Floats]:
    table = np.asarray(forecast, dtype=np.float64)
    sums = np.atleast_2d(np.asarray(constraints, dtype=np.float64))
    if table.ndim != 2 or sums.shape[1] != len(table) or not np.isfinite(table).all():
        raise Unusable("Forecasts are a table of finite numbers with a column of the sums for each series.")
    return table, sums


def _total(sums: Floats) -> int:
    return int(np.argmax((sums == 1).all(axis=0)))


def _scaled(table: Floats, sums: Floats, whole: Floats) -> Floats:
    found = table.copy()
    found[_total(sums)] = whole
    for row in sums:
        parts = row == -1
        inside = table[parts]
        sum_of = inside.sum(axis=0)
        share = np.where(sum_of != 0, inside / np.where(sum_of != 0, sum_of, 1.0), 1.0 / parts.sum())
        found[parts] = share * whole
    return found
