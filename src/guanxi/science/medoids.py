"""Groups around medoids: k-medoids by FasterPAM (Kaufman & Rousseeuw 1987; Schubert & Rousseeuw 2021) over any distances, and Gower's distance
(1971), by which numbers and categories count alike and what is unknown does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Ints, Unusable
from guanxi.science.clusters import Clusters, Quality, agreement, distances, silhouette_by

MOST = 5_000
_PASSES = 50
_DRAWN = 1_000
_EVEN = 1e-12


@dataclass(frozen=True)
class Mixed:
    """Rows of numbers, scaled so that 1 is their whole range (NaN: unknown), and of categories by number (−1: unknown). `weights`: one a column, numbers first."""

    numbers: Floats
    categories: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Ints) -> Mixed:
        """Some rows."""
        return Mixed(self.numbers[rows], self.categories[rows], self.weights)


@dataclass(frozen=True)
class Medoids:
    """rows: which rows are the medoids, the largest group first; labels: the group of each row; cost: sum of the distances to
    them; costs: that sum at the start and after each swap."""

    rows: Ints
    labels: Ints
    cost: float
    costs: tuple[float, ...]


def mixed(numbers: Floats, categories: Ints, weights: Sequence[float] = (), *, tails: float = 0.0) -> Mixed:
    """Plain numbers brought to 0 … 1 by their range, or by that between the quantiles `tails` and 1 − `tails`, so that one giant is no measure. Raises Unusable."""
    table, codes = np.asarray(numbers, dtype=np.float64), np.asarray(categories, dtype=np.int64)
    if table.ndim != 2 or codes.ndim != 2 or len(table) != len(codes) or not table.shape[1] + codes.shape[1]:
        raise Unusable("Numbers and categories are tables of the same rows, with a column at least.")
    if np.isinf(table).any():
        raise Unusable("Numbers are finite or unknown.")
    given = np.asarray(weights if len(weights) else np.ones(table.shape[1] + codes.shape[1]), dtype=np.float64)
    if len(given) != table.shape[1] + codes.shape[1] or (given < 0).any() or given.sum() <= 0:
        raise Unusable("Weights are one a column, none below 0 and not all 0.")
    return Mixed(_scaled(table, tails), codes, given)


def _scaled(table: Floats, tails: float) -> Floats:
    found = np.full(table.shape, np.nan)
    for at, values in enumerate(table.T):
        known = values[np.isfinite(values)]
        if len(known):
            low, high = np.quantile(known, [tails, 1 - tails])
            found[:, at] = np.clip((values - low) / (high - low), 0, 1) if high > low else np.where(values == values, 0, values)  # fmt: skip
    return found


def gower(left: Mixed, right: Mixed) -> Floats:
    """Distances from 0 to 1, shape (rows of left, rows of right): the weighted mean over the columns that both rows know of the difference, or of being another
    category; 1 where they have nothing in common."""
    total, weight = np.zeros((len(left), len(right))), np.zeros((len(left), len(right)))
    numbers = left.numbers.shape[1]
    for at, heft in enumerate(left.weights):
        if at < numbers:
            apart = np.abs(left.numbers[:, at, None] - right.numbers[None, :, at])
            known = np.isfinite(apart)
            total += heft * np.where(known, apart, 0.0)
        else:
            one, other = left.categories[:, at - numbers, None], right.categories[None, :, at - numbers]
            known = (one >= 0) & (other >= 0)
            total += heft * (known & (one != other))
        weight += heft * known
    return np.asarray(np.divide(total, weight, out=np.ones_like(total), where=weight > 0))


def faster_pam(away: Floats, k: int, *, seed: int = 0, starts: int = 3) -> Medoids:
    """The best of several starts over a square table of distances: a swap of a medoid for another row is made as soon as it lowers the cost, until none does. Raises Unusable."""
    if away.ndim != 2 or away.shape[0] != away.shape[1] or not np.isfinite(away).all():
        raise Unusable("Distances are a square table of finite numbers.")
    if len(away) > MOST:
        raise Unusable(f"k-medoids compares all pairs: give at most {MOST:,} rows, a sample.")
    if not 1 <= k <= len(away):
        raise Unusable(f"{k} clusters need at least as many different rows.")
    random = np.random.default_rng(seed)
    found = min((_swapped(away, _first(away, k, random)) for _try in range(starts)), key=lambda one: one[1][-1])
    rows, costs = found
    labels = away[:, rows].argmin(axis=1)
    labels[rows] = np.arange(k)
    order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
    place = np.empty(k, dtype=np.int64)
    place[order] = np.arange(k)
    return Medoids(rows[order], place[labels], costs[-1], tuple(costs))


def _first(away: Floats, k: int, random: np.random.Generator) -> Ints:
    """Each further medoid is drawn by its squared distance to the nearest one."""
    chosen = [int(random.integers(len(away)))]
    nearest = away[:, chosen[0]] ** 2
    while len(chosen) < k:
        if nearest.sum() <= 0:
            raise Unusable(f"{k} clusters need at least as many different rows.")
        chosen.append(int(random.choice(len(away), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, away[:, chosen[-1]] ** 2)
    return np.array(chosen, dtype=np.int64)


def _swapped(away: Floats, rows: Ints) -> tuple[Ints, list[float]]:
    rows = rows.copy()
    if len(rows) == 1:
        first, rows[0] = rows[0], away.sum(axis=0).argmin()
        return rows, [float(away[:, first].sum()), float(away[:, rows[0]].sum())]
    near, close, second = _nearest(away, rows)
    costs, since = [float(close.sum())], 0
    for step in range(_PASSES * len(away)):
        if since >= len(away):
            break
        candidate, since = step % len(away), since + 1
        if candidate in rows:
            continue
        change, place = _change(away[:, candidate], near, close, second, len(rows))
        if change < -_EVEN * max(costs[-1], 1):
            rows[place], since = candidate, 0
            near, close, second = _nearest(away, rows)
            costs.append(float(close.sum()))
    return rows, costs


def _nearest(away: Floats, rows: Ints) -> tuple[Ints, Floats, Floats]:
    """Of each row its nearest medoid, how far that is, and how far the second nearest."""
    table = away[:, rows]
    near = table.argmin(axis=1)
    sides = np.partition(table, 1, axis=1)
    return near, sides[:, 0], sides[:, 1]


def _change(to: Floats, near: Ints, close: Floats, second: Floats, k: int) -> tuple[float, int]:
    """What the best swap with this candidate changes, and for which medoid: gains that it brings in any case, and what each medoid's rows lose by its going."""
    losses = np.bincount(near, weights=np.minimum(np.maximum(to, close), second) - close, minlength=k)
    place = int(losses.argmin())
    return float(np.minimum(to - close, 0).sum() + losses[place]), place


def k_medoids(points: Floats, k: int, *, seed: int = 0, starts: int = 3) -> Clusters:
    """Of plain points, by distances that are not squared, so that few far away count little. At most some thousand rows. Raises Unusable."""
    table = np.asarray(points, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise Unusable("Points are a table of finite numbers, rows by features.")
    found = faster_pam(np.sqrt(distances(table, table)), k, seed=seed, starts=starts)
    return Clusters(table[found.rows], found.labels, found.cost)


def compare_medoids(away: Floats, sizes: Sequence[int], *, draws: int = 10, seed: int = 0) -> list[Quality]:
    """Silhouette and bootstrap stability for each number of groups, as `clusters.compare` has them for k-means. Raises Unusable."""
    found = []
    for k in sizes:
        whole = faster_pam(away, k, seed=seed).labels
        found.append(Quality(k, silhouette_by(away, whole), _stability(away, whole, k, draws, seed)))
    return found


def _stability(away: Floats, whole: Ints, k: int, draws: int, seed: int) -> float:
    """Mean agreement with the grouping of all rows, of the medoids of bootstrap samples."""
    random, found = np.random.default_rng(seed), []
    for _draw in range(draws):
        rows = random.integers(len(away), size=min(len(away), _DRAWN))
        try:
            again = faster_pam(away[np.ix_(rows, rows)], k, seed=int(random.integers(1 << 30)), starts=1)
        except Unusable:
            continue
        found.append(agreement(whole, np.asarray(away[:, rows[again.rows]].argmin(axis=1), dtype=np.int64)))
    return float(np.mean(found)) if found else 0.0
