"""A role that must not see the sums of a quote, an order or an opportunity finds them nowhere on their pages."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity.models import Outreach
from guanxi.activity.services import file_sent_message
from guanxi.core.errors import NotAllowed
from guanxi.core.files import store_file
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.identity.queries import actor_of_user
from guanxi.messaging.models import Message
from guanxi.messaging.queries import message_by_id
from guanxi.records.changes import update_record
from guanxi.records.own_fields import create_field
from guanxi.sales.models import Order, Quote
from guanxi.sales.services import accept_quote, confirm_order, plan_payments, record_payment, revise_quote, send_quote
from guanxi.sales.tests.factories import example_quote, opportunity
from guanxi.sales.tests.test_screens import browser_of

# List total, net, tax and total of the example, and amounts of its lines.
FIGURES = ("539,880", "482,160", "480,000", "542,", "57,720", "2,160")


@pytest.fixture
def quote(actor: Actor) -> Quote:
    return example_quote(actor)


def hide(actor: Actor, **fields: dict[str, str]) -> None:
    """The role of a representative no longer shows these fields."""
    Role.objects.filter(key="sales").update(field_access=fields, grants={"*": {"view": "all", "edit": "all"}})


HIDDEN = dict.fromkeys(("list_total", "discount_total", "net_total", "net_company", "tax_total", "total"), "hidden")


def test_a_quote(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    hide(actor)
    browser = browser_of(rep_actor)
    assert "539,880" in browser.get(f"/quotes/{quote.id}/").content.decode()
    hide(actor, quote=HIDDEN)
    page = browser.get(f"/quotes/{quote.id}/").content.decode()
    assert [text for text in FIGURES if text in page] == []
    assert "STB-400" in page and "Prices and sums are not shown to your role." in page
    assert f"/quotes/{quote.id}/pdf" not in page and "quote-preview" not in page
    newer = revise_quote(actor, send_quote(actor, quote.id, by_mail=False).id)
    for path in ("preview", "pdf", "pages/1.png", "compare"):
        assert browser.get(f"/quotes/{newer.id}/{path}").status_code == 403, path
    answer = browser.post(f"/quotes/{newer.id}/lines", {"version": newer.version}, headers={"HX-Request": "true"})
    assert [text for text in FIGURES if text in answer.content.decode()] == []


def test_an_order_with_instalments_and_payments(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    accept_quote(actor, send_quote(actor, quote.id, by_mail=False).id)
    order = confirm_order(actor, Order.objects.get().id)
    due = timezone.localdate() + timedelta(days=30)
    plan_payments(actor, order.id, [{"name": "Deposit", "percent": "100", "due_on": due.isoformat()}])
    record_payment(actor, order.id, amount=Decimal("12345"))
    hide(actor)
    browser = browser_of(rep_actor)
    page = browser.get(f"/orders/{order.id}/").content.decode()
    assert "12,345" in page and "Deposit" in page
    hide(
        actor, order={**HIDDEN, "paid_total": "hidden"}, payment={"amount": "hidden"}, payment_plan={"amount": "hidden"}
    )
    page = browser.get(f"/orders/{order.id}/").content.decode()
    assert [text for text in (*FIGURES, "12,345") if text in page] == []
    assert "Deposit" in page
    Role.objects.filter(key="sales").update(grants={"order": {"view": "all"}})
    page = browser.get(f"/orders/{order.id}/").content.decode()
    assert "Deposit" not in page and "Bank transfer" not in page


def test_an_opportunity(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    product = quote.lines.exclude(product=None).first()
    assert product is not None
    deal: Any = opportunity(actor)
    browser = browser_of(rep_actor)
    lines = {"product": str(product.product_id), "quantity": "1", "discount_percent": "0", "list_price": "7654"}
    assert browser_of(actor).post(f"/opportunities/{deal.id}/products", lines).status_code in (200, 302)
    hide(actor, opportunity=dict.fromkeys(("amount", "amount_company", "weighted"), "masked"))
    page = browser.get(f"/opportunities/{deal.id}/").content.decode()
    assert "7,654" not in page and product.sku in page
    assert browser.get(f"/opportunities/{deal.id}/products").status_code == 403


def test_own_fields_stand_on_the_pages_of_quotes_and_orders(actor: Actor, quote: Quote) -> None:
    accept_quote(actor, send_quote(actor, quote.id, by_mail=False).id)
    order = Order.objects.get()
    for name, record in (("quote", quote), ("order", order)):
        create_field(actor, {"object": name, "kind": "text", "label_en": "Incoterms", "name": "incoterms"})
        if name == "order":
            update_record(actor, name, record.id, {"incoterms": "FCA Shanghai"})
        page = browser_of(actor).get(f"/{name}s/{record.id}/").content.decode()
        assert "Further fields" in page and "Incoterms" in page
        assert ("FCA Shanghai" in page) is (name == "order")


def test_the_printed_quote_that_was_sent_is_nowhere_to_be_had(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    send_quote(actor, quote.id, to="buyer@hd.example")
    message = message_by_id(Outreach.objects.get().message_id)
    assert message is not None
    file_sent_message(message.id)
    printed, other = (
        StoredFile.objects.get(object="quote"),
        store_file(
            name="drawing.txt", content=b"A drawing", object="quote", record_id=quote.id, member_id=actor.member_id
        ),
    )
    hide(actor, quote=HIDDEN)
    browser = browser_of(rep_actor)
    assert browser.get(f"/files/{printed.id}/").status_code == 404
    assert browser.get(f"/files/{other.id}/").status_code == 200
    tab = browser.get(f"/quotes/{quote.id}/?tab=files").content.decode()
    assert str(other.id) in tab and str(printed.id) not in tab
    assert browser.post(f"/quotes/{quote.id}/files/{printed.id}/delete").status_code == 404
    account = browser.get(f"/accounts/{quote.account_id}/").content.decode()
    assert message.subject in account and str(printed.id) not in account and printed.name not in account
    Message.objects.filter(id=message.id).update(member_id=rep_actor.member_id)
    mail = browser.get(f"/mailbox/{message.id}/").content.decode()
    assert message.subject in mail and str(printed.id) not in mail
    hide(actor)
    assert browser.get(f"/files/{printed.id}/").status_code == 200


def test_who_does_not_see_the_sums_does_not_send_them(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    hide(actor, quote=HIDDEN)
    assert rep_actor.user_id is not None
    blind = actor_of_user(rep_actor.tenant_id, rep_actor.user_id)
    assert blind is not None
    with pytest.raises(NotAllowed):
        send_quote(blind, quote.id, by_mail=False)
    assert Quote.objects.get().status == "draft"
    assert not StoredFile.objects.exists()
