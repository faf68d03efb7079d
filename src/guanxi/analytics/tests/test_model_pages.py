"""The page of a model: verdict, published figures, baselines, charts; and the list of fits."""

from typing import Any

import pytest
from django.test import Client

from guanxi.analytics.model_charts import calibration, gains, touching
from guanxi.analytics.models import ModelFit
from guanxi.analytics.queries.models import is_cdnow, parameters, verdict
from guanxi.analytics.tests.worth import AS_OF
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in

ORIGIN = {
    "back": 1, "weeks": 39, "customers": 2357, "happened": 1882.0, "expected": 1653.2, "naive": 2930.1, "score": -1.2,
    "top_tenth": {"model": 0.467, "orders": 0.467, "rate": 0.41, "recency": 0.406},
}  # fmt: skip
EVALUATION = {
    "origins": [ORIGIN, {**ORIGIN, "back": 2, "happened": 2000.0, "expected": 1606.0}],
    "calibration": [{"customers": 100, "forecast": 1.0, "happened": 1.1}, {"customers": 100, "forecast": 2.0, "happened": 3.0}],
    "by_orders": [{"orders": 0, "customers": 9, "forecast": 0.2, "happened": 0.25}, {"orders": 7, "customers": 2, "forecast": 6.1, "happened": 6.3}],
    "gains": {"model": [0, 0.47, 0.63, 0.75, 0.81, 0.85, 0.88, 0.91, 0.94, 0.96, 1], "orders": [0, 0.46, 0.6, 0.7, 0.8, 0.84, 0.87, 0.9, 0.93, 0.95, 1]},
    "curves": [{"orders": 1, "age": 39, "points": [[0, 0.75], [13, 0.6]]}],
    "checks": {"no_future": True, "chances": True},
}  # fmt: skip


def cdnow(**changed: Any) -> ModelFit:
    given = {
        "as_of": AS_OF, "purpose": "purchases", "model": "bg-nbd", "in_use": True, "customers": 2357, "log_likelihood": -9582.43, "converged": True,
        "parameters": [["r", 0.2426], ["alpha", 4.4136], ["a", 0.7929], ["b", 2.4259]], "evaluation": EVALUATION, "warnings": [],
        "standard_errors": [["r", 0.0126], ["alpha", 0.3782], ["a", 0.1857], ["b", 0.7054]],
    }  # fmt: skip
    found: ModelFit = ModelFit.objects.create(**(given | changed))
    return found


def test_the_page_says_in_words_what_the_model_is_good_for(actor: Actor) -> None:
    client: Client = sign_in(actor)
    assert "No model fitted yet" in client.get("/value/models/").text
    fit = cdnow()
    assert f'/value/models/{fit.id}/">BG/NBD' in client.get("/value/models/").text
    page = client.get(f"/value/models/{fit.id}/").text.replace("\u202f", " ")
    for said in (
        "Use it for amounts; for a mere ranking, counting orders is as good.",
        "Of 1,882 repeat orders that came, the model expected 1,653 (−12 %), the naive rate 2,930 (+56 %).",
        "The best tenth by the model holds 46.7 % of them, by orders so far 46.7 %.",
        "Mean rate: one order in 18.2 weeks (α / r); after each order about 25 % leave for good (a / (a + b)).",
        "Calling the best 20 % reaches 63 % of all orders.", "1 of 2 groups touch it", "Bias −12 % at the last origin", "Top 10 %",
    ):  # fmt: skip
        assert said in page, said
    assert client.get(f"/value/models/{actor.member_id}/").status_code == 404


def test_published_figures_stand_beside_the_published_data_only(actor: Actor) -> None:
    fit = cdnow()
    assert [(one.name, one.published, one.agrees) for one in parameters(fit)] == [
        ("r", 0.243, True), ("α", 4.414, True), ("a", 0.793, True), ("b", 2.426, True)
    ]  # fmt: skip
    other = cdnow(customers=2358)
    assert not is_cdnow(other) and all(one.published is None for one in parameters(other))
    assert not parameters(cdnow(parameters=[["r", 0.2436]]))[0].agrees


@pytest.mark.parametrize(
    ("changed", "amounts", "ranks"),
    [
        ({}, True, False),
        ({"top_tenth": {"model": 0.5, "orders": 0.47, "rate": None, "recency": None}}, True, True),
        ({"expected": 5000.0}, False, False),
        ({"happened": 0.0}, False, False),
    ],
)
def test_the_verdict_compares_with_the_simple_rules(
    actor: Actor, changed: dict[str, Any], amounts: bool, ranks: bool
) -> None:
    fit = cdnow(evaluation=EVALUATION | {"origins": [ORIGIN | changed]})
    found = verdict(fit)
    assert found is not None and (found.amounts, found.ranks) == (amounts, ranks)
    assert sign_in(actor).get(f"/value/models/{fit.id}/").status_code == 200


def test_a_fit_without_evaluation_has_no_charts_and_says_so(actor: Actor) -> None:
    fit = cdnow(evaluation={}, in_use=False, parameters=[], log_likelihood=None, converged=False)
    assert (verdict(fit), calibration(fit), gains(fit, ""), touching(fit)) == (None, None, None, (0, 0))
    page = sign_in(actor).get(f"/value/models/{fit.id}/").text
    assert "Not in use." in page and "<gx-chart" not in page


WAYS = {
    name: {"auc": auc, "brier": 0.2, "log_score": score}
    for name, auc, score in (("model", 0.75, -0.5), ("alive", 0.7, -0.55), ("recency", 0.69, -0.6))
}
LEAVING = {
    "leaving": {
        "window": 180,
        "days": [{"day": "2026-05-28", "customers": 300, "left": 90, "expected": 93.4, "ways": WAYS}],
    },
    "calibration": [
        {"customers": 150, "forecast": 0.2, "happened": 0.19},
        {"customers": 150, "forecast": 0.42, "happened": 0.41},
    ],
}


def test_the_chance_to_leave_is_judged_beside_simpler_guesses(actor: Actor) -> None:
    client: Client = sign_in(actor)
    fit = cdnow(
        purpose="churn", model="churn-logit", parameters=[["intercept", 0.2], ["overdue", 0.8], ["content", -0.3]], standard_errors=[["overdue", 0.1]],
        evaluation=LEAVING, log_likelihood=None,
    )  # fmt: skip
    page = client.get(f"/value/models/{fit.id}/").text.replace("\u202f", " ")
    for said in (
        "Of 300 customers on past days 90 left, that is ordered nothing for 180 days; it expected 93.", "in 75.0 % of all pairs, 1 − P(alive) in 70.0 %",
        "28 May 2026", "Silence in usual gaps", "Days since last", "0.750",
    ):  # fmt: skip
        assert said in page, said
    assert "Constant" not in page
    cdnow(
        purpose="churn",
        model="churn-alive",
        parameters=[],
        evaluation={"leaving": {"window": 180, "days": []}},
        warnings=[{"code": "too-few", "text": "x"}],
    )
    other = ModelFit.objects.get(model="churn-alive")
    assert "Fewer than 30 customers left, or fewer than 30 stayed." in client.get(f"/value/models/{other.id}/").text
    assert client.get("/value/models/").status_code == 200
