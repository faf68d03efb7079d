"""The figures of the papers: parameters within 0.2 %, log-likelihoods within 0.05."""

from typing import Any

import numpy as np
import pytest

from guanxi.science.buying import BgBb, BgNbd, GammaGamma, MbgNbd, Nbd, ParetoNbd
from guanxi.science.results import Fit
from guanxi.science.tests.cdnow import cdnow, cdnow_spending, donations

Figures = dict[str, float]


def agree(fit: Fit[Any], name: str, published: Figures, log_likelihood: float | None) -> None:
    assert fit.name == name and fit.converged and fit.warnings == ()
    assert list(fit.parameters) == list(published)
    assert fit.parameters == pytest.approx(published, rel=0.002)
    assert list(fit.standard_errors) == list(published)
    assert all(0 < error < fit.parameters[key] for key, error in fit.standard_errors.items())
    if log_likelihood is not None:
        assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.05)


def test_bg_nbd() -> None:
    agree(BgNbd.fit(cdnow()), "bg-nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.4)


def test_pareto_nbd() -> None:
    agree(ParetoNbd.fit(cdnow()), "pareto-nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0)


def test_mbg_nbd() -> None:
    agree(MbgNbd.fit(cdnow()), "mbg-nbd", {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, -9582.13)


def test_gamma_gamma() -> None:
    agree(GammaGamma.fit(cdnow_spending()), "gamma-gamma", {"p": 6.25, "q": 3.74, "gamma": 15.44}, -4055.92)


def test_bg_bb() -> None:
    published = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}
    agree(BgBb.fit(donations()), "bg-bb", published, -33225.6)


def test_nbd() -> None:
    agree(Nbd.fit(cdnow()), "nbd", {"r": 0.385, "alpha": 12.072}, None)


def test_standard_errors_are_those_of_the_literature() -> None:
    errors = BgNbd.fit(cdnow()).standard_errors
    assert errors == pytest.approx({"r": 0.01256, "alpha": 0.3782, "a": 0.1858, "b": 0.7056}, rel=0.01)


def test_the_holdout_of_cdnow() -> None:
    """1,882 repeat purchases happened in the next 39 weeks."""
    data = cdnow()
    model = BgNbd.fit(data).model
    assert model.expected_purchases(39, data.x, data.t_x, data.T).sum() == pytest.approx(1653, abs=1)
    naive = Nbd.fit(data).model
    assert naive.expected_purchases(39, data.x, data.t_x, data.T).sum() == pytest.approx(2930, abs=1)


def test_published_examples_of_single_customers() -> None:
    """Fader, Hardie & Lee (2005), note on customer 1: x 2, t_x 30.43, T 38.86 → 1.226 purchases in the next 39 weeks."""
    model = BgNbd.fit(cdnow()).model
    assert model.expected_purchases(39, [2], [30.43], [38.86])[0] == pytest.approx(1.226, abs=0.001)
    assert model.expected_new(39) == pytest.approx(1.195, abs=0.001)


def test_margins_of_single_customers() -> None:
    """Fader & Hardie (2013): the mean spend of all is 35.25 or so, and who bought twice for 22.35 is expected at 24.66."""
    model = GammaGamma.fit(cdnow_spending()).model
    assert model.expected_margin([2], [22.35])[0] == pytest.approx(24.66, abs=0.02)
    assert model.expected_margin([0], [0])[0] == model.mean() == pytest.approx(35.17, abs=0.1)


def test_rows_that_agree_are_one_row_with_a_weight() -> None:
    data = cdnow()
    grouped = data.grouped()
    assert len(grouped) < len(data) and grouped.customers == data.customers
    for kind in (BgNbd, ParetoNbd):
        once, again = kind.fit(data), kind.fit(grouped)
        assert once.parameters == pytest.approx(again.parameters, rel=1e-9)
        assert once.log_likelihood == pytest.approx(again.log_likelihood, rel=1e-12)
    doubled = type(data)(data.x, data.t_x, data.T, data.n * 4)
    fit = BgNbd.fit(doubled)
    assert np.array(list(fit.standard_errors.values())) * 2 == pytest.approx(
        list(BgNbd.fit(data).standard_errors.values()), rel=1e-3
    )


def test_the_unit_of_time_changes_scales_only() -> None:
    data = cdnow()
    days = type(data)(data.x, data.t_x * 7, data.T * 7, data.n)
    weekly, daily = BgNbd.fit(data), BgNbd.fit(days)
    assert daily.parameters["alpha"] == pytest.approx(7 * weekly.parameters["alpha"], rel=1e-6)
    assert daily.parameters["b"] == pytest.approx(weekly.parameters["b"], rel=1e-6)
    assert daily.log_likelihood == pytest.approx(weekly.log_likelihood - float(data.x.sum()) * np.log(7), abs=1e-5)
