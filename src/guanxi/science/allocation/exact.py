"""The same problem as a mixed-integer programme, solved by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from guanxi.science.allocation.problem import NOBODY, Allocation, Problem
from guanxi.science.arrays import Unusable

MOST_CELLS = 200_000


def exact(problem: Problem, *, seconds: float = 60.0) -> Allocation:
    """The best allocation. Raises Unusable where there is none, where it is too large, or where the time does not suffice."""
    offers, customers = problem.values.shape
    if offers * customers > MOST_CELLS:
        raise Unusable(f"More than {MOST_CELLS:,} pairs of offer and customer: use the relaxation.")
    cell = np.arange(offers * customers)
    ones = np.ones(len(cell))
    each = coo_array((ones, (cell % customers, cell)), shape=(customers, len(cell)))
    group, offer = np.nonzero(problem.groups)
    rows = np.repeat(group, customers)
    cells = (offer[:, None] * customers + np.arange(customers)).ravel()
    per_group = coo_array((np.ones(len(cells)), (rows, cells)), shape=(len(problem.groups), len(cell)))
    limits = [
        LinearConstraint(each.tocsr(), -np.inf, 1),
        LinearConstraint(per_group.tocsr(), problem.minimum, problem.capacity),
    ]
    if np.isfinite(problem.budget):
        costs = np.broadcast_to(problem.costs, problem.values.shape).ravel()
        limits.append(LinearConstraint(costs[None, :], -np.inf, problem.budget))
    found = milp(
        -problem.values.ravel(),
        constraints=limits,
        integrality=ones,
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    if found.x is None:
        raise Unusable("No allocation keeps all limits." if found.status == 2 else "The time did not suffice.")
    taken = found.x.reshape(offers, customers) > 0.5
    choice = np.where(taken.any(axis=0), taken.argmax(axis=0), NOBODY)
    bound = float(-found.mip_dual_bound) if found.mip_dual_bound is not None else float(-found.fun)
    return Allocation(
        choice, float(-found.fun), bound, float(problem.cost_of(choice).sum()), problem.counts(choice),
        problem.feasible(choice), float("nan"), np.full(len(problem.groups), np.nan),
    )  # fmt: skip
