"""Dwyer's models and the Markov chain, on figures that were published or can be added up by hand."""

from itertools import product

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.lifetime import (
    Migration,
    migrating_buyers,
    optimal_value,
    retained_value,
    retention_effect,
    value,
)
from guanxi.science.lifetime.dwyer import retained_values


def test_retention_model() -> None:
    assert retained_value(100, 0.8, 0.1) == pytest.approx(366.6667, abs=1e-4)
    assert retained_value(100, 0.8, 0.1, first_now=False) == pytest.approx(266.6667, abs=1e-4)
    assert retained_values([100.0] * 400, 0.8, 0.1).sum() == pytest.approx(retained_value(100, 0.8, 0.1))
    assert retained_value(100, 0, 0) == 100


def test_effect_of_five_points() -> None:
    assert retention_effect(0.8, 0, 5) == pytest.approx(1 / 3)
    assert retention_effect(0.8, 0.1, 5) == pytest.approx(0.2)
    assert retention_effect(0.98, 0.1, 5) == float("inf")
    grown = retained_value(70, 0.65, 0.12) / retained_value(70, 0.6, 0.12) - 1
    assert retention_effect(0.6, 0.12, 5) == pytest.approx(grown)


def test_migration_model() -> None:
    found = migrating_buyers([0.3, 0.2, 0.15, 0.05], 1_000, 5)
    assert found == pytest.approx([1000, 300, 230, 195, 139.7, 95.67], abs=0.005)
    assert migrating_buyers([1.0], 10, 3).tolist() == [10, 10, 10, 10]


def test_the_chain_for_ever_is_the_limit_of_its_horizons() -> None:
    chain = Migration.of([0.3, 0.2, 0.05, 0], [36, -4, -4, 0], 0.2)
    assert chain.transitions().sum(axis=1).tolist() == [1, 1, 1, 1]
    assert value(chain) == pytest.approx([50.44364, 3.14182, -1.89818, 0], abs=1e-5)
    assert value(chain, 400) == pytest.approx(value(chain), abs=1e-9)
    assert value(chain, 0).tolist() == [36, -4, -4, 0]
    assert value(chain, 1)[0] == pytest.approx(36 + (0.3 * 36 - 0.7 * 4) / 1.2)


def test_the_chain_of_the_paper() -> None:
    """Pfeifer & Carraway (2000): 40 per order, 4 per mailing, d .2: four periods, for ever, and mailing as long as it pays."""
    chain = Migration.of([0.3, 0.2, 0.15, 0.05, 0], [36, -4, -4, -4, 0], 0.2)
    assert value(chain, 4) == pytest.approx([50.115, 4.220, 0.592, -1.980, 0], abs=5e-4)
    assert value(chain) == pytest.approx([52.320, 5.554, 1.251, -1.820, 0], abs=5e-4)
    assert optimal_value(chain)[0] == pytest.approx([53.149, 6.621, 2.644, 0, 0], abs=5e-4)


def test_the_best_policy_is_the_best_of_all() -> None:
    random = np.random.default_rng(7)
    for _case in range(30):
        size = int(random.integers(2, 6))
        chain = Migration.of(random.random(size), random.normal(0, 10, size), float(random.uniform(0.02, 0.4)))
        step = chain.transitions() / (1 + chain.discount)
        every = [
            np.linalg.solve(np.eye(size) - step * np.array(go)[:, None], chain.payoff * go)
            for go in product([0.0, 1.0], repeat=size)
        ]
        found, go_on = optimal_value(chain)
        assert found == pytest.approx(np.max(every, axis=0), abs=1e-8)
        assert (found[~go_on] == 0).all()
        assert optimal_value(chain, 600)[0] == pytest.approx(found, abs=1e-3)


def test_stopping_in_time_is_worth_more() -> None:
    found, go_on = optimal_value(Migration.of([0.3, 0.2, 0.05, 0], [36, -4, -4, 0], 0.2))
    assert found == pytest.approx([51.57447, 4.59574, 0, 0], abs=1e-5)
    assert go_on.tolist() == [True, True, False, False]


def test_without_discount() -> None:
    lost = Migration.of([0.3, 0.2, 0], [10, -1, 0], 0)
    assert value(lost) == pytest.approx(value(lost, 2_000), abs=1e-6)
    assert optimal_value(lost)[0] == pytest.approx(value(lost), abs=1e-9)
    with pytest.raises(Unusable, match="no end"):
        value(Migration.of([0.3, 0.2], [10, -1], 0))


@pytest.mark.parametrize(
    ("p", "payoff", "discount", "fault"),
    [
        ([0.3, 0.2], [1], 0.1, "p has 2 states, payoff 1"),
        ([1.3], [1], 0.1, "probabilities from 0 to 1"),
        ([-0.3], [1], 0.1, "p is negative"),
        ([float("nan")], [1], 0.1, "not a finite number"),
        ([0.3], [1], -0.1, "not below 0"),
        ([], [], 0.1, "probabilities"),
    ],
)
def test_chains_that_cannot_serve(p: list[float], payoff: list[float], discount: float, fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        Migration.of(p, payoff, discount)


def test_rates_that_cannot_serve() -> None:
    for arguments, fault in (((100, 1, 0), "no end"), ((100, 1.2, 0.1), "share"), ((100, 0.8, -0.5), "not below 0")):
        with pytest.raises(Unusable, match=fault):
            retained_value(*arguments)
