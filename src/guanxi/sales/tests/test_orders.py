"""Orders: confirmation, delivery, payment plan, payments; targets; what a new company starts with."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import delete_record, update_record
from guanxi.sales.models import Delivery, Order, Payment, PaymentPlan, Pipeline, Reason, SalesTarget, Stage
from guanxi.sales.queries import target_total
from guanxi.sales.services import (
    accept_quote,
    cancel_order,
    close_order,
    confirm_order,
    deliver_order,
    hold_order,
    mark_overdue,
    plan_delivery,
    plan_payments,
    record_payment,
    refresh_order,
    resume_order,
    send_quote,
    set_target,
)
from guanxi.sales.tests.factories import example_quote

D = Decimal


@pytest.fixture(autouse=True)
def local_time() -> Iterator[None]:
    """Days are those of the person, as in a request."""
    with timezone.override("Asia/Shanghai"):
        yield


@pytest.fixture
def draft(actor: Actor) -> Order:
    quote = example_quote(actor)
    send_quote(actor, quote.id, by_mail=False)
    accept_quote(actor, quote.id)
    return Order.objects.get()  # type: ignore[no-any-return]


@pytest.fixture
def order(actor: Actor, draft: Order) -> Order:
    return confirm_order(actor, draft.id)


def test_a_new_company_has_a_pipeline_with_stages_and_reasons(actor: Actor) -> None:
    assert list(Pipeline.objects.values_list("name", "name_zh", "is_default")) == [("Direct sales", "直销", True)]
    stages = Stage.objects.order_by("position").values_list("name", "name_zh", "category", "probability")
    assert list(stages) == [
        ("Prospecting", "初步接洽", "open", 10),
        ("Qualification", "需求确认", "open", 20),
        ("Needs Analysis", "方案", "open", 30),
        ("Proposal", "报价", "open", 50),
        ("Negotiation", "谈判", "open", 80),
        ("Closed Won", "赢单", "won", 100),
        ("Closed Lost", "输单", "lost", 0),
    ]
    assert {kind: Reason.objects.filter(kind=kind).count() for kind in ("won", "lost", "unqualified")} == {
        "won": 6,
        "lost": 8,
        "unqualified": 6,
    }


def test_won_is_always_a_hundred_per_cent(actor: Actor) -> None:
    won = Stage.objects.get(category="won")
    with pytest.raises(Invalid):
        update_record(actor, "stage", won.id, {"probability": 90})
    assert Stage.objects.get(category="won").probability == 100


def test_an_order_is_confirmed_once(actor: Actor, draft: Order) -> None:
    for command in (deliver_order, record_payment, plan_delivery, hold_order):
        with pytest.raises(Conflict):
            command(actor, draft.id)
    order = confirm_order(actor, draft.id, version=draft.version)
    assert (order.status, order.confirmed_at is not None) == ("confirmed", True)
    with pytest.raises(Conflict):
        confirm_order(actor, draft.id)
    with pytest.raises(Invalid):
        update_record(actor, "order", order.id, {"currency": "EUR"})


def test_delivery_then_payment_completes(actor: Actor, order: Order) -> None:
    planned = plan_delivery(actor, order.id, planned_on="2027-01-15", carrier="SF")
    assert (planned.status, planned.delivery_state) == ("to_deliver", "none")
    partly = deliver_order(actor, order.id, partial=True, tracking="SF-1")
    assert (partly.status, partly.delivery_state) == ("to_deliver", "partly")
    delivered = deliver_order(actor, order.id)
    assert (delivered.status, delivered.delivery_state) == ("to_bill", "delivered")
    assert [(row.status, row.carrier, row.tracking) for row in Delivery.objects.order_by("id")] == [
        ("delivered", "SF", "SF-1"),
        ("delivered", "", ""),
    ]
    with pytest.raises(Conflict):
        deliver_order(actor, order.id)
    paid = record_payment(actor, order.id)
    assert (paid.status, paid.payment_state, paid.paid_total) == ("completed", "paid", D(539880))
    assert paid.completed_at is not None
    payloads = OutboxEvent.objects.filter(name="sales.OrderPaid").values_list("payload", flat=True)
    assert [(row["amount"], row["complete"]) for row in payloads] == [("539880.00", True)]


def test_payments_settle_the_plan_from_the_oldest(actor: Actor, order: Order) -> None:
    today = timezone.localdate()
    plans = plan_payments(
        actor,
        order.id,
        [
            {"name": "On order", "percent": "30", "due_on": today},
            {"name": "On delivery", "percent": "60", "due_on": today + timedelta(days=60)},
            {"name": "After acceptance", "percent": "10", "due_on": today + timedelta(days=90)},
        ],
    )
    assert [plan.amount for plan in plans] == [D(161964), D(323928), D(53988)]
    paid = record_payment(actor, order.id, amount="200000", reference="ICBC 7781")
    assert (paid.payment_state, paid.paid_total, paid.status) == ("partly_paid", D(200000), "confirmed")
    states = PaymentPlan.objects.order_by("due_on").values_list("status", "paid_amount")
    assert list(states) == [("paid", D(161964)), ("partly_paid", D(38036)), ("pending", D(0))]
    record_payment(actor, order.id, amount="53988", plan=plans[2].id)
    assert PaymentPlan.objects.get(id=plans[2].id).status == "paid"
    with pytest.raises(Conflict):
        plan_payments(actor, order.id, [{"percent": "100"}])


@pytest.mark.parametrize("amount", ["0", "-5", "539880.01", "abc", "NaN"])
def test_a_wrong_amount_is_refused(actor: Actor, order: Order, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        record_payment(actor, order.id, amount=amount)
    assert list(refused.value.errors) == ["amount"]
    assert (Payment.objects.count(), Order.objects.get().version) == (0, order.version)


@pytest.mark.parametrize("rows", [[{"percent": "50"}], [{"amount": "1"}], [{"percent": "60"}, {"percent": "60"}], []])
def test_a_plan_must_add_up(actor: Actor, order: Order, rows: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid):
        plan_payments(actor, order.id, rows)
    assert PaymentPlan.objects.count() == 0


def test_a_late_instalment_is_overdue(actor: Actor, order: Order) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    plan_payments(actor, order.id, [{"name": "All", "percent": "100", "due_on": yesterday}])
    assert (mark_overdue(actor), mark_overdue(actor)) == (1, 0)
    assert PaymentPlan.objects.get().status == "overdue"


def test_a_deleted_payment_no_longer_counts(actor: Actor, order: Order) -> None:
    record_payment(actor, order.id, amount="1000")
    delete_record(actor, "payment", Payment.objects.get().id)
    fresh = refresh_order(actor, order.id)
    assert (fresh.paid_total, fresh.payment_state) == (D(0), "pending")


def test_hold_resume_close(actor: Actor, order: Order) -> None:
    assert hold_order(actor, order.id).status == "on_hold"
    with pytest.raises(Conflict):
        deliver_order(actor, order.id)
    assert resume_order(actor, order.id).status == "confirmed"
    deliver_order(actor, order.id)
    hold_order(actor, order.id)
    assert resume_order(actor, order.id).status == "to_bill"
    assert close_order(actor, order.id).status == "closed"
    with pytest.raises(Invalid):
        update_record(actor, "order", order.id, {"description": "late note"})


def test_only_an_untouched_order_is_cancelled(actor: Actor, order: Order) -> None:
    record_payment(actor, order.id, amount="1")
    with pytest.raises(Conflict):
        cancel_order(actor, order.id)
    delete_record(actor, "payment", Payment.objects.get().id)
    refresh_order(actor, order.id)
    cancelled = cancel_order(actor, order.id, note="Budget frozen")
    assert (cancelled.status, cancelled.cancel_note) == ("cancelled", "Budget frozen")


def test_others_orders_are_out_of_reach(actor: Actor, rep_actor: Actor, order: Order) -> None:
    for command in (record_payment, deliver_order, hold_order, cancel_order):
        with pytest.raises(NotFound):
            command(rep_actor, order.id)
    assert Order.objects.get().version == order.version


def test_targets_of_people_and_teams(actor: Actor, rep_actor: Actor) -> None:
    set_target(actor, month="2026-11-19", amount="300000", member=rep_actor.member_id)
    changed = set_target(actor, month="2026-11-01", amount="350000", member=rep_actor.member_id)
    assert (str(changed.month), changed.owner_id, SalesTarget.objects.count()) == ("2026-11-01", rep_actor.member_id, 1)
    set_target(actor, month="2026-12-01", amount="100000", team=rep_actor.team_id)
    first, after = date(2026, 11, 1), date(2027, 1, 1)
    assert target_total(first, after, members=[rep_actor.member_id]) == D(350000)  # type: ignore[list-item]
    assert target_total(first, after, teams=[rep_actor.team_id]) == D(100000)  # type: ignore[list-item]
    assert target_total(first, after) == D(350000)
    for holder in ({}, {"member": rep_actor.member_id, "team": rep_actor.team_id}):
        with pytest.raises(Invalid):
            set_target(actor, month="2026-11-01", amount="1", **holder)
    assert SalesTarget.objects.count() == 2
