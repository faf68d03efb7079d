"""The best answer that is to be had in reasonable time, and what simple rules would have made of the same money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guanxi.science.allocation.exact import exact
from guanxi.science.allocation.problem import NOBODY, Allocation, Problem
from guanxi.science.allocation.relaxed import allocate
from guanxi.science.arrays import Flags, Floats, Ints, Unusable

CLOSE = 0.005
SMALL = 40_000
SECONDS = 5.0


def solve(problem: Problem, *, seconds: float = SECONDS) -> Allocation:
    """The relaxation's answer; where that is not known to be within 0.5 % of the best and the problem is small, the exact solver's.

    Prices are those of the relaxation in both cases. An answer that is not `feasible` keeps not all limits.
    """
    found = allocate(problem)
    cells = problem.offers * problem.customers
    if (found.feasible and found.gap <= CLOSE) or cells > SMALL:
        return found
    try:
        better = exact(problem, seconds=seconds)
    except Unusable:
        return found
    if found.feasible and better.value <= found.value:
        return replace(found, bound=max(found.value, min(found.bound, better.bound)))
    return replace(better, budget_price=found.budget_price, prices=found.prices, bound=max(better.value, better.bound))


def by_turns(problem: Problem, order: Ints, wishes: Ints) -> Ints:
    """Customers, in this order, get the first of their wishes that still has room and money.

    `wishes` are offers by customers, the dearest wish first, NOBODY where there is none left. Minimums are not looked at.
    """
    choice = np.full(problem.customers, NOBODY, dtype=np.int64)
    places, money = problem.capacity.copy(), problem.budget
    costs = np.broadcast_to(problem.costs, problem.values.shape)
    for wish in wishes:
        waiting = order[choice[order] == NOBODY]
        offers = wish[waiting]
        waiting, offers = waiting[offers >= 0], offers[offers >= 0]
        keep = np.ones(len(waiting), dtype=bool)
        for group, room in enumerate(places):
            inside = problem.groups[group][offers]
            keep &= ~inside | (np.cumsum(inside & keep) <= room)
        price = np.where(keep, costs[offers, waiting], 0.0)
        keep &= np.cumsum(price) <= money
        choice[waiting[keep]] = offers[keep]
        money -= float(price[keep].sum())
        places = places - problem.groups @ np.bincount(offers[keep], minlength=problem.offers)
    return choice


def by_lot(problem: Problem, allowed: Flags, *, draws: int = 20, seed: int = 0) -> list[Ints]:
    """Offers and customers drawn by lot, several times; `allowed` says where an offer may be made."""
    random = np.random.default_rng(seed)
    found = []
    for _draw in range(draws):
        marks = np.where(allowed, random.random(problem.values.shape), -1.0)
        found.append(by_turns(problem, random.permutation(problem.customers), _wishes(marks, allowed)))
    return found


def by_mark(problem: Problem, marks: Floats, allowed: Flags) -> Ints:
    """The highest marks first: what one does who looks at the probability alone."""
    marked = np.where(allowed, marks, -1.0)
    order = np.argsort(-marked.max(axis=0), kind="stable")
    return by_turns(problem, order, _wishes(marked, allowed))


def same_for_all(problem: Problem, net: Floats, allowed: Flags, *, seed: int = 0) -> Ints:
    """The one offer that brings most on average, to customers by lot."""
    means = np.array(
        [values[free].mean() if free.any() else -np.inf for values, free in zip(net, allowed, strict=True)]
    )
    best = int(means.argmax())
    wish = np.where(allowed[best], best, NOBODY)[None, :]
    return by_turns(problem, np.random.default_rng(seed).permutation(problem.customers), wish)


def _wishes(marks: Floats, allowed: Flags) -> Ints:
    order = np.argsort(-marks, axis=0, kind="stable")
    return np.where(np.take_along_axis(np.asarray(allowed, dtype=bool), order, axis=0), order, NOBODY)
