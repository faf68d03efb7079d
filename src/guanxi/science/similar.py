"""Items that the same customers hold (Sarwar et al. 2001): cosine of the columns of customers by items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Ints, Unusable


@dataclass(frozen=True)
class Similarity:
    """items: their names; neighbours, scores: for each item the nearest others, the nearest first; −1 and 0 where there are fewer."""

    items: tuple[str, ...]
    neighbours: Ints
    scores: Floats

    def of(self, item: str) -> list[tuple[str, float]]:
        """The neighbours of an item with their similarity. Raises Unusable for an unknown one."""
        if item not in self.items:
            raise Unusable(f"There is no item {item}.")
        row = self.items.index(item)
        pairs = zip(self.neighbours[row], self.scores[row], strict=True)
        return [(self.items[place], float(score)) for place, score in pairs if place >= 0]

    def recommend(self, held: Sequence[str], number: int = 5) -> list[tuple[str, float]]:
        """Items not held with the highest sum of similarities to those held."""
        found: dict[str, float] = {}
        for item in held:
            if item in self.items:
                for other, score in self.of(item):
                    if other not in held:
                        found[other] = found.get(other, 0.0) + score
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:number]


def item_similarity(customers: Sequence[str], items: Sequence[str], *, nearest: int = 20) -> Similarity:
    """From pairs (customer, item); a pair that comes twice counts once. Raises Unusable for no pairs."""
    if len(customers) != len(items) or not len(items):
        raise Unusable("Pairs of customer and item are needed.")
    who, row = np.unique(np.asarray(customers, dtype=object).astype(str), return_inverse=True)
    what, column = np.unique(np.asarray(items, dtype=object).astype(str), return_inverse=True)
    pairs = np.unique(row * len(what) + column)
    row, column = pairs // len(what), pairs % len(what)
    counts = np.bincount(column, minlength=len(what)).astype(np.float64)
    both = _together(row, column, len(who), len(what))
    scores = both / np.sqrt(np.outer(counts, counts))
    np.fill_diagonal(scores, -1)
    keep = min(nearest, len(what) - 1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :keep]
    best = np.take_along_axis(scores, order, axis=1)
    return Similarity(tuple(what.tolist()), np.where(best > 0, order, -1), np.where(best > 0, best, 0.0))


def _together(row: Ints, column: Ints, customers: int, items: int) -> Floats:
    """How many customers hold each pair of items, customer block by customer block."""
    found = np.zeros((items, items))
    order = np.argsort(row, kind="stable")
    row, column = row[order], column[order]
    size = max(1, 20_000_000 // items)
    for start in range(0, customers, size):
        part = slice(*np.searchsorted(row, [start, start + size]))
        block = np.zeros((min(size, customers - start), items), dtype=np.float32)
        block[row[part] - start, column[part]] = 1
        found += block.T @ block
    return found
