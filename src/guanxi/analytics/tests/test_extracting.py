"""The warehouse holds what the database holds: after corrections, deletions, erasure and a run that was killed; of each company its own."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import parquet

from guanxi.analytics.tests.factories import account, order, product
from guanxi.analytics.warehouse import extracting
from guanxi.analytics.warehouse.extracting import all_extracts, extract_all
from guanxi.analytics.warehouse.store import Busy, files_of, folder, is_locked, locked, read_manifest
from guanxi.core.rates import set_rate
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import delete_record, update_record
from guanxi.sales.models import Order, OrderLine

pytestmark = pytest.mark.django_db


def brought(tenant_id: UUID, **options: Any) -> dict[str, extracting.Brought]:
    with locked(tenant_id):
        return extract_all(tenant_id, lambda _share, _what: None, **options)


def rows(tenant_id: UUID, fact: str) -> list[dict[str, Any]]:
    files = files_of(tenant_id, fact, read_manifest(tenant_id))
    return pa.concat_tables([parquet.read_table(file) for file in files]).to_pylist() if files else []


def test_every_extract_keeps_its_word(actor: Actor) -> None:
    """Statements run, give what they declare, and the files have these columns."""
    customer = account(actor)
    order(customer, "2026-03-05")
    found = brought(actor.tenant_id)
    assert set(found) >= {"accounts", "interactions", "products", "transactions", "pipeline"}
    for extract in all_extracts():
        for row in rows(actor.tenant_id, extract.name):
            assert list(row) == list(extract.columns)


def test_a_line_becomes_a_transaction(actor: Actor) -> None:
    customer, item = account(actor), product(actor)
    made = order(customer, "2026-03-05", "240", "50", item=item, quantity="3")
    order(customer, "2026-03-06", status="draft")
    order(customer, "2026-03-06", status="cancelled")
    brought(actor.tenant_id)
    (row,) = rows(actor.tenant_id, "transactions")
    assert row == {
        "account": str(customer.id), "order": str(made.id), "line": str(OrderLine.objects.get(order=made).id), "product": str(item.id),
        "family": None, "day": date(2026, 3, 5), "quantity": 3.0, "revenue": 240.0, "cost": 150.0, "margin": 90.0, "discount": 0.0,
        "owner": None, "team": None, "channel": "",
    }  # fmt: skip


def test_money_is_converted_at_the_rate_of_its_day(actor: Actor) -> None:
    set_rate("EUR", date(2026, 1, 1), Decimal("8"))
    set_rate("EUR", date(2026, 3, 1), Decimal("7.5"))
    customer = account(actor)
    for day, currency in (("2026-02-28", "EUR"), ("2026-03-01", "EUR"), ("2026-03-02", "JPY")):
        order(customer, day, "10", None, currency=currency)
    brought(actor.tenant_id)
    found = sorted(rows(actor.tenant_id, "transactions"), key=lambda row: row["day"])
    assert [(row["revenue"], row["cost"]) for row in found] == [(80.0, None), (75.0, None), (None, None)]
    set_rate("JPY", date(2026, 1, 1), Decimal("0.05"))
    brought(actor.tenant_id)
    assert sorted(row["revenue"] for row in rows(actor.tenant_id, "transactions")) == [0.5, 75.0, 80.0]


def test_only_what_changed_is_read_again(actor: Actor) -> None:
    customer = account(actor)
    early, late = order(customer, "2025-01-05"), order(customer, "2026-03-05")
    assert brought(actor.tenant_id)["transactions"].read == 2
    before = set(folder(actor.tenant_id).rglob("*.parquet"))
    assert brought(actor.tenant_id)["transactions"] == extracting.Brought(2, 0, 0, 0)
    assert set(folder(actor.tenant_id).rglob("*.parquet")) == before
    # A late correction of a line, in an old month, that tells nobody.
    with tenant_tx(actor.tenant_id):
        OrderLine.objects.filter(order=early).update(amount=Decimal(70))
    assert brought(actor.tenant_id)["transactions"] == extracting.Brought(2, 1, 1, 0)
    assert sorted(row["revenue"] for row in rows(actor.tenant_id, "transactions")) == [70.0, 100.0]
    # Moved to another month: both months are read.
    with tenant_tx(actor.tenant_id):
        Order.objects.filter(id=late.id).update(order_date=date(2025, 1, 9))
    assert brought(actor.tenant_id)["transactions"] == extracting.Brought(2, 2, 1, 1)


def test_deleted_and_restored(actor: Actor) -> None:
    keep, drop = account(actor), account(actor, "苏州自动化")
    order(keep, "2026-03-05")
    brought(actor.tenant_id)
    with tenant_tx(actor.tenant_id):
        delete_record(actor, "account", drop.id)
    brought(actor.tenant_id)
    assert [row["account"] for row in rows(actor.tenant_id, "accounts")] == [str(keep.id)]
    with tenant_tx(actor.tenant_id):
        Order.objects.all().delete()
    assert brought(actor.tenant_id)["transactions"] == extracting.Brought(0, 0, 0, 1)
    assert list((folder(actor.tenant_id) / "transactions").glob("*")) == []


def test_history_of_an_account(actor: Actor, rep_actor: Actor) -> None:
    customer = account(actor, owner=actor.member_id, grade="B")
    with tenant_tx(actor.tenant_id):
        update_record(actor, "account", customer.id, {"name": "华东机械", "grade": "A"}, version=customer.version)
    brought(actor.tenant_id)
    # All of it happened today, so there is one version: the present one, under the present name.
    (row,) = rows(actor.tenant_id, "accounts")
    assert (row["name"], row["grade"], row["owner"], row["to"]) == ("华东机械", "A", str(actor.member_id), None)


def test_a_killed_run_goes_on(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = account(actor)
    for month in range(1, 7):
        order(customer, f"2026-0{month}-05")
    real, calls = extracting._read_group, []

    def dies(*arguments: Any) -> Any:
        calls.append(arguments[2])
        if len([group for group in calls if group[0].startswith("2026")]) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(extracting, "_read_group", dies)
    with pytest.raises(KeyboardInterrupt):
        brought(actor.tenant_id, group_rows=1)
    (folder(actor.tenant_id) / "transactions" / "2026-04.unfinished").write_bytes(b"half")
    monkeypatch.undo()
    assert not is_locked(actor.tenant_id)
    assert brought(actor.tenant_id, group_rows=1)["transactions"] == extracting.Brought(6, 3, 3, 0)
    assert len(rows(actor.tenant_id, "transactions")) == 6
    assert not list(folder(actor.tenant_id).rglob("*.unfinished"))


def test_a_damaged_file_is_read_again(actor: Actor) -> None:
    order(account(actor), "2026-03-05")
    brought(actor.tenant_id)
    (file,) = files_of(actor.tenant_id, "transactions", read_manifest(actor.tenant_id))
    file.write_bytes(b"PAR1 no more")
    extracting.drop_unreadable(actor.tenant_id)
    assert brought(actor.tenant_id)["transactions"].read == 1
    assert len(rows(actor.tenant_id, "transactions")) == 1


def test_texts_arrive_as_they_are(actor: Actor) -> None:
    names = {'He said "hello", twice', "第一行\n第二行", "tab\tand ; semicolon", "NULL", "\\N"}
    for name in names:
        account(actor, name)
    brought(actor.tenant_id)
    assert {row["name"] for row in rows(actor.tenant_id, "accounts")} == {
        " ".join(name.split("\n")) if "\n" in name else name for name in names
    }


def test_one_at_a_time(actor: Actor) -> None:
    with locked(actor.tenant_id), pytest.raises(Busy), locked(actor.tenant_id):
        pass
