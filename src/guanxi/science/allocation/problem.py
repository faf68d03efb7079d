"""The problem and what is known of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from guanxi.science.arrays import Column, Flags, Floats, Ints, Unusable, column
from guanxi.science.results import Notice

NOBODY = -1
"""The choice of a customer who gets no offer."""


@dataclass(frozen=True)
class Problem:
    """values, costs: expected margin and cost of each offer to each customer, shape (offers, customers); costs may have one
    column. budget: of all costs. capacity, minimum: customers of each group of offers, shape (groups,). groups: which offers a limit
    counts together, shape (groups, offers); without any, each offer has limits of its own."""

    values: Floats
    costs: Floats
    budget: float
    capacity: Floats
    minimum: Floats
    groups: Flags

    @classmethod
    def of(
        cls,
        values: npt.NDArray[Any],
        costs: npt.NDArray[Any] | Column,
        *,
        budget: float = float("inf"),
        capacity: Column | None = None,
        minimum: Column | None = None,
        groups: npt.NDArray[Any] | None = None,
    ) -> Problem:
        """Checked. Raises Unusable."""
        worth = np.asarray(values, dtype=np.float64)
        if worth.ndim != 2 or 0 in worth.shape:
            raise Unusable("Values are a table of offers by customers.")
        offers, customers = worth.shape
        price = np.asarray(costs, dtype=np.float64)
        price = price[:, None] if price.ndim == 1 else price
        if price.shape not in ((offers, 1), (offers, customers)):
            raise Unusable("Costs are one for each offer, or one for each offer and customer.")
        if not np.isfinite(worth).all() or not np.isfinite(price).all() or (price < 0).any():
            raise Unusable("Values are finite numbers, costs finite and not negative.")
        if not budget >= 0:
            raise Unusable("The budget is not below 0.")
        members = np.eye(offers, dtype=bool) if groups is None else np.asarray(groups, dtype=bool)
        if members.ndim != 2 or members.shape[1] != offers:
            raise Unusable("Groups say of each offer whether it belongs to them.")
        most, least = _limits(members, customers, capacity, minimum)
        return cls(worth, price, budget, most, least, members)

    @property
    def offers(self) -> int:
        """How many."""
        return int(self.values.shape[0])

    @property
    def customers(self) -> int:
        """How many."""
        return int(self.values.shape[1])

    def cost_of(self, choice: Ints) -> Floats:
        """What each customer's choice costs."""
        taken = choice >= 0
        found = np.zeros(len(choice))
        rows = choice[taken]
        found[taken] = self.costs[rows, 0] if self.costs.shape[1] == 1 else self.costs[rows, np.flatnonzero(taken)]
        return found

    def value_of(self, choice: Ints) -> Floats:
        """What each customer's choice is worth."""
        taken = choice >= 0
        found = np.zeros(len(choice))
        found[taken] = self.values[choice[taken], np.flatnonzero(taken)]
        return found

    def counts(self, choice: Ints) -> Floats:
        """Customers of each offer."""
        return np.bincount(choice[choice >= 0], minlength=self.offers).astype(np.float64)

    def taken(self, choice: Ints) -> Floats:
        """Customers of each group."""
        return np.asarray(self.groups @ self.counts(choice))

    def within(self, group: int, choice: Ints) -> Flags:
        """Which customers have an offer of the group."""
        return np.asarray(np.append(self.groups[group], False)[choice])

    def feasible(self, choice: Ints) -> bool:
        """Whether all limits hold."""
        counts, spent = self.taken(choice), float(self.cost_of(choice).sum())
        within = spent <= self.budget * (1 + 1e-12) + 1e-9
        return bool(within and (counts <= self.capacity).all() and (counts >= self.minimum).all())


def _limits(groups: Flags, customers: int, capacity: Column | None, minimum: Column | None) -> tuple[Floats, Floats]:
    """Whole numbers of customers, at most and at least, of each group. Raises Unusable."""
    size = len(groups)
    most = np.full(size, float(customers)) if capacity is None else np.minimum(column(capacity, "capacity"), customers)
    least = np.zeros(size) if minimum is None else column(minimum, "minimum")
    if len(most) != size or len(least) != size:
        raise Unusable(f"There are {size} offers or groups: capacity and minimum need one number for each.")
    most, least = np.floor(most), np.ceil(least)
    apart = (groups.sum(axis=0) <= 1).all()
    if (least > most).any() or (apart and least.sum() > customers):
        raise Unusable("The minimums cannot all be reached: they exceed a capacity or the number of customers.")
    return most, least


@dataclass(frozen=True)
class Allocation:
    """choice: the offer of each customer, or NOBODY. bound: no allocation within the limits is worth more. budget_price: what
    one more unit of budget brings; prices: what one more place of a group brings (below 0: what its minimum costs)."""

    choice: Ints = field(repr=False)
    value: float
    bound: float
    spent: float
    counts: Floats
    feasible: bool
    budget_price: float
    prices: Floats
    warnings: tuple[Notice, ...] = ()

    @property
    def gap(self) -> float:
        """How far from the best this can be at most, as a share of the bound."""
        return max(0.0, self.bound - self.value) / max(abs(self.bound), 1e-300)
