"""Data that do not bear a model: said, never answered in silence."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.buying import TIMING, BgBb, BgNbd, GammaGamma, MbgNbd, Nbd, ParetoNbd, Purchases, Spending

NAN = float("nan")


def made(model: BgNbd | Nbd | ParetoNbd, customers: int = 3_000, seed: int = 1) -> Purchases:
    T = np.random.default_rng(seed).integers(20, 40, customers).astype(float)
    return Purchases.of(*model.simulate(T, seed=seed), T)


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, ParetoNbd])
@pytest.mark.parametrize("seed", range(5))
def test_without_dropout_the_nbd_stands_in_and_all_are_alive(kind: type[BgNbd], seed: int) -> None:
    data = made(Nbd(0.8, 6.0), seed=seed)
    fit = kind.fit(data)
    if fit.name == kind.name:
        pytest.fail(f"{kind.name} found dropout where there is none: {fit.parameters}")
    assert fit.name == "nbd" and "no-dropout" in fit.codes()
    assert "P(alive) = 1" in str(fit.warnings[-1])
    assert fit.model.p_alive(data.x, data.t_x, data.T).tolist() == [1.0] * len(data)


def test_dropout_that_is_there_is_found() -> None:
    assert BgNbd.fit(made(BgNbd(0.8, 6.0, 0.8, 2.5))).name == "bg-nbd"
    assert ParetoNbd.fit(made(ParetoNbd(0.8, 6.0, 0.7, 10.0))).name == "pareto-nbd"


def test_customers_who_do_not_differ_are_spoken_of() -> None:
    random = np.random.default_rng(1)
    x = random.poisson(3.0, 2_000).astype(float)
    last = np.where(x > 0, 30 * random.random(2_000) ** (1 / np.maximum(x, 1)), 0)
    fit = Nbd.fit(Purchases.of(x, last, np.full(2_000, 30.0)))
    assert "no-heterogeneity" in fit.codes()
    assert fit.parameters["r"] / fit.parameters["alpha"] == pytest.approx(x.mean() / 30, rel=0.01)


def test_few_repeaters_are_counted() -> None:
    data = Purchases.of([0, 1, 2, 5], [0, 10, 20, 29], [30, 30, 30, 30], [100, 5, 4, 3])
    assert "few-repeaters" in BgNbd.fit(data).codes()


@pytest.mark.parametrize("kind", TIMING.values())
def test_what_cannot_be_fitted_is_refused(kind: type[BgNbd]) -> None:
    with pytest.raises(Unusable, match="Nobody bought again"):
        kind.fit(Purchases.of([0, 0, 0], [0, 0, 0], [10, 20, 30]))
    with pytest.raises(Unusable, match="One customer"):
        kind.fit(Purchases.of([3], [9], [10]))
    with pytest.raises(Unusable, match="Every T is 0"):
        kind.fit(Purchases.of([1, 1], [0, 0], [0, 0]))


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        (([], [], []), "no rows"),
        (([1, NAN], [1, 1], [2, 2]), "x is not a finite number in row 2"),
        (([1, 1], [1, float("inf")], [2, 2]), "t_x is not a finite number in row 2"),
        (([-1], [1], [2]), "x is negative in row 1"),
        (([1.5], [1], [2]), "x is not a whole number in row 1"),
        (([1, 1], [1, 3], [2, 2]), "t_x is later than T in row 2"),
        (([0], [1], [2]), "t_x is not 0 although x is 0 in row 1"),
        (([1, 1], [1], [2, 2]), "differ in length"),
        (([1], [1], [2], [0]), "n is 0 in every row"),
        (([1], [1], [2], [-1]), "n is negative in row 1"),
    ],
)
def test_bad_columns_are_named(columns: tuple[list[float], ...], fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        Purchases.of(*columns)


def test_rows_of_nobody_count_nothing() -> None:
    whole = made(BgNbd(0.8, 6.0, 0.8, 2.5))
    more = Purchases.of(np.append(whole.x, 9), np.append(whole.t_x, 1), np.append(whole.T, 30), np.append(whole.n, 0))
    assert BgNbd.fit(more).parameters == BgNbd.fit(whole).parameters


def test_opportunities_are_whole_numbers() -> None:
    for columns, fault in (
        (([1], [1.5], [3]), "t_x is not a whole number"),
        (([2], [1], [3]), "more than the opportunities"),
        (([1], [0], [3]), "t_x is 0 although x is not|more than"),
    ):
        with pytest.raises(Unusable, match=fault):
            Purchases.of(*columns, whole=True)
    with pytest.raises(Unusable, match="more than 2000"):
        BgBb.fit(Purchases.of([1, 1], [1, 1], [3_000, 3_000], whole=True))


def test_a_correlation_of_number_and_margin_is_warned_of() -> None:
    random = np.random.default_rng(3)
    x = random.poisson(3, 2_000) + 1.0
    fit = GammaGamma.fit(Spending.of(x, x * random.gamma(6, 1, 2_000)))
    assert "correlated" in fit.codes() and fit.converged


def test_margins_that_cannot_serve_are_refused() -> None:
    for columns, fault in (
        (([0, 0], [5, 5]), "Nobody bought again"),
        (([1, 1], [5, 0]), "m is not above 0 in row 2"),
        (([1, 1], [5, -1]), "m is negative in row 2"),
        (([1, 2], [5, 5]), "the same in every row"),
        (([1], [5]), "One customer"),
        (([1, 1], [5, NAN]), "m is not a finite number in row 2"),
    ):
        with pytest.raises(Unusable, match=fault):
            GammaGamma.fit(Spending.of(*columns))
    assert GammaGamma.fit(Spending.of([0, 1, 2, 3], [0, 5, 6, 9])).customers == 3


def test_margins_of_any_currency() -> None:
    """Yen and dollars give the same p and q."""
    model = GammaGamma(6.25, 3.74, 15.44)
    x = np.random.default_rng(0).poisson(2, 3_000) + 1.0
    m = model.simulate(x, seed=2)
    small, large = (GammaGamma.fit(Spending.of(x, m * rate)) for rate in (1, 1e6))
    assert large.parameters["q"] == pytest.approx(small.parameters["q"], rel=1e-6)
    assert large.parameters["gamma"] == pytest.approx(1e6 * small.parameters["gamma"], rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_odd_tables_end_in_numbers_or_in_a_refusal(seed: int) -> None:
    """Few customers, times of any size, purchases all at once or at the very end: never a NaN, never another exception."""
    random = np.random.default_rng(seed)
    rows, scale = int(random.choice([2, 3, 10, 50])), 10.0 ** int(random.integers(-3, 6))
    T = random.uniform(0.1, 1, rows) * scale
    x = random.poisson(random.choice([0.3, 3, 50, 2_000]), rows).astype(float)
    moment = (1.0, 1e-9, float(random.random()))[seed % 3]
    t_x = np.where(x > 0, T * moment, 0)
    for kind in TIMING.values():
        try:
            fit = kind.fit(Purchases.of(x, t_x, T))
        except Unusable:
            continue
        assert fit.evaluations < 1_500 and np.isfinite(fit.log_likelihood)
        alive = fit.model.p_alive(x, t_x, T)
        expected = fit.model.expected_purchases(float(T.max()), x, t_x, T)
        assert ((alive >= 0) & (alive <= 1 + 1e-9)).all()
        assert np.isfinite(expected).all() and (expected >= 0).all()
