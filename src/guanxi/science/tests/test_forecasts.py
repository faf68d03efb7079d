"""Forecasts of series whose future is known."""

import numpy as np
import pytest

from guanxi.science.arrays import Floats, Unusable
from guanxi.science.forecasts import METHODS, rolling_origin, seasonal_naive, theta


def sales(series: int = 40, periods: int = 72, seed: int = 1) -> Floats:
    """Monthly sales with trend, season and noise."""
    random = np.random.default_rng(seed)
    time = np.arange(periods)
    season = 15 * np.sin(2 * np.pi * time / 12)
    growth = random.uniform(0.2, 1.0, (series, 1)) * time
    return np.asarray(100 + growth + season + random.normal(0, 4, (series, periods)))


def test_seasonal_naive_repeats_the_last_season() -> None:
    found = seasonal_naive(np.arange(1.0, 9.0), 4, 6)
    assert found.mean.tolist() == [[5, 6, 7, 8, 5, 6]]
    assert found.deviation[0, 4] == pytest.approx(found.deviation[0, 0] * np.sqrt(2))


@pytest.mark.parametrize("name", METHODS)
def test_a_pattern_without_noise_goes_on(name: str) -> None:
    steady = np.tile([10.0, 20, 30, 40], 6)
    assert METHODS[name](steady, 4, 8).mean[0] == pytest.approx(np.tile([10.0, 20, 30, 40], 2), abs=1e-6)
    assert METHODS[name](np.full(12, 7.0), 1, 3).mean[0] == pytest.approx([7, 7, 7], abs=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_many_series_are_forecast_as_each_alone(name: str) -> None:
    table = sales(4, 48)
    whole = METHODS[name](table, 12, 6)
    for number, one in enumerate(table):
        assert whole.mean[number] == pytest.approx(METHODS[name](one, 12, 6).mean[0])


def test_both_are_better_than_the_baseline() -> None:
    found = rolling_origin(sales(), 12, 6)
    baseline = found["seasonal-naive"]
    for name in ("exponential-smoothing", "theta"):
        assert found[name].mase < 0.85 * baseline.mase and found[name].pinball < baseline.pinball
    assert all(0.6 < each.coverage < 0.99 for each in found.values())


def test_the_future_is_not_looked_at() -> None:
    table = sales(5)
    changed = table.copy()
    changed[:, -6:] = 9_999
    for method in METHODS.values():
        assert method(table[:, :-6], 12, 6).mean.tolist() == method(changed[:, :-6], 12, 6).mean.tolist()


def test_series_that_cannot_serve() -> None:
    for series, season, fault in (
        ([1.0, 2], 1, "too short"),
        ([1.0] * 20, 12, "too short"),
        ([1.0, float("nan"), 2, 3], 1, "finite number"),
        ([1.0] * 20, 0, "at least 1"),
    ):
        with pytest.raises(Unusable, match=fault):
            theta(series, season, 2)
    with pytest.raises(Unusable, match="so many origins"):
        rolling_origin([1.0] * 20, 4, 5, origins=3)
