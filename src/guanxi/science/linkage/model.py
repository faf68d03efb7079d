"""The probability that two rows are the same, from how their fields agree (Fellegi & Sunter 1969).

For each field and level, m is how often pairs of the same reach it and u how often pairs of others do. u is counted on random
pairs, less what the same ones among them contribute; m and the share of true pairs are estimated by expectation
maximisation (Dempster, Laird & Rubin 1977; Winkler 1988) over the candidates. Agreement on a rare value says more than on a
common one (Newcombe et al. 1959; Winkler 1989), hence the frequencies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guanxi.science.linkage.types import MISSING, Floats, Levels, Rows

ROUNDS = 60
STEADY = 1e-6
# How many true pairs the expectations of levels.py are worth beside what is counted, and true pairs per row to begin with.
STRENGTH = 20.0
FIRST_SHARE = 0.2
PRIOR_PAIRS = 0.02


@dataclass(frozen=True)
class Patterns:
    """Distinct combinations of levels (one row each, a column per field) and how many candidates have each."""

    levels: Levels
    counts: Floats


@dataclass(frozen=True)
class Background:
    """For each field the share of random pairs at each level (missing left out of the list, not of the whole); how many were drawn."""

    shares: Sequence[Floats]
    drawn: int


@dataclass(frozen=True)
class Model:
    """m and u of each field's levels, and the share of true pairs among all pairs."""

    m: Sequence[Floats]
    u: Sequence[Floats]
    share: float

    def logits(self, levels: Levels) -> Floats:
        """The log odds that pairs with these levels (one row each) are the same."""
        found = np.full(len(levels), self.base)
        for place, table in enumerate(self._tables()):
            found += table[levels[:, place]]
        return found

    def weights(self, levels: Levels) -> Floats:
        """What each field adds to the log odds of each pair."""
        return np.stack([table[levels[:, place]] for place, table in enumerate(self._tables())], axis=1)

    @property
    def base(self) -> float:
        """The log odds of a pair of which nothing is known."""
        return float(np.log(self.share / (1 - self.share)))

    def _tables(self) -> Iterator[Floats]:
        for m, u in zip(self.m, self.u, strict=True):
            table = np.zeros(MISSING + 1)
            table[: len(m)] = np.log(m / u)
            yield table


def pattern_codes(levels: Sequence[Levels]) -> Rows:
    """One number per pair for its levels in all fields: four bits each."""
    codes = np.zeros(len(levels[0]), dtype=np.int64)
    for place, column in enumerate(levels):
        codes |= column.astype(np.int64) << (4 * place)
    return codes


def levels_of(codes: Rows, fields: int) -> Levels:
    """The levels behind pattern codes: a row each, a column per field."""
    return np.stack([codes >> (4 * place) & MISSING for place in range(fields)], axis=1).astype(np.uint8)


def probability(logits: Floats) -> Floats:
    """Odds as a probability."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500, 500))))


def estimate(patterns: Patterns, background: Background, defaults: Sequence[Sequence[float]], *, rows: int) -> Model:
    """The model of a table of `rows` rows; `defaults` are the levels expected of true pairs, field by field."""
    total = max(rows * (rows - 1) / 2, 1.0)
    pseudo = [np.array(default) * STRENGTH for default in defaults]
    everywhere = [share * total for share in background.shares]
    least = 0.5 * total / max(background.drawn, 1)
    nothing = [np.zeros(len(default)) for default in defaults]
    model = _maximised(pseudo, everywhere, least, nothing, min(0.5, FIRST_SHARE * rows / total), total)
    for _round in range(ROUNDS):
        weights = probability(model.logits(patterns.levels)) * patterns.counts
        matched = [_by_level(patterns.levels[:, place], weights, len(m)) for place, m in enumerate(model.m)]
        share = (weights.sum() + PRIOR_PAIRS * rows) / (total + rows)
        before, model = model, _maximised(pseudo, everywhere, least, matched, min(0.5, float(share)), total)
        if max(np.abs(one - other).max() for one, other in zip(before.m, model.m, strict=True)) < STEADY:
            break
    return model


def _maximised(
    pseudo: Sequence[Floats],
    everywhere: Sequence[Floats],
    least: float,
    matched: Sequence[Floats],
    share: float,
    total: float,
) -> Model:
    """The model that fits the pairs `matched` (level by level, in each field) best."""
    m = [_shares(prior + found) for prior, found in zip(pseudo, matched, strict=True)]
    u = [_shares(np.maximum(whole - found, 0) + least) for whole, found in zip(everywhere, matched, strict=True)]
    return Model(m, u, max(share, 0.5 / (total + 1)))


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum())


def _by_level(levels: npt.NDArray[np.uint8], weights: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(levels, weights=weights, minlength=MISSING + 1)[:size], dtype=np.float64)
