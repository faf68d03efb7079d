"""Who gets which offer: at most one each, within a budget, capacities and minimums, for the greatest expected margin.

`allocate` relaxes the shared limits (Lagrange; Fisher 1981) and certifies how far from the best its answer can be at most; `exact`
solves the same problem by HiGHS, for small and awkward cases and as the judge of the other; `solve` takes whichever serves, and
`by_lot`, `by_mark`, `same_for_all` are what simple rules make of the same limits.
"""

from guanxi.science.allocation.exact import exact
from guanxi.science.allocation.problem import NOBODY, Allocation, Problem
from guanxi.science.allocation.relaxed import allocate, budget_curve
from guanxi.science.allocation.solving import by_lot, by_mark, same_for_all, solve

__all__ = [
    "NOBODY",
    "Allocation",
    "Problem",
    "allocate",
    "budget_curve",
    "by_lot",
    "by_mark",
    "exact",
    "same_for_all",
    "solve",
]
