"""Selling more: rules, similar products and next products of a run, on the page and over the API."""

from contextvars import copy_context
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from guanxi.analytics.compute import runner
from guanxi.analytics.compute.runner import STEPS
from guanxi.analytics.compute.selling import read_stock
from guanxi.analytics.models import ModelFit, NextProduct, ProductPair, ProductRule, RunCause, Settings
from guanxi.analytics.services.runs import plan_run
from guanxi.analytics.tests.factories import account, order, product
from guanxi.analytics.tests.test_running import DAY, computed
from guanxi.core import tenancy
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.tests.test_views import sign_in

pytestmark = pytest.mark.django_db
ONLY = tuple(step for step in STEPS if step.key in ("extract", "frames", "models", "selling", "evaluate"))


@pytest.fixture
def products(actor: Actor) -> dict[str, Any]:
    """A bench, the larger bench of the same family, a cable for both, and oil that everybody buys."""
    family = create_family(actor)
    bench, large = (
        product(actor, name, list_price=price, family=family)
        for name, price in (("Bench", "10000"), ("Large bench", "30000"))
    )
    return {
        "bench": bench,
        "large": large,
        "cable": product(actor, "Cable", list_price="300"),
        "oil": product(actor, "Oil", list_price="50"),
    }


VALUED = tuple(step for step in STEPS if step in ONLY or step.key in ("rfm", "value"))


def told_by(actor: Actor) -> Any:
    """What the step said."""
    return next(row["told"] for row in computed(actor, steps=ONLY).steps if row["key"] == "selling")


def create_family(actor: Actor) -> Any:
    return create_record(actor, "product_family", {"name": "Benches"}).id


def sold(actor: Actor, products: dict[str, Any], customers: int = 150) -> list[Any]:
    """Who buys a bench later buys the cable; every third also the large bench; the others buy oil only."""
    random = np.random.default_rng(3)
    found = []
    for number in range(customers):
        one = account(actor, f"Customer {number:03}")
        day = DAY - timedelta(days=int(random.integers(30, 600)))
        names = ("oil", "bench", "cable", "large")[: 1 + (number % 2) * (2 + (number % 3 == 0))]
        for name in names:
            if day <= DAY:
                order(one, day.isoformat(), "1000", "600", item=products[name])
            day += timedelta(days=int(random.integers(20, 150)))
        found.append(one)
    return found


def test_a_run_learns_what_sells_with_what(actor: Actor, products: dict[str, Any]) -> None:
    sold(actor, products)
    told = told_by(actor)
    assert told["rules"] == ProductRule.objects.count() and told["next"] == NextProduct.objects.count()
    rule = ProductRule.objects.get(given=[products["cable"].id], product=products["bench"])
    assert rule.both == rule.left and rule.confidence == 1 and rule.lift > 1.5 and rule.customers <= 150
    pair = ProductPair.objects.get(product=products["bench"], other=products["cable"])
    assert pair.both == rule.both and pair.score == pytest.approx(rule.both / (rule.left * rule.right) ** 0.5)
    fit = ModelFit.objects.get(purpose="next_product")
    ways = fit.evaluation["next_product"]["ways"]
    assert set(ways) == {"model", "popularity", "similarity", "confidence"} and fit.converged
    assert ways["model"]["recall"] >= ways["popularity"]["recall"] > 0
    days = fit.evaluation["next_product"]["days"]
    assert 60 <= days <= 180
    assert fit.evaluation["next_product"]["tested_from"] == (DAY - timedelta(days=days)).isoformat()
    kinds = {(row.product.name, row.kind) for row in NextProduct.objects.select_related("product")}
    assert ("Large bench", "up_sell") in kinds and ("Cable", "add_on") in kinds and ("Bench", "cross_sell") in kinds
    row = NextProduct.objects.filter(product=products["cable"], because=products["bench"]).first()
    assert row is not None and 0 < row.probability < 1 and row.margin == pytest.approx(400, rel=0.05)
    held = {(one.account_id, one.product_id) for one in NextProduct.objects.all()}
    assert len(held) == NextProduct.objects.count()


def test_what_is_bought_after_the_day_changes_nothing(actor: Actor, products: dict[str, Any]) -> None:
    """The future shifted: nothing of the run as of the day may move."""
    customers = sold(actor, products, 60)
    computed(actor, DAY - timedelta(days=100), steps=ONLY)

    def state() -> Any:
        rows = NextProduct.objects.order_by("account_id", "product_id")
        fit = ModelFit.objects.filter(purpose="next_product", as_of=DAY - timedelta(days=100)).get()
        return list(rows.values_list("account_id", "product_id", "probability", "kind")), fit.parameters, fit.evaluation

    before = state()
    for one in customers:
        order(one, (DAY - timedelta(days=20)).isoformat(), "9999", "1", item=products["large"])
    computed(actor, DAY - timedelta(days=100), steps=ONLY)
    assert state() == before


def test_the_step_opens_the_companys_transaction_itself(actor: Actor, products: dict[str, Any]) -> None:
    """The process of analytics has no tenant but in the transactions that its steps open."""
    sold(actor, products, 40)
    planned = plan_run(RunCause.COMMAND, as_of=DAY)

    def alone() -> bool:
        tenancy._current.set(None)
        return runner.run(actor.tenant_id, planned.id, steps=ONLY)

    assert copy_context().run(alone)


def test_without_orders_there_is_nothing_to_learn(actor: Actor) -> None:
    assert told_by(actor) == {"products": 0}
    assert "Nothing was learnt yet" in sign_in(actor).get("/value/selling").text


def test_the_page_and_the_api(actor: Actor, products: dict[str, Any]) -> None:
    sold(actor, products)
    computed(actor, steps=VALUED)
    client = sign_in(actor)
    counted_as_potential(products)
    shown_beside(client, products)
    page = client.get("/value/selling").text
    for text in ("Bought together", "Large bench", "Up-sell", "Add-on", "Popularity", "Who is likely to take what"):
        assert text in page, text
    filtered = client.get(f"/value/selling?product={products['cable'].id}&kind=add_on").text
    assert "Cable" in filtered and client.get("/value/selling?product=x&kind=y").status_code == 200
    rules = client.get("/api/v1/value-rules").json()["data"]
    assert len(rules) == ProductRule.objects.count() and {"given", "product", "confidence", "lift"} <= set(rules[0])
    some = NextProduct.objects.first()
    assert some is not None
    rows = client.get(f"/api/v1/value-next-products?account={some.account_id}").json()["data"]
    assert str(some.product_id) in {row["product"] for row in rows}
    assert client.get("/api/v1/value-next-products").status_code == 422
    fit = ModelFit.objects.get(purpose="next_product")
    assert "Next product" in client.get(f"/value/models/{fit.id}/").text
    assert date.fromisoformat(rows[0]["as_of"]) == DAY


def counted_as_potential(products: dict[str, Any]) -> None:
    """The potential holds what is not of a family held yet: probability of a year × the 400 that each product brought."""
    tested = ModelFit.objects.get(purpose="next_product").evaluation["next_product"]
    days = tested["days"]
    scores = {row.account_id: row for row in Score.objects.all()}
    assert {(row.inputs["cross_by"], row.inputs["cross_days"]) for row in scores.values()} == {("next_product", days)}
    expected = dict.fromkeys(scores, 0.0)
    for row in NextProduct.objects.exclude(kind="up_sell"):
        expected[row.account_id] += 400 * (1 - (1 - row.probability) ** (365 / days))
    assert len(set(expected.values())) > 10
    for key, score in scores.items():
        assert score.inputs["cross_sell"] == pytest.approx((score.p_alive or 0) * expected[key], rel=1e-6)


def shown_beside(client: Any, products: dict[str, Any]) -> None:
    """On the product what goes with it, in the calculation of a value what is likely to be taken next."""
    page = client.get(f"/products/{products['bench'].id}/").text
    assert f"/value/products/{products['bench'].id}/together" in page
    beside = client.get(f"/value/products/{products['bench'].id}/together").text
    assert "Often bought with" in beside and "Cable" in beside and "Bench" not in beside.replace("Large bench", "")
    account_id = NextProduct.objects.values_list("account_id", flat=True)[0]
    how = client.get(f"/value/of/{account_id}/how").text
    assert "Likely to take next" in how and "by the model of the next product" in how


def test_without_costs_the_margin_is_that_of_the_settings(actor: Actor, products: dict[str, Any]) -> None:
    order(account(actor, "One"), (DAY - timedelta(days=40)).isoformat(), "1000", None, item=products["bench"])
    Settings.objects.create(margin_rate=0.25)
    margins = []

    def look(context: Any) -> dict[str, Any]:
        stock = read_stock(context)
        margins.append(stock.paid.tolist() if stock else None)
        return {}

    found = tuple(replace(step, run=look) if step.key == "selling" else step for step in ONLY[:-1])
    computed(actor, steps=found)
    assert margins == [[250.0]]
