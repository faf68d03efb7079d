"""The leaky bucket and the cohorts on purchases that one can follow with a finger."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.buckets import moves, silence, triangle

# 1 buys on days 5, 15 and 200; 2 on day 12 alone; 3 (twice on one day) on 101 and 150.
WHO = np.array([3, 1, 1, 1, 2, 3, 3])
DAY = np.array([150, 200, 5, 15, 12, 101, 101])
STARTS = np.array([0, 100, 200, 300])


def test_a_customer_silent_too_long_is_lost_and_regained_by_buying() -> None:
    found = moves(WHO, DAY, STARTS, 100)
    assert found.gained.tolist() == [2, 1, 0]
    assert found.lost.tolist() == [0, 2, 1]  # 1 on day 115, 2 on 112; 3 on 250
    assert found.regained.tolist() == [0, 0, 1]  # 1 on day 200
    assert found.active.tolist() == [2, 1, 1]
    assert found.start.tolist() == [0, 2, 1]


def test_who_came_before_the_first_period_is_there_at_its_start() -> None:
    found = moves(WHO, DAY, STARTS[1:], 100)
    assert found.start.tolist() == [2, 1]
    assert found.active.tolist() == [1, 1]


def test_buying_on_the_very_last_day_keeps_a_customer() -> None:
    found = moves(np.array([1, 1]), np.array([0, 100]), np.array([0, 150]), 100)
    assert (found.lost.tolist(), found.regained.tolist()) == ([0], [0])


def test_the_future_changes_nothing_before_it() -> None:
    early = moves(WHO[DAY < 200], DAY[DAY < 200], STARTS[:3], 100)
    late = moves(WHO, DAY, STARTS[:3], 100)
    assert early.lost.tolist() == late.lost.tolist()
    assert early.active.tolist() == late.active.tolist()


def test_silence_is_what_nineteen_of_twenty_repeats_stay_below() -> None:
    who = np.repeat(np.arange(100), 2)
    gaps = np.where(np.arange(100) < 96, 200, 500)
    day = np.stack([np.zeros(100), gaps], axis=1).ravel().astype(np.int64)
    assert silence(who, day) == 200
    assert silence(who, day, share=1.0) == 500
    assert silence(who, day, most=150) == 150
    assert silence(np.arange(3), np.zeros(3, dtype=np.int64)) == 90


def test_the_triangle_shows_what_share_of_each_cohort_bought_at_each_age() -> None:
    found = triangle(WHO, DAY, STARTS)
    assert found.size.tolist() == [2, 1, 0]
    assert found.shares[0].tolist() == [1.0, 0.0, 0.5]
    assert found.shares[1][0] == 1.0 and found.shares[1][1] == 0.0
    assert np.isnan(found.shares[1][2]) and np.isnan(found.shares[2]).all()


def test_nothing_bought_is_no_fault() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert moves(none, none, STARTS, 100).active.tolist() == [0, 0, 0]
    assert triangle(none, none, STARTS).size.tolist() == [0, 0, 0]
    with pytest.raises(Unusable):
        moves(WHO, DAY[:2], STARTS, 100)
