"""The chance to leave out of a run: learnt on past days, with reasons, or 1 − P(alive) where it must be."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from guanxi.analytics.compute.evaluating import Leak, check_features
from guanxi.analytics.compute.leaving import FEATURES
from guanxi.analytics.models import ModelFit, ScoreHistory
from guanxi.analytics.tests.test_running import DAY, buyers, computed, settled
from guanxi.core.tenancy import current_tenant_id
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor
from guanxi.sales.models import Order, OrderLine

pytestmark = pytest.mark.django_db


def sold(days: list[tuple[Any, date]]) -> None:
    """Completed orders of 100 each, set by set."""
    made = [
        Order(
            code=f"L-{at}", account=account, order_date=day, status="completed", currency="CNY", net_total=Decimal(100), created_at=f"{day}T04:00Z"
        )
        for at, (account, day) in enumerate(days)
    ]  # fmt: skip
    Order.objects.bulk_create(made)
    OrderLine.objects.bulk_create(
        [
            OrderLine(order=one, quantity=Decimal(1), list_price=Decimal(100), net_price=Decimal(100), amount=Decimal(100), cost=Decimal(60))
            for one in made
        ]
    )  # fmt: skip


def regulars(count: int = 160) -> None:
    """Half buy every 20 days, half every 60, until by a fixed stream of chance they stop: who buys less often and less lately has left more often."""
    random = np.random.default_rng(5)
    rows = [Account(code=f"L-{at}", name=f"Regular {at}", tenant_id=current_tenant_id()) for at in range(count)]
    Account.objects.bulk_create(rows)
    days = []
    for at, account in enumerate(rows):
        pace = 20 if at % 2 else 60
        day = DAY - timedelta(days=int(random.integers(500, 720)))
        end = day + timedelta(days=int(random.exponential(900 if at % 2 else 260)))
        while day <= min(DAY, end):
            days.append((account, day))
            day += timedelta(days=max(3, int(random.normal(pace, pace / 5))))
    sold(days)


def test_a_run_learns_who_leaves_and_says_why(actor: Actor) -> None:
    regulars()
    found = computed(actor)
    step = next(row for row in found.steps if row["key"] == "churn")
    fit = ModelFit.objects.get(purpose="churn", model="churn-logit")
    leaving = fit.evaluation["leaving"]
    assert step["told"]["used"] == fit.in_use and step["told"]["window_days"] == leaving["window"]
    assert fit.in_use, [day["ways"] for day in leaving["days"]]
    assert [name for name, _value in fit.parameters] == ["intercept", *FEATURES]
    for day in leaving["days"]:
        assert date.fromisoformat(day["day"]) <= DAY - timedelta(days=leaving["window"])
        assert set(day["ways"]) == {"model", "recency", "alive"}
        assert 0 <= day["left"] <= day["customers"]
    assert sum(group["customers"] for group in fit.evaluation["calibration"]) == sum(
        d["customers"] for d in leaving["days"]
    )
    judged = Score.objects.exclude(churn_reasons=[])
    assert judged.count() > 40
    for score in judged:
        assert 0 <= score.churn_low <= score.churn <= score.churn_high <= 1
        assert {each["code"] for each in score.churn_reasons} <= set(FEATURES.values())
        assert score.inputs["churn_days"] == leaving["window"] and score.inputs["churn_model"] == "churn-logit"
        assert ScoreHistory.objects.get(account_id=score.account_id, as_of=DAY).churn == score.churn
    # Whoever is silent for far too long keeps what the model of purchases says.
    silent = Score.objects.filter(churn_reasons=[]).first()
    assert silent is not None and silent.churn == pytest.approx(1 - silent.p_alive) and silent.churn_low is None


def test_too_little_keeps_what_the_model_of_purchases_says(actor: Actor) -> None:
    buyers(actor, 12)
    computed(actor)
    fit = ModelFit.objects.get(purpose="churn", in_use=True)
    assert (fit.model, fit.warnings[0]["code"]) == ("churn-alive", "too-few")
    for score in Score.objects.all():
        assert score.churn == pytest.approx(1 - score.p_alive)
        assert (score.churn_reasons, score.churn_low, score.inputs["churn_model"]) == ([], None, "churn-alive")


def test_the_company_says_when_a_customer_has_left(actor: Actor) -> None:
    settled(actor, churn_days=45)
    buyers(actor, 12)
    computed(actor)
    assert {score.inputs["churn_days"] for score in Score.objects.all()} == {45}


@pytest.mark.parametrize("name", ["duration", "Duration", "minutes", "churn", "outcome"])
def test_what_is_known_only_afterwards_is_refused(name: str) -> None:
    with pytest.raises(Leak, match=name):
        check_features((*FEATURES, name))
