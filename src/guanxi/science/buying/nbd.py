"""NBD: customers buy at rates that differ between them, and never leave (Ehrenberg 1959, Morrison & Schmittlein 1988)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, psi

from guanxi.science.arrays import Column, Floats, column, kinds, sums
from guanxi.science.buying.purchases import Purchases
from guanxi.science.buying.timing import Timing, history
from guanxi.science.fitting import Objective, Optimum, fitted, from_sample, maximise, without_spread
from guanxi.science.results import Fit, Notice

SAMPLE = 25_000
CHUNK = 8_192
"""Rows that are worked on at once: they stay in the cache, and scalar products this short start no threads."""
EVIDENCE = 1.35
"""Log-likelihood that dropout must add: the 5 % point of the test with one parameter at its edge (χ² 2.71, halved)."""


def log_counts(count: Floats, period: float, r: float, alpha: float) -> Floats:
    """Logarithms of the NBD probabilities of `count` purchases within `period`."""
    return np.asarray(
        gammaln(r + count)
        - gammaln(r)
        - gammaln(count + 1)
        - r * np.log1p(period / alpha)
        - count * np.log1p(alpha / period)
    )


def log_at_least(count: Floats, period: float, r: float, alpha: float) -> Floats:
    """Probabilities of at least `count` purchases within `period`, summed from below."""
    most = int(count.max(initial=0))
    below = np.concatenate([[0.0], np.cumsum(np.exp(log_counts(np.arange(most + 1.0), period, r, alpha)))])
    return np.asarray(np.clip(1.0 - below[count.astype(np.int64)], 0.0, 1.0))


@dataclass(frozen=True)
class Nbd(Timing):
    """Purchase rates are Gamma(r, α): mean r / α per unit of time."""

    r: float
    alpha: float
    name: ClassVar[str] = "nbd"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha")

    @property
    def scale(self) -> float:
        """See Timing."""
        return self.alpha

    def p_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """1: in this model nobody leaves."""
        return np.ones(len(column(x, "x")))

    def new_alive(self) -> float:
        """1."""
        return 1.0

    def rate(self, x: Floats, T: Floats, ahead: Floats) -> Floats:
        """(r + x) / (α + T), at any time."""
        return np.asarray((self.r + x) / (self.alpha + T) + np.zeros_like(ahead))

    def probability(self, count: Column, period: float) -> Floats:
        """See Timing."""
        return np.asarray(np.exp(log_counts(column(count, "count"), period, self.r, self.alpha)))

    def simulate(self, T: Column, seed: int = 0) -> tuple[Floats, Floats]:
        """See Timing."""
        random, age = np.random.default_rng(seed), column(T, "T")
        rates = random.gamma(self.r, 1 / self.alpha, len(age))
        return poisson_history(random, rates, age)

    def log_likelihood(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Logarithm of the density of the purchase times, of each customer."""
        many, _last, age = history(x, t_x, T)
        ahead = self.r * np.log(self.alpha) - (self.r + many) * np.log(self.alpha + age)
        return np.asarray(gammaln(self.r + many) - gammaln(self.r) + ahead)

    @classmethod
    def fit(cls, data: Purchases, warnings: Sequence[Notice] | None = None) -> Fit[Nbd]:
        """Maximum likelihood. The likelihood is that of the purchase times, so that it compares with the other models'."""
        said = data.notices() if warnings is None else list(warnings)
        unit = data.unit()
        rows = data.in_units(unit).grouped()
        start = (0.5, 0.5)
        found = climb(rows, objective, start)
        values = np.exp(found.place)
        model = cls(float(values[0]), float(values[1] * unit))
        said += alike_rates(model.r, float(found.covariance()[0, 0]))
        shift = -float(data.x @ data.n) * np.log(unit)
        return fitted(cls.name, model, cls.names, found, data.customers, said, scales=(1, unit), shift=shift)


def climb(rows: Purchases, make: type | object, start: Sequence[float]) -> Optimum:
    """The optimum of `make(rows)`; large tables by way of a sample."""
    assert callable(make)
    if len(rows) > 4 * SAMPLE:
        sample = rows.sample(SAMPLE)
        return from_sample(make(rows), make(sample), start, rows.customers, sample.customers)
    return maximise(make(rows), start, rows.customers)


def objective(rows: Purchases) -> Objective:
    """Log-likelihood and gradient by (r, α)."""
    n, many, age = rows.n, rows.x, rows.T
    distinct, place = kinds(many)
    counts = sums(place, n)
    total = rows.customers

    def value(parameters: Floats) -> tuple[float, Floats]:
        r, alpha = parameters
        past, logs = alpha + age, np.log(alpha + age)
        shape = r + many
        found = counts @ gammaln(r + distinct) + total * (r * np.log(alpha) - gammaln(r)) - n @ (shape * logs)
        by_r = counts @ psi(r + distinct) + total * (np.log(alpha) - psi(r)) - n @ logs
        return float(found), np.array([by_r, total * r / alpha - n @ (shape / past)])

    return value


def alike_rates(r: float, variance: float) -> list[Notice]:
    """A warning where the customers' rates do not differ; `variance` of the logarithm of r."""
    if not without_spread(r, variance):
        return []
    text = (
        "Purchase rates do not differ between customers (r is without bound): a plain Poisson process describes them."
    )
    return [Notice("no-heterogeneity", text)]


def poisson_history(random: np.random.Generator, rates: Floats, until: Floats) -> tuple[Floats, Floats]:
    """(x, t_x) of Poisson purchases with `rates` between 0 and `until`."""
    many = random.poisson(rates * until).astype(np.float64)
    last = until * random.random(len(until)) ** (1 / np.maximum(many, 1))
    return many, np.where(many > 0, last, 0.0)


def nbd_instead(data: Purchases, said: Sequence[Notice], likelihood: float, variance: float) -> Fit[Nbd] | None:
    """The NBD's fit, with a warning, where it stands in for a model with dropout whose data show none; else None.

    `likelihood` is the logarithm of that model's, `variance` that of the logarithm of its parameter of dropout: asked only where
    this is known to no better than ±0.3, or not at all.
    """
    if variance < 0.09:
        return None
    plain = Nbd.fit(data, said)
    if not likelihood < plain.log_likelihood + EVIDENCE:
        return None
    text = "The data show no dropout: the NBD was fitted instead, in which every customer is alive, P(alive) = 1."
    return replace(plain, warnings=(*plain.warnings, Notice("no-dropout", text)))
