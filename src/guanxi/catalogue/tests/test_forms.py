"""Forms of the catalogue with what nobody should send: a message beside the field, nothing written."""

from typing import Any

import pytest
from django.test import Client

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, ProductFamily, Tax, Unit
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records.changes import create_record

KINDS = (PriceBook, PriceBookEntry, Product, ProductFamily, Tax, Unit)


@pytest.fixture
def browser(actor: Actor) -> Client:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(
        User.objects.get(id=str(actor.user_id)), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


@pytest.mark.parametrize(
    ("plural", "form", "name", "message"),
    [
        ("products", {"name": ""}, "name", "Fill in this field."),
        ("products", {"name": "a\x00b"}, "name", "characters that cannot be stored"),
        ("products", {"name": "x", "list_price": "-1"}, "list_price", "The value must be at least 0."),
        ("products", {"name": "x", "list_price": "9" * 30}, "list_price", "The amount is too large."),
        ("products", {"name": "x", "cost": "cheap"}, "cost", "A number is expected."),
        ("products", {"name": "x", "currency": "QQQ"}, "currency", "ISO 4217"),
        ("products", {"name": "x", "sku": "x" * 500}, "sku", "Use at most"),
        ("taxes", {"name": "x", "rate": "101"}, "rate", "The value must be at most 100."),
        ("taxes", {"name": "x", "rate": "-1"}, "rate", "The value must be at least 0."),
        ("units", {"name": "x", "decimals": "9"}, "decimals", "The value must be at most 4."),
        ("units", {"name": "x", "decimals": "1.5"}, "decimals", "A whole number is expected."),
        ("price-books", {"name": "x", "valid_from": "2026-02-31"}, "valid_from", "A date such as 2026-11-19"),
        ("price-books", {"name": "x", "valid_from": "9999-12-31", "valid_to": "2026-01-01"}, "valid_to", "before the beginning"),
        ("price-books", {"name": "x", "currency": "CNY", "is_default": "1"}, "is_default", "Another price book"),
        ("price-book-entries", {"price": "1"}, "product", "Fill in this field."),
        ("price-book-entries", {"price": "-1"}, "price", "The value must be at least 0."),
        ("price-book-entries", {"price": "1", "min_quantity": "-1"}, "min_quantity", "The value must be at least 0."),
        ("price-book-entries", {"price": "1", "min_quantity": "9" * 30}, "min_quantity", "The number is too large."),
    ],
)  # fmt: skip
def test_the_message_stands_beside_the_field(
    browser: Client, plural: str, form: dict[str, str], name: str, message: str
) -> None:
    before = [kind.objects.count() for kind in KINDS]
    answer = browser.post(f"/{plural}/new", form)
    assert answer.status_code == 422
    part = answer.content.decode().split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]
    assert "field-error" in part
    assert message in part
    assert [kind.objects.count() for kind in KINDS] == before


def test_a_second_price_for_the_same_quantity_is_refused_at_the_field(browser: Client, actor: Actor) -> None:
    product = create_record(actor, "product", {"name": "Belt"})
    book = create_record(actor, "price_book", {"name": "Key accounts", "currency": "CNY"})
    form: dict[str, Any] = {"price_book": str(book.id), "product": str(product.id), "price": "9", "min_quantity": "1"}
    assert browser.post("/price-book-entries/new", form).status_code in (204, 302)
    again = browser.post("/price-book-entries/new", {**form, "price": "8"})
    assert again.status_code == 422
    assert "There is a price for this quantity" in again.content.decode().split('data-field="min_quantity"', 1)[1]
    assert PriceBookEntry.objects.get().price == 9
