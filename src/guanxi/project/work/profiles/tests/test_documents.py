"""Tables of lines: customers, products and orders out of one file, every row accounted for."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guanxi.catalogue.models import Product
from guanxi.core.rates import set_rate
from guanxi.customers.models import Account
from guanxi.identity.actor import Actor
from guanxi.project.failure import Failure
from guanxi.project.work.profiles import import_folder
from guanxi.project.work.profiles.profile import load_profile
from guanxi.sales.models import Order, OrderLine

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROWS = (
    "536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,71053,WHITE METAL LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
    "536366,85123A,WHITE HANGING HEART,1,2010-12-02 08:26:00,2.55,12347.0,Iceland",
    "536367,22632,HAND WARMER,5,2010-12-02 09:00:00,1.85,,France",
    "C536379,85123A,WHITE HANGING HEART,-2,2010-12-03 09:41:00,2.55,17850.0,United Kingdom",
    "536380,71053,WHITE METAL LANTERN,many,2010-12-03 10:00:00,3.39,17850.0,United Kingdom",
    "536365,71053,,1,2010-12-01 08:27:00,3.39,17850.0,United Kingdom",
    "536381,71053,WHITE METAL LANTERN,1,yesterday,3.39,12347.0,Iceland",
)


def load(folder: Path, profile: str = "online_retail") -> tuple[dict[str, Any], list[str]]:
    *lines, last = import_folder(tenant="polaris", profile=Path(profile), folder=folder)
    figures = json.loads(last)
    assert figures["read"] == figures["created"] + figures["updated"] + figures["skipped"] + figures["refused"]
    del figures["seconds"]
    return figures, lines


@pytest.fixture(autouse=True)
def rates(actor: Actor) -> None:
    """The company counts in yuan, the files in pounds and dollars."""
    set_rate("GBP", date(1997, 1, 1), Decimal(10))
    set_rate("USD", date(1997, 1, 1), Decimal(8))


def write(folder: Path, *rows: str) -> Path:
    (folder / "online_retail.csv.gz").write_bytes(gzip.compress("\n".join([HEAD, *rows]).encode()))
    return folder


def test_one_table_becomes_customers_products_and_orders(actor: Actor, tmp_path: Path) -> None:
    figures, lines = load(write(tmp_path, *ROWS))
    assert figures == {
        "read": 24, "created": 2 + 2 + 5, "updated": 0, "skipped": 6 + 6 + 1, "refused": 2, "warnings": 2,
        "records": {"account": 2, "order": 3, "product": 2},
    }  # fmt: skip
    assert lines == [
        "skipped: online_retail.csv.gz: 5 rows for account: CustomerID came before",
        "skipped: online_retail.csv.gz: 1 rows for account: CustomerID is empty",
        "skipped: online_retail.csv.gz: 1 rows for order: CustomerID is empty",
        "skipped: online_retail.csv.gz: 1 rows for product: CustomerID is empty",
        "skipped: online_retail.csv.gz: 5 rows for product: StockCode came before",
        "warning: online_retail.csv.gz:7: refused: quantity: “many” is no number.",
        "warning: online_retail.csv.gz:9: refused: order_date: “yesterday” is no date of the form %Y-%m-%d %H:%M:%S.",
    ]
    assert list(Account.objects.order_by("name").values_list("name", "country")) == [
        ("Customer 12347", "IS"), ("Customer 17850", "GB"),
    ]  # fmt: skip
    assert list(Product.objects.order_by("sku").values_list("sku", "list_price")) == [
        ("71053", Decimal("3.39")), ("85123A", Decimal("2.55")),
    ]  # fmt: skip
    orders = Order.objects.order_by("name").values_list(
        "name", "account__name", "status", "order_date", "net_total", "total"
    )
    assert [(*row[:3], row[3].isoformat(), *row[4:]) for row in orders] == [
        ("Invoice 536365", "Customer 17850", "completed", "2010-12-01", Decimal("25.47"), Decimal("25.47")),
        ("Invoice 536366", "Customer 12347", "completed", "2010-12-02", Decimal("2.55"), Decimal("2.55")),
        ("Invoice C536379", "Customer 17850", "completed", "2010-12-03", Decimal("-5.10"), Decimal("-5.10")),
    ]
    found = OrderLine.objects.filter(order__name="Invoice 536365").order_by("position")
    assert list(found.values_list("position", "product__sku", "name", "quantity", "amount")) == [
        (0, "85123A", "WHITE HANGING HEART", Decimal(6), Decimal("15.30")),
        (1, "71053", "WHITE METAL LANTERN", Decimal(2), Decimal("6.78")),
        (2, "71053", "", Decimal(1), Decimal("3.39")),
    ]


def test_a_second_run_changes_nothing_and_a_corrected_line_only_its_order(actor: Actor, tmp_path: Path) -> None:
    load(write(tmp_path, *ROWS[:5]))
    before = list(OrderLine.objects.order_by("id").values_list("id", "amount"))
    figures, _lines = load(tmp_path)
    assert (figures["created"], figures["updated"], figures["refused"]) == (0, 0, 0)
    assert list(OrderLine.objects.order_by("id").values_list("id", "amount")) == before
    versions = dict(Order.objects.values_list("name", "version"))
    figures, _lines = load(write(tmp_path, ROWS[0].replace(",6,", ",7,"), *ROWS[1:5]))
    assert (figures["created"], figures["updated"], figures["refused"]) == (0, 2, 0)
    assert Order.objects.get(name="Invoice 536365").net_total == Decimal("24.63")
    assert OrderLine.objects.filter(order__name="Invoice 536365").count() == 2
    after = dict(Order.objects.values_list("name", "version"))
    assert {name for name in after if after[name] != versions[name]} == {"Invoice 536365"}


def test_columns_between_blanks_and_a_key_of_two(actor: Actor, tmp_path: Path) -> None:
    rows = (
        " customer_id  date number_of_cds  dollar_value", " 00001 19970101  1   11.77", " 00002 19970112  1   12.00", " 00002 19970112  5   77.00",
        " 00002 19970301  0   0.00",
    )  # fmt: skip
    (tmp_path / "CDNOW_master.txt").write_text("\r\n".join(rows))
    figures, lines = load(tmp_path, "cdnow")
    assert (figures["read"], figures["created"], figures["skipped"], figures["refused"]) == (8, 6, 2, 0)
    assert lines == ["skipped: CDNOW_master.txt: 2 rows for account: customer_id came before"]
    found = OrderLine.objects.order_by("order__order_date", "position")
    assert list(found.values_list("order__account__name", "name", "quantity", "list_price", "amount")) == [
        ("Customer 00001", "1 CDs", Decimal(1), Decimal("11.77"), Decimal("11.77")),
        ("Customer 00002", "1 CDs", Decimal(1), Decimal("12"), Decimal("12")),
        ("Customer 00002", "5 CDs", Decimal(5), Decimal("15.4"), Decimal("77")),
        ("Customer 00002", "0 CDs", Decimal(0), Decimal("0"), Decimal("0")),
    ]
    assert set(Account.objects.values_list("kind", flat=True)) == {"individual"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('object = "account"\nlines = {product = {column = "a"}}', "for orders"),
        ('object = "order"\nlines = {colour = {column = "a"}}', "takes product, name"),
        ('object = "order"\nonce = true\nlines = {name = {column = "a"}}', "for orders"),
    ],
)
def test_a_profile_that_makes_no_sense(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'source = "s"\n[[files]]\nfile = "f.csv"\nkey = "a"\n{text}\n')
    with pytest.raises(Failure, match=fault):
        load_profile(path)


def test_a_file_that_is_no_archive(actor: Actor, tmp_path: Path) -> None:
    (tmp_path / "online_retail.csv.gz").write_bytes(b"no archive")
    with pytest.raises(Failure, match="cannot be read"):
        load(tmp_path)
    assert Account.objects.count() == 0
