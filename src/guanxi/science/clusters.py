"""Groups of customers: k-means (Lloyd 1982, started by k-means++, Arthur & Vassilvitskii 2007), and how far a grouping can be trusted:
silhouette (Rousseeuw 1987), adjusted Rand index (Hubert & Arabie 1985). k-medoids are in `medoids`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Ints, Unusable

_ROUNDS = 200
_SAMPLE = 2_000


@dataclass(frozen=True)
class Clusters:
    """centres: shape (k, features); labels: the cluster of each row; spread: sum of squared distances (k-means) or of
    distances (k-medoids) to the centres."""

    centres: Floats
    labels: Ints
    spread: float

    def assign(self, points: Floats) -> Ints:
        """The nearest centre of each row."""
        return np.asarray(distances(points, self.centres).argmin(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Quality:
    """A number of clusters: mean silhouette (−1 … 1) and mean agreement of bootstrap samples (0 by chance, 1 always the same)."""

    k: int
    silhouette: float
    stability: float


def standardised(points: Floats) -> Floats:
    """Features of mean 0 and deviation 1; one that does not vary becomes 0."""
    spread = points.std(axis=0)
    return np.asarray((points - points.mean(axis=0)) / np.where(spread > 0, spread, 1))


def distances(points: Floats, centres: Floats) -> Floats:
    """Squared distances, shape (rows, centres)."""
    found = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(found, 0))


def _check(points: Floats, k: int) -> Floats:
    found = np.asarray(points, dtype=np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise Unusable("Points are a table of finite numbers, rows by features.")
    if not 1 <= k <= len(np.unique(found, axis=0)):
        raise Unusable(f"{k} clusters need at least as many different rows.")
    return found


def _start(points: Floats, k: int, random: np.random.Generator) -> Floats:
    """k-means++: each further centre is drawn by its squared distance to the nearest one."""
    chosen = [int(random.integers(len(points)))]
    nearest = distances(points, points[chosen])[:, 0]
    while len(chosen) < k:
        chosen.append(int(random.choice(len(points), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, distances(points, points[chosen[-1:]])[:, 0])
    return points[chosen]


def k_means(points: Floats, k: int, *, seed: int = 0, starts: int = 8) -> Clusters:
    """The best of several starts. Clusters are numbered by size, the largest first. Raises Unusable."""
    table, random = _check(points, k), np.random.default_rng(seed)
    return _by_size(
        min((_lloyd(table, _start(table, k, random)) for _try in range(starts)), key=lambda one: one.spread)
    )


def _lloyd(points: Floats, centres: Floats) -> Clusters:
    labels = np.full(len(points), -1)
    for _round in range(_ROUNDS):
        away = distances(points, centres)
        found = away.argmin(axis=1)
        if (found == labels).all():
            break
        labels = found
        for number in range(len(centres)):
            mine = labels == number
            # A centre that lost all its rows goes to the row that is worst served.
            centres[number] = points[mine].mean(axis=0) if mine.any() else points[away.min(axis=1).argmax()]
    away = distances(points, centres)
    return Clusters(centres, np.asarray(away.argmin(axis=1), dtype=np.int64), float(away.min(axis=1).sum()))


def _by_size(found: Clusters) -> Clusters:
    order = np.argsort(-np.bincount(found.labels, minlength=len(found.centres)), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Clusters(found.centres[order], place[found.labels], found.spread)


def silhouette(points: Floats, labels: Ints, *, seed: int = 0) -> float:
    """Mean of (distance to the next cluster − to the own) / the larger, over a sample of rows. 0 for a row alone in its cluster."""
    if len(points) > _SAMPLE:
        rows = np.random.default_rng(seed).choice(len(points), _SAMPLE, replace=False)
        points, labels = points[rows], labels[rows]
    return silhouette_by(np.sqrt(distances(points, points)), labels)


def silhouette_by(away: Floats, labels: Ints) -> float:
    """The same over a square table of distances, of all its rows."""
    names, place = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return 0.0
    member = np.eye(len(names))[place]
    sizes = member.sum(axis=0)
    sums = away @ member
    rows = np.arange(len(away))
    own = sums[rows, place] / np.maximum(sizes[place] - 1, 1)
    means = sums / sizes
    means[rows, place] = np.inf
    other = means.min(axis=1)
    with np.errstate(invalid="ignore"):
        each = np.where(sizes[place] > 1, (other - own) / np.maximum(other, own), 0.0)
    return float(np.nan_to_num(each).mean())


def agreement(left: Ints, right: Ints) -> float:
    """The adjusted Rand index of two groupings of the same rows: 1 the same, 0 as by chance."""
    table = np.zeros((int(left.max()) + 1, int(right.max()) + 1))
    np.add.at(table, (left, right), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, one, other = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = one * other / max(len(left) * (len(left) - 1) / 2, 1)
    most = (one + other) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def stability(points: Floats, k: int, *, draws: int = 10, seed: int = 0) -> float:
    """Mean agreement with the grouping of all rows, of groupings of bootstrap samples carried over to all rows."""
    table, random = _check(points, k), np.random.default_rng(seed)
    whole = k_means(table, k, seed=seed, starts=4).labels
    found = []
    for _draw in range(draws):
        rows = random.integers(len(table), size=len(table))
        try:
            again = k_means(table[rows], k, seed=int(random.integers(1 << 30)), starts=2)
        except Unusable:
            continue
        found.append(agreement(whole, again.assign(table)))
    return float(np.mean(found)) if found else 0.0


def compare(points: Floats, sizes: Sequence[int], *, seed: int = 0) -> list[Quality]:
    """Silhouette and stability for each number of clusters: a good one is high in both."""
    return [
        Quality(k, silhouette(points, k_means(points, k, seed=seed).labels, seed=seed), stability(points, k, seed=seed))
        for k in sizes
    ]
