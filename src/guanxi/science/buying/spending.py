"""Gamma-Gamma: the mean margin of a customer's purchases (Colombo & Jiang 1999; Fader & Hardie 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, psi

from guanxi.science.arrays import Column, Floats, Unusable, column, groups, kinds, same_length, sums, weights
from guanxi.science.buying.nbd import CHUNK, SAMPLE
from guanxi.science.buying.purchases import FEW
from guanxi.science.fitting import Objective, Optimum, fitted, from_sample, maximise
from guanxi.science.results import Fit, Notice

CORRELATED = 0.15
"""The model holds where the number of purchases and their mean margin are independent; beyond this it is said that they are not."""
_START = (2.0, 3.0, 2.0)


@dataclass(frozen=True)
class Spending:
    """Repeat buyers: number of purchases x, mean margin m per purchase, number n of such customers; shape (rows,)."""

    x: Floats
    m: Floats
    n: Floats

    @classmethod
    def of(cls, x: Column, m: Column, n: Column | None = None) -> Spending:
        """Checked rows. Those without repeat purchases say nothing and are left out. Raises Unusable."""
        found = cls(column(x, "x", whole=True), column(m, "m"), weights(n, len(np.atleast_1d(np.asarray(x)))))
        same_length(x=found.x, m=found.m, n=found.n)
        keep = (found.x > 0) & (found.n > 0)
        if not keep.any():
            raise Unusable("Nobody bought again: x is 0 in every row, so there is no margin to learn from.")
        if (found.m[keep] <= 0).any():
            row = int(np.flatnonzero(keep)[np.argmax(found.m[keep] <= 0)])
            raise Unusable(f"m is not above 0 in row {row + 1}: the model describes positive margins only.")
        return cls(found.x[keep], found.m[keep], found.n[keep])

    @property
    def customers(self) -> float:
        """How many there are."""
        return float(self.n.sum())

    def correlation(self) -> float:
        """Pearson's correlation of x and m over the customers; 0 where one of them does not vary."""
        total = self.customers
        x, m = self.x - self.x @ self.n / total, self.m - self.m @ self.n / total
        spread = float(np.sqrt((x * x) @ self.n * ((m * m) @ self.n)))
        return float((x * m) @ self.n) / spread if spread > 0 else 0.0

    def notices(self) -> list[Notice]:
        """What must be said of such data. Raises Unusable where nothing can be learnt."""
        if self.customers < 2:
            raise Unusable("One customer is not enough: the model describes how customers differ.")
        if np.ptp(self.m) <= 1e-12 * self.m.max():
            raise Unusable("m is the same in every row: there is nothing to fit.")
        said = []
        if self.customers < FEW:
            text = (
                f"Only {self.customers:g} customers bought again; with fewer than {FEW} the parameters are uncertain."
            )
            said.append(Notice("few-repeaters", text))
        if abs(found := self.correlation()) > CORRELATED:
            text = f"Number and margin of purchases are correlated ({found:+.2f}); the model takes them as independent, so values are biased."
            said.append(Notice("correlated", text))
        return said


@dataclass(frozen=True)
class GammaGamma:
    """Margins are Gamma(p, ν) with ν ~ Gamma(q, γ): mean p γ / (q − 1)."""

    p: float
    q: float
    gamma: float
    name: ClassVar[str] = "gamma-gamma"
    names: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    def mean(self) -> float:
        """Mean margin over all customers; infinite where q ≤ 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected_margin(self, x: Column, m: Column) -> Floats:
        """Expected margin per purchase of customers with x repeat purchases of mean m; of those with none the mean of all."""
        many, mean = column(x, "x"), column(m, "m")
        base = self.p * many + self.q - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.p * (self.gamma + mean * many) / base
        return np.asarray(np.where((many > 0) & (base > 0), found, self.mean()))

    def log_likelihood(self, x: Column, m: Column) -> Floats:
        """Logarithm of the density of each repeat buyer's mean margin."""
        many, mean = column(x, "x"), column(m, "m")
        shape = self.p * many
        found = gammaln(shape + self.q) - gammaln(shape) - gammaln(self.q) + self.q * np.log(self.gamma)
        found += (shape - 1) * np.log(mean) + shape * np.log(many)
        return np.asarray(found - (shape + self.q) * np.log(self.gamma + many * mean))

    def simulate(self, x: Column, seed: int = 0) -> Floats:
        """Mean margins of made-up customers with x purchases each; 0 where x is 0."""
        random, many = np.random.default_rng(seed), column(x, "x")
        pace = random.gamma(self.q, 1 / self.gamma, len(many))
        some = np.maximum(many, 1)
        return np.asarray(np.where(many > 0, random.gamma(self.p * some, 1 / (pace * some)), 0.0))

    @classmethod
    def fit(cls, data: Spending) -> Fit[GammaGamma]:
        """Maximum likelihood. Correlation of x and m, and a mean that does not exist, are warned of. Raises Unusable."""
        said, unit = data.notices(), float(data.m @ data.n) / data.customers
        rows = _grouped(Spending(data.x, data.m / unit, data.n))
        found = _climb(rows)
        p, q, gamma = (float(value) for value in np.exp(found.place))
        if q <= 1:
            said.append(Notice("no-mean", "q is not above 1: the mean margin of all customers does not exist."))
        shift = -data.customers * np.log(unit)
        model = cls(p, q, gamma * unit)
        return fitted(cls.name, model, cls.names, found, data.customers, said, scales=(1, 1, unit), shift=shift)


def _grouped(data: Spending) -> Spending:
    if len(data.x) > 100_000:
        return data
    rows, places = groups(data.x, data.m)
    return Spending(data.x[rows], data.m[rows], sums(places, data.n))


def _climb(rows: Spending) -> Optimum:
    if len(rows.x) <= 4 * SAMPLE:
        return maximise(objective(rows), _START, rows.customers)
    every = slice(0, None, len(rows.x) // SAMPLE)
    sample = Spending(rows.x[every], rows.m[every], rows.n[every])
    return from_sample(objective(rows), objective(sample), _START, rows.customers, sample.customers)


def objective(rows: Spending) -> Objective:
    """Log-likelihood and gradient by (p, q, γ)."""
    n, many, spent_all = rows.n, rows.x, rows.x * rows.m
    distinct, place = kinds(many)
    counts, total, bought = sums(place, n), rows.customers, n * many
    logs = np.log(spent_all)
    by_purchase = float(bought @ logs)
    constant = -float(n @ np.log(rows.m))

    def value(parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        each, alone, each_inverse, inverse = _spent(bought, n, spent_all, gamma)
        shape = p * distinct
        found = counts @ (gammaln(shape + q) - gammaln(shape)) + total * (q * np.log(gamma) - gammaln(q)) + constant
        found += p * (by_purchase - each) - q * alone
        both = psi(shape + q)
        by_p = (counts * distinct) @ (both - psi(shape)) + by_purchase - each
        by_q = counts @ both + total * (np.log(gamma) - psi(q)) - alone
        by_gamma = total * q / gamma - p * each_inverse - q * inverse
        return float(found), np.array([by_p, by_q, by_gamma])

    return value


def _spent(bought: Floats, n: Floats, spent: Floats, gamma: float) -> Floats:
    """Σ n x log(γ + x m), Σ n log(γ + x m), Σ n x / (γ + x m), Σ n / (γ + x m), chunk by chunk in the cache."""
    found = np.zeros(4)
    for start in range(0, len(n), CHUNK):
        part = slice(start, start + CHUNK)
        whole = gamma + spent[part]
        logs, inverse = np.log(whole), 1 / whole
        each, alone = bought[part], n[part]
        found += (each @ logs, alone @ logs, each @ inverse, alone @ inverse)
    return found
