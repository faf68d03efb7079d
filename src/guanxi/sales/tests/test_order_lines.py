"""Orders without a quote: lines edited in place while it is a draft, discounts, the payment plan that follows the total."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Order, OrderLine, PaymentPlan
from guanxi.sales.services import (
    accept_quote,
    confirm_order,
    deliver_order,
    plan_payments,
    record_payment,
    save_order_lines,
    send_quote,
)
from guanxi.sales.tests.factories import account, example_lines, example_quote
from guanxi.sales.tests.test_screens import HTMX, browser_of


@pytest.fixture
def order(actor: Actor) -> Order:
    """A draft with the lines of the worked example."""
    draft = create_record(actor, "order", {"account": account(actor), "name": "Spare parts"})
    return save_order_lines(actor, draft.id, example_lines(actor))


def state(order: Order) -> tuple[Any, ...]:
    fresh = Order.objects.get(id=order.id)
    return fresh.version, fresh.status, fresh.total, fresh.lines.count()


def test_an_order_without_a_quote_goes_the_whole_way(actor: Actor, order: Order) -> None:
    assert (order.quote_id, order.status, str(order.net_total), str(order.total)) == (
        None, "draft", "480000.0000", "539880.0000",
    )  # fmt: skip
    assert order.margin_percent == Decimal("28.31")
    confirm_order(actor, order.id)
    deliver_order(actor, order.id)
    assert record_payment(actor, order.id).status == "completed"


def test_lines_change_only_while_it_is_a_draft(actor: Actor, order: Order) -> None:
    confirm_order(actor, order.id)
    before = state(order)
    with pytest.raises(Conflict, match="its lines stay"):
        save_order_lines(actor, order.id, [])
    assert state(order) == before


def test_wrong_lines_change_nothing(actor: Actor, order: Order) -> None:
    before = state(order)
    row = order.lines.order_by("position")[0]
    with pytest.raises(Invalid) as refused:
        save_order_lines(actor, order.id, [{"id": row.id, "quantity": "-1"}])
    assert list(refused.value.errors) == ["lines.0.quantity"]
    with pytest.raises(Stale):
        save_order_lines(actor, order.id, [], version=1)
    assert state(order) == before


def test_instalments_follow_the_total(actor: Actor, order: Order) -> None:
    plan_payments(actor, order.id, [{"name": "On order", "percent": "30"}, {"name": "Rest", "percent": "70"}])
    row = order.lines.order_by("position")[4]
    kept = [{"id": item.id} for item in order.lines.exclude(id=row.id).order_by("position")]
    fresh = save_order_lines(actor, order.id, kept)
    amounts = list(
        PaymentPlan.objects.filter(order=order, deleted_at=None).order_by("id").values_list("amount", flat=True)
    )
    assert sum(amounts) == fresh.total == Decimal("525506.4")
    assert amounts[0] == Decimal("157651.92")
    save_order_lines(actor, order.id, [])
    assert not PaymentPlan.objects.filter(order=order, deleted_at=None).exists()


def test_a_discount_above_the_limit_is_confirmed_by_somebody_else(actor: Actor, rep_actor: Actor) -> None:
    draft = create_record(rep_actor, "order", {"account": account(rep_actor)})
    save_order_lines(rep_actor, draft.id, example_lines(actor))
    before = state(draft)
    with pytest.raises(Conflict, match="20 % is above your limit of 15 %"):
        confirm_order(rep_actor, draft.id)
    assert state(draft) == before
    page = browser_of(rep_actor).get(f"/orders/{draft.id}/").content.decode()
    assert "above your limit of 15 %" in page
    assert "Mona Manager, Ada Admin may confirm the order." in page
    assert confirm_order(actor, draft.id).status == "confirmed"


def test_what_a_quote_has_agreed_needs_no_second_permission(actor: Actor, rep_actor: Actor) -> None:
    quote = example_quote(rep_actor, actor)
    type(quote).objects.filter(id=quote.id).update(approval="approved", status="approved")
    send_quote(rep_actor, quote.id, by_mail=False)
    accept_quote(rep_actor, quote.id)
    assert confirm_order(rep_actor, Order.objects.get().id).status == "confirmed"


def test_the_editor_on_the_page(actor: Actor, order: Order) -> None:
    browser = browser_of(actor)
    page = browser.get(f"/orders/{order.id}/").content.decode()
    for text in ('id="lines-form"', 'id="product-search"', "¥539,880", "Spare kit, sensors and belts", "28.3"):
        assert text in page
    row = order.lines.order_by("position")[4]
    answer = browser.post(f"/orders/{order.id}/lines", form(order, **{f"quantity:{row.id}": "2"}), headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "gx:lines-saved")
    assert (str(Order.objects.get(id=order.id).net_total), "¥492,720" in answer.content.decode()) == (
        "492720.0000",
        True,
    )
    version = Order.objects.get(id=order.id).version
    added = browser.post(f"/orders/{order.id}/lines/add", {"q": "sjcjq", "version": version}, headers=HTMX)
    assert (added.status_code, OrderLine.objects.filter(order=order).count()) == (200, 6)
    slash = browser.post(f"/orders/{order.id}/lines/add", {"q": "/ Options"}, headers=HTMX)
    assert slash.status_code == 200
    last = OrderLine.objects.filter(order=order).order_by("-position")[0]
    assert (last.kind, last.name) == ("section", "Options")
    confirm_order(actor, order.id)
    assert 'id="product-search"' not in browser.get(f"/orders/{order.id}/").content.decode()


def form(order: Order, **changes: str) -> dict[str, Any]:
    """The editor's form as a browser sends it."""
    keys = [str(key) for key in order.lines.order_by("position").values_list("id", flat=True)]
    return {"version": order.version, "line": keys, **changes}


def test_instalments_are_planned_in_a_dialog(actor: Actor, order: Order) -> None:
    browser = browser_of(actor)
    url = f"/orders/{order.id}/do/plan-payments"
    page = browser.get(f"/orders/{order.id}/").content.decode()
    assert url in page
    assert "do/lines" not in page
    assert 'value="100"' in browser.get(url).content.decode()
    wrong = {"name": ["A", "B"], "percent": ["30", "60"], "due_on": ["", "2027-01-31"], "version": order.version}
    refused = browser.post(url, wrong, headers=HTMX)
    assert (refused.status_code, "do not add up" in refused.content.decode()) == (422, True)
    assert not PaymentPlan.objects.exists()
    right = {**wrong, "name": ["A", "B", ""], "percent": ["30", "70", ""], "due_on": ["", "2027-01-31", ""]}
    assert browser.post(url, right).status_code == 302
    plans = PaymentPlan.objects.order_by("amount").values_list("name", "amount", "due_on")
    assert [(name, str(amount), str(due)) for name, amount, due in plans] == [
        ("A", "161964.0000", "None"), ("B", "377916.0000", "2027-01-31"),
    ]  # fmt: skip


def test_others_reach_no_line(order: Order, rep_actor: Actor) -> None:
    before = state(order)
    client: Client = browser_of(rep_actor)
    for path in ("lines", "lines/add", "lines/lower"):
        assert client.post(f"/orders/{order.id}/{path}", {}).status_code == 404
    for path in ("products", "do/plan-payments"):
        assert client.get(f"/orders/{order.id}/{path}").status_code == 404
    assert state(order) == before
