"""Survivors of a cohort: the papers' figures, and cohorts that cannot serve."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.contracts import BetaDiscreteWeibull, Cohort, ShiftedBetaGeometric

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


def test_sbg_of_the_paper() -> None:
    """Fader & Hardie (2007), table: both segments of the example."""
    high, regular = (ShiftedBetaGeometric.fit(Cohort.of(range(8), each)) for each in (HIGH_END, REGULAR))
    assert high.parameters == pytest.approx({"alpha": 0.668, "beta": 3.806}, rel=0.002)
    assert regular.parameters == pytest.approx({"alpha": 0.704, "beta": 1.182}, rel=0.002)
    assert high.log_likelihood == pytest.approx(-1611.2, abs=0.05)
    assert regular.log_likelihood == pytest.approx(-1680.3, abs=0.05)
    assert high.converged and high.warnings == ()


def test_bdw_fits_better_where_risk_grows() -> None:
    plain, grown = (model.fit(Cohort.of(range(8), HIGH_END)) for model in (ShiftedBetaGeometric, BetaDiscreteWeibull))
    assert list(grown.parameters) == ["alpha", "beta", "c"] and grown.parameters["c"] > 1
    assert grown.log_likelihood - plain.log_likelihood == pytest.approx(5.84, abs=0.05)
    assert grown.model.survival([0, 7]) == pytest.approx([1, 0.491], abs=0.01)


def test_what_the_models_say_of_the_future() -> None:
    model = ShiftedBetaGeometric(0.668, 3.806)
    assert model.retention([1])[0] == pytest.approx(3.806 / (0.668 + 3.806))
    assert (np.diff(model.retention(range(1, 20))) > 0).all()
    assert model.probability(range(1, 2_000)).sum() == pytest.approx(1 - model.survival([1_999])[0])
    first, second = model.survival([1, 2])
    assert model.expected_renewals([0], 2)[0] == pytest.approx(first + second)
    assert model.expected_renewals([0], 2, 0.1)[0] == pytest.approx(first / 1.1 + second / 1.21)
    assert model.expected_renewals([1], 1)[0] == pytest.approx(second / first)
    assert BetaDiscreteWeibull(0.668, 3.806, 1.0).survival([5]) == pytest.approx(model.survival([5]))


def test_fitting_a_made_up_cohort_finds_its_parameters() -> None:
    for model in (ShiftedBetaGeometric(0.7, 1.2), BetaDiscreteWeibull(0.5, 1.5, 1.4)):
        fit = type(model).fit(Cohort.of(range(11), model.simulate(50_000, 10, seed=1)))
        assert all(low < getattr(model, name) < high for name, (low, high) in fit.intervals(0.999).items())


@pytest.mark.parametrize(
    ("period", "survivors", "fault"),
    [
        ([0, 1], [10, 11], "survivors grow at period 1"),
        ([0, 0], [10, 9], "period 0 is there twice"),
        ([0], [10], "at least two periods"),
        ([0, 1], [0, 0], "customers in the first"),
        ([0, 1], [10, 10], "Nobody left"),
        ([0, 1.5], [10, 9], "period is not a whole number"),
        ([0, 1], [10, -1], "survivors is negative"),
        ([], [], "no rows"),
    ],
)
def test_cohorts_that_cannot_serve(period: list[float], survivors: list[float], fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        ShiftedBetaGeometric.fit(Cohort.of(period, survivors))


def test_hardly_any_periods_are_warned_of() -> None:
    assert "few-periods" in ShiftedBetaGeometric.fit(Cohort.of([0, 1, 2], [100, 80, 70])).codes()


def test_customers_who_do_not_differ_are_spoken_of() -> None:
    fit = ShiftedBetaGeometric.fit(Cohort.of(range(6), 1e6 * 0.8 ** np.arange(6)))
    assert "no-heterogeneity" in fit.codes()
    assert fit.model.retention([1, 5]) == pytest.approx([0.8, 0.8], abs=1e-3)
