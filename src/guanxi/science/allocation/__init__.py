"""Who gets which offer: at most one each, within a budget, capacities and minimums, for the greatest expected margin.

`allocate` relaxes the shared limits (Lagrange; Fisher 1981) and certifies how far from the best its answer can be at most; `exact`
solves the same problem by HiGHS, for small and awkward cases and as the judge of the other.
"""

from guanxi.science.allocation.exact import exact
from guanxi.science.allocation.problem import NOBODY, Allocation, Problem
from guanxi.science.allocation.relaxed import allocate, budget_curve

__all__ = ["NOBODY", "Allocation", "Problem", "allocate", "budget_curve", "exact"]
