"""Scores of pairs of rows: how their fields agree, the model estimated from that, and how rare the shared values are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guanxi.science.linkage.clusters import components
from guanxi.science.linkage.fields import Comparison
from guanxi.science.linkage.frequencies import Frequencies, frequencies
from guanxi.science.linkage.model import Background, Model, Patterns, estimate, levels_of, pattern_codes, probability
from guanxi.science.linkage.types import Flags, Floats, Levels, Rows

PART = 1_000_000
DRAWN = 1_000_000
SEED = 20_240_229
LIKELY = 0.5
LEAST_LOGIT = -7.0


@dataclass(frozen=True)
class Scored:
    """Pairs of rows with the log odds that they are the same."""

    left: Rows
    right: Rows
    logits: Floats

    def where(self, kept: Flags) -> "Scored":
        """Those pairs that are kept."""
        return Scored(self.left[kept], self.right[kept], self.logits[kept])


class Linker:
    """The fields of `rows` rows, and once `fit` has seen the candidates, what their agreement is worth."""

    def __init__(self, fields: Sequence[Comparison], rows: int) -> None:
        self.fields = fields
        self.rows = rows
        self._outputs = [
            (number, field, place) for number, field in enumerate(fields) for place in range(len(field.names))
        ]
        self._frequencies: list[Frequencies] = []
        self._entity = np.arange(rows, dtype=np.int64)
        self._model = Model([], [], 0.5)

    def fit(self, candidates: Rows) -> Scored:
        """Estimate the model from candidate pairs (lower row << 32 | higher row); those that are worth a look, with their scores."""
        left, right = candidates >> 32, candidates & 0xFFFFFFFF
        codes = np.concatenate([pattern_codes(self._levels(left[part], right[part])) for part in _parts(len(left))])
        found, counts = np.unique(codes, return_counts=True)
        patterns = Patterns(levels_of(found, len(self._outputs)), counts.astype(np.float64))
        defaults = [field.comparer.default for _number, field, _place in self._outputs]
        self._model = estimate(patterns, self._background(), defaults, rows=self.rows)
        return self._settled(left, right, codes)

    def _settled(self, left: Rows, right: Rows, codes: Rows) -> Scored:
        """The scores, twice: first each row counts as an entity, then what was linked counts once."""
        scored = self._all(left, right, codes)
        for _again in range(2):
            likely = scored.where(probability(scored.logits) >= LIKELY)
            self._entity = components(self.rows, likely.left, likely.right)
            scored = self._all(left, right, codes)
        return scored

    def _all(self, left: Rows, right: Rows, codes: Rows) -> Scored:
        self._frequencies = [frequencies(field, self._entity) for field in self.fields]
        parts = []
        for part in _parts(len(left)):
            levels = levels_of(codes[part], len(self._outputs))
            # A pair that would not be likely even if all it shares were unique is not looked at again.
            near = self._model.logits(levels) + self._most_gain(levels) >= LEAST_LOGIT
            some = Scored(
                left[part][near], right[part][near], self._logits(levels[near], left[part][near], right[part][near])
            )
            parts.append(some.where(some.logits >= LEAST_LOGIT))
        return Scored(
            *(np.concatenate([getattr(some, name) for some in parts]) for name in ("left", "right", "logits"))
        )

    def score(self, left: Rows, right: Rows) -> Floats:
        """The log odds of any pairs of rows."""
        levels = levels_of(pattern_codes(self._levels(left, right)), len(self._outputs))
        return self._logits(levels, left, right)

    def contributions(self, left: Rows, right: Rows) -> Floats:
        """What each compared field says for or against each pair: a row a pair, a column a field; their sum and `base` is the score."""
        levels = levels_of(pattern_codes(self._levels(left, right)), len(self._outputs))
        found = self._model.weights(levels)
        for column, places, gains in self._gains(levels, left, right):
            found[places, column] += gains
        return found

    @property
    def base(self) -> float:
        """The log odds of any two rows before they are compared."""
        return self._model.base

    def _levels(self, left: Rows, right: Rows) -> list[Levels]:
        return [column for field in self.fields for column in field.levels(left, right)]

    def _logits(self, levels: Levels, left: Rows, right: Rows) -> Floats:
        """The model's log odds; where a value is shared, its own frequency instead of the field's."""
        found = self._model.logits(levels)
        for _column, places, gains in self._gains(levels, left, right):
            found[places] += gains
        return found

    def _gains(self, levels: Levels, left: Rows, right: Rows) -> Iterator[tuple[int, Rows, Floats]]:
        """By field: the pairs that share a value, and what its own frequency says more than the field's."""
        others = np.where(self._entity[left] == self._entity[right], 1.0, 2.0)
        for column, (number, field, place) in enumerate(self._outputs):
            equal = np.flatnonzero(levels[:, column] == 0)
            keys = field.shared(place, left[equal], right[equal])
            known = keys >= 0
            own = self._frequencies[number].of(keys[known].astype(np.int64), others[equal][known])
            yield column, equal[known], np.log(self._model.u[column][0] / own)

    def _most_gain(self, levels: Levels) -> Floats:
        found = np.zeros(len(levels))
        for column, (number, _field, _place) in enumerate(self._outputs):
            known = self._frequencies[number]
            gain = np.log(self._model.u[column][0] * max(known.entities, 1) / known.rarity)
            found += np.where(levels[:, column] == 0, max(gain, 0.0), 0.0)
        return found

    def _background(self) -> Background:
        """How pairs agree that nothing brought together: all of a small table, random ones of a large one."""
        left, right = self._random_pairs()
        levels = self._levels(left, right)
        sizes = [len(field.comparer.default) for _number, field, _place in self._outputs]
        shares = [
            np.bincount(column, minlength=size)[:size] / max(len(left), 1)
            for column, size in zip(levels, sizes, strict=True)
        ]
        return Background(shares, len(left))

    def _random_pairs(self) -> tuple[Rows, Rows]:
        if self.rows * (self.rows - 1) // 2 <= DRAWN:
            left, right = np.triu_indices(self.rows, 1)
            return left.astype(np.int64), right.astype(np.int64)
        chance = np.random.default_rng(SEED)
        left, right = chance.integers(0, self.rows, (2, DRAWN))
        return left[left != right], right[left != right]


def _parts(count: int) -> Iterator[slice]:
    """Slices of at most PART, at least one."""
    bounds = [*range(0, max(count, 1), PART), count]
    yield from (slice(begin, end) for begin, end in pairwise(bounds))
