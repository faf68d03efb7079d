"""Who gets what: the relaxation beside the exact solver, and the certificate that it carries."""

import numpy as np
import pytest

from guanxi.science.allocation import (
    NOBODY,
    Problem,
    allocate,
    budget_curve,
    by_lot,
    by_mark,
    exact,
    same_for_all,
    solve,
)
from guanxi.science.arrays import Unusable


def made(seed: int, customers: int, offers: int) -> Problem:
    random = np.random.default_rng(seed)
    return Problem.of(
        random.gamma(2, 10, (offers, customers)),
        random.uniform(1, 8, offers),
        budget=random.uniform(0.6, 1.2) * customers * 3,
        capacity=random.integers(customers // 4, customers, offers),
        minimum=random.integers(0, customers // 10, offers),
    )


@pytest.mark.parametrize("seed", range(4))
def test_near_the_best_and_never_above_the_bound(seed: int) -> None:
    problem = made(seed, 90, 3)
    found, best = allocate(problem), exact(problem)
    assert found.feasible and best.feasible and problem.feasible(found.choice)
    assert found.value <= best.value * (1 + 1e-9) and best.value <= found.bound * (1 + 1e-9)
    assert found.value >= 0.98 * best.value
    assert found.gap == pytest.approx((found.bound - found.value) / found.bound)


def test_large_problems_come_within_half_a_percent() -> None:
    random = np.random.default_rng(1)
    customers = 60_000
    problem = Problem.of(
        random.gamma(2, 10, (12, customers)),
        random.uniform(1, 8, 12),
        budget=1.5 * customers,
        capacity=np.full(12, 0.12 * customers),
        minimum=np.full(12, 0.02 * customers),
    )
    found = allocate(problem)
    assert found.feasible and found.gap < 0.005 and found.warnings == ()
    assert found.spent <= problem.budget and found.budget_price > 0
    assert (found.counts <= problem.capacity).all() and (found.counts >= problem.minimum).all()


def test_without_limits_each_gets_the_best_that_is_worth_something() -> None:
    values = np.array([[3.0, -1, 5], [4, -2, 1]])
    found = allocate(Problem.of(values, [1, 1]))
    assert found.choice.tolist() == [1, NOBODY, 0]
    assert found.value == found.bound == 9 and found.gap == 0 and found.budget_price == 0


def test_costs_of_each_customer() -> None:
    problem = Problem.of(np.full((1, 4), 10.0), np.array([[1.0, 2, 3, 4]]), budget=3)
    found = allocate(problem)
    assert found.choice.tolist() == [0, 0, NOBODY, NOBODY] and found.spent == 3
    assert exact(problem).value == 20


def test_the_price_of_money_is_what_more_of_it_brings() -> None:
    random = np.random.default_rng(2)
    problem = Problem.of(random.gamma(2, 10, (3, 30_000)), [1.0, 2.0, 3.0], budget=20_000)
    less, middle, more = budget_curve(problem, [19_000, 20_000, 21_000])
    assert less.value < middle.value < more.value
    assert (more.value - less.value) / 2_000 == pytest.approx(middle.budget_price, rel=0.05)
    assert middle.value - less.value > more.value - middle.value


def test_no_money_brings_nothing() -> None:
    found = allocate(Problem.of(np.full((2, 5), 7.0), [1, 2], budget=0))
    assert found.value == 0 and found.feasible and (found.choice == NOBODY).all()


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        ({"minimum": [3, 3]}, "minimums cannot all be reached"),
        ({"minimum": [2, 0], "capacity": [1, 9]}, "minimums cannot all be reached"),
        ({"capacity": [1]}, "one number for each"),
        ({"budget": -1}, "budget is not below 0"),
        ({"budget": float("nan")}, "budget is not below 0"),
        ({"capacity": [-1, 2]}, "capacity is negative"),
    ],
)
def test_limits_that_cannot_be_kept(limits: dict[str, float], fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        Problem.of(np.ones((2, 5)), [1, 1], **limits)  # type: ignore[arg-type]


def test_tables_that_cannot_serve() -> None:
    for values, costs, fault in (
        (np.ones(3), [1], "table of offers"),
        (np.ones((2, 3)), [1, -1], "not negative"),
        (np.full((1, 2), np.nan), [1], "finite numbers"),
        (np.ones((2, 3)), [1, 1, 1], "one for each offer"),
    ):
        with pytest.raises(Unusable, match=fault):
            Problem.of(values, costs)


@pytest.mark.parametrize("seed", range(4))
def test_limits_that_several_offers_share(seed: int) -> None:
    """Two products on three channels: a channel has room for so many contacts, a product must reach so many customers."""
    random = np.random.default_rng(seed)
    customers, columns = 80, [(product, channel) for product in range(2) for channel in range(3)]
    groups = np.array([[channel == one for _product, channel in columns] for one in range(3)]
                      + [[product == one for product, _channel in columns] for one in range(2)])  # fmt: skip
    problem = Problem.of(
        random.gamma(2, 10, (6, customers)), [1, 2, 6, 1, 2, 6], budget=120, capacity=[30, 20, 9, 80, 80],
        minimum=[0, 0, 0, 25, 12], groups=groups,
    )  # fmt: skip
    found, best = allocate(problem), exact(problem)
    assert found.feasible and best.feasible
    assert (problem.taken(found.choice) <= problem.capacity).all()
    assert (problem.taken(found.choice) >= problem.minimum).all()
    assert 0.97 * best.value <= found.value <= best.value * (1 + 1e-9) <= found.bound * (1 + 2e-9)
    assert found.prices.shape == (5,) and (found.prices[:3] >= 0).all()


def test_limits_of_groups_that_name_no_offers() -> None:
    with pytest.raises(Unusable, match="Groups say of each offer"):
        Problem.of(np.ones((2, 5)), [1, 1], groups=np.ones((1, 3)))
    with pytest.raises(Unusable, match="minimums cannot all be reached"):
        Problem.of(np.ones((2, 5)), [1, 1], minimum=[6], groups=np.ones((1, 2)))


def test_minimums_that_the_budget_does_not_allow_are_spoken_of() -> None:
    problem = Problem.of(np.ones((1, 10)), [5.0], budget=10, minimum=[4])
    assert "infeasible" in {notice.code for notice in allocate(problem).warnings}
    with pytest.raises(Unusable, match="No allocation keeps all limits"):
        exact(problem)


def test_small_problems_get_the_exact_answer_with_the_prices_of_the_relaxation() -> None:
    problem = made(3, 60, 3)
    found, best = solve(problem), exact(problem)
    assert found.value == pytest.approx(best.value, rel=5e-3) and found.feasible
    assert found.gap <= 5e-3 and np.isfinite(found.prices).all() and np.isfinite(found.budget_price)
    assert not solve(Problem.of(np.ones((1, 10)), [5.0], budget=10, minimum=[4])).feasible


def test_what_simple_rules_make_of_the_same_limits() -> None:
    random = np.random.default_rng(4)
    chance = random.uniform(0, 0.4, (4, 300))
    net = chance * np.array([[50.0], [200], [80], [400]]) - 10
    allowed = random.random((4, 300)) < 0.7
    groups = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool)
    problem = Problem.of(np.where(allowed, net, -1e6), [10.0, 10, 10, 10], budget=900, capacity=[60, 50], groups=groups)
    best = solve(problem)
    others = [
        *by_lot(problem, allowed, draws=3),
        by_mark(problem, chance, allowed),
        same_for_all(problem, net, allowed),
    ]
    for choice in others:
        assert problem.feasible(choice) and allowed[choice[choice >= 0], np.flatnonzero(choice >= 0)].all()
        assert (choice >= 0).sum() <= 90 and problem.value_of(choice).sum() < best.value
    assert (others[0] != others[1]).any() and len(set(others[-1]) - {NOBODY}) == 1
    assert problem.value_of(others[3]).sum() > max(problem.value_of(one).sum() for one in others[:3])


def test_customers_who_are_alike_do_not_all_stand_on_one_side() -> None:
    """Four kinds of customers, a cheap and a dear channel: the price of money leaves whole kinds indifferent."""
    kind = np.arange(4_000) % 4
    values = np.array([[900.0, 700, 500, 300], [2600, 2000, 1300, 500], [5200, 3000, 900, 100]])[:, kind]
    problem = Problem.of(values, [2.0, 60, 250], budget=90_000, capacity=[4_000, 1_500, 300])
    found = allocate(problem)
    assert found.feasible and found.gap < 0.005 and found.spent > 0.99 * problem.budget
