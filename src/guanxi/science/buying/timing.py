"""What the models of repeat buying in continuous time have in common: a rate of purchases while alive, and its integrals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column
from guanxi.science.buying.quadrature import by_age, stretched

FOR_EVER = float("inf")


class Timing(ABC):
    """A fitted model of purchases at any time. Times are in the unit of the data; every argument and answer has shape (customers,)."""

    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    r: float
    alpha: float

    @abstractmethod
    def p_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Probability that a customer with this history is still one."""

    @abstractmethod
    def rate(self, x: Floats, T: Floats, ahead: Floats) -> Floats:
        """Expected purchases per unit of time, `ahead` after T, of a customer who is alive at T."""

    @abstractmethod
    def probability(self, count: Column, period: float) -> Floats:
        """Probability of exactly `count` repeat purchases of a new customer within `period`."""

    @abstractmethod
    def new_alive(self) -> float:
        """Probability that a new customer is one beyond the first purchase."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """A time within which the rate does not change much."""

    @abstractmethod
    def simulate(self, T: Column, seed: int = 0) -> tuple[Floats, Floats]:
        """(x, t_x) of made-up customers observed for T each."""

    def alive_purchases(self, period: float, x: Column, T: Column, discount: float = 0.0) -> Floats:
        """Expected purchases within `period` after T of customers alive at T, discounted continuously at `discount` per unit of time."""
        many, age = column(x, "x"), column(T, "T")
        if period <= 0:
            return np.zeros(len(many))
        if period == FOR_EVER and discount <= 0:
            raise Unusable("The value for ever needs a discount rate above 0.")
        span = min(period, 40.0 / discount) if discount > 0 else period
        times, shares = stretched(span, min(self.scale, span))
        shares = shares * np.exp(-discount * times)

        def integral(kinds: Floats, ages: Floats) -> Floats:
            return self.rate(kinds[:, None], ages[:, None], times[None, :]) @ shares

        return by_age(integral, many, age, self.scale)

    def kept(self, x: Floats) -> Floats:
        """Probability that a customer who was alive through x repeat purchases stays one after the next; 1 where purchases do not make one leave."""
        return np.ones(len(x))

    def alive_chance(self, period: float, x: Column, T: Column) -> Floats:
        """Probability of at least one purchase within `period` after T of customers alive at T: who leaves only at purchases makes the next one anyway."""
        many, age = column(x, "x"), column(T, "T")
        return np.asarray(-np.expm1(-(self.r + many) * np.log1p(period / (self.alpha + age))))

    def alive_pairs(self, period: float, x: Column, T: Column) -> Floats:
        """E[N (N − 1)] of the N purchases within `period` after T of customers alive at T; with their expected number it gives the variance.

        Two purchases, the later one at τ, need a first at any time before, after which the customer stays, and the rate of one who bought once more.
        """
        many, age = column(x, "x"), column(T, "T")
        times, shares = stretched(period, min(self.scale, period))

        def integral(kinds: Floats, ages: Floats) -> Floats:
            later = self.rate(kinds[:, None] + 1, ages[:, None], times[None, :]) @ (shares * times)
            return np.asarray(2 * self.kept(kinds) * (self.r + kinds) / (self.alpha + ages) * later)

        return by_age(integral, many, age, self.scale)

    def expected_purchases(self, period: float, x: Column, t_x: Column, T: Column) -> Floats:
        """Expected purchases of customers with this history within `period` after T."""
        return self.discounted_purchases(period, 0.0, x, t_x, T)

    def discounted_purchases(self, period: float, discount: float, x: Column, t_x: Column, T: Column) -> Floats:
        """As expected_purchases, each purchase times e^(−discount · time until it): the residual lifetime in purchases.

        Times the margin of a purchase it is the customer lifetime value. `period` may be FOR_EVER where discount > 0.
        """
        return self.p_alive(x, t_x, T) * self.alive_purchases(period, x, T, discount)

    def expected_new(self, period: float) -> float:
        """Expected repeat purchases of a new customer within `period`."""
        return self.new_alive() * float(self.alive_purchases(period, [0.0], [0.0])[0])

    def probabilities(self, most: int, period: float) -> Floats:
        """Probabilities of 0 … `most` repeat purchases of a new customer within `period`, shape (most + 1,)."""
        return self.probability(np.arange(most + 1, dtype=np.float64), period)


def history(x: Column, t_x: Column, T: Column) -> tuple[Floats, Floats, Floats]:
    """The three columns as arrays."""
    return column(x, "x"), column(t_x, "t_x"), column(T, "T")
