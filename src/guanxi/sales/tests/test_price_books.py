"""The customer's own price book: in quotes, orders and products of a deal, within its dates, by its quantity breaks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.sales.models import Quote
from guanxi.sales.services import save_order_lines, set_lines
from guanxi.sales.tests.factories import account, opportunity
from guanxi.sales.tests.test_screens import HTMX, browser_of


@pytest.fixture
def browser(actor: Actor) -> Client:
    return browser_of(actor)


@pytest.fixture
def priced(actor: Actor) -> Any:
    """A product of 100; a customer whose price book says 90, from 10 on 80; an old break that ended yesterday."""
    today = timezone.localdate()
    product = create_record(actor, "product", {"name": "Belt", "sku": "BELT", "list_price": "100"})
    book = create_record(actor, "price_book", {"name": "Key accounts", "currency": "CNY"})
    for price, quantity, until in (("90", "1", None), ("80", "10", None), ("50", "5", today - timedelta(days=1))):
        create_record(
            actor,
            "price_book_entry",
            {"price_book": book, "product": product, "price": price, "min_quantity": quantity, "valid_to": until},
        )
    return account(actor, price_book=book.id, payment_terms="30 days net"), book, product


@pytest.mark.parametrize(("quantity", "price"), [("1", "90"), ("5", "90"), ("10", "80")])
def test_the_customer_s_price_book_prices_quote_order_and_deal(
    browser: Client, actor: Actor, priced: Any, quantity: str, price: str
) -> None:
    customer, book, product = priced
    deal = opportunity(actor, account=customer)
    set_lines(actor, deal.id, [{"product": product.id, "quantity": quantity}])
    assert deal.lines.get().list_price == int(price)
    browser.post(f"/opportunities/{deal.id}/quote")
    quote = Quote.objects.get()
    assert (quote.price_book_id, quote.payment_terms) == (book.id, "30 days net")
    row = quote.lines.get()
    assert row.list_price == int(price)
    form = {"version": quote.version, "line": str(row.id), f"quantity:{row.id}": "12", f"list_price:{row.id}": price}
    assert browser.post(f"/quotes/{quote.id}/lines", form, headers=HTMX).status_code == 200
    assert quote.lines.get().list_price == 80
    order = create_record(actor, "order", {"name": "Direct", "account": customer.id})
    order = save_order_lines(actor, order.id, [{"product": product.id, "quantity": quantity}])
    assert order.lines.get().list_price == int(price)
    assert order.payment_terms == "30 days net"


def test_a_price_book_that_has_ended_counts_no_more(actor: Actor, priced: Any) -> None:
    customer, book, product = priced
    yesterday = timezone.localdate() - timedelta(days=1)
    update_record(actor, "price_book", book.id, {"valid_to": yesterday})
    deal = opportunity(actor, account=customer)
    set_lines(actor, deal.id, [{"product": product.id, "quantity": "10"}])
    assert deal.lines.get().list_price == 100


def test_another_quantity_of_a_deal_takes_the_price_of_its_break(browser: Client, actor: Actor, priced: Any) -> None:
    customer, _book, product = priced
    deal = opportunity(actor, account=customer)
    set_lines(actor, deal.id, [{"product": product.id, "quantity": "1"}])
    deal.refresh_from_db()
    form = {
        "product": str(product.id),
        "quantity": "10",
        "discount_percent": "0",
        "list_price": "90",
        "version": deal.version,
    }
    assert browser.post(f"/opportunities/{deal.id}/products", form, headers=HTMX).status_code in (204, 302)
    assert deal.lines.get().list_price == 80
    deal.refresh_from_db()
    browser.post(
        f"/opportunities/{deal.id}/products", {**form, "list_price": "85", "version": deal.version}, headers=HTMX
    )
    assert deal.lines.get().list_price == 85
