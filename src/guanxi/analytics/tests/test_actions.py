"""The next best action: who is proposed what, why, and what becomes of a person's choice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity.models import Task
from guanxi.analytics.deciding.ranking import next_actions
from guanxi.analytics.deciding.services import postpone_action, refuse_action, take_action
from guanxi.analytics.deciding.worklist import active_offers, proposals, standings
from guanxi.analytics.models import ActionChoice, AllocationPlan, OfferEffect, OfferRate
from guanxi.analytics.tests.factories import account as account_of
from guanxi.analytics.tests.factories import order, product
from guanxi.analytics.tests.test_running import computed
from guanxi.core.errors import Invalid
from guanxi.customers.models import Score
from guanxi.engagement.models import Response
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.tests.test_views import sign_in

TODAY = timezone.localdate


def make_offer(actor: Actor, name: str, **values: Any) -> Any:
    given = {
        "status": "active",
        "kind": "renewal",
        "channels": ["visit"],
        "margin": "1000",
        "leads_to": "task",
        **values,
    }
    return create_record(actor, "offer", {"name": name, **given})


def rate(offer: Any, value: float, channel: str = "visit", grade: str = "", asked: int = 100) -> OfferRate:
    row: OfferRate = OfferRate.objects.create(
        offer_id=offer and offer.id, channel=channel, grade=grade, asked=asked, accepted=int(asked * value), rate=value,
        low=value * 0.8, high=value * 1.2, as_of=date(2026, 11, 1),
    )  # fmt: skip
    return row


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Orchid Medical", "email": "info@orchid.example"})


def test_actions_come_by_expected_margin_with_their_reasons(actor: Actor, account: Any) -> None:
    small, large = (
        make_offer(actor, "Small", margin="900"),
        make_offer(actor, "Large", margin="5000", contact_cost="50"),
    )
    rate(small, 0.5)
    rate(large, 0.2)
    rate(None, 0.25, channel="")
    found = next_actions(actor, account.id)
    assert [(one.offer.name, one.channel) for one in found] == [("Large", "visit"), ("Small", "visit")]
    assert [one.margin for one in found] == pytest.approx([0.2 * 5000 - 50, 450])
    assert found[0].margin_low == pytest.approx(0.16 * 5000 - 50)
    (reason,) = found[0].reasons
    assert reason.text == "20 of 100 customers accepted it (Visit)"
    assert reason.weight == pytest.approx(0.2 / 0.25 - 1)


def test_the_customers_grade_decides_the_rate(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Service")
    rate(offer, 0.2)
    rate(offer, 0.6, grade="A", asked=50)
    assert next_actions(actor, account.id)[0].rate == 0.2
    Score.objects.create(account=account, as_of=TODAY(), grade="A")
    (one,) = next_actions(actor, account.id)
    assert (one.rate, one.reasons[0].text) == (0.6, "30 of 50 customers of grade A accepted it (Visit)")


def test_only_what_asking_makes_counts(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Renewal")
    rate(offer, 0.4)
    OfferEffect.objects.create(
        offer_id=offer.id, days=90, proposed=100, proposed_bought=40, control=50, control_bought=15, effect=0.1, low=0.01, high=0.2,
        as_of=TODAY(),
    )  # fmt: skip
    (one,) = next_actions(actor, account.id)
    assert one.margin == pytest.approx(0.4 * (0.1 / 0.4) * 1000)
    assert one.reasons[1].text == "Asking makes 10\u202f% of customers buy who else would not (control group of 50)"


def test_a_place_on_a_channel_that_a_plan_has_filled_has_its_price(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Renewal", channels=["visit", "meeting"])
    rate(offer, 0.5)
    rate(offer, 0.3, "meeting")
    assert next_actions(actor, account.id)[0].channel == "visit"
    today = TODAY()
    plan = AllocationPlan.objects.create(
        name="Autumn", first=today, last=today, state="applied", applied_at=timezone.now(), result={"prices": {"channel:visit": 150.0}}
    )  # fmt: skip
    (one,) = next_actions(actor, account.id)
    assert (one.channel, one.margin, one.reasons[-1].weight) == ("visit", 350.0, -0.15)
    assert one.reasons[-1].text == "Places on this channel are scarce: elsewhere one brings ¥150 (plan “Autumn”)"
    AllocationPlan.objects.filter(id=plan.id).update(result={"prices": {"channel:visit": 250.0}})
    assert next_actions(actor, account.id)[0].channel == "meeting"
    AllocationPlan.objects.filter(id=plan.id).update(last=today - timedelta(days=1))
    assert next_actions(actor, account.id)[0].channel == "visit"


def test_what_the_gate_refuses_is_not_proposed(actor: Actor, account: Any) -> None:
    make_offer(actor, "Campaign", kind="cross_sell", channels=["mail"])
    assert next_actions(actor, account.id) == []
    make_offer(actor, "Renewal by mail", channels=["mail"])
    assert [one.offer.name for one in next_actions(actor, account.id)] == ["Renewal by mail"]


def test_who_is_in_the_control_group_is_never_proposed_the_offer(actor: Actor) -> None:
    make_offer(actor, "Tested", control_percent=50)
    accounts = [create_record(actor, "account", {"name": f"Account {number}"}) for number in range(24)]
    proposed = [one for one in accounts if next_actions(actor, one.id)]
    assert 0 < len(proposed) < 24
    listed = {one.account.id for one in proposals(actor, active_offers(actor), limit=100)}
    assert listed <= {one.id for one in proposed} and listed


def test_taking_an_action_proposes_the_offer_and_it_is_gone(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Service")
    response = take_action(actor, account.id, offer.id, "visit")
    assert (response.state, response.account_id) == ("proposed", account.id)
    assert next_actions(actor, account.id) == []


def test_another_time_plans_a_task_and_waits_until_then(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Service")
    until = TODAY() + timedelta(days=9)
    postpone_action(actor, account.id, offer.id, channel="visit", until=until)
    task = Task.objects.get()
    assert (task.subject, task.account_id, task.due_at.date()) == ("Offer: Service", account.id, until)
    assert next_actions(actor, account.id) == []
    ActionChoice.objects.update(until=TODAY())
    assert len(next_actions(actor, account.id)) == 1


@pytest.mark.parametrize("days", [0, -3, 400])
def test_a_day_that_is_past_or_far_is_refused(actor: Actor, account: Any, days: int) -> None:
    offer = make_offer(actor, "Service")
    with pytest.raises(Invalid) as refusal:
        postpone_action(actor, account.id, offer.id, until=TODAY() + timedelta(days=days))
    assert refusal.value.errors == {"until": ["Choose a day within the next year."]}
    assert (Task.objects.count(), ActionChoice.objects.count()) == (0, 0)


def test_what_is_not_suitable_is_not_proposed_for_half_a_year(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Service")
    made = refuse_action(actor, account.id, offer.id, channel="visit")
    assert (made.choice, made.until) == ("unsuitable", TODAY() + timedelta(days=180))
    assert next_actions(actor, account.id) == [] and proposals(actor, active_offers(actor)) == []
    with pytest.raises(Invalid):
        refuse_action(actor, account.id, make_offer(actor, "Ended", status="ended").id)
    assert ActionChoice.objects.count() == 1


def test_the_worklist_names_the_best_action_of_each_customer(actor: Actor, account: Any) -> None:
    first, second = make_offer(actor, "First"), make_offer(actor, "Second", margin="3000")
    rate(first, 0.5)
    rate(second, 0.5)
    other = create_record(actor, "account", {"name": "Meridian"})
    create_record(
        actor, "response", {"offer": second.id, "account": other.id, "channel": "visit", "proposed_at": timezone.now()}
    )
    found = [(one.account.name, one.action.offer.name) for one in proposals(actor, active_offers(actor))]
    assert found == [("Orchid Medical", "Second"), ("Meridian", "First")]
    standing = {
        one.offer.name: (one.asked, one.accepted, one.customers) for one in standings(actor, active_offers(actor))
    }
    assert standing == {"First": (100, 50, 2), "Second": (100, 50, 1)}
    assert Response.objects.count() == 1


def test_who_sees_no_margin_gets_the_probability_only(
    actor: Actor, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = make_offer(actor, "Service", currency="USD")
    rate(offer, 0.3)
    (one,) = next_actions(actor, account.id)
    assert (one.margin, one.rate) == (None, 0.3)
    assert Decimal(str(offer.margin)) == 1000


def test_a_run_learns_how_offers_are_taken_up_and_what_asking_changes(actor: Actor) -> None:
    item = product(actor, "Service contract")
    tested, plain = make_offer(actor, "Contract", product=item.id, control_percent=50), make_offer(actor, "Training")
    day = datetime(2026, 2, 2, 3, tzinfo=UTC)
    for number in range(60):
        one = account_of(actor, f"Customer {number}")
        order(one, "2025-06-01")
        held = number % 2 == 0
        values = {
            "offer_id": tested.id,
            "account_id": one.id,
            "channel": "" if held else "visit",
            "control": held,
            "proposed_at": day,
        }
        Response.objects.create(
            **values, state="accepted" if not held and number % 4 == 1 else "none", code=f"R-{number}"
        )
        if number % 4 == 1 or number % 20 == 0:
            order(one, "2026-03-01", item=item)
        if number < 10:
            Response.objects.create(
                offer_id=plain.id,
                account_id=one.id,
                channel="visit",
                proposed_at=day,
                state="declined",
                code=f"P-{number}",
            )
    computed(actor)
    effect = OfferEffect.objects.get()
    assert (effect.offer_id, effect.proposed, effect.proposed_bought, effect.control, effect.control_bought) == (
        tested.id,
        30,
        15,
        30,
        3,
    )
    assert effect.effect == pytest.approx(0.4) and 0.1 < effect.low < 0.4 < effect.high
    rates = {
        (row.offer_id, row.channel, row.grade): (row.asked, row.accepted) for row in OfferRate.objects.filter(grade="")
    }
    assert rates == {(None, "", ""): (40, 15), (tested.id, "visit", ""): (30, 15), (plain.id, "visit", ""): (10, 0)}
    of_visits = OfferRate.objects.get(offer_id=plain.id, grade="")
    assert 0 < of_visits.rate < 0.15 and of_visits.low < of_visits.rate < of_visits.high
    assert sum(row.asked for row in OfferRate.objects.filter(offer_id=tested.id).exclude(grade="")) == 30


def test_the_block_of_the_customers_page_and_its_three_answers(actor: Actor, account: Any) -> None:
    offers = [
        make_offer(actor, name, margin=margin) for name, margin in (("One", "900"), ("Two", "800"), ("Three", "700"))
    ]
    for one in offers:
        rate(one, 0.4)
    client = sign_in(actor)
    address = f"/value/of/{account.id}/action"
    assert "Offer “One”: Visit" in client.get(address).text
    chosen = {"offer": str(offers[0].id), "channel": "visit"}
    assert client.post(address, {**chosen, "choice": "unsuitable"}).status_code in (204, 302)
    assert "Offer “Two”: Visit" in client.get(address).text
    wrong = client.post(address, {"offer": str(offers[1].id), "choice": "later", "until": "2020-01-01"})
    assert (wrong.status_code, "Choose a day within the next year." in wrong.text) == (422, True)
    assert client.post(address, {"offer": "x", "choice": "take"}).status_code == 422
    later = (TODAY() + timedelta(days=2)).isoformat()
    assert client.post(address, {"offer": str(offers[1].id), "choice": "later", "until": later}).status_code in (
        204,
        302,
    )
    assert client.post(address, {"offer": str(offers[2].id), "channel": "visit", "choice": "take"}).status_code in (
        204,
        302,
    )
    assert "Offer “" not in client.get(address).text
    assert (ActionChoice.objects.count(), Response.objects.count(), Task.objects.count()) == (2, 1, 1)
    page = client.get("/value/actions").text
    assert "One" in page and "Whom to talk to next" in page


def test_actions_and_choices_over_the_api(actor: Actor, account: Any) -> None:
    offer = make_offer(actor, "Service")
    rate(offer, 0.4)
    client = sign_in(actor)
    (row,) = client.get(f"/api/v1/value-actions?account={account.id}").json()["data"]
    assert (row["offer"], row["channel"], row["probability"], row["margin"]) == (str(offer.id), "visit", 0.4, 400.0)
    for address in ("value-actions", "value-choices", "value-actions?account=x"):
        assert client.get(f"/api/v1/{address}").status_code == 422, address
    (standing,) = client.get("/api/v1/value-offers").json()["data"]
    assert (standing["id"], standing["asked"], standing["best_channel"]) == (str(offer.id), 100, "visit")
    body = {"account": str(account.id), "offer": str(offer.id), "choice": "later"}
    assert client.post("/api/v1/value-choices", body, "application/json").status_code == 422
    made = client.post("/api/v1/value-choices", body | {"choice": "unsuitable"}, "application/json")
    assert (made.status_code, made.json()["choice"]) == (201, "unsuitable")
    assert client.get(f"/api/v1/value-choices/{made.json()['id']}").json()["offer"] == str(offer.id)
    assert client.get(f"/api/v1/value-actions?account={account.id}").json()["data"] == []
