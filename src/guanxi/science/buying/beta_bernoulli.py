"""BG/BB: purchases at opportunities that come one by one, such as yearly appeals (Fader, Hardie & Shang 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import betaln, gammaln, psi

from guanxi.science.arrays import Column, Floats, Unusable, column
from guanxi.science.buying.purchases import Purchases
from guanxi.science.buying.timing import history
from guanxi.science.fitting import Objective, fitted, maximise, without_spread
from guanxi.science.results import Fit, Notice

_START = (1.0, 1.0, 0.5, 2.0)
MOST_OPPORTUNITIES = 2_000


class _Parts(NamedTuple):
    """Logarithms of the parts of the likelihood, shape (rows, 1 + longest silence): alive at T, then left after each
    opportunity since the last purchase; -inf where there is none. With the arguments of their beta functions."""

    logs: Floats
    bought: Floats
    missed: Floats
    left: Floats
    stayed: Floats


def _parts(x: Floats, t_x: Floats, T: Floats, values: Floats) -> _Parts:
    alpha, beta, gamma, delta = (float(value) for value in values)
    silence = T - t_x
    step = np.arange(int(silence.max(initial=0)))[None, :]
    at = np.concatenate([T[:, None], t_x[:, None] + step], axis=1)
    at = np.minimum(at, T[:, None])
    left = np.concatenate([[0.0], np.ones(step.shape[1])])[None, :] + gamma
    bought, missed, stayed = alpha + x[:, None] + 0 * at, beta + at - x[:, None], delta + at
    logs = betaln(bought, missed) - betaln(alpha, beta) + betaln(left, stayed) - betaln(gamma, delta)
    logs[:, 1:][step >= silence[:, None]] = -np.inf
    return _Parts(logs, bought, missed, left + 0 * at, stayed)


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(axis=1)))


@dataclass(frozen=True)
class BgBb:
    """Probabilities of buying are Beta(α, β), of leaving before an opportunity Beta(γ, δ). Times count opportunities."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    name: ClassVar[str] = "bg-bb"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    @property
    def _values(self) -> Floats:
        return np.array([self.alpha, self.beta, self.gamma, self.delta])

    def log_likelihood(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Logarithm of the probability of each customer's history."""
        return _log_sum(_parts(*history(x, t_x, T), self._values).logs)

    def p_alive(self, x: Column, t_x: Column, T: Column, ahead: int = 1) -> Floats:
        """Probability of being a customer at opportunity T + `ahead` (equation 11 of the paper for 1)."""
        many, last, age = history(x, t_x, T)
        alive = betaln(self.gamma, self.delta + age + ahead) - betaln(self.gamma, self.delta)
        bought = betaln(self.alpha + many, self.beta + age - many) - betaln(self.alpha, self.beta)
        return np.asarray(np.exp(bought + alive - self.log_likelihood(many, last, age)))

    def expected_purchases(self, period: float, x: Column, t_x: Column, T: Column) -> Floats:
        """Expected purchases at the next `period` opportunities, a whole number."""
        return self.discounted_purchases(period, 0.0, x, t_x, T)

    def discounted_purchases(self, period: float, discount: float, x: Column, t_x: Column, T: Column) -> Floats:
        """As expected_purchases, the purchase at the i-th opportunity from now times e^(−discount · i)."""
        many, last, age = history(x, t_x, T)
        if period != np.floor(period):
            raise Unusable("The horizon of bg-bb is a whole number of opportunities.")
        bought = betaln(self.alpha + many + 1, self.beta + age - many) - betaln(self.alpha, self.beta)
        base = bought - self.log_likelihood(many, last, age) - betaln(self.gamma, self.delta)
        found = np.zeros(len(many))
        for ahead in range(1, int(period) + 1):
            found += np.exp(base + betaln(self.gamma, self.delta + age + ahead) - discount * ahead)
        return found

    def expected_new(self, period: float) -> float:
        """Expected purchases of a new customer at the first `period` opportunities."""
        return float(self.expected_purchases(period, [0.0], [0.0], [0.0])[0])

    def probability(self, count: Column, period: float) -> Floats:
        """Probability of exactly `count` purchases at the first `period` opportunities."""
        many = column(count, "count", whole=True)
        ends = np.arange(int(period) + 1.0)[None, :]
        x = many[:, None]
        fits = x <= ends
        open_ended = ends == period
        misses = np.where(fits, ends - x, 0.0)
        ways = gammaln(ends + 1) - gammaln(x + 1) - gammaln(misses + 1)
        bought = betaln(self.alpha + x, self.beta + misses) - betaln(self.alpha, self.beta)
        left = betaln(self.gamma + np.where(open_ended, 0.0, 1.0), self.delta + ends) - betaln(self.gamma, self.delta)
        return np.asarray(np.where(fits, np.exp(ways + bought + left), 0.0).sum(axis=1))

    def probabilities(self, most: int, period: float) -> Floats:
        """Probabilities of 0 … `most` purchases at the first `period` opportunities."""
        return self.probability(np.arange(most + 1, dtype=np.float64), period)

    def simulate(self, T: Column, seed: int = 0) -> tuple[Floats, Floats]:
        """(x, t_x) of made-up customers with T opportunities each."""
        random, age = np.random.default_rng(seed), column(T, "T", whole=True)
        buys = random.beta(self.alpha, self.beta, len(age))
        leaves = random.beta(self.gamma, self.delta, len(age))
        many, last, active = np.zeros(len(age)), np.zeros(len(age)), np.ones(len(age), dtype=bool)
        for time in range(1, int(age.max(initial=0)) + 1):
            active &= (random.random(len(age)) >= leaves) & (age >= time)
            bought = active & (random.random(len(age)) < buys)
            many[bought] += 1
            last[bought] = time
        return many, last

    @classmethod
    def fit(cls, data: Purchases) -> Fit[BgBb]:
        """Maximum likelihood. Where nobody seems to leave, a warning says so. Raises Unusable."""
        said = data.notices()
        if (data.T > MOST_OPPORTUNITIES).any():
            raise Unusable(f"T counts opportunities; more than {MOST_OPPORTUNITIES} are not a case for bg-bb.")
        rows = data.where(data.T > 0).grouped()
        found = maximise(objective(rows), _START, data.customers)
        alpha, beta, gamma, delta = (float(value) for value in np.exp(found.place))
        if gamma / (gamma + delta) < 1e-4:
            said.append(Notice("no-dropout", "The data show no dropout: every customer counts as alive."))
        spread = np.diag(found.covariance())
        if without_spread(alpha + beta, float(spread[0])):
            said.append(Notice("no-heterogeneity", "Probabilities of buying do not differ between customers."))
        if without_spread(gamma + delta, float(spread[3])):
            said.append(Notice("no-heterogeneity", "Probabilities of leaving do not differ between customers."))
        return fitted(cls.name, cls(alpha, beta, gamma, delta), cls.names, found, data.customers, said)


def objective(rows: Purchases) -> Objective:
    """Log-likelihood and gradient by (α, β, γ, δ)."""
    n = rows.n

    def value(parameters: Floats) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = (float(one) for one in parameters)
        parts = _parts(rows.x, rows.t_x, rows.T, parameters)
        whole = _log_sum(parts.logs)
        share = np.exp(parts.logs - whole[:, None]) * n[:, None]
        total = rows.customers
        buying = psi(parts.bought + parts.missed)
        leaving = psi(parts.left + parts.stayed)
        slopes = [
            (share * (psi(parts.bought) - buying)).sum() - total * (psi(alpha) - psi(alpha + beta)),
            (share * (psi(parts.missed) - buying)).sum() - total * (psi(beta) - psi(alpha + beta)),
            (share * (psi(parts.left) - leaving)).sum() - total * (psi(gamma) - psi(gamma + delta)),
            (share * (psi(parts.stayed) - leaving)).sum() - total * (psi(delta) - psi(gamma + delta)),
        ]
        return float(n @ whole), np.array(slopes)

    return value
