"""BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007): a customer may leave after each purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1, psi

from guanxi.science.arrays import Column, Floats, column, kinds, sums
from guanxi.science.buying.nbd import CHUNK, Nbd, alike_rates, climb, log_at_least, log_counts, nbd_instead
from guanxi.science.buying.purchases import Purchases
from guanxi.science.buying.timing import Timing, history
from guanxi.science.fitting import Objective, fitted, without_spread
from guanxi.science.results import Fit, Notice

_START = (0.5, 0.5, 0.5, 2.0)


@dataclass(frozen=True)
class _BetaGeometric(Timing):
    """Rates are Gamma(r, α), dropout probabilities Beta(a, b); `chances`: how often one may leave before the first repeat purchase."""

    r: float
    alpha: float
    a: float
    b: float
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    chances: ClassVar[int]

    @property
    def scale(self) -> float:
        """See Timing."""
        return self.alpha

    def p_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """See Timing."""
        many, last, age = history(x, t_x, T)
        odds = np.where(many + self.chances > 0, self._log_dead(many, last, age), -np.inf)
        return _logistic(-odds)

    def _log_dead(self, many: Floats, last: Floats, age: Floats) -> Floats:
        """Logarithm of the odds that the customer left at the last purchase."""
        ratio = np.log(self.alpha + age) - np.log(self.alpha + last)
        passed = np.maximum(self.b + many + self.chances - 1, 1e-300)
        return np.asarray(np.log(self.a) - np.log(passed) + (self.r + many) * ratio)

    def new_alive(self) -> float:
        """See Timing."""
        return 1.0 if self.chances == 0 else self.b / (self.a + self.b)

    def kept(self, x: Floats) -> Floats:
        """See Timing."""
        return np.asarray(1 - self.a / (self.a + self.b + x + self.chances))

    def rate(self, x: Floats, T: Floats, ahead: Floats) -> Floats:
        """(r + x) / (α + T) · E[(1 + p τ / (α + T))^−(r + x + 1)], p ~ Beta(a, b + survived chances).

        The expectation is ₂F₁(r + x + 1, a; a + b + j; −τ / (α + T)), brought into (0, 1) by Pfaff's transformation,
        after which no argument grows with x.
        """
        shape, past = self.r + x, self.alpha + T
        away = ahead / past
        third = self.a + self.b + x + self.chances
        with np.errstate(all="ignore"):
            mean = hyp2f1(third - shape - 1, self.a, third, away / (1 + away)) * (1 + away) ** -self.a
            least = (1 + away) ** -(shape + 1)
            # Where customers hardly differ the series has no digits left; their common probability does.
            alike = (1 + self.a / third * away) ** -(shape + 1)
        sound = np.isfinite(mean) & (mean >= least * (1 - 1e-9)) & (mean <= 1 + 1e-9)
        return np.asarray(shape / past * np.where(sound, mean, alike))

    def probability(self, count: Column, period: float) -> Floats:
        """See Timing."""
        many = column(count, "count", whole=True)
        passed = many + self.chances
        alive = np.exp(
            betaln(self.a, self.b + passed) - betaln(self.a, self.b) + log_counts(many, period, self.r, self.alpha)
        )
        chance = np.maximum(passed - 1, 0.0)
        left = np.exp(betaln(self.a + 1, self.b + chance) - betaln(self.a, self.b))
        return np.asarray(alive + np.where(passed > 0, left * log_at_least(many, period, self.r, self.alpha), 0.0))

    def log_likelihood(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Logarithm of the density of the purchase times, of each customer."""
        many, last, age = history(x, t_x, T)
        passed = many + self.chances
        odds = np.where(passed > 0, self._log_dead(many, last, age), -np.inf)
        found = (
            gammaln(self.r + many)
            - gammaln(self.r)
            + self.r * np.log(self.alpha)
            - (self.r + many) * np.log(self.alpha + age)
        )
        return np.asarray(found + betaln(self.a, self.b + passed) - betaln(self.a, self.b) + np.logaddexp(0, odds))

    def simulate(self, T: Column, seed: int = 0) -> tuple[Floats, Floats]:
        """See Timing."""
        random, age = np.random.default_rng(seed), column(T, "T")
        rates = random.gamma(self.r, 1 / self.alpha, len(age))
        leaves = random.beta(self.a, self.b, len(age))
        many, last = np.zeros(len(age)), np.zeros(len(age))
        active = np.arange(len(age))
        if self.chances:
            active = active[random.random(len(active)) >= leaves[active]]
        while len(active):
            with np.errstate(divide="ignore"):
                when = last[active] + random.standard_exponential(len(active)) / rates[active]
            active, when = active[when <= age[active]], when[when <= age[active]]
            many[active] += 1
            last[active] = when
            active = active[random.random(len(active)) >= leaves[active]]
        return many, last

    @classmethod
    def fit(cls, data: Purchases) -> Fit[Self] | Fit[Nbd]:
        """Maximum likelihood. Where the data show no dropout the NBD is fitted instead, with a warning. Raises Unusable."""
        said, unit = data.notices(), data.unit()
        rows = data.in_units(unit).grouped()
        found = climb(rows, lambda part: objective(part, cls.chances), _START)
        r, alpha, a, b = (float(value) for value in np.exp(found.place))
        shift = -float(data.x @ data.n) * np.log(unit)
        spread = np.diag(found.covariance())
        plain = nbd_instead(data, said, found.value + shift, float(spread[2]))
        if plain is not None:
            return plain
        said += alike_rates(r, float(spread[0])) + _alike_dropout(a + b, float(spread[3]))
        model = cls(r, alpha * unit, a, b)
        return fitted(cls.name, model, cls.names, found, data.customers, said, scales=(1, unit, 1, 1), shift=shift)


def _alike_dropout(total: float, variance: float) -> list[Notice]:
    if not without_spread(total, variance):
        return []
    text = "Dropout does not differ between customers (a + b is without bound): one probability describes them all."
    return [Notice("no-heterogeneity", text)]


def _logistic(odds: Floats) -> Floats:
    """1 / (1 + e^−odds) without overflow."""
    small = np.exp(-np.abs(odds))
    return np.asarray(np.where(odds >= 0, 1.0, small) / (1 + small))


def objective(rows: Purchases, chances: int) -> Objective:
    """Log-likelihood and gradient by (r, α, a, b). What depends on x alone is summed once per distinct x."""
    distinct, place = kinds(rows.x)
    counts, total = sums(place, rows.n), rows.customers
    passed = distinct + chances
    sure = rows.where(rows.x + chances == 0)
    other = rows.where(rows.x + chances > 0)
    survived = other.x + chances - 1

    def value(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        whole = psi(a + b + passed)
        found = counts @ (gammaln(r + distinct) + betaln(a, b + passed))
        found += total * (r * np.log(alpha) - gammaln(r) - betaln(a, b))
        by_r = counts @ psi(r + distinct) + total * (np.log(alpha) - psi(r))
        by_alpha = total * r / alpha
        by_a = total * psi(a + b) - counts @ whole
        by_b = counts @ (psi(b + passed) - whole) - total * (psi(b) - psi(a + b))
        ages = alpha + sure.T
        logs = np.log(ages)
        found -= r * (sure.n @ logs)
        by_r -= sure.n @ logs
        by_alpha -= r * (sure.n @ (1 / ages))
        gain, slopes = _mixed(other, survived, r, alpha, a, b)
        return float(found + gain), np.array([by_r, by_alpha, by_a, by_b]) + slopes

    return value


def _mixed(rows: Purchases, survived: Floats, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
    """Σ n log[(α + T)^−(r + x) + a / (b + survived) (α + t_x)^−(r + x)] and its gradient, chunk by chunk in the cache."""
    found = np.zeros(5)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        found += _one_chunk(rows.where(part), b + survived[part], r, alpha, a)
    return float(found[0]), found[1:]


def _one_chunk(rows: Purchases, left: Floats, r: float, alpha: float, a: float) -> Floats:
    n, shape = rows.n, r + rows.x
    age, last = alpha + rows.T, alpha + rows.t_x
    log_age = np.log(age)
    ratio = log_age - np.log(last)
    odds = np.log(a / left) + shape * ratio
    small = np.exp(-np.abs(odds))
    gone = n * np.where(odds >= 0, 1.0, small) / (1 + small)
    found = n @ (np.maximum(odds, 0) + np.log1p(small) - shape * log_age)
    by_r = gone @ ratio - n @ log_age
    by_alpha = gone @ (shape * (1 / age - 1 / last)) - n @ (shape / age)
    return np.array([found, by_r, by_alpha, gone.sum() / a, -(gone @ (1 / left))])


@dataclass(frozen=True)
class BgNbd(_BetaGeometric):
    """BG/NBD: one may leave after each repeat purchase, never before the first."""

    name: ClassVar[str] = "bg-nbd"
    chances: ClassVar[int] = 0


@dataclass(frozen=True)
class MbgNbd(_BetaGeometric):
    """MBG/NBD: one may leave after the very first purchase too, so that those who never return may be gone."""

    name: ClassVar[str] = "mbg-nbd"
    chances: ClassVar[int] = 1
