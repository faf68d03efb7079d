"""Whom asking changes: learnt from an offer's control group, used only where it tells customers apart."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from guanxi.analytics.compute.runner import STEPS
from guanxi.analytics.deciding.ranking import next_actions
from guanxi.analytics.deciding.worklist import active_offers, proposals, standings
from guanxi.analytics.models import CustomerUplift, ModelFit, OfferEffect
from guanxi.analytics.tests.factories import account, product
from guanxi.analytics.tests.test_actions import make_offer
from guanxi.analytics.tests.test_running import DAY, computed
from guanxi.customers.models import Account
from guanxi.engagement.models import Response
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in
from guanxi.sales.models import Order, OrderLine

pytestmark = pytest.mark.django_db
ONLY = tuple(step for step in STEPS if step.key in ("extract", "frames", "rfm", "models", "offers"))
ASKED_ON = date(2026, 2, 2)
PEOPLE = 240


def sell(rows: list[tuple[Account, date, Any]]) -> None:
    """Orders of one line, all at once."""
    start = Order.objects.count()
    orders = [
        Order(code=f"T-{start + at}", account=one, order_date=day, status="completed", currency="CNY", net_total=Decimal(100),
              created_at=datetime(2026, 1, 1, tzinfo=UTC))
        for at, (one, day, _item) in enumerate(rows)
    ]  # fmt: skip
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(order=made, product=item, quantity=1, list_price=100, net_price=100, amount=100, cost=60)
        for made, (_one, _day, item) in zip(orders, rows, strict=True)
    )


def trial(actor: Actor, *, works: bool = True, people: int = PEOPLE) -> tuple[Any, Any, list[Account]]:
    """Half are asked, half are the control group. Of those with six orders before, most who are asked buy; others buy by themselves, one in ten."""
    item, other = product(actor, "Service contract"), product(actor, "Oil")
    offer = make_offer(actor, "Contract", product=item.id, control_percent=50)
    plain = account(actor, "Customer 0")
    made = [
        plain,
        *Account.objects.bulk_create(Account(name=f"Customer {at}", code=f"X-{at}") for at in range(1, people)),
    ]
    rows: list[tuple[Account, date, Any]] = []
    answers = []
    for number, one in enumerate(made):
        often, held = number % 4 < 2, number % 2 == 0
        rows += [(one, ASKED_ON - timedelta(days=40 * back), other) for back in range(1, 7 if often else 2)]
        buys = number % 20 < 2 or (works and often and not held and number % 20 != 5)
        rows += [(one, ASKED_ON + timedelta(days=30), item)] if buys else []
        answers.append(
            Response(
                offer_id=offer.id, account=one, channel="" if held else "visit", control=held, state="none",
                proposed_at=datetime(2026, 2, 2, 3, tzinfo=UTC), code=f"R-{number}",
            )
        )  # fmt: skip
    sell(rows)
    Response.objects.bulk_create(answers)
    return offer, item, made


def fit_of(offer: Any) -> ModelFit:
    found: ModelFit = ModelFit.objects.get(purpose="uplift", offer_id=offer.id)
    return found


def test_a_run_learns_whom_asking_changes(actor: Actor) -> None:
    offer, item, made = trial(actor)
    computed(actor, steps=ONLY)
    fit = fit_of(offer)
    told = fit.evaluation["uplift"]
    assert (told["asked"], told["control"], told["control_bought"]) == (120, 120, 12)
    assert fit.in_use and fit.converged and fit.warnings == [] and 0 < told["low"] < told["qini"] < told["high"]
    assert told["curve"][0] == [0.0, 0.0] and told["curve"][-1][0] == 1.0 and len(told["deciles"]) == 10
    assert sum(one["asked"] + one["control"] for one in told["deciles"]) == PEOPLE
    lifts = {row.account_id: row for row in CustomerUplift.objects.filter(offer_id=offer.id)}
    assert len(lifts) == PEOPLE and all(-1 < row.low < row.uplift < row.high for row in lifts.values())
    assert lifts[made[5].id].uplift > 0.5 > 0.2 > lifts[made[7].id].uplift
    client = sign_in(actor)
    page = client.get(f"/value/models/{fit.id}/").text
    for text in ("Contract", "Qini", "Whom to ask first", "Orders before", "120 customers asked", "Best tenth"):
        assert text in page, text
    assert "T-learner" in client.get("/value/models/").text
    (row,) = client.get("/api/v1/value-fits?purpose=uplift").json()["data"]
    assert (row["offer"], row["in_use"]) == (str(offer.id), True)
    (row,) = client.get("/api/v1/value-offers").json()["data"]
    assert (row["uplift_model"], row["uplift_used"]) == (str(fit.id), True)
    assert f"/value/models/{fit.id}/" in client.get("/value/actions").text
    (standing,) = standings(actor, active_offers(actor))
    assert standing.fit == fit
    # After the 90 days, but before the day of the run: no outcome, and no feature of the day of asking.
    sell([(one, ASKED_ON + timedelta(days=120), item) for one in made[::3]])
    sell([(one, DAY + timedelta(days=3), item) for one in made])
    computed(actor, steps=ONLY)
    assert fit_of(offer).parameters == fit.parameters


@pytest.mark.parametrize(("works", "people", "code"), [(False, PEOPLE, "uncertain"), (True, 80, "too-few")])
def test_where_nothing_is_certain_acceptance_counts(actor: Actor, works: bool, people: int, code: str) -> None:
    offer, _item, _made = trial(actor, works=works, people=people)
    computed(actor, steps=ONLY)
    fit = fit_of(offer)
    assert (fit.in_use, [one["code"] for one in fit.warnings]) == (False, [code])
    assert CustomerUplift.objects.count() == 0
    client = sign_in(actor)
    page = client.get(f"/value/models/{fit.id}/").text
    assert {"uncertain": "How many accept counts instead", "too-few": "Too little data"}[code] in page


def lifted(offer: Any, one: Account, uplift: float) -> None:
    CustomerUplift.objects.create(
        account=one, offer_id=offer.id, uplift=uplift, low=uplift - 0.1, high=uplift + 0.1, as_of=DAY
    )


def test_the_customers_own_uplift_stands_for_acceptance(actor: Actor) -> None:
    offer = make_offer(actor, "Contract")
    moved, unmoved, unknown = (account(actor, name) for name in ("Moved", "Unmoved", "Unknown"))
    OfferEffect.objects.create(
        offer_id=offer.id, days=90, proposed=100, proposed_bought=40, control=50, control_bought=15, effect=0.1, low=0.01, high=0.2, as_of=DAY
    )  # fmt: skip
    lifted(offer, moved, 0.35)
    lifted(offer, unmoved, -0.02)
    (one,) = next_actions(actor, moved.id)
    assert (one.margin, one.margin_low, one.margin_high) == pytest.approx((350, 250, 450))
    text = "Asking this customer changes the chance to buy by +35\u202f%: this counts, not how many accept"
    assert [reason.text for reason in one.reasons][1:] == [text] and one.reasons[1].weight == pytest.approx(0.7)
    assert next_actions(actor, unmoved.id) == []
    (other,) = next_actions(actor, unknown.id)
    assert other.lift is None and other.margin == pytest.approx(0.1 * 0.25 * 1000)
    assert other.reasons[-1].text == "Whom asking changes cannot be told apart yet: how many accept counts"
    found = proposals(actor, active_offers(actor))
    assert [row.account.name for row in found] == ["Moved", "Unknown"]
    client = sign_in(actor)
    (row,) = client.get(f"/api/v1/value-actions?account={moved.id}").json()["data"]
    assert (row["counted"], row["uplift"], row["margin"]) == ("uplift", 0.35, pytest.approx(350))
    (row,) = client.get(f"/api/v1/value-actions?account={unknown.id}").json()["data"]
    assert (row["counted"], row["uplift"]) == ("acceptance", None)
