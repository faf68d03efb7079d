"""What a product costs: price books, quantity breaks, validity, other currencies; what a new tenant starts with."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, Tax, Unit
from guanxi.catalogue.queries import default_price_book, price_of
from guanxi.core.errors import Invalid
from guanxi.core.rates import NoRate, set_rate
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, delete_record, update_record

DAY = date(2026, 11, 19)


@pytest.fixture
def product(actor: Actor) -> Product:
    return create_record(actor, "product", {"name": "Servo test bench", "sku": "STB-400", "list_price": "198000"})  # type: ignore[no-any-return]


@pytest.fixture
def book(actor: Actor) -> PriceBook:
    return create_record(actor, "price_book", {"name": "Key accounts", "currency": "CNY"})  # type: ignore[no-any-return]


def entry(
    actor: Actor, book: PriceBook, product: Product, price: str, quantity: str = "1", **more: Any
) -> PriceBookEntry:
    values = {"price_book": book, "product": product, "price": price, "min_quantity": quantity, **more}
    return create_record(actor, "price_book_entry", values)  # type: ignore[no-any-return]


def test_a_new_company_has_the_taxes_of_its_country_units_and_a_price_book(actor: Actor) -> None:
    taxes = list(Tax.objects.order_by("-rate").values_list("name", "name_zh", "rate", "is_default"))
    assert taxes == [
        ("VAT 13 %", "增值税 13 %", Decimal("13"), True),
        ("VAT 9 %", "增值税 9 %", Decimal("9"), False),
        ("VAT 6 %", "增值税 6 %", Decimal("6"), False),
        ("VAT 0 %", "增值税 0 %", Decimal("0"), False),
    ]
    assert Unit.objects.get(name="pc").name_in("zh-hans") == "件"
    book = default_price_book("CNY")
    assert book is not None
    assert (book.name, book.currency) == ("Standard prices", "CNY")


def test_the_list_price_counts_without_a_price_book(product: Product) -> None:
    assert price_of(product, Decimal(1), None, DAY) == Decimal("198000")


def test_the_highest_break_not_above_the_quantity_counts(actor: Actor, product: Product, book: PriceBook) -> None:
    for price, quantity in (("190000", "1"), ("180000", "5"), ("170000", "10")):
        entry(actor, book, product, price, quantity)
    prices = [
        price_of(product, Decimal(quantity), book, DAY) for quantity in ("0.5", "1", "4.9", "5", "9", "10", "500")
    ]
    assert prices == [
        Decimal(price) for price in ("198000", "190000", "190000", "180000", "180000", "170000", "170000")
    ]


def test_an_entry_counts_within_its_dates_only(actor: Actor, product: Product, book: PriceBook) -> None:
    entry(actor, book, product, "150000", valid_from=DAY, valid_to=DAY + timedelta(days=1))
    prices = [price_of(product, Decimal(1), book, DAY + timedelta(days=shift)) for shift in (-1, 0, 1, 2)]
    assert prices == [Decimal("198000"), Decimal("150000"), Decimal("150000"), Decimal("198000")]


def test_of_equal_breaks_the_newest_counts(actor: Actor, product: Product, book: PriceBook) -> None:
    entry(actor, book, product, "190000")
    entry(actor, book, product, "185000", valid_from=DAY)
    assert price_of(product, Decimal(1), book, DAY) == Decimal("185000")
    assert price_of(product, Decimal(1), book, DAY - timedelta(days=1)) == Decimal("190000")


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"valid_to": DAY - timedelta(days=1)}, {"valid_from": DAY + timedelta(days=1)}]
)
def test_an_invalid_book_falls_back_to_the_list_price(
    actor: Actor, product: Product, book: PriceBook, values: dict[str, Any]
) -> None:
    entry(actor, book, product, "150000")
    book = update_record(actor, "price_book", book.id, values)
    assert price_of(product, Decimal(1), book, DAY) == Decimal("198000")


def test_a_deleted_entry_does_not_count(actor: Actor, product: Product, book: PriceBook) -> None:
    row = entry(actor, book, product, "150000")
    delete_record(actor, "price_book_entry", row.id)
    assert price_of(product, Decimal(1), book, DAY) == Decimal("198000")


def test_another_currency_is_converted_at_the_rate_of_the_day(actor: Actor, product: Product) -> None:
    set_rate("EUR", DAY, Decimal("7.92"))
    assert price_of(product, Decimal(1), None, DAY, currency="EUR") == Decimal("25000.0000")
    with pytest.raises(NoRate):
        price_of(product, Decimal(1), None, DAY - timedelta(days=1), currency="EUR")


def test_a_product_takes_the_default_tax_and_the_company_s_currency(product: Product) -> None:
    assert product.tax is not None
    assert (product.tax.rate, product.currency, product.code[:3]) == (Decimal("13"), "CNY", "PR-")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "X", "sku": "STB-400"}, "sku"),
        ({"name": "X", "list_price": "-1"}, "list_price"),
        ({"name": "X", "currency": "XYZ"}, "currency"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_product_is_refused_and_nothing_is_stored(
    actor: Actor, product: Product, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_record(actor, "product", values)
    assert list(refused.value.errors) == [field]
    assert Product.objects.count() == 1


def test_validity_must_not_end_before_it_begins(actor: Actor, book: PriceBook) -> None:
    with pytest.raises(Invalid) as refused:
        update_record(actor, "price_book", book.id, {"valid_from": DAY, "valid_to": DAY - timedelta(days=1)})
    assert list(refused.value.errors) == ["valid_to"]
    assert PriceBook.objects.get(id=book.id).valid_from is None


def test_a_family_never_stands_above_itself(actor: Actor) -> None:
    upper = create_record(actor, "product_family", {"name": "Test rigs"})
    lower = create_record(actor, "product_family", {"name": "Servo", "parent": upper})
    with pytest.raises(Invalid) as refused:
        update_record(actor, "product_family", upper.id, {"parent": lower})
    assert list(refused.value.errors) == ["parent"]


def test_a_representative_reads_the_catalogue_and_does_not_change_it(
    rep_actor: Actor, actor: Actor, product: Product
) -> None:
    with pytest.raises(Exception, match="role"):
        update_record(rep_actor, "product", product.id, {"list_price": "1"})
    assert Product.objects.get(id=product.id).list_price == Decimal("198000")
