"""Uplift: an effect that is there is found, one that is not is not."""

import numpy as np
import pytest

from guanxi.science.arrays import Flags, Floats, Unusable
from guanxi.science.logistic import fit_logistic
from guanxi.science.uplift import curve, predicted_uplift, qini, two_models


def trial(effect: float, rows: int = 4_000, seed: int = 1) -> tuple[Floats, Flags, Floats]:
    """A randomised offer that works on those whose first feature is high."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, 3))
    treated = random.random(rows) < 0.5
    chance = 0.2 + 0.1 * (features[:, 1] > 0) + effect * treated * (features[:, 0] > 0)
    return features, treated, (random.random(rows) < chance).astype(float)


def test_an_effect_is_found() -> None:
    features, treated, outcome = trial(0.4)
    score = predicted_uplift(features, treated, outcome)
    found = qini(score, treated, outcome, permutations=200)
    assert found.qini > found.upper > 0 > found.lower and found.p_value < 0.01
    assert found.effect == pytest.approx(0.2, abs=0.04)
    assert found.deciles[0].uplift > 0.3 and abs(found.deciles[-1].uplift) < 0.15
    assert sum(each.treated + each.control for each in found.deciles) == 4_000
    assert np.corrcoef(score, features[:, 0])[0, 1] > 0.8


def test_two_models_tell_the_uplift_of_others_with_its_error() -> None:
    features, treated, outcome = trial(0.4)
    features[:, 2] = np.log1p(40.0)
    models = two_models(features, treated, outcome)
    others = np.array([[3.0, 0.0, 9.0], [-3.0, 0.0, 0.0], [300.0, 0.0, 5.0]])
    uplift, error = models.uplift(others)
    assert models.converged and uplift[0] > 0.4 > 0.1 > uplift[1] and (error > 0).all() and (error < 0.1).all()
    # Beyond what was seen counts the furthest that was; a feature that was the same for all says nothing.
    furthest, _error = models.uplift(np.array([[features[:, 0].max(), 0.0, 1.0]]))
    assert uplift[2] == pytest.approx(furthest[0], abs=1e-12)
    found = qini(predicted_uplift(features, treated, outcome), treated, outcome, permutations=100)
    assert found.interval == pytest.approx((found.qini - found.upper, found.qini - found.lower))
    with pytest.raises(Unusable, match="0 or 1"):
        two_models(features, treated, outcome * 3)


def test_no_effect_is_not_found() -> None:
    inside = 0
    for seed in range(8):
        features, treated, outcome = trial(0.0, 1_500, seed)
        found = qini(predicted_uplift(features, treated, outcome), treated, outcome, permutations=200)
        inside += found.lower <= found.qini <= found.upper
    assert inside >= 6


def test_outcomes_in_money() -> None:
    features, treated, _bought = trial(0)
    random = np.random.default_rng(3)
    spent = 50 + 20 * treated * features[:, 0] + random.normal(size=len(treated))
    score = predicted_uplift(features, treated, spent)
    assert np.corrcoef(score, features[:, 0])[0, 1] > 0.99


def test_the_curve_ends_at_the_whole_effect_and_ties_are_a_line() -> None:
    _features, treated, outcome = trial(0.4)
    flat = curve(np.zeros(len(outcome)), treated, outcome)
    assert flat == pytest.approx(flat[-1] * np.linspace(0, 1, len(flat)))
    effect = outcome[treated].mean() - outcome[~treated].mean()
    assert flat[-1] == pytest.approx(effect * treated.mean())


def test_trials_that_cannot_serve() -> None:
    for treated, fault in (
        (np.ones(50, dtype=bool), "Only 0 customers are untreated"),
        (np.zeros(0, dtype=bool), "no rows"),
    ):
        with pytest.raises(Unusable, match=fault):
            qini(np.zeros(len(treated)), treated, np.zeros(len(treated)))


def test_logistic_regression() -> None:
    random = np.random.default_rng(5)
    features = random.normal(size=(20_000, 2))
    chance = 1 / (1 + np.exp(-(-1 + features @ [1.0, -0.5])))
    found = fit_logistic(features, (random.random(20_000) < chance).astype(float))
    assert found.converged
    assert np.abs(found.coefficients - [-1, 1, -0.5]).max() < 4 * found.standard_errors.max()
    apart = fit_logistic(np.array([[1.0], [2], [3], [4]]), np.array([0.0, 0, 1, 1]), ridge=1.0)
    assert np.isfinite(apart.coefficients).all() and apart.probability(np.array([[9.0]]))[0] > 0.5
