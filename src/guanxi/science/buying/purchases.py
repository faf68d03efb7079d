"""What the models read of each customer, checked, and aggregated where customers agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column, groups, same_length, sums, weights
from guanxi.science.results import Notice

FEW = 30
"""With fewer repeat buyers the parameters are hardly determined."""


@dataclass(frozen=True)
class Purchases:
    """Repeat purchases x, age at the last one t_x, age T, in one unit of time, and the number n of such customers; shape (rows,)."""

    x: Floats
    t_x: Floats
    T: Floats
    n: Floats

    @classmethod
    def of(cls, x: Column, t_x: Column, T: Column, n: Column | None = None, *, whole: bool = False) -> Purchases:
        """Checked rows; those with n = 0 are left out. `whole`: times are numbers of opportunities. Raises Unusable."""
        found = cls(
            column(x, "x", whole=True),
            column(t_x, "t_x", whole=whole),
            column(T, "T", whole=whole),
            weights(n, len(np.atleast_1d(np.asarray(x)))),
        )
        same_length(x=found.x, t_x=found.t_x, T=found.T, n=found.n)
        found._check(whole)
        return found.where(found.n > 0)

    def _check(self, whole: bool) -> None:
        faults = [
            (self.t_x > self.T, "t_x is later than T"),
            ((self.x == 0) & (self.t_x > 0), "t_x is not 0 although x is 0"),
        ]
        if whole:
            faults.append((self.x > self.t_x, "x is more than the opportunities until t_x"))
            faults.append(((self.x == 0) != (self.t_x == 0), "t_x is 0 although x is not"))
        for rows, fault in faults:
            if rows.any():
                raise Unusable(f"{fault} in row {int(np.argmax(rows)) + 1}.")
        if not (self.n > 0).any():
            raise Unusable("There are no customers: n is 0 in every row.")

    def __len__(self) -> int:
        return len(self.x)

    def where(self, rows: Any) -> Purchases:
        """Some of the rows."""
        return self if rows is None else Purchases(self.x[rows], self.t_x[rows], self.T[rows], self.n[rows])

    @property
    def customers(self) -> float:
        """How many there are."""
        return float(self.n.sum())

    @property
    def repeaters(self) -> float:
        """How many bought again."""
        return float(self.n[self.x > 0].sum())

    def grouped(self) -> Purchases:
        """Equal rows put together: the sufficient statistics. Large tables whose rows hardly agree stay as they are."""
        if len(self) > 100_000:
            sample = self.where(slice(0, None, max(1, len(self) // 20_000)))
            if len(groups(sample.x, sample.t_x, sample.T)[0]) > 0.5 * len(sample):
                return self._without_repeats_grouped()
        rows, places = groups(self.x, self.t_x, self.T)
        return replace(self.where(rows), n=sums(places, self.n))

    def _without_repeats_grouped(self) -> Purchases:
        """Only those who never bought again, who differ in their age alone, are put together."""
        idle = self.x == 0
        ages, places = np.unique(self.T[idle], return_inverse=True)
        none = np.zeros(len(ages))
        rest = self.where(~idle)
        return Purchases(
            np.concatenate([none, rest.x]),
            np.concatenate([none, rest.t_x]),
            np.concatenate([ages, rest.T]),
            np.concatenate([sums(places, self.n[idle], len(ages)), rest.n]),
        )

    def sample(self, rows: int) -> Purchases:
        """About so many rows, evenly through the table."""
        return self.where(slice(0, None, max(1, len(self) // rows)))

    def unit(self) -> float:
        """A time of the data's own size: the mean age."""
        mean = float(self.T @ self.n) / self.customers
        if mean <= 0:
            raise Unusable("Every T is 0: nobody has been observed.")
        return mean

    def in_units(self, unit: float) -> Purchases:
        """The same with times divided by `unit`."""
        return replace(self, t_x=self.t_x / unit, T=self.T / unit)

    def notices(self) -> list[Notice]:
        """What must be said of such data. Raises Unusable where nothing can be learnt."""
        if self.repeaters == 0:
            raise Unusable("Nobody bought again: x is 0 in every row, so no model of repeat buying can be fitted.")
        if self.customers < 2:
            raise Unusable("One customer is not enough: the models describe how customers differ.")
        if self.repeaters < FEW:
            text = (
                f"Only {self.repeaters:g} customers bought again; with fewer than {FEW} the parameters are uncertain."
            )
            return [Notice("few-repeaters", text)]
        return []
