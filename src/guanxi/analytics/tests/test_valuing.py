"""The interval of a customer's margin to come, beside what comes of customers drawn from the fitted models."""

import numpy as np
import pytest

from guanxi.analytics.compute import valuing
from guanxi.science.buying import BgNbd, GammaGamma

MANY, YEAR = 60_000, 52.18
TIMING, MONEY = BgNbd(0.24, 4.2, 0.81, 2.42), GammaGamma(6.0, 4.0, 17.5)


@pytest.mark.parametrize("age", [30.0, 78.0])
@pytest.mark.parametrize("bought", [0.0, 1.0, 4.0, 12.0])
def test_one_in_ten_at_most_brings_more_than_the_upper_end(bought: float, age: float) -> None:
    random = np.random.default_rng(5)
    x, T = np.full(MANY, bought), np.full(MANY, age)
    t_x = random.uniform(0.2, 1.0, MANY) * age * (bought > 0)
    m = random.uniform(10.0, 60.0, MANY) * (bought > 0)
    low, high = _foretold(x, t_x, T, m)
    came = _came(random, x, t_x, T, m)
    assert np.mean(came > high + 0.005) < 0.107
    assert np.mean(came < low - 0.005) < 0.105


def test_who_is_surely_alive_and_long_known_is_met_from_both_sides() -> None:
    """Nobody is likely to leave here, so the interval is sharp: what lies outside is about one in ten at each end."""
    random, loyal = np.random.default_rng(6), BgNbd(5.0, 4.0, 0.02, 20.0)
    x, T = np.full(MANY, 40.0), np.full(MANY, 52.0)
    m = np.full(MANY, 30.0)
    low, high = _foretold(x, T, T, m, loyal)
    came = _came(random, x, T, T, m, loyal)
    assert np.mean(came > high) == pytest.approx(0.1, abs=0.01)
    assert np.mean(came < low) == pytest.approx(0.1, abs=0.01)


def test_a_customer_nobody_knows_has_no_interval() -> None:
    nothing = np.full(2, np.nan)
    low, high = valuing._interval(nothing, nothing, nothing, nothing, np.full(2, 9.0), 0.25, np.full(2, 1.0))
    assert np.isnan(low).all() and np.isnan(high).all()


def test_extremes_stay_numbers() -> None:
    x, t_x = np.array([0.0, 5_000.0, 300.0, 2.0]), np.array([0.0, 520.0, 20.0, 0.01])
    low, high = _foretold(x, t_x, np.array([900.0, 520.0, 520.0, 0.02]), np.array([0.0, 1e9, 0.01, 5.0]))
    assert np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all() and (low >= 0).all()


def _foretold(
    x: np.ndarray, t_x: np.ndarray, T: np.ndarray, m: np.ndarray, timing: BgNbd = TIMING
) -> tuple[np.ndarray, np.ndarray]:
    some, pairs = timing.alive_chance(YEAR, x, T), valuing._differing(timing, YEAR, x, T)
    alive, coming = timing.p_alive(x, t_x, T), timing.expected_purchases(YEAR, x, t_x, T)
    spread = MONEY.p * x + MONEY.q - 2
    return valuing._interval(alive, coming, some, pairs, MONEY.expected_margin(x, m), 1 / MONEY.p, 1 / spread)


def _came(
    random: np.random.Generator, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, m: np.ndarray, timing: BgNbd = TIMING
) -> np.ndarray:
    """Margins of a year, drawn from what is known of each customer; who buys may leave after each purchase."""
    alive = random.random(MANY) < timing.p_alive(x, t_x, T)
    rate = random.gamma(timing.r + x, 1 / (timing.alpha + T))
    leaves = np.maximum(random.beta(timing.a, timing.b + x), 1e-9)
    number = np.where(alive, np.minimum(random.poisson(rate * YEAR), random.geometric(leaves)), 0)
    pace = random.gamma(MONEY.q + MONEY.p * x, 1 / (MONEY.gamma + x * m))
    return np.where(number > 0, random.gamma(MONEY.p * np.maximum(number, 1)) / pace, 0.0)
