"""Lagrangian relaxation: prices for budget and places, at which each customer chooses alone; then repair of what is left over.

The prices are found on a sample, one by one, each exactly: the price of an offer is the advantage of the last customer who fits. At
the prices each customer's choice is a maximum over the offers, and the sum is an upper bound whatever the prices are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from guanxi.science.allocation.problem import NOBODY, Allocation, Problem
from guanxi.science.arrays import Floats, Ints
from guanxi.science.results import Notice

_SAMPLE = 12_000
_ROUNDS = 24
_CHUNK = 32_768
_FAR = 0.005
_EXCHANGES = 12


def allocate(problem: Problem, *, sample: int = _SAMPLE) -> Allocation:
    """An allocation within the limits, with the bound that certifies it."""
    small = _sampled(problem, sample)
    rate, prices = _prices(small)
    if small is not problem:
        rate, prices = _adjusted(problem, rate, prices)
    choice, best, bound = _choices(problem, rate, prices)
    choice = _repaired(problem, choice, best, rate, prices, bound)
    return _described(problem, choice, bound, rate, prices)


def budget_curve(problem: Problem, budgets: Sequence[float]) -> list[Allocation]:
    """The best allocation for each budget: what one more unit of money brings, where."""
    return [allocate(replace(problem, budget=float(budget))) for budget in budgets]


def _described(problem: Problem, choice: Ints, bound: float, rate: float, prices: Floats) -> Allocation:
    value, spent = float(problem.value_of(choice).sum()), float(problem.cost_of(choice).sum())
    feasible = problem.feasible(choice)
    found = Allocation(choice, value, bound, spent, problem.counts(choice), feasible, rate, prices)
    said = []
    if not feasible:
        said.append(Notice("infeasible", "Not all limits could be kept: look at counts and spent."))
    elif found.gap > _FAR:
        said.append(Notice("gap", f"The answer may be up to {100 * found.gap:.1f} % from the best."))
    return replace(found, warnings=tuple(said))


def _sampled(problem: Problem, size: int) -> Problem:
    """Every k-th customer, with limits in proportion."""
    every = problem.customers // size
    if every < 2:
        return problem
    values = np.ascontiguousarray(problem.values[:, ::every])
    share = values.shape[1] / problem.customers
    costs = problem.costs if problem.costs.shape[1] == 1 else np.ascontiguousarray(problem.costs[:, ::every])
    return Problem(
        values, costs, problem.budget * share, problem.capacity * share, problem.minimum * share, problem.groups
    )


def _prices(problem: Problem) -> tuple[float, Floats]:
    """(price of money, price of a place of each offer), by turns until they stand still."""
    rate, prices = 0.0, np.zeros(len(problem.groups))
    limited = bool((problem.capacity < problem.customers).any() or (problem.minimum > 0).any())
    for turn in range(_ROUNDS):
        before = np.append(prices, rate)
        rate = _money_price(problem, prices, rate)
        if limited:
            scores = problem.values - rate * problem.costs
            for group in range(len(problem.groups)):
                prices[group] = _place_price(problem, scores, prices, group)
        moved = np.abs(np.append(prices, rate) - before).max()
        if turn and moved <= 1e-5 * (1e-12 + np.abs(before).max()):
            break
        if not limited:
            break
    return rate, prices


def _spending(problem: Problem, rate: float, prices: Floats) -> float:
    """What all customers' choices cost at these prices."""
    top, cost = np.zeros(problem.customers), np.zeros(problem.customers)
    places = prices @ problem.groups
    for offer in range(problem.offers):
        price = problem.costs[offer]
        score = problem.values[offer] - (rate * price + places[offer])
        better = score > top
        np.copyto(top, score, where=better)
        np.copyto(cost, price, where=better)
    return float(cost.sum())


def _money_price(problem: Problem, prices: Floats, guess: float) -> float:
    """The lowest rate at which the budget suffices: spending falls as it grows."""
    if not np.isfinite(problem.budget) or _spending(problem, 0.0, prices) <= problem.budget:
        return 0.0
    low, high = 0.0, guess * 1.02 or 1e-3
    while _spending(problem, high, prices) > problem.budget:
        low, high = high, high * (1.05 if guess > 0 and high < 2 * guess else 4)
        if high > 1e18:
            return high
    step = 0.04
    while low == 0.0 and guess > 0 and step < 1:
        trial = high * (1 - step)
        if _spending(problem, trial, prices) > problem.budget:
            low = trial
        else:
            high, step = trial, step * 3
    while high - low > 1e-5 * high:
        middle = (low + high) / 2
        if _spending(problem, middle, prices) > problem.budget:
            low = middle
        else:
            high = middle
    return high


def _place_price(problem: Problem, scores: Floats, prices: Floats, group: int) -> float:
    """The price at which as many customers want an offer of the group as there may and must be."""
    inside = problem.groups[group]
    places = prices @ problem.groups
    rival = np.zeros(problem.customers)
    if not inside.all():
        rival = np.maximum((scores[~inside] - places[~inside, None]).max(axis=0), 0.0)
    advantage = (scores[inside] - (places[inside, None] - prices[group])).max(axis=0) - rival
    wanted = int((advantage > 0).sum())
    most, least = int(problem.capacity[group]), int(np.ceil(problem.minimum[group]))
    size = len(advantage)
    if wanted > most:
        return float(np.partition(advantage, size - most - 1)[size - most - 1])
    if wanted < least:
        return float(np.partition(advantage, size - least)[size - least]) * (1 + 1e-12) - 1e-12
    return 0.0


def _adjusted(problem: Problem, rate: float, prices: Floats) -> tuple[float, Floats]:
    """Sampling leaves spending a little off: the price of money is moved by a secant on all customers."""
    if rate <= 0:
        return rate, prices
    here, spent = rate, _spent_by_all(problem, rate, prices)
    there = rate * (1.01 if spent > problem.budget else 0.99)
    other = _spent_by_all(problem, there, prices)
    if other == spent:
        return rate, prices
    found = here + (problem.budget - spent) * (there - here) / (other - spent)
    return float(np.clip(found, 0.9 * rate, 1.1 * rate)), prices


def _spent_by_all(problem: Problem, rate: float, prices: Floats) -> float:
    choice, _best, _bound = _choices(problem, rate, prices)
    return float(problem.cost_of(choice).sum())


def _choices(problem: Problem, rate: float, prices: Floats) -> tuple[Ints, Floats, float]:
    """(choice of each customer at these prices, its score above them, upper bound), chunk by chunk in the cache."""
    choice, best = np.empty(problem.customers, dtype=np.int64), np.empty(problem.customers)
    places = prices @ problem.groups
    for start in range(0, problem.customers, _CHUNK):
        part = slice(start, start + _CHUNK)
        worth = problem.values[:, part]
        top, which = np.zeros(worth.shape[1]), np.full(worth.shape[1], NOBODY, dtype=np.int64)
        for offer in range(problem.offers):
            cost = problem.costs[offer, 0] if problem.costs.shape[1] == 1 else problem.costs[offer, part]
            score = worth[offer] - (rate * cost + places[offer])
            better = score > top
            np.copyto(top, score, where=better)
            which[better] = offer
        choice[part], best[part] = which, top
    limits = np.where(prices > 0, prices * problem.capacity, prices * problem.minimum).sum()
    bound = float(best.sum()) + (rate * problem.budget if rate > 0 else 0.0) + float(limits)
    return choice, best, bound


def _repaired(problem: Problem, choice: Ints, best: Floats, rate: float, prices: Floats, bound: float) -> Ints:
    """Within the limits: the least missed leave full offers and the budget, then free places and money are used."""
    choice = choice.copy()
    for group in range(len(problem.groups)):
        holders = np.flatnonzero(problem.within(group, choice))
        excess = len(holders) - int(problem.capacity[group])
        if excess > 0:
            choice[holders[np.argpartition(best[holders], excess - 1)[:excess]]] = NOBODY
    _fill_minimums(problem, choice, rate, prices)
    _save(problem, choice, best)
    _use_the_rest(problem, choice, rate, prices)
    # Where many customers are alike, all of them stand on one side of a price, and much is left over.
    for _round in range(_EXCHANGES):
        if bound - float(problem.value_of(choice).sum()) <= _FAR * abs(bound) or not _exchange(problem, choice):
            break
    return choice


def _exchange(problem: Problem, choice: Ints) -> int:
    """Customers get something better than what they have while money and places last, the most for the money first; how many did."""
    taken = problem.taken(choice)
    places, spare = problem.capacity - taken, taken - problem.minimum
    worth, paid = problem.value_of(choice), problem.cost_of(choice)
    holds = np.append(problem.groups, np.zeros((len(problem.groups), 1), dtype=bool), axis=1)
    best, offers = np.full(problem.customers, -np.inf), np.full(problem.customers, NOBODY, dtype=np.int64)
    for offer in range(problem.offers):
        reached = problem.groups[:, offer]
        gain, extra = problem.values[offer] - worth, problem.costs[offer] - paid
        ratio = gain / np.maximum(extra, 1e-9 * (1 + np.abs(worth)))
        blocked = np.zeros(problem.customers, dtype=bool)
        for group in range(len(problem.groups)):
            if reached[group] and places[group] <= 0:
                blocked |= ~holds[group][choice]
            elif not reached[group] and spare[group] <= 0:
                blocked |= holds[group][choice]
        better = (gain > 0) & ~blocked & (ratio > best)
        np.copyto(best, ratio, where=better)
        offers[better] = offer
    order = np.argsort(-best, kind="stable")
    order = order[: int((best > -np.inf).sum())]
    new, old = offers[order], choice[order]
    keep = np.ones(len(order), dtype=bool)
    for group in range(len(problem.groups)):
        enters, leaves = holds[group][new] & ~holds[group][old], holds[group][old] & ~holds[group][new]
        keep &= ~enters | (np.cumsum(enters & keep) <= places[group])
        keep &= ~leaves | (np.cumsum(leaves & keep) <= spare[group])
    costs = np.broadcast_to(problem.costs, problem.values.shape)[new, order] - paid[order]
    keep &= np.cumsum(np.where(keep, costs, 0.0)) <= problem.budget - float(paid.sum())
    choice[order[keep]] = new[keep]
    return int(keep.sum())


def _fill_minimums(problem: Problem, choice: Ints, rate: float, prices: Floats) -> None:
    """Customers who lose least by it go to groups that are short, from nobody or from offers that can spare them."""
    places = np.append(prices @ problem.groups, 0.0)
    for group in range(len(problem.groups)):
        inside = problem.groups[group]
        missing = int(problem.minimum[group] - problem.within(group, choice).sum())
        if missing <= 0:
            continue
        candidates = np.flatnonzero(~problem.within(group, choice))
        cells = np.ix_(np.flatnonzero(inside), candidates)
        costs = np.broadcast_to(problem.costs, problem.values.shape)[cells]
        worth = problem.values[cells] - rate * costs - places[:-1][inside, None]
        now = problem.value_of(choice) - rate * problem.cost_of(choice) - places[choice]
        gain = worth.max(axis=0) + prices[group] - now[candidates]
        likely = np.arange(len(gain))
        if len(gain) > 4 * missing:
            likely = np.argpartition(-gain, 3 * missing)[: 3 * missing + 1]
        order = likely[np.argsort(-gain[likely])]
        _move(problem, choice, candidates[order], np.flatnonzero(inside)[np.argsort(-worth[:, order], axis=0)], missing)


def _move(problem: Problem, choice: Ints, customers: Ints, wishes: Ints, missing: int) -> None:
    """Give the first customers who may change the first offer of their wishes (offers by customers) that has room."""
    taken = problem.taken(choice)
    for place, customer in enumerate(customers):
        if missing == 0:
            return
        held = choice[customer]
        left = problem.groups[:, held] if held >= 0 else np.zeros(len(taken), dtype=bool)
        for offer in wishes[:, place]:
            reached = problem.groups[:, offer]
            changed = taken - left + reached
            if (changed[reached] <= problem.capacity[reached]).all() and (changed[left] >= problem.minimum[left]).all():
                choice[customer], taken, missing = offer, changed, missing - 1
                break


def _save(problem: Problem, choice: Ints, best: Floats) -> None:
    """Those who bring least for their cost go without until the budget suffices; minimums are kept."""
    costs = problem.cost_of(choice)
    over = float(costs.sum()) - problem.budget
    if over <= 0:
        return
    spare = problem.taken(choice) - problem.minimum
    paying = np.flatnonzero(costs > 0)
    worth = best[paying] / costs[paying]
    few = 4 * int(over / costs[paying].mean()) + 100
    likely = np.argpartition(worth, few)[:few] if few < len(paying) // 4 else np.arange(len(paying))
    for customer in paying[likely[np.argsort(worth[likely])]]:
        held = problem.groups[:, choice[customer]]
        if (spare[held] > 0).all():
            spare[held] -= 1
            choice[customer] = NOBODY
            over -= costs[customer]
            if over <= 0:
                return


def _use_the_rest(problem: Problem, choice: Ints, rate: float, prices: Floats) -> None:
    """Who has no offer gets one that is worth something, while places and money last, the nearest to the prices first."""
    money = problem.budget - float(problem.cost_of(choice).sum())
    places = problem.capacity - problem.taken(choice)
    idle = np.flatnonzero(choice == NOBODY)
    for offer in np.argsort(prices @ problem.groups, kind="stable"):
        held = problem.groups[:, offer]
        most = int(places[held].min()) if held.any() else len(idle)
        if most <= 0 or (money <= 0 and problem.costs[offer].min() > 0):
            continue
        idle = idle[choice[idle] == NOBODY]
        worth = problem.values[offer, idle]
        cost = np.broadcast_to(problem.costs[offer], problem.customers)[idle]
        wanted = np.flatnonzero(worth > 0)
        above = (rate * cost - worth)[wanted]
        if most < len(wanted) // 4:
            nearest = np.argpartition(above, most)[:most]
            wanted, above = wanted[nearest], above[nearest]
        order = wanted[np.argsort(above)][:most]
        taken = order[np.cumsum(cost[order]) <= money]
        choice[idle[taken]] = offer
        money -= float(cost[taken].sum())
        places[held] -= len(taken)
