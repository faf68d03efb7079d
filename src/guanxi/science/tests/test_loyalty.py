"""Satisfaction and loyalty, the leaky bucket, the identity of revenue."""

import math

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.loyalty import Bucket, LoyaltyCurve, fit_loyalty, revenue


def test_a_curve_is_found_again() -> None:
    true = LoyaltyCurve(0.2, 0.9, 4.0, 3.0)
    random = np.random.default_rng(1)
    score = random.integers(1, 6, 20_000).astype(float)
    found = fit_loyalty(score, (random.random(20_000) < true.loyalty(score)).astype(float))
    levels = np.arange(1.0, 6)
    assert found.loyalty(levels) == pytest.approx(true.loyalty(levels), abs=0.025)
    assert (np.diff(found.loyalty(np.linspace(1, 5, 50))) >= 0).all() and found.warnings == ()


def test_shares_with_weights_are_the_same_as_single_answers() -> None:
    levels, shares, n = [1, 2, 3, 4, 5], [0.2, 0.3, 0.5, 0.7, 0.9], [100, 200, 300, 200, 100]
    singles = [
        (level, k < round(share * count))
        for level, share, count in zip(levels, shares, n, strict=True)
        for k in range(count)
    ]
    whole = fit_loyalty(levels, shares, n)
    single = fit_loyalty([level for level, _again in singles], [float(again) for _level, again in singles])
    assert whole.loyalty(levels) == pytest.approx(single.loyalty(levels), abs=1e-6)


def test_a_market_without_choice_is_named() -> None:
    found = fit_loyalty([1, 2, 3, 4, 5], [0.95, 0.95, 0.95, 0.95, 0.95], [50] * 5)
    assert {notice.code for notice in found.warnings} == {"no-effect"}
    falling = fit_loyalty([1, 2, 3], [0.9, 0.6, 0.3], [50] * 3)
    assert np.ptp(falling.loyalty([1, 2, 3])) < 1e-9 or (np.diff(falling.loyalty([1, 2, 3])) >= 0).all()


def test_answers_that_cannot_serve() -> None:
    for arguments, fault in (
        (([1, 2], [0, 1]), "three levels"),
        (([1, 2, 3], [0, 1, 2]), "share from 0 to 1"),
        (([1, 2, 3], [0, 1]), "differ in length"),
    ):
        with pytest.raises(Unusable, match=fault):
            fit_loyalty(*arguments)


def test_leaky_bucket() -> None:
    bucket = Bucket(start=1_000, gained=250, lost=200, regained=30)
    assert (bucket.end, bucket.retention, bucket.replacement_cost(80)) == (1_080, 0.8, 13_600)
    assert math.isnan(Bucket(0, 5, 0).retention)
    with pytest.raises(Unusable, match="no more are lost"):
        Bucket(10, 0, 11)


def test_revenue() -> None:
    assert revenue(new=200, existing=1_000, retention=0.8, usage=50) == 50_000
