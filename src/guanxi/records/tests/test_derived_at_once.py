"""Derived fields under many writers at once, and in the ways of writing beside the write path: uploads, merging, jobs."""

import random
import time
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.at_once import at_once
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.derived.rebuilding import StillWritten, rebuild_field, renew_fields
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.merging.services import merge_records
from guanxi.records.models import CustomField
from guanxi.records.operations.undoing import start_undo
from guanxi.records.queries import get_record
from guanxi.records.tests.importing import figures, imported
from guanxi.records.tests.test_derived_fields import account, formula, own, rollup, slot_of
from guanxi.records.tests.test_own_fields import company

WRITERS, STEPS = 12, 12


def work(actor: Actor, parents: list[UUID], seed: int) -> int:
    """One person's changes of own records under common parents."""
    chance = random.Random(seed)
    mine: list[UUID] = []
    for step in range(STEPS):
        with tenant_tx(actor.tenant_id):
            deed = chance.random()
            if deed < 0.4 or not mine:
                values = {"name": f"{seed}-{step}", "employees": chance.randrange(9), "parent": chance.choice(parents)}
                mine.append(create_record(actor, "account", values).id)
            elif deed < 0.8:
                values = {"employees": chance.randrange(9), "parent": chance.choice(parents)}
                update_record(actor, "account", chance.choice(mine), values)
            elif deed < 0.9:
                gone = mine.pop()
                delete_record(actor, "account", gone)
                if chance.random() < 0.5:
                    restore_record(actor, "account", gone)
            else:
                update_record(actor, "account", chance.choice(parents), {"city": f"{seed} {step}"})
    return len(mine)


def counted(parent: UUID) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(employees), 0), max(employees) FROM customers_account WHERE parent_id = %s AND deleted_at IS NULL",
            [parent],
        )
        count, total, most = cursor.fetchone()
    return {"children": str(count), "people_sum": str(total), **({} if most is None else {"most": str(most)})}


@pytest.mark.django_db(transaction=True)
def test_roll_ups_are_right_under_many_writers() -> None:
    tenant, actor = company("rollups")
    with tenant_tx(tenant.id):
        rollup(actor, "account.parent", "count", name="children")
        rollup(actor, "account.parent", "sum", value="employees", name="people_sum")
        rollup(actor, "account.parent", "max", value="employees", name="most")
        parents = [account(actor, f"P{number}").id for number in range(3)]
    results = at_once([partial(work, actor, parents, seed) for seed in range(WRITERS)])
    assert [result for result in results if not isinstance(result, int)] == []
    with tenant_tx(tenant.id):
        for key in parents:
            record = get_record(actor, "account", key)
            assert record.custom == counted(key)
            with connection.cursor() as cursor:
                cursor.execute("SELECT sn1, sn2 FROM customers_account WHERE id = %s", [key])
                assert cursor.fetchone() == tuple(
                    int(Decimal(record.custom[name]) * 10_000) for name in ("children", "people_sum")
                )


@pytest.mark.django_db(transaction=True)
def test_a_formula_over_a_link_is_right_when_both_ends_change_at_once() -> None:
    tenant, actor = company("links")
    with tenant_tx(tenant.id):
        formula(actor, "account.city", result="text", object_name="contact")
        parent = account(actor, "Parent", city="old").id

    def rename(number: int) -> None:
        with tenant_tx(tenant.id):
            update_record(actor, "account", parent, {"city": f"city {number}"})

    def attach(number: int) -> None:
        with tenant_tx(tenant.id):
            create_record(actor, "contact", {"family_name": f"W{number}", "account": parent})

    calls = [partial(rename if number % 3 == 0 else attach, number) for number in range(WRITERS)]
    assert [result for result in at_once(calls) if result is not None] == []
    with tenant_tx(tenant.id):
        city = get_record(actor, "account", parent).city
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT custom ->> 'calc' FROM customers_contact")
            assert cursor.fetchall() == [(city,)]


@pytest.mark.django_db(transaction=True)
def test_who_wrote_before_the_field_existed_is_caught_up() -> None:
    tenant, actor = company("early")
    with tenant_tx(tenant.id):
        one = account(actor, employees=2)
        row = formula(actor, "employees + 1")
    with tenant_tx(tenant.id), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_account SET custom = '{}', sn1 = NULL")
    # The transactions of tests that run beside this one are waited for too.
    for _attempt in range(600):
        try:
            rebuild_field(tenant.id, field_id=row.id)
            break
        except StillWritten:
            time.sleep(0.5)
    with tenant_tx(tenant.id):
        assert own(actor, one, "calc") == "3"


def test_merging_moves_what_is_summed_up_and_undo_moves_it_back(actor: Actor) -> None:
    rollup(actor, "contact.account", "count")
    formula(actor, "account.name", result="text", object_name="contact")
    one, two = account(actor, "One"), account(actor, "Two")
    made = create_record(actor, "contact", {"family_name": "Wang", "account": two.id})
    operation = merge_records(actor, "account", one.id, [two.id])
    assert (own(actor, one, "rolled"), own(actor, made, "calc", "contact")) == ("1", "One")
    start_undo(actor, operation.id)
    assert (own(actor, one, "rolled"), own(actor, two, "rolled")) == ("0", "1")
    assert own(actor, made, "calc", "contact") == "Two"


def test_what_changes_with_the_day_is_renewed(actor: Actor) -> None:
    formula(actor, "days_between(customer_since, today())")
    one = account(actor, customer_since="2020-01-01")
    right = own(actor, one, "calc")
    with connection.cursor() as cursor:
        cursor.execute('UPDATE customers_account SET custom = \'{"calc": "1"}\'')
    assert own(actor, one, "calc") == "1"
    begun = len(waiting_jobs())
    renew_fields.function()
    assert (len(waiting_jobs()), right not in (None, "1")) == (begun + 1, True)
    renew_fields.function()
    assert len(waiting_jobs()) == begun + 1
    row = CustomField.objects.get()
    with suppress(StillWritten):
        rebuild_field.function(actor.tenant_id, field_id=row.id)
    assert own(actor, one, "calc") == right


def waiting_jobs() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_jobs WHERE task_name = 'records.rebuild_field'")
        return list(cursor.fetchall())


def test_an_upload_calculates_what_follows(actor: Actor) -> None:
    formula(actor, "employees * 2")
    rollup(actor, "account.parent", "count")
    parent = account(actor, "Holding")
    done = imported(actor, "name,employees,parent\nA,3,Holding\nB,4,Holding\nC,,\n")
    assert figures(done) == (3, 3, 0, 0, 0)
    query = ListQuery(object="account", sort="name", fields=("name", "calc", "rolled"))
    rows = [(row["name"], row["calc"], row["rolled"]) for row in list_records(actor, query).rows]
    assert rows == [("A", "6", "0"), ("B", "8", "0"), ("C", None, "0"), ("Holding", None, "2")]
    assert slot_of(parent, "sn2") == 20_000


@pytest.mark.django_db(transaction=True)
def test_both_ends_of_a_link_change_at_once_without_waiting_for_each_other() -> None:
    """A formula that reads its parent, and a roll-up of the parent over the same link: writers of both meet in one order."""
    tenant, actor = company("bothends")
    with tenant_tx(tenant.id):
        formula(actor, "account.city", result="text", object_name="contact")
        rollup(actor, "contact.account", "count", name="people_here", where='calc = "Graz"')
        parents = [account(actor, f"P{number}", city="old").id for number in range(2)]
        children = [
            create_record(actor, "contact", {"family_name": f"W{number}", "account": parents[number % 2]}).id
            for number in range(6)
        ]

    def rename(number: int) -> None:
        for step in range(6):
            with tenant_tx(tenant.id):
                city = random.Random(number * 100 + step).choice(["Graz", "Wien"])
                update_record(actor, "account", parents[(number + step) % 2], {"city": city})

    def change(number: int) -> None:
        for step in range(6):
            with tenant_tx(tenant.id):
                chance = random.Random(number * 100 + step)
                values = {"department": f"T{step}", "account": chance.choice(parents)}
                update_record(actor, "contact", chance.choice(children), values)

    calls = [partial(rename if number % 2 == 0 else change, number) for number in range(8)]
    assert [result for result in at_once(calls) if result is not None] == []
    with tenant_tx(tenant.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM customers_contact c JOIN customers_account a ON a.id = c.account_id WHERE c.custom ->> 'calc' <> a.city"
        )
        assert cursor.fetchone() == (0,)
        for key in parents:
            cursor.execute(
                "SELECT count(*) FROM customers_contact WHERE account_id = %s AND custom ->> 'calc' = 'Graz'", [key]
            )
            assert get_record(actor, "account", key).custom["people_here"] == str(cursor.fetchone()[0])
