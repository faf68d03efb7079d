"""Whom an offer changes: a T-learner as baseline, and the Qini curve (Radcliffe 2007) with an interval by permutation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Flags, Floats, Ints, Unusable
from guanxi.science.logistic import fit_logistic

_FOLDS = 5
_LEAST = 10


@dataclass(frozen=True)
class Decile:
    """A tenth of the customers, the first holding those with the highest predicted uplift."""

    decile: int
    treated: int
    control: int
    treated_rate: float
    control_rate: float

    @property
    def uplift(self) -> float:
        """Difference of the outcome's means."""
        return self.treated_rate - self.control_rate


@dataclass(frozen=True)
class Qini:
    """Area between the Qini curve and the line of random targeting, in outcomes per customer; what random rankings give in
    95 % of permutations; the share of permutations that reach it; the mean effect of the treatment; deciles."""

    qini: float
    lower: float
    upper: float
    p_value: float
    effect: float
    deciles: tuple[Decile, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the coefficient by the permutations: above zero where the ranking does better than chance."""
        return self.qini - self.upper, self.qini - self.lower


def check(treated: Flags, outcome: Floats) -> None:
    """Refuses what is no randomised trial of some size. Raises Unusable."""
    if len(treated) == 0:
        raise Unusable("There are no rows.")
    for group, name in ((treated, "treated"), (~treated, "untreated")):
        if group.sum() < _LEAST:
            raise Unusable(f"Only {int(group.sum())} customers are {name}: at least {_LEAST} are needed.")
    if not np.isfinite(outcome).all():
        raise Unusable("An outcome is not a finite number.")


def folds(rows: int, seed: int, count: int = _FOLDS) -> Ints:
    """A random fold for each row, all of about one size."""
    return np.asarray(np.random.default_rng(seed).permutation(rows) % count, dtype=np.int64)


def predicted_uplift(features: Floats, treated: Flags, outcome: Floats, *, seed: int = 0) -> Floats:
    """Uplift of each customer as predicted by two models, of the treated and of the others, that have not seen the customer.

    Outcomes of 0 and 1 are modelled by logistic, others by linear regression, each with a light ridge on standardised features.
    """
    check(treated, outcome)
    mean, spread = _scale(features)
    table = (features - mean) / spread
    fold = folds(len(table), seed)
    found = np.zeros(len(table))
    for number in range(_FOLDS):
        out = fold == number
        with_offer, without = (_learnt(table, outcome, ~out & group, out) for group in (treated, ~treated))
        found[out] = with_offer - without
    return found


def _learnt(table: Floats, outcome: Floats, seen: Flags, out: Flags) -> Floats:
    if np.isin(outcome, (0.0, 1.0)).all():
        return fit_logistic(table[seen], outcome[seen], ridge=1.0).probability(table[out])
    design = np.concatenate([np.ones((int(seen.sum()), 1)), table[seen]], axis=1)
    ridge = np.diag([1e-9, *[1.0] * table.shape[1]])
    weights = np.linalg.solve(design.T @ design + ridge, design.T @ outcome[seen])
    return np.asarray(weights[0] + table[out] @ weights[1:])


@dataclass(frozen=True)
class Side:
    """Chance of the outcome on one side of the trial: coefficients on standardised features, the intercept first, with their covariance."""

    coefficients: Floats
    covariance: Floats
    converged: bool

    def chance(self, table: Floats) -> tuple[Floats, Floats]:
        """Of outcome 1, with its standard error (delta method)."""
        design = np.concatenate([np.ones((len(table), 1)), table], axis=1)
        found = np.asarray(1 / (1 + np.exp(-np.clip(design @ self.coefficients, -500, 500))))
        spread = np.sqrt(np.einsum("ij,jk,ik->i", design, self.covariance, design))
        return found, found * (1 - found) * spread


@dataclass(frozen=True)
class TwoModels:
    """A T-learner of outcomes of 0 and 1: one model of the treated, one of the others (Künzel et al. 2019)."""

    treated: Side
    control: Side
    mean: Floats
    spread: Floats
    least: Floats
    most: Floats

    @property
    def converged(self) -> bool:
        """Whether both searches ended at a peak."""
        return self.treated.converged and self.control.converged

    def uplift(self, features: Floats) -> tuple[Floats, Floats]:
        """What treating changes in the chance of the outcome, of each customer, with its standard error.

        What lies beyond anything in the trial counts as the furthest that was seen there.
        """
        table = (np.clip(features, self.least, self.most) - self.mean) / self.spread
        (with_offer, error), (without, other) = self.treated.chance(table), self.control.chance(table)
        return with_offer - without, np.hypot(error, other)


def two_models(features: Floats, treated: Flags, outcome: Floats) -> TwoModels:
    """Learn from all rows of a trial, to be used on others. Raises Unusable where the outcome is not one of 0 and 1, or the trial is too small."""
    check(treated, outcome)
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise Unusable("The outcome must be 0 or 1.")
    mean, spread = _scale(features)
    table = (features - mean) / spread
    one, other = (_side(table[group], outcome[group]) for group in (treated, ~treated))
    return TwoModels(one, other, mean, spread, features.min(axis=0), features.max(axis=0))


def _scale(features: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each feature; 1 where all are equal but for rounding, so that it says nothing."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    return mean, np.where(spread > 1e-9 * (1 + np.abs(mean)), spread, 1.0)


def _side(table: Floats, outcome: Floats) -> Side:
    fit = fit_logistic(table, outcome, ridge=1.0)
    design = np.concatenate([np.ones((len(table), 1)), table], axis=1)
    chance = fit.probability(table)
    ridge = np.diag([1e-9, *[1.0] * table.shape[1]])
    return Side(fit.coefficients, np.linalg.inv((design.T * (chance * (1 - chance))) @ design + ridge), fit.converged)


def curve(score: Floats, treated: Flags, outcome: Floats) -> Floats:
    """Extra outcomes per customer when the best 0, 1, 2 … by score are treated, shape (rows + 1,).

    Customers of equal score are taken at once: between them the curve is a straight line.
    """
    order = np.argsort(-score, kind="stable")
    with_offer = treated[order].astype(np.float64)
    sums = [
        np.cumsum(values)
        for values in (with_offer, 1 - with_offer, outcome[order] * with_offer, outcome[order] * (1 - with_offer))
    ]
    number_t, number_c, sum_t, sum_c = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = sum_t - np.where(number_c > 0, sum_c * number_t / np.maximum(number_c, 1), 0.0)
    whole = np.concatenate([[0.0], gain / len(score)])
    ends = np.concatenate([[0], np.flatnonzero(np.diff(score[order])) + 1, [len(score)]])
    return np.asarray(np.interp(np.arange(len(score) + 1), ends, whole[ends]))


def _area(gain: Floats) -> float:
    line = gain[-1] * np.linspace(0, 1, len(gain))
    above = gain - line
    return float((above[1:] + above[:-1]).sum() / 2 / (len(gain) - 1))


def qini(score: Floats, treated: Flags, outcome: Floats, *, permutations: int = 500, seed: int = 0) -> Qini:
    """The Qini coefficient of a ranking, beside that of random rankings. Raises Unusable."""
    check(treated, outcome)
    random = np.random.default_rng(seed)
    found = _area(curve(score, treated, outcome))
    chance = np.array([_area(curve(random.permutation(score), treated, outcome)) for _draw in range(permutations)])
    lower, upper = np.quantile(chance, [0.025, 0.975])
    p_value = (1 + int((chance >= found).sum())) / (permutations + 1)
    effect = float(outcome[treated].mean() - outcome[~treated].mean())
    return Qini(found, float(lower), float(upper), p_value, effect, _deciles(score, treated, outcome))


def _deciles(score: Floats, treated: Flags, outcome: Floats) -> tuple[Decile, ...]:
    order = np.argsort(-score, kind="stable")
    found = []
    for number, rows in enumerate(np.array_split(order, 10), start=1):
        group, result = treated[rows], outcome[rows]
        rates = [float(result[each].mean()) if each.any() else float("nan") for each in (group, ~group)]
        found.append(Decile(number, int(group.sum()), int((~group).sum()), *rates))
    return tuple(found)
