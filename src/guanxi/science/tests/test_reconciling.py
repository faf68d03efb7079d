"""Forecasts that add up, and months as they are worked."""

from datetime import date

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.forecasts import (
    METHODS,
    bottom_up,
    by_working_day,
    incoherence,
    mint,
    next_months,
    rolling_by_series,
    rolling_origin,
    seasonal_naive,
    top_down,
    totals,
    working_days,
)
from guanxi.science.forecasts.reconciling import shrunk

# A total, two regions, three products.
SUMS = totals([0, 1, 1, 2, 2, 2])
BASE = np.array([[100.0, 120], [40, 50], [50, 60], [30, 40], [30, 40], [20, 20]])


def test_the_sums_say_what_belongs_together() -> None:
    assert SUMS.tolist() == [[1, -1, -1, 0, 0, 0], [1, 0, 0, -1, -1, -1]]
    assert incoherence(BASE, SUMS) == 20
    for parts in ([1, 1], [0, 0, 1]):
        with pytest.raises(Unusable):
            totals(parts)


def test_up_and_down() -> None:
    up = bottom_up(BASE, SUMS, keep=0)
    assert up[:, 0].tolist() == pytest.approx([90, 40, 50, 33.75, 33.75, 22.5])
    down = top_down(BASE, SUMS)
    assert down[:, 0].tolist() == pytest.approx([100, 44.4444444, 55.5555556, 37.5, 37.5, 25])
    assert incoherence(up, SUMS) == pytest.approx(0, abs=1e-9) and incoherence(down, SUMS) == pytest.approx(0, abs=1e-9)


def test_who_errs_more_gives_way_more() -> None:
    """A total and two parts with variances 4, 1, 1: the gap of 10 goes 4 : 1 : 1."""
    sums = totals([0, 1, 1])
    errors = np.array([[2.0, -2], [1, -1], [-1, 1]])
    found = mint(np.array([[100.0], [40], [50]]), sums, errors, shrink=False)
    assert found[:, 0].tolist() == pytest.approx([100 - 40 / 6, 40 + 10 / 6, 50 + 10 / 6], rel=1e-6)
    shrunk_too = mint(BASE, SUMS, np.random.default_rng(1).normal(size=(6, 24)))
    assert incoherence(shrunk_too, SUMS) == pytest.approx(0, abs=1e-8)
    assert mint(shrunk_too, SUMS, np.random.default_rng(2).normal(size=(6, 24))) == pytest.approx(shrunk_too)


def test_covariances_of_noise_are_drawn_to_nothing() -> None:
    noise = np.random.default_rng(3).normal(size=(4, 40))
    found = shrunk(noise)
    assert np.diag(found).tolist() == pytest.approx((noise**2).mean(axis=1).tolist())
    plain = noise @ noise.T / 40
    off = ~np.eye(4, dtype=bool)
    assert np.abs(found[off]).sum() < 0.5 * np.abs(plain[off]).sum()
    with pytest.raises(Unusable):
        mint(BASE, SUMS, noise)


def test_the_spring_festival_moves() -> None:
    assert [working_days(2026, month) for month in (1, 2, 3)] == [21, 16, 22]
    assert working_days(2025, 1) == 19 and working_days(2025, 2) == 19
    assert next_months(date(2026, 11, 22), 3) == [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]


def test_sales_per_working_day_are_forecast_exactly_when_nothing_else_moves_them() -> None:
    months = [date(2023 + place // 12, place % 12 + 1, 1) for place in range(36)]
    sales = np.array([[7.0 * working_days(month.year, month.month) for month in months]])
    found = by_working_day(seasonal_naive, months)(sales, 12, 3)
    ahead = [working_days(2026, month) for month in (1, 2, 3)]
    assert found.mean[0].tolist() == pytest.approx([7.0 * days for days in ahead])
    assert seasonal_naive(sales, 12, 3).mean[0].tolist() != pytest.approx([7.0 * days for days in ahead])


def test_accuracy_by_series_averages_to_the_one_of_all() -> None:
    series = np.random.default_rng(4).gamma(5, 20, size=(5, 36))
    each, whole = rolling_by_series(series, 4, 3), rolling_origin(series, 4, 3)
    for name in METHODS:
        assert each[name].mase.shape == (5,)
        assert float(each[name].mase.mean()) == pytest.approx(whole[name].mase)
        assert float(each[name].coverage.mean()) == pytest.approx(whole[name].coverage)
