"""What groups of customers are like: each group gets the kind of customer that its centre is most like, no two the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from guanxi.science.arrays import Floats, Ints

FEATURES = ("spending", "frequency", "discount", "silence", "breadth", "service")
"""What behaviour is told by, all standardised: money, how often, share of discount, time since the last purchase beside the usual gap, product
families held, contacts per purchase."""
PROFILES: Mapping[str, Mapping[str, float]] = {
    "demanding": {"spending": 1.0, "breadth": 0.5, "service": 1.0},
    "experienced": {"frequency": 1.0, "breadth": 0.5, "silence": -0.8, "service": -0.6},
    "thrifty": {"discount": 1.2, "spending": -0.6},
    "hesitant": {"frequency": -0.8, "silence": 1.0, "service": 0.4, "spending": -0.4},
}
LEAST = 0.1
"""A group less like a kind than this (cosine) has none."""


def match(centres: Floats, profiles: Mapping[str, Mapping[str, float]] = PROFILES) -> list[str]:
    """The kind of each centre (rows over FEATURES), "" where none fits, so that all together fit best (Kuhn 1955)."""
    names = list(profiles)
    wanted = np.array([[profiles[name].get(feature, 0.0) for feature in FEATURES] for name in names])
    likeness = _cosine(centres, wanted)
    rows, columns = linear_sum_assignment(-likeness)
    found = [""] * len(centres)
    for row, column in zip(rows, columns, strict=True):
        if likeness[row, column] >= LEAST:
            found[row] = names[column]
    return found


def _cosine(left: Floats, right: Floats) -> Floats:
    lengths = np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)[None, :]
    return np.asarray((left @ right.T) / np.where(lengths > 0, lengths, 1.0))


def carry_over(now: Ints, before: Ints) -> dict[int, int]:
    """Which group of today (key) goes on which of before, by the customers they share; the same rows in both."""
    if not len(now):
        return {}
    table = np.zeros((int(now.max()) + 1, int(before.max()) + 1))
    np.add.at(table, (now, before), 1)
    rows, columns = linear_sum_assignment(-table)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if table[row, column] > 0}


def choose(candidates: Sequence[tuple[int, float, float]], *, steady: float = 0.75) -> int:
    """The number of groups from (k, silhouette, stability): the clearest of those that come out the same again; else the steadiest."""
    kept = [one for one in candidates if one[2] >= steady]
    best = max(kept, key=lambda one: one[1]) if kept else max(candidates, key=lambda one: one[2])
    return best[0]
