"""Pareto/NBD: a customer may leave at any moment (Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2005).

The likelihood's difference of two hypergeometric functions loses all digits for some customers. It is the integral over the
moment of leaving, ∫ (α + y)^−(r + x) (β + y)^−(s + 1) dy from t_x to T, whose integrand is positive and smooth: Gauss–Legendre
in log(min(α, β) + y), cut where nothing is left, gives it to some ten digits, and its gradient by the same nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import gammaln, psi

from guanxi.science.arrays import Column, Floats, column, kinds, sums
from guanxi.science.buying.nbd import Nbd, alike_rates, climb, log_counts, nbd_instead, poisson_history
from guanxi.science.buying.purchases import Purchases
from guanxi.science.buying.quadrature import by_age, legendre, stretched
from guanxi.science.buying.timing import Timing, history
from guanxi.science.fitting import Objective, fitted, without_spread
from guanxi.science.results import Fit, Notice

_NODES, _NODES_OF_COUNTS = 16, 64
_NOTHING_LEFT = 34.0
_CHUNK = 2_048
_START = (0.5, 0.5, 0.5, 0.5)


class _Leaving(NamedTuple):
    """For each customer: logarithm of the integral over the moment of leaving, and, over that moment, the means of
    log(α + y), log(β + y), 1 / (α + y), 1 / (β + y)."""

    total: Floats
    means: Floats


def _leaving(values: tuple[float, float, float, float], x: Floats, t_x: Floats, T: Floats) -> Floats:
    """Logarithm of the integral for each row, chunk by chunk so that it stays in the processor's cache."""
    parts = [slice(start, start + _CHUNK) for start in range(0, len(x), _CHUNK)]
    return np.concatenate([_one_chunk(values, x[part], t_x[part], T[part], False).total for part in parts])


def _one_chunk(values: tuple[float, float, float, float], x: Floats, t_x: Floats, T: Floats, means: bool) -> _Leaving:
    r, alpha, s, beta = values
    near, far = min(alpha, beta), max(alpha, beta)
    by_near, by_far = (r + x, s + 1) if alpha <= beta else (s + 1, r + x)
    first = near + t_x
    length = np.log((near + T) / first)
    pace = by_near + by_far * first / (far + t_x) - 1
    length = np.minimum(length, _NOTHING_LEFT / np.maximum(pace, 1e-300))
    nodes, shares = legendre(_NODES)
    u = length * nodes[:, None]
    grown = first * np.exp(u)
    ahead = grown + (far - near)
    log_far = np.log(ahead)
    start = np.log(far + t_x)
    weight = shares[:, None] * np.exp((1 - by_near) * u - by_far * (log_far - start))
    mass = weight.sum(axis=0)
    with np.errstate(divide="ignore"):
        total = np.log(mass * length) + (1 - by_near) * np.log(first) - by_far * start
    if not means:
        return _Leaving(total, np.empty((4, 0)))
    mean_near = np.log(first) + np.einsum("ij,ij->j", weight, u) / mass
    mean_far = np.einsum("ij,ij->j", weight, log_far) / mass
    inverse_near = np.einsum("ij,ij->j", weight, 1 / grown) / mass
    inverse_far = np.einsum("ij,ij->j", weight, 1 / ahead) / mass
    found = (mean_near, mean_far, inverse_near, inverse_far)
    return _Leaving(total, np.stack(found if alpha <= beta else (mean_far, mean_near, inverse_far, inverse_near)))


@dataclass(frozen=True)
class ParetoNbd(Timing):
    """Purchase rates are Gamma(r, α), rates of leaving Gamma(s, β)."""

    r: float
    alpha: float
    s: float
    beta: float
    name: ClassVar[str] = "pareto-nbd"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    @property
    def scale(self) -> float:
        """See Timing."""
        return min(self.alpha, self.beta)

    def _halves(self, x: Column, t_x: Column, T: Column) -> tuple[Floats, Floats]:
        """Logarithms of the two parts of the likelihood: alive at T, left before."""
        many, last, age = history(x, t_x, T)
        alive = -(self.r + many) * np.log(self.alpha + age) - self.s * np.log(self.beta + age)
        return alive, np.log(self.s) + _leaving((self.r, self.alpha, self.s, self.beta), many, last, age)

    def p_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """See Timing."""
        alive, left = self._halves(x, t_x, T)
        return np.asarray(1 / (1 + np.exp(np.minimum(left - alive, 700.0))))

    def new_alive(self) -> float:
        """See Timing."""
        return 1.0

    def rate(self, x: Floats, T: Floats, ahead: Floats) -> Floats:
        """(r + x) / (α + T) · ((β + T) / (β + T + τ))^s."""
        return np.asarray((self.r + x) / (self.alpha + T) * (1 + ahead / (self.beta + T)) ** -self.s)

    def alive_chance(self, period: float, x: Column, T: Column) -> Floats:
        """See Timing; here one may leave before the next purchase."""
        times, shares = stretched(period, min(self.scale, period))

        def integral(kinds: Floats, ages: Floats) -> Floats:
            shape, past = self.r + kinds[:, None], self.alpha + ages[:, None]
            return np.asarray(
                (self.rate(kinds[:, None], ages[:, None], times) * (1 + times / past) ** -(shape + 1)) @ shares
            )

        return by_age(integral, column(x, "x"), column(T, "T"), self.scale)

    def log_likelihood(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Logarithm of the density of the purchase times, of each customer."""
        many = column(x, "x")
        known = gammaln(self.r + many) - gammaln(self.r) + self.r * np.log(self.alpha) + self.s * np.log(self.beta)
        return np.asarray(known + np.logaddexp(*self._halves(x, t_x, T)))

    def probability(self, count: Column, period: float) -> Floats:
        """See Timing."""
        many = column(count, "count", whole=True)
        nodes, shares = legendre(_NODES_OF_COUNTS)
        length = np.log1p(period / self.scale)
        times = self.scale * np.expm1(nodes * length)
        leaving = (
            self.s / (self.beta + times) * (1 + times / self.beta) ** -self.s * shares * length * (times + self.scale)
        )
        before = np.stack([np.exp(log_counts(many, float(time), self.r, self.alpha)) for time in times])
        alive = np.exp(log_counts(many, period, self.r, self.alpha)) * (1 + period / self.beta) ** -self.s
        return np.asarray(alive + leaving @ before)

    def simulate(self, T: Column, seed: int = 0) -> tuple[Floats, Floats]:
        """See Timing."""
        random, age = np.random.default_rng(seed), column(T, "T")
        rates = random.gamma(self.r, 1 / self.alpha, len(age))
        with np.errstate(divide="ignore"):
            leaves = random.standard_exponential(len(age)) / random.gamma(self.s, 1 / self.beta, len(age))
        return poisson_history(random, rates, np.minimum(leaves, age))

    @classmethod
    def fit(cls, data: Purchases) -> Fit[ParetoNbd] | Fit[Nbd]:
        """Maximum likelihood. Where the data show no dropout the NBD is fitted instead, with a warning. Raises Unusable."""
        said, unit = data.notices(), data.unit()
        rows = data.in_units(unit).grouped()
        found = climb(rows, objective, _START)
        r, alpha, s, beta = (float(value) for value in np.exp(found.place))
        shift = -float(data.x @ data.n) * np.log(unit)
        spread = np.diag(found.covariance())
        plain = nbd_instead(data, said, found.value + shift, float(spread[2]))
        if plain is not None:
            return plain
        said += alike_rates(r, float(spread[0]))
        if without_spread(s, float(spread[2])):
            text = "Rates of leaving do not differ between customers (s is without bound): one rate describes them all."
            said.append(Notice("no-heterogeneity", text))
        model = cls(r, alpha * unit, s, beta * unit)
        return fitted(cls.name, model, cls.names, found, data.customers, said, scales=(1, unit, 1, unit), shift=shift)


def objective(rows: Purchases) -> Objective:
    """Log-likelihood and gradient by (r, α, s, β)."""
    distinct, place = kinds(rows.x)
    counts, total = sums(place, rows.n), rows.customers

    def value(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = (float(one) for one in parameters)
        known = counts @ gammaln(r + distinct) + total * (r * np.log(alpha) + s * np.log(beta) - gammaln(r))
        by_r = counts @ psi(r + distinct) + total * (np.log(alpha) - psi(r))
        found = np.array([known, by_r, total * r / alpha, total * np.log(beta), total * s / beta])
        for start in range(0, len(rows), _CHUNK):
            found += _mixed((r, alpha, s, beta), rows.where(slice(start, start + _CHUNK)))
        return float(found[0]), found[1:]

    return value


def _mixed(values: tuple[float, float, float, float], rows: Purchases) -> Floats:
    """Σ n log(alive + left) and its derivatives by r, α, s, β."""
    r, alpha, s, beta = values
    left = _one_chunk(values, rows.x, rows.t_x, rows.T, True)
    log_a, log_b = np.log(alpha + rows.T), np.log(beta + rows.T)
    shape, n = r + rows.x, rows.n
    alive = -shape * log_a - s * log_b
    whole = np.logaddexp(alive, np.log(s) + left.total)
    stays = n * np.exp(alive - whole)
    gone = n - stays
    mean_a, mean_b, inverse_a, inverse_b = left.means
    by_alpha = -(stays * shape) @ (1 / (alpha + rows.T)) - (gone * shape) @ inverse_a
    by_s = gone.sum() / s - stays @ log_b - gone @ mean_b
    by_beta = -s * (stays @ (1 / (beta + rows.T))) - (s + 1) * (gone @ inverse_b)
    return np.array([n @ whole, -(stays @ log_a) - gone @ mean_a, by_alpha, by_s, by_beta])
