"""Rates of groups that were asked seldom, and the difference that asking makes."""

import numpy as np
import pytest

from guanxi.science.acceptance import UNKNOWN, difference_of_rates, shrunken_rates
from guanxi.science.arrays import Unusable


def test_the_published_interval_of_a_difference() -> None:
    """Newcombe (1998), table II, contrast (a): 56/70 against 48/80, method 10."""
    found = difference_of_rates(56, 70, 48, 80)
    assert found.difference == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_who_was_asked_seldom_is_drawn_towards_what_all_have_in_common() -> None:
    found = shrunken_rates(np.array([300.0, 100.0, 1.0, 0.0]), np.array([1000.0, 1000.0, 1.0, 0.0]))
    assert found.common == pytest.approx(401 / 2001)
    assert abs(found.rate[0] - 0.3) < 0.005 and abs(found.rate[1] - 0.1) < 0.005
    assert 0.2 < found.rate[2] < 0.5
    assert found.rate[3] == pytest.approx(found.common)
    assert np.all((found.low < found.rate) & (found.rate < found.high))
    assert found.high[2] - found.low[2] > 5 * (found.high[0] - found.low[0])


def test_groups_that_do_not_differ_get_the_common_rate() -> None:
    dice = np.random.default_rng(4)
    asked = np.full(40, 50.0)
    found = shrunken_rates(dice.binomial(50, 0.2, 40).astype(float), asked)
    assert found.weight > 300
    assert found.rate.max() - found.rate.min() < 0.05


def test_the_spread_of_rates_is_found_again() -> None:
    dice = np.random.default_rng(7)
    rates = dice.beta(4, 16, 4000)
    found = shrunken_rates(dice.binomial(60, rates).astype(float), np.full(4000, 60.0))
    assert found.common == pytest.approx(0.2, rel=0.03)
    assert found.weight == pytest.approx(20, rel=0.1)


def test_intervals_hold_what_they_promise() -> None:
    dice = np.random.default_rng(11)
    rates = dice.beta(3, 12, 5000)
    found = shrunken_rates(dice.binomial(25, rates).astype(float), np.full(5000, 25.0), level=0.8)
    assert np.mean((found.low <= rates) & (rates <= found.high)) == pytest.approx(0.8, abs=0.02)


def test_before_anybody_was_asked_the_rate_is_a_guess_with_a_wide_interval() -> None:
    found = shrunken_rates(np.zeros(1), np.zeros(1))
    assert found.common == UNKNOWN and found.high[0] > 0.3


@pytest.mark.parametrize(("accepted", "asked"), [([2.0], [1.0]), ([-1.0], [1.0]), ([1.0, 1.0], [1.0])])
def test_impossible_counts_are_refused(accepted: list[float], asked: list[float]) -> None:
    with pytest.raises(Unusable, match="more often than asked"):
        shrunken_rates(np.array(accepted), np.array(asked))


def test_a_trial_without_a_control_group_is_refused() -> None:
    with pytest.raises(Unusable, match="Both arms"):
        difference_of_rates(1, 10, 0, 0)
