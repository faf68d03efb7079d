"""Who leaves within a given time: logistic regression on what was known on past days, calibrated, beside simpler guesses, with reasons.

A row is a customer on one of several past days (`moment`, the oldest first): features as of that day, and whether the customer left in the time after
it. Nothing is judged on days it has learnt from: the test of a day is learnt on earlier days only (`rolling`).

The log odds are stretched by Platt (1999) on scores that were cross-fitted by customer. An outcome in ten equal groups tells whether probabilities are ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, ndtri
from scipy.stats import rankdata

from guanxi.science.arrays import Floats, Ints, Unusable
from guanxi.science.logistic import Logistic, fit_logistic

RIDGE = 2.0
FOLDS = 5
GROUPS = 10
LEAST = 30
"""Of those who left, and of those who stayed, so many at least: fewer teach nothing."""
_EDGE = 0.01
_SMALL = 1e-6


@dataclass(frozen=True)
class Sample:
    """Customers on past days. features: (rows, names), NaN where unknown; left: 0 or 1; moment: 0, 1 … from the oldest day; who: a number for each customer."""

    names: tuple[str, ...]
    features: Floats
    left: Floats
    moment: Ints
    who: Ints

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and outcomes that are none. Raises Unusable."""
        rows = len(self.left)
        if self.features.shape != (rows, len(self.names)) or len(self.moment) != rows or len(self.who) != rows:
            raise Unusable("Columns differ in length.")
        if not np.isin(self.left, (0.0, 1.0)).all():
            raise Unusable("The outcome is neither 0 nor 1.")

    def of(self, rows: Floats | np.ndarray) -> Sample:
        """Some of the rows."""
        return Sample(self.names, self.features[rows], self.left[rows], self.moment[rows], self.who[rows])

    @property
    def serves(self) -> bool:
        """Whether there are enough of both outcomes."""
        return bool(LEAST <= self.left.sum() <= len(self.left) - LEAST)


@dataclass(frozen=True)
class Scale:
    """Features made comparable: held between the 1st and the 99th of 100, less their mean, in deviations; what is unknown counts as the mean."""

    low: Floats
    high: Floats
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, features: Floats) -> Scale:
        """The scale of a table of features."""
        # A feature that nobody has is everywhere the mean.
        known = np.where(np.isnan(features).all(axis=0), 0.0, features)
        low, high = np.nanquantile(known, [_EDGE, 1 - _EDGE], axis=0)
        # Rare yes-or-no features lie outside the quantiles: these keep their ends.
        flat = low == high
        low, high = np.where(flat, np.nanmin(known, axis=0), low), np.where(flat, np.nanmax(known, axis=0), high)
        held = np.clip(known, low, high)
        spread = np.nanstd(held, axis=0)
        return cls(low, high, np.nanmean(held, axis=0), np.where(spread > 0, spread, 1.0))

    def apply(self, features: Floats) -> Floats:
        """Features in deviations from the mean."""
        found = (np.clip(features, self.low, self.high) - self.centre) / self.spread
        return np.asarray(np.where(np.isnan(found), 0.0, found))


@dataclass(frozen=True)
class ChurnModel:
    """Log odds of leaving: intercept + Σ coefficient · deviation. `covariance` is that of intercept and coefficients."""

    names: tuple[str, ...]
    scale: Scale
    intercept: float
    coefficients: Floats
    covariance: Floats

    def contributions(self, features: Floats) -> Floats:
        """What pushes each customer's log odds away from those of one whose features are all average, shape (rows, names)."""
        return np.asarray(self.scale.apply(features) * self.coefficients)

    def probability(self, features: Floats) -> Floats:
        """Of leaving, shape (rows,)."""
        return np.asarray(expit(self.intercept + self.contributions(features).sum(axis=1)))

    def interval(self, features: Floats, level: float = 0.80) -> tuple[Floats, Floats]:
        """How surely the probability is known: ends of its interval."""
        design = np.column_stack([np.ones(len(features)), self.scale.apply(features)])
        place = design @ np.append(self.intercept, self.coefficients)
        wide = float(ndtri(0.5 + level / 2)) * np.sqrt(np.einsum("ij,ij->i", design @ self.covariance, design))
        return np.asarray(expit(place - wide)), np.asarray(expit(place + wide))


def fit_churn(sample: Sample, *, ridge: float = RIDGE) -> ChurnModel:
    """Learn from all rows. Raises Unusable where either outcome is too rare."""
    if not sample.serves:
        raise Unusable(f"There are not {LEAST} customers who left and {LEAST} who stayed.")
    scale = Scale.of(sample.features)
    deviations = scale.apply(sample.features)
    found = fit_logistic(deviations, sample.left, ridge=ridge)
    slope, shift = _stretch(deviations, sample, ridge)
    design = np.column_stack([np.ones(len(deviations)), deviations])
    chance = found.probability(deviations)
    information = (design.T * (chance * (1 - chance))) @ design + ridge * np.diag([_SMALL, *np.ones(len(sample.names))])
    return ChurnModel(
        sample.names, scale, shift + slope * float(found.coefficients[0]), slope * found.coefficients[1:],
        np.asarray(np.linalg.inv(information) * slope**2, dtype=np.float64),
    )  # fmt: skip


def _stretch(deviations: Floats, sample: Sample, ridge: float) -> tuple[float, float]:
    """Platt's two numbers: by how much log odds of customers not learnt from must be stretched and shifted."""
    fold = sample.who % FOLDS
    scores, known = np.zeros(len(sample.left)), np.zeros(len(sample.left), dtype=bool)
    for each in range(FOLDS):
        away, mine = fold != each, fold == each
        if not mine.any() or not 0 < sample.left[away].sum() < away.sum():
            continue
        scores[mine] = _log_odds(fit_logistic(deviations[away], sample.left[away], ridge=ridge), deviations[mine])
        known |= mine
    if not known.any():
        return 1.0, 0.0
    found = fit_logistic(scores[known][:, None], sample.left[known])
    shift, slope = (float(value) for value in found.coefficients)
    # A stretch that turns the order round, or throws it away, says that there is nothing to calibrate.
    return (slope, shift) if found.converged and 0.05 < slope < 20 else (1.0, 0.0)


def _log_odds(model: Logistic, deviations: Floats) -> Floats:
    return np.asarray(model.coefficients[0] + deviations @ model.coefficients[1:])


@dataclass(frozen=True)
class Judgement:
    """How probabilities did. auc: chance that one who left was thought likelier to leave than one who stayed (None without both); brier: mean squared error;
    log_score: mean logarithm of the probability given to what came, the nearer to 0 the better."""

    auc: float | None
    brier: float
    log_score: float


def judge(probability: Floats, left: Floats) -> Judgement:
    """Lay probabilities beside what came."""
    held = np.clip(probability, _SMALL, 1 - _SMALL)
    odds = np.log(held) - np.log1p(-held)
    score = left * log_expit(odds) + (1 - left) * log_expit(-odds)
    return Judgement(auc(probability, left), float(((held - left) ** 2).mean()), float(score.mean()))


def auc(score: Floats, left: Floats) -> float | None:
    """Area under the ROC curve by ranks, ties equal; None where only one outcome came."""
    yes = float(left.sum())
    no = len(left) - yes
    if not yes or not no:
        return None
    return float((rankdata(score)[left == 1].sum() - yes * (yes + 1) / 2) / (yes * no))


def calibration(probability: Floats, left: Floats, groups: int = GROUPS) -> list[dict[str, float]]:
    """Equal groups by probability, the lowest first: customers, mean probability (forecast), share that left (happened)."""
    rows = [part for part in np.array_split(np.argsort(probability, kind="stable"), groups) if len(part)]
    return [
        {"customers": len(part), "forecast": float(probability[part].mean()), "happened": float(left[part].mean())}
        for part in rows
    ]


@dataclass(frozen=True)
class Test:
    """One past day: what was thought then of whom, by the model and by each baseline, and who left. Rows are those of the sample at `moment`."""

    moment: int
    probability: Floats
    left: Floats
    model: Judgement
    baselines: Mapping[str, Judgement]

    __test__ = False


def rolling(sample: Sample, baselines: Mapping[str, Floats]) -> list[Test]:
    """Tests of all days but those that have too little before them, the newest first. `baselines`: probabilities by name, NaN where unknown, in the order of the sample.

    A baseline that is a mere score is first made a probability by what earlier days taught: see `as_probability`.
    """
    found = []
    for moment in sorted(set(sample.moment.tolist()), reverse=True):
        past, now = sample.moment < moment, sample.moment == moment
        if not past.any() or not sample.of(past).serves:
            continue
        model = fit_churn(sample.of(past))
        chance, left = model.probability(sample.features[now]), sample.left[now]
        beside = {
            name: judge(as_probability(values[past], sample.left[past], values[now]), left)
            for name, values in baselines.items()
        }
        found.append(Test(moment, chance, left, judge(chance, left), beside))
    return found


def as_probability(score: Floats, left: Floats, now: Floats) -> Floats:
    """A score made a probability by one logistic curve through what it meant before; unknown scores count as their mean."""
    usual = float(np.nanmean(score)) if np.isfinite(score).any() else 0.0
    score, now = (np.where(np.isfinite(values), values, usual) for values in (score, now))
    if score.std() == 0:
        return np.full(len(now), float(left.mean()))
    return fit_logistic(score[:, None], left, ridge=_SMALL).probability(now[:, None])


def beats(tests: Sequence[Test], baseline: str, *, margin: float = 0.0) -> bool:
    """Whether the model gave more probability to what came than a baseline, over all tests together."""
    gains = [(one.model.log_score - one.baselines[baseline].log_score) * len(one.left) for one in tests]
    return bool(gains) and sum(gains) > margin * sum(len(one.left) for one in tests)


def reasons(
    contributions: Floats, themes: Sequence[str], most: int = 3, least: float = 0.05
) -> list[list[tuple[str, float]]]:
    """For each customer the themes that push the log odds most, the strongest first. Features of one theme count together; pushes below `least` are none."""
    names = sorted(set(themes))
    place = np.array([names.index(theme) for theme in themes], dtype=np.int64)
    sums = np.zeros((len(contributions), len(names)))
    for at, theme in enumerate(place):
        sums[:, theme] += contributions[:, at]
    order = np.argsort(-np.abs(sums), axis=1, kind="stable")[:, :most]
    rows = np.take_along_axis(sums, order, axis=1)
    return [
        [(names[theme], push) for theme, push in zip(themes_of, pushes, strict=True) if abs(push) >= least]
        for themes_of, pushes in zip(order.tolist(), rows.tolist(), strict=True)
    ]
