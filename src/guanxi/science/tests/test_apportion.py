"""Shares that add up, and the share of a period that is behind us."""

import pytest

from guanxi.science.apportion import apportion, expected_share
from guanxi.science.arrays import Unusable


def test_parts_add_up_to_the_last_step() -> None:
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(1000, [50, 30, 20], 100) == [500, 300, 200]
    assert apportion(10, [0, 0]) == [5, 5]
    assert apportion(-7, [2, 1]) == [-5, -2]
    assert apportion(0.3, [1, 2], 0.1) == [0.1, 0.2]
    parts = apportion(1_234_567, [3.3, 7.7, 1.9, 0, 12.1])
    assert sum(parts) == 1_234_567 and parts[3] == 0


def test_what_cannot_be_shared_out_is_refused() -> None:
    for weights, step in (([], 1.0), ([-1, 2], 1.0), ([1], 0.0)):
        with pytest.raises(Unusable):
            apportion(5, weights, step)


def test_the_expected_share_follows_the_season() -> None:
    assert expected_share([1, 1, 1], [1, 0.5, 0]) == 0.5
    assert expected_share([5, 3, 2], [1, 0, 0]) == 0.5
    assert expected_share([0, 0], [1, 0]) == 0.5
    assert expected_share([1], [2]) == 1
    with pytest.raises(Unusable):
        expected_share([1, 2], [1])
