"""Pairs for people to look at, and what their decisions teach.

The weights of Fellegi and Sunter are estimated without anybody's help. What reviewers decide corrects them: the log odds become
b + sum(a_f * w_f), where w_f is what field f says of the pair. a and b are the most probable ones under a normal prior around a = 1,
b = base (the maximum a posteriori of a logistic regression, found by Newton's method; cf. Hastie, Tibshirani & Friedman 2009,
section 4.4). No decision leaves the weights as they were; few move them a little; many that say the same move them far. Each
decision is one of the doubtful pairs, so that what is learnt concerns those first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guanxi.science.linkage import blocking
from guanxi.science.linkage.linker import PART, Linker
from guanxi.science.linkage.model import probability
from guanxi.science.linkage.table import Table
from guanxi.science.linkage.types import Flags, Floats, Rows

LEAST = 0.5
# How many decisions the weights as they were are worth, for each field and for the level.
TRUST = 6.0
ROUNDS = 40
STEADY = 1e-8


@dataclass(frozen=True)
class Pair:
    """Two rows by their ids, and the probability that they are the same."""

    left: str
    right: str
    score: float


@dataclass(frozen=True)
class Taught:
    """The correction that decisions teach: a factor for each field, and what is added to all."""

    factors: Floats
    added: float


def likely_pairs(
    table: Table, decided: Mapping[tuple[str, str], bool], *, least: float = LEAST, most: int = 50_000
) -> list[Pair]:
    """Pairs that are the same with probability `least` or more, the likeliest first, at most `most`.

    `decided` says of pairs of ids whether people found them the same; pairs whose rows are gone are passed over.
    """
    if len(table) < 2:
        return []
    linker = Linker([field.of_rows(np.arange(len(table))) for field in table.fields], len(table))
    scored = linker.fit(blocking.candidate_pairs(linker.fields, len(table)))
    taught = _learn(linker, table, decided)
    logits = np.concatenate(
        [_corrected(linker, taught, left, right) for left, right in _parts(scored.left, scored.right)]
    )
    chances = probability(logits)
    order = np.argsort(-chances, kind="stable")
    order = order[chances[order] >= least][:most]
    ids = table.ids
    return [Pair(ids[scored.left[at]], ids[scored.right[at]], round(float(chances[at]), 4)) for at in order]


def learn(contributions: Floats, base: float, same: Flags) -> Taught:
    """The correction that fits decisions (`same`, one a row of `contributions`) best without leaving what is known far behind."""
    fields = contributions.shape[1]
    prior = np.concatenate([np.ones(fields), [0.0]])
    design = np.hstack([contributions, np.ones((len(contributions), 1))])
    wanted = same.astype(np.float64)
    found = prior.copy()
    worth = _worth(design, base, wanted, found, prior)
    for _round in range(ROUNDS):
        chance = probability(base + design @ found)
        gradient = design.T @ (wanted - chance) - TRUST * (found - prior)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + TRUST * np.eye(fields + 1)
        step = np.linalg.solve(curve, gradient)
        tried, length = worth, 1.0
        # Half the way and again half, until it is better: far from the goal Newton's step leads beyond it.
        while length > STEADY:
            tried = _worth(design, base, wanted, found + length * step, prior)
            if tried >= worth:
                break
            length /= 2
        found = found + length * step
        if tried - worth < STEADY:
            break
        worth = tried
    # A field never speaks against what it shows: a factor below nothing would be an accident of few decisions.
    return Taught(np.clip(found[:-1], 0.0, None), float(found[-1]))


def _worth(design: Floats, base: float, wanted: Floats, theta: Floats, prior: Floats) -> float:
    """The log of the posterior, but for a constant."""
    logits = base + design @ theta
    likelihood = wanted * logits - np.logaddexp(0.0, logits)
    return float(likelihood.sum() - TRUST / 2 * ((theta - prior) ** 2).sum())


def _learn(linker: Linker, table: Table, decided: Mapping[tuple[str, str], bool]) -> Taught | None:
    place = {key: row for row, key in enumerate(table.ids)}
    known = [(place[a], place[b], same) for (a, b), same in decided.items() if a in place and b in place]
    if not known:
        return None
    left, right, same = (np.array(column) for column in zip(*known, strict=True))
    return learn(linker.contributions(left, right), linker.base, same.astype(bool))


def _corrected(linker: Linker, taught: Taught | None, left: Rows, right: Rows) -> Floats:
    if taught is None:
        return linker.score(left, right)
    found = linker.contributions(left, right)
    return np.asarray(linker.base + taught.added + found @ taught.factors)


def _parts(left: Rows, right: Rows) -> Iterator[tuple[Rows, Rows]]:
    for begin in range(0, max(len(left), 1), PART):
        yield left[begin : begin + PART], right[begin : begin + PART]


def histogram(scores: Sequence[float], bins: int = 10, least: float = LEAST) -> list[int]:
    """How many scores lie in each of `bins` equal parts from `least` to 1."""
    counts, _edges = np.histogram(np.asarray(scores, dtype=np.float64), bins=bins, range=(least, 1.0))
    return [int(count) for count in counts]
