"""Models of the number of customers who still renew after 0, 1, 2 … periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaln, psi

from guanxi.science.arrays import Column, Floats, Unusable, column, same_length
from guanxi.science.fitting import Objective, fitted, maximise, without_spread
from guanxi.science.results import Fit, Notice

_FEW_PERIODS = 3


@dataclass(frozen=True)
class Cohort:
    """Customers of one cohort: periods since they joined (0 first), and how many survived; shape (periods,)."""

    period: Floats
    survivors: Floats

    @classmethod
    def of(cls, period: Column, survivors: Column) -> Cohort:
        """Checked and sorted. Periods count from the first one. Raises Unusable."""
        times, alive = column(period, "period", whole=True), column(survivors, "survivors")
        same_length(period=times, survivors=alive)
        order = np.argsort(times, kind="stable")
        times, alive = times[order] - times.min(), alive[order]
        if (np.diff(times) == 0).any():
            raise Unusable(f"period {times[int(np.argmax(np.diff(times) == 0))]:g} is there twice.")
        if (np.diff(alive) > 0).any():
            raise Unusable(
                f"survivors grow at period {times[1:][np.diff(alive) > 0][0]:g}: those who left cannot come back."
            )
        if len(times) < 2 or alive[0] <= 0:
            raise Unusable("A cohort needs at least two periods, and customers in the first.")
        return cls(times, alive)

    def notices(self) -> list[Notice]:
        """What must be said of such a cohort."""
        said = []
        if self.survivors[0] == self.survivors[-1]:
            raise Unusable("Nobody left: there is nothing to fit.")
        if len(self.period) - 1 < _FEW_PERIODS:
            said.append(
                Notice(
                    "few-periods", f"Only {len(self.period) - 1} periods after the first: the parameters are uncertain."
                )
            )
        return said


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """sBG: each customer leaves at each renewal with a probability of their own, Beta(α, β)."""

    alpha: float
    beta: float
    name: ClassVar[str] = "sbg"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    start: ClassVar[tuple[float, ...]] = (1.0, 1.0)

    @property
    def shape(self) -> float:
        """How the risk of one customer changes with time; 1: not at all."""
        return 1.0

    def log_survival(self, time: Column) -> Floats:
        """Logarithm of the probability of still being a customer after `time` renewals."""
        aged = column(time, "time") ** self.shape
        return np.asarray(betaln(self.alpha, self.beta + aged) - betaln(self.alpha, self.beta))

    def survival(self, time: Column) -> Floats:
        """Probability of still being a customer after `time` renewals."""
        return np.asarray(np.exp(self.log_survival(time)))

    def p_alive(self, time: Column) -> Floats:
        """The same as survival: under contract it is seen who is alive; this is what is expected of a new customer."""
        return self.survival(time)

    def retention(self, time: Column) -> Floats:
        """Share of the customers of period time − 1 who renew into period `time` (from 1 on)."""
        at = column(time, "time", least=1)
        return np.asarray(np.exp(self.log_survival(at) - self.log_survival(at - 1)))

    def probability(self, time: Column) -> Floats:
        """Probability of leaving exactly at renewal `time` (from 1 on)."""
        at = column(time, "time", least=1)
        before = self.log_survival(at - 1)
        return np.asarray(-np.exp(before) * np.expm1(self.log_survival(at) - before))

    def expected_renewals(self, age: Column, period: int, discount: float = 0.0) -> Floats:
        """Expected renewals within the next `period` of customers who made `age` renewals, the i-th divided by (1 + discount)^i.

        Times the margin of a period it is the residual lifetime value just after a renewal.
        """
        made = column(age, "age", whole=True)
        ahead = np.arange(1, period + 1)[None, :]
        later = self.log_survival((made[:, None] + ahead).ravel()).reshape(len(made), -1)
        return np.asarray(np.exp(later - self.log_survival(made)[:, None] - ahead * np.log1p(discount)).sum(axis=1))

    def simulate(self, customers: int, periods: int, seed: int = 0) -> Floats:
        """Survivors of a made-up cohort at 0 … periods."""
        random = np.random.default_rng(seed)
        survival = self.survival(np.arange(periods + 1.0))
        chances = np.append(-np.diff(survival), survival[-1])
        left = random.multinomial(customers, chances / chances.sum())[:-1]
        return np.concatenate([[float(customers)], customers - np.cumsum(left)])

    @classmethod
    def of(cls, values: Floats) -> Self:
        """The model of an array of parameters."""
        return cls(*(float(value) for value in values))

    @classmethod
    def fit(cls, data: Cohort) -> Fit[Self]:
        """Maximum likelihood. Raises Unusable."""
        said = data.notices()
        found = maximise(objective(data, cls), cls.start, float(data.survivors[0]))
        values = np.exp(found.place)
        if without_spread(float(values.sum()), float(found.covariance()[0, 0])):
            text = "Customers do not differ in their probability of leaving: a constant retention rate describes them."
            said.append(Notice("no-heterogeneity", text))
        return fitted(cls.name, cls.of(values), cls.names, found, float(data.survivors[0]), said)


@dataclass(frozen=True)
class BetaDiscreteWeibull(ShiftedBetaGeometric):
    """bdW: as sBG, and the risk of each customer grows (c > 1) or falls (c < 1) with time."""

    c: float
    name: ClassVar[str] = "bdw"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")
    start: ClassVar[tuple[float, ...]] = (1.0, 1.0, 1.0)

    @property
    def shape(self) -> float:
        """c."""
        return self.c


def objective(data: Cohort, kind: type[ShiftedBetaGeometric]) -> Objective:
    """Log-likelihood and gradient by (α, β) or (α, β, c)."""
    left, stayed, time = -np.diff(data.survivors), float(data.survivors[-1]), data.period
    logs = np.log(np.maximum(time, 1e-300))

    def value(parameters: Floats) -> tuple[float, Floats]:
        model = kind.of(parameters)
        survival = model.log_survival(time)
        slopes = _slopes(model, time, logs)[: len(parameters)]
        drop = np.diff(survival)
        odds = 1 / np.expm1(-drop)
        found = left @ (survival[:-1] + np.log(-np.expm1(drop))) + stayed * survival[-1]
        by_each = slopes[:, :-1] - np.diff(slopes, axis=1) * odds
        return float(found), np.asarray(by_each @ left + stayed * slopes[:, -1])

    return value


def _slopes(model: ShiftedBetaGeometric, time: Floats, logs: Floats) -> Floats:
    """Derivatives of log survival by α, β, c, shape (3, periods)."""
    alpha, beta = model.alpha, model.beta
    aged = time**model.shape
    whole, by_time = psi(alpha + beta + aged), psi(beta + aged)
    by_beta = by_time - whole - psi(beta) + psi(alpha + beta)
    return np.stack([psi(alpha + beta) - whole, by_beta, np.where(time > 0, (by_time - whole) * aged * logs, 0.0)])
