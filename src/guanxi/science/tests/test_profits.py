"""The whale curve on figures that one can add up by hand."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.profits import whale_curve


def test_the_curve_rises_with_the_best_stays_flat_and_falls_with_the_losers() -> None:
    found = whale_curve([-30, 100, 0, 50, -20])
    assert found.customers.tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert found.profit.tolist() == pytest.approx([0, 1.0, 1.5, 1.5, 1.3, 1.0])
    assert (found.peak_at, found.peak, found.turn_at) == pytest.approx((0.4, 1.5, 0.6))
    assert (found.drain, found.total) == (50.0, 100.0)
    assert [found.at(share) for share in (0.1, 0.2, 0.7)] == pytest.approx([0.5, 1.0, 1.4])


def test_groups_count_as_often_as_they_have_customers() -> None:
    found = whale_curve([300, -100, 0], [3, 1, 0])
    assert found.customers.tolist() == [0, 0.75, 1]
    assert found.profit.tolist() == [0, 1.5, 1]


def test_without_losers_nothing_turns() -> None:
    found = whale_curve(np.ones(4))
    assert (found.turn_at, found.drain, found.peak_at, found.peak) == (1.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("profit", [[0, 0], [5, -5], [-1.0]])
def test_no_profit_has_no_shares(profit: list[float]) -> None:
    with pytest.raises(Unusable, match="earn nothing"):
        whale_curve(profit)
