"""Predictions beside the customers that the models make up themselves."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.buying import FOR_EVER, BgBb, BgNbd, GammaGamma, MbgNbd, Nbd, ParetoNbd, Purchases, Spending, Timing

MODELS: list[Timing] = [
    BgNbd(0.5, 6.0, 0.8, 2.4),
    MbgNbd(0.7, 6.0, 0.9, 1.6),
    ParetoNbd(0.6, 10.0, 0.6, 12.0),
    Nbd(0.5, 9.0),
]
MANY = 60_000


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_counts_follow_the_probability_mass_function(model: Timing) -> None:
    x, t_x = model.simulate(np.full(MANY, 30.0), seed=3)
    expected = model.probabilities(6, 30)
    found = np.bincount(x.astype(int), minlength=7)[:7] / MANY
    assert np.abs(found - expected).max() < 4 * 0.5 / np.sqrt(MANY)
    assert (t_x[x == 0] == 0).all() and ((t_x > 0) & (t_x <= 30))[x > 0].all()
    every = model.probabilities(600, 30)
    assert every.sum() == pytest.approx(1, abs=1e-6)
    assert every @ np.arange(601) == pytest.approx(model.expected_new(30), rel=1e-4)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_next_period_is_as_expected(model: Timing) -> None:
    """Customers observed to 30, then to 60: what came after 30, in groups, beside what was expected at 30."""
    later_x = _continued(model)
    x, t_x, more = later_x
    expected = model.expected_purchases(30, x, t_x, np.full(len(x), 30.0))
    for group in (x == 0, x == 1, x >= 4):
        spread = 4 * more[group].std() / np.sqrt(group.sum())
        assert more[group].mean() == pytest.approx(expected[group].mean(), abs=spread)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_how_many_come_differs_as_expected(model: Timing) -> None:
    """Of the same customers: who buys at all after 30, and how much their numbers differ, who leaves in between included."""
    x, t_x, more = _continued(model)
    T = np.full(len(x), 30.0)
    alive = model.p_alive(x, t_x, T)
    for found, expected in (
        (more > 0, alive * model.alive_chance(30, x, T)),
        (more * (more - 1), alive * model.alive_pairs(30, x, T)),
    ):
        for group in (x == 0, x == 1, x >= 4):
            spread = 4 * found[group].std() / np.sqrt(group.sum())
            assert found[group].mean() == pytest.approx(expected[group].mean(), abs=spread)


def _continued(model: Timing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Made-up customers whose history to 30 is a part of that to 60. The times between are not kept by `simulate`, so
    they are drawn anew here: with x purchases until 60, the last at t_x, the others lie evenly before it."""
    whole_x, whole_last = model.simulate(np.full(MANY, 60.0), seed=9)
    random = np.random.default_rng(2)
    x, last = np.zeros(MANY), np.zeros(MANY)
    for each in range(int(whole_x.max())):
        has = whole_x > each
        final = whole_x == each + 1
        times = np.where(final, whole_last, random.random(MANY) * whole_last)
        early = has & (times <= 30)
        x[early] += 1
        last[early] = np.maximum(last[early], times[early])
    return x, last, whole_x - x


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_fitting_made_up_customers_finds_their_parameters(model: Timing) -> None:
    T = np.random.default_rng(1).integers(20, 60, 20_000).astype(float)
    x, t_x = model.simulate(T, seed=4)
    fit = type(model).fit(Purchases.of(x, t_x, T))  # type: ignore[attr-defined]
    assert fit.converged and fit.name == model.name
    for name, (low, high) in fit.intervals(0.999).items():
        assert low < getattr(model, name) < high


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_discounting(model: Timing) -> None:
    x, t_x, T = [0.0, 3.0], [0.0, 12.0], [20.0, 20.0]
    plain = model.expected_purchases(52, x, t_x, T)
    assert model.discounted_purchases(52, 0.0, x, t_x, T) == pytest.approx(plain, rel=1e-12)
    steps = np.array([model.expected_purchases(at, x, t_x, T) for at in np.linspace(0, 52, 1041)])
    middles = (np.arange(1040) + 0.5) * 0.05
    riemann = (np.diff(steps, axis=0) * np.exp(-0.01 * middles)[:, None]).sum(axis=0)
    assert model.discounted_purchases(52, 0.01, x, t_x, T) == pytest.approx(riemann, rel=1e-6)
    long, ever = (model.discounted_purchases(period, 0.01, x, t_x, T) for period in (3_000, FOR_EVER))
    assert ever == pytest.approx(long, rel=1e-6)
    assert model.expected_purchases(0, x, t_x, T).tolist() == [0, 0]
    with pytest.raises(Unusable, match="discount rate above 0"):
        model.expected_purchases(FOR_EVER, x, t_x, T)


def test_the_longer_the_silence_the_less_alive() -> None:
    last = np.linspace(0.5, 40, 30)
    for model in MODELS[:3]:
        alive = model.p_alive(np.full(30, 5.0), last, np.full(30, 40.0))
        assert (np.diff(alive) > 0).all() and 0 < alive[0] < alive[-1] <= 1


def test_extreme_customers_give_numbers() -> None:
    x, t_x, T = [0, 5_000, 5_000, 1], [0, 1, 400, 1e-6], [1e-6, 400, 400, 1e4]
    for model in MODELS:
        for values in (model.p_alive(x, t_x, T), model.expected_purchases(52, x, t_x, T)):
            assert np.isfinite(values).all() and (values >= 0).all()
        assert model.p_alive(x, t_x, T)[1] == pytest.approx(1.0 if model.name == "nbd" else 0.0, abs=1e-300)


def test_bg_bb_makes_up_what_it_expects() -> None:
    model = BgBb(1.2, 0.75, 0.66, 2.8)
    x, t_x = model.simulate(np.full(MANY, 6.0), seed=1)
    expected = model.probabilities(6, 6)
    assert np.abs(np.bincount(x.astype(int), minlength=7) / MANY - expected).max() < 0.008
    assert expected.sum() == pytest.approx(1) and expected @ np.arange(7) == pytest.approx(model.expected_new(6))
    fit = BgBb.fit(Purchases.of(x, t_x, np.full(MANY, 6.0), whole=True))
    assert all(low < getattr(model, name) < high for name, (low, high) in fit.intervals(0.999).items())
    assert model.p_alive([6], [6], [6], ahead=0)[0] == pytest.approx(1)
    five = model.expected_purchases(5, [1], [1], [6])[0]
    assert 0 < model.discounted_purchases(5, 0.1, [1], [1], [6])[0] < five
    with pytest.raises(Unusable, match="whole number"):
        model.expected_purchases(2.5, [1], [1], [6])


def test_gamma_gamma_finds_its_parameters() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    x = np.random.default_rng(0).poisson(2, 20_000).astype(float)
    fit = GammaGamma.fit(Spending.of(x, model.simulate(x, seed=2)))
    assert fit.converged and fit.warnings == ()
    assert all(low < getattr(model, name) < high for name, (low, high) in fit.intervals(0.999).items())
    close = model.expected_margin([1, 1_000_000], [100, 100])
    assert model.mean() < close[0] < close[1] == pytest.approx(100, abs=0.01)
