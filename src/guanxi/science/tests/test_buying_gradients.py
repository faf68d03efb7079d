"""Every analytic gradient beside finite differences, every likelihood beside its own sum over customers."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1

from guanxi.science.arrays import Floats
from guanxi.science.buying import (
    BgBb,
    BgNbd,
    GammaGamma,
    MbgNbd,
    Nbd,
    ParetoNbd,
    Purchases,
    beta_bernoulli,
    beta_geometric,
    nbd,
    pareto,
    spending,
)
from guanxi.science.contracts import MODELS, Cohort
from guanxi.science.contracts.survivors import objective as survivors_objective
from guanxi.science.fitting import Objective
from guanxi.science.tests.cdnow import cdnow, cdnow_spending, donations

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


def differences(objective: Objective, place: Floats) -> Floats:
    """Central differences of the value."""
    found = []
    for number, value in enumerate(place):
        aside = np.zeros_like(place)
        aside[number] = 1e-5 * value
        found.append((objective(place + aside)[0] - objective(place - aside)[0]) / (2 * aside[number]))
    return np.array(found)


CASES: dict[str, tuple[Callable[[], Objective], list[float]]] = {
    "bg-nbd": (lambda: beta_geometric.objective(cdnow(), 0), [0.3, 5.0, 0.7, 2.0]),
    "mbg-nbd": (lambda: beta_geometric.objective(cdnow(), 1), [0.3, 5.0, 0.7, 2.0]),
    "pareto-nbd": (lambda: pareto.objective(cdnow()), [0.5, 9.0, 0.7, 12.0]),
    "pareto-nbd, beta below alpha": (lambda: pareto.objective(cdnow()), [0.5, 12.0, 0.7, 3.0]),
    "nbd": (lambda: nbd.objective(cdnow()), [0.5, 9.0]),
    "bg-bb": (lambda: beta_bernoulli.objective(donations()), [1.1, 0.8, 0.7, 2.0]),
    "gamma-gamma": (lambda: spending.objective(cdnow_spending()), [5.0, 3.0, 12.0]),
    "sbg": (lambda: survivors_objective(Cohort.of(range(8), HIGH_END), MODELS["sbg"]), [0.6, 3.0]),
    "bdw": (lambda: survivors_objective(Cohort.of(range(8), HIGH_END), MODELS["bdw"]), [0.6, 3.0, 1.3]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name: str) -> None:
    make, place = CASES[name]
    objective, here = make(), np.array(place)
    assert objective(here)[1] == pytest.approx(differences(objective, here), rel=1e-5, abs=1e-4)


def test_likelihoods_sum_over_customers() -> None:
    data, money, given = cdnow(), cdnow_spending(), donations()
    for kind in (BgNbd, MbgNbd, ParetoNbd, Nbd):
        fit = kind.fit(data)
        assert fit.log_likelihood == pytest.approx(fit.model.log_likelihood(data.x, data.t_x, data.T).sum(), rel=1e-10)
    spent = GammaGamma.fit(money)
    assert spent.log_likelihood == pytest.approx(spent.model.log_likelihood(money.x, money.m).sum(), rel=1e-10)
    gave = BgBb.fit(given)
    each = gave.model.log_likelihood(given.x, given.t_x, given.T)
    assert gave.log_likelihood == pytest.approx(float(each @ given.n), rel=1e-10)


def test_pareto_nbd_keeps_its_digits_where_the_published_formula_loses_them() -> None:
    """The integral over the moment of leaving, beside an adaptive quadrature, for customers and parameters of all sizes."""
    random = np.random.default_rng(1)
    for _case in range(60):
        r, alpha, s, beta = np.exp(random.uniform(-3, 4, 4))
        x, T = float(random.integers(0, 80)), float(random.uniform(0.1, 200))
        t_x = T * float(random.uniform()) if x else 0.0
        top = -(r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x)
        pace = (r + x) / (alpha + t_x) + (s + 1) / (beta + t_x)
        points = [min(T, t_x + step / pace) for step in (1, 5, 20, 40)]

        def integrand(y: float) -> float:
            return float(np.exp(-(r + x) * np.log(alpha + y) - (s + 1) * np.log(beta + y) - top))  # noqa: B023

        exact = quad(integrand, t_x, T, points=points, limit=400, epsabs=0, epsrel=1e-12)[0]
        alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        expected = 1 / (1 + np.exp(min(np.log(s) + top + np.log(exact) - alive, 700)))
        assert ParetoNbd(r, alpha, s, beta).p_alive([x], [t_x], [T])[0] == pytest.approx(expected, rel=1e-9)


def test_pareto_nbd_agrees_with_the_hypergeometric_formula() -> None:
    """Fader & Hardie (2005), equation for α ≥ β, where that formula is well-behaved."""
    r, alpha, s, beta, x, t_x, T = 0.553, 11.0, 0.606, 10.0, 3.0, 20.0, 38.0
    power = r + s + x

    def part(at: float) -> float:
        return float(hyp2f1(power, s + 1, power + 1, (alpha - beta) / (alpha + at)) / (alpha + at) ** power)

    left = s / power * (part(t_x) - part(T)) * (alpha + T) ** (r + x) * (beta + T) ** s
    assert ParetoNbd(r, alpha, s, beta).p_alive([x], [t_x], [T])[0] == pytest.approx(1 / (1 + left), rel=1e-10)


def test_bg_nbd_agrees_with_the_hypergeometric_formula() -> None:
    """Fader, Hardie & Lee (2005), equation 10."""
    r, alpha, a, b, x, T, t = 0.243, 4.414, 0.793, 2.426, 4.0, 38.0, 39.0
    series = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    expected = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * series)
    assert BgNbd(r, alpha, a, b).alive_purchases(t, [x], [T])[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("a", [0.01, 0.999999, 1.0, 1.000001, 5.0])
def test_bg_nbd_has_no_hole_where_a_is_one(a: float) -> None:
    model = BgNbd(0.5, 6.0, a, 2.0)
    near = BgNbd(0.5, 6.0, a * 1.0001, 2.0)
    found = model.alive_purchases(30, [3], [20])[0]
    assert 0 < found < 3.5 / 26 * 30
    assert near.alive_purchases(30, [3], [20])[0] == pytest.approx(found, rel=1e-3)


def test_many_customers_are_scored_as_few_are() -> None:
    """Large tables use a polynomial in T for each x."""
    random = np.random.default_rng(5)
    x, T = random.poisson(2, 6_000).astype(float), random.uniform(0.5, 120, 6_000)
    for model in (BgNbd(0.243, 4.414, 0.793, 2.426), ParetoNbd(0.553, 10.578, 0.606, 11.669)):
        many = model.alive_purchases(52, x, T, 0.002)
        few = np.concatenate(
            [model.alive_purchases(52, x[at : at + 60], T[at : at + 60], 0.002) for at in range(0, 6_000, 60)]
        )
        assert many == pytest.approx(few, rel=1e-9)


def test_large_tables_take_the_same_peak_by_way_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    data = cdnow()
    plain = BgNbd.fit(data)
    monkeypatch.setattr(nbd, "SAMPLE", 100)
    by_sample = BgNbd.fit(Purchases(data.x, data.t_x, data.T, data.n))
    assert by_sample.parameters == pytest.approx(plain.parameters, rel=1e-6)
    assert by_sample.standard_errors == pytest.approx(plain.standard_errors, rel=1e-3)
