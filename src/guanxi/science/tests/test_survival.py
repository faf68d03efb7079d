"""The remission times of 42 children with leukaemia (Freireich et al. 1963), which every textbook computes."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.survival import Durations, fit_cox, fit_hazard, kaplan_meier

DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
GROUP = np.array([0.0] * 21 + [1.0] * 21)


def both() -> Durations:
    return Durations.of(DRUG + PLACEBO, RELAPSE + [1] * 21)


def test_kaplan_meier() -> None:
    found = kaplan_meier(Durations.of(DRUG, RELAPSE))
    assert found.at([5, 6, 7, 10, 13, 16, 22, 23, 99]) == pytest.approx(
        [1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482, 0.4482], abs=5e-5
    )
    assert found.standard_error[[0, 1, 10]] == pytest.approx([0.0764, 0.0869, 0.1282], abs=5e-5)
    assert (found.lower[0], found.upper[0]) == pytest.approx((0.6197, 0.9516), abs=5e-5)
    assert found.median() == 23
    assert found.at_risk[:3].tolist() == [21, 17, 16] and found.censored[:2].tolist() == [1, 0]


def test_until_all_are_gone() -> None:
    found = kaplan_meier(Durations.of(PLACEBO, [1] * 21))
    assert found.survival[-1] == found.lower[-1] == found.upper[-1] == 0
    assert found.median() == 8
    assert kaplan_meier(Durations.of([1, 2], [0, 0])).median() is None


def test_weights_are_repeated_rows() -> None:
    once = kaplan_meier(Durations.of([3, 3, 5, 5, 5], [1, 0, 1, 1, 1]))
    weighted = kaplan_meier(Durations.of([3, 3, 5], [1, 0, 1], [1, 1, 3]))
    assert weighted.survival == pytest.approx(once.survival)
    with pytest.raises(Unusable, match="n is not above 0 in row 2"):
        Durations.of([3, 3], [1, 0], [1, 0])


def test_cox_with_the_ties_of_efron() -> None:
    """R: coxph(Surv(time, status) ~ group) → 1.57213, error 0.41240, log-likelihood −85.008."""
    found = fit_cox(both(), GROUP)
    assert found.coefficients == pytest.approx([1.57213], abs=2e-5)
    assert found.standard_errors == pytest.approx([0.41240], abs=2e-5)
    assert found.log_likelihood == pytest.approx(-85.0084, abs=2e-4)
    assert found.converged and found.warnings == ()
    assert found.relative_hazard(np.array([[1.0]]))[0] == pytest.approx(4.817, abs=1e-3)


def test_cox_finds_the_effects_it_was_made_with() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(4_000, 2))
    time = random.exponential(1 / np.exp(features @ [0.7, -0.4]))
    cut = random.exponential(2, 4_000)
    found = fit_cox(Durations.of(np.minimum(time, cut), time <= cut), features)
    assert np.abs(found.coefficients - [0.7, -0.4]).max() < 4 * found.standard_errors.max()


def test_cox_speaks_of_what_it_cannot_tell() -> None:
    data = both()
    assert "collinear" in {notice.code for notice in fit_cox(data, np.stack([GROUP, 2 * GROUP], axis=1)).warnings}
    apart = Durations.of([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0])
    assert fit_cox(apart, np.array([1.0, 1, 1, 0, 0, 0])).warnings != ()
    for features, fault in ((np.zeros(42), "the same in every row"), (np.zeros(41), "one row for each")):
        with pytest.raises(Unusable, match=fault):
            fit_cox(data, features)
    with pytest.raises(Unusable, match="No event"):
        fit_cox(Durations.of([1, 2], [0, 0]), np.array([1.0, 2.0]))


def test_discrete_hazard_without_features_is_kaplan_meier() -> None:
    random = np.random.default_rng(2)
    time, event = random.integers(1, 6, 500), random.random(500) < 0.7
    data = Durations.of(time, event)
    flat = fit_hazard(data, random.normal(size=500))
    assert flat.survival(np.zeros((1, 1)))[0] == pytest.approx(kaplan_meier(data).survival, abs=0.01)


def test_discrete_hazard_finds_the_effect_it_was_made_with() -> None:
    random = np.random.default_rng(3)
    feature = random.normal(size=6_000)
    chance = 1 / (1 + np.exp(-(-1.5 + 0.8 * feature)))
    ends = random.geometric(chance)
    found = fit_hazard(Durations.of(np.minimum(ends, 5), ends <= 5), feature)
    assert found.coefficients[0] == pytest.approx(0.8, abs=4 * found.standard_errors[0])
    assert found.baseline[:4] == pytest.approx([-1.5] * 4, abs=0.25)


@pytest.mark.parametrize(
    ("duration", "event", "fault"),
    [
        ([-1], [1], "duration is negative"),
        ([1], [2], "neither 0 nor 1 in row 1"),
        ([], [], "no rows"),
        ([1, 2], [1], "differ in length"),
        ([float("nan")], [1], "not a finite number"),
    ],
)
def test_observations_that_cannot_serve(duration: list[float], event: list[float], fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        Durations.of(duration, event)
