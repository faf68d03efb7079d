"""Codes that a field of the tenant's own gives each record: with new ones, by files, and to those that are there already."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from guanxi.core.errors import Invalid
from guanxi.core.models import CodePattern
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, create_record, update_record
from guanxi.records.custom import field_key
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.merging import merge_records
from guanxi.records.models import CustomField
from guanxi.records.numbering import number_existing
from guanxi.records.own_fields import change_field, next_code_of, purge_field, remove_field, restore_field
from guanxi.records.purging import StillWritten
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search
from guanxi.records.tests.importing import figures, imported
from guanxi.records.tests.test_own_fields import account, company, make, purge_when_free, slot_of
from guanxi.records.tests.test_views import sign_in


def numbers(actor: Actor, name: str = "file_no") -> dict[str, Any]:
    return {row.name: row.custom.get(name) for row in visible_records(actor, "account")}


@pytest.fixture
def field(actor: Actor) -> CustomField:
    return make(actor, "autocode", "File no", pattern="F-{yyyy}-{seq:4}")


def code(number: int) -> str:
    return f"F-{timezone.localdate():%Y}-{number:04}"


def test_new_records_get_the_next_code_in_order_and_nobody_writes_it(actor: Actor, field: CustomField) -> None:
    assert (field.slot, next_code_of(field)) == ("st1", code(1))
    one = account(actor, "A")
    both = change_records(actor, "account", [Create({"name": "B"}), Create({"name": "C"})])
    assert [row.custom["file_no"] for row in (one, *both)] == [code(1), code(2), code(3)]
    for values in ({"name": "X", "file_no": "F-1"}, {"name": "X", "file_no": None}):
        with pytest.raises(Invalid) as refusal:
            create_record(actor, "account", values)
        assert refusal.value.errors == {"file_no": ["This field is changed by its own command only."]}
    with pytest.raises(Invalid):
        update_record(actor, "account", one.id, {"file_no": "F-1"})
    assert numbers(actor) == {"A": code(1), "B": code(2), "C": code(3)}
    rows = list_records(actor, ListQuery(object="account", sort="-file_no", fields=("name", "file_no"))).rows
    assert [row["file_no"] for row in rows] == [code(3), code(2), code(1)]
    criteria = {"field": "file_no", "op": "is", "value": code(2)}
    assert [row["name"] for row in list_records(actor, ListQuery(object="account", criteria=criteria)).rows] == ["B"]
    assert [hit.id for hit in search(actor, code(3))][:1] == [both[1].id]


def test_each_field_has_a_field_key_its_own(actor: Actor, field: CustomField) -> None:
    make(actor, "autocode", "Box", pattern="BX{seq:3}")
    assert account(actor, "A").custom == {"file_no": code(1), "box": "BX001"}
    make(actor, "autocode", "Plain", object="contact")
    assert create_record(actor, "contact", {"family_name": "Wang"}).custom == {"plain": "00001"}


def test_records_that_are_there_already_get_theirs_the_oldest_first(actor: Actor) -> None:
    for name in "ABC":
        account(actor, name)
    field = make(actor, "autocode", "File no", pattern="F-{yyyy}-{seq:4}")
    assert numbers(actor) == {"A": code(1), "B": code(2), "C": code(3)}
    assert [hit.text for hit in search(actor, code(2))][:1] == [code(2)]
    remove_field(actor, field.id)
    account(actor, "D")
    restore_field(actor, field.id)
    assert numbers(actor) == {"A": code(1), "B": code(2), "C": code(3), "D": code(4)}


def test_a_file_of_new_records_takes_codes_and_cannot_bring_its_own(actor: Actor, field: CustomField) -> None:
    done = imported(actor, "name,File no\nA,X1\nB,X2\n", mapping={"name": 0})
    assert figures(done) == (2, 2, 0, 0, 0)
    assert sorted(str(value) for value in numbers(actor).values()) == [code(1), code(2)]
    with tenant_tx(actor.tenant_id):
        from_slot = visible_records(actor, "account").extra(where=["st1 = %s"], params=[code(2)])
        assert from_slot.count() == 1
    with pytest.raises(Invalid):
        imported(actor, "name,File no\nC,X1\n", mapping={"name": 0, "file_no": 1})


def test_another_pattern_goes_on_with_the_number(actor: Actor, field: CustomField) -> None:
    account(actor, "A")
    change_field(actor, field.id, {"pattern": "N{seq:6}"})
    assert account(actor, "B").custom["file_no"] == "N000002"
    assert numbers(actor)["A"] == code(1)
    with pytest.raises(Invalid) as refusal:
        change_field(actor, field.id, {"pattern": "N-{yy}"})
    assert refusal.value.errors == {"pattern": ["The pattern needs {seq} exactly once."]}
    assert account(actor, "C").custom["file_no"] == "N000003"


def test_merge_keeps_the_survivors_code(actor: Actor, field: CustomField) -> None:
    one, two = account(actor, "One"), account(actor, "Two")
    merge_records(actor, "account", one.id, [two.id])
    assert get_record(actor, "account", one.id).custom == {"file_no": code(1)}


@pytest.mark.django_db(transaction=True)
def test_the_job_finds_who_wrote_before_the_field_existed_and_a_purge_leaves_no_counter() -> None:
    tenant, actor = company("numbered")
    with tenant_tx(tenant.id):
        account(actor, "A")
        field = make(actor, "autocode", "File no", pattern="F{seq:3}")
        account(actor, "B")
    with tenant_tx(tenant.id), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_account SET custom = '{}', st1 = NULL WHERE name = 'A'")
    # Transactions of tests that run beside this one make the job come back; the records have their codes by then.
    with suppress(StillWritten):
        number_existing(tenant.id, field_id=field.id)
    with tenant_tx(tenant.id):
        assert numbers(actor) == {"A": "F003", "B": "F002"}
        assert slot_of(visible_records(actor, "account").get(name="A"), "st1") == "F003"
        remove_field(actor, field.id)
        purge_field(actor, field.id)
        assert CodePattern.objects.filter(object=field_key(field.id)).count() == 1
    purge_when_free(tenant.id, field.id)
    with tenant_tx(tenant.id):
        assert not CodePattern.objects.filter(object=field_key(field.id)).exists()
        assert numbers(actor) == {"A": None, "B": None}


def test_the_settings_page_makes_and_changes_it_and_forms_leave_it_out(actor: Actor) -> None:
    client = sign_in(actor)
    page = client.get("/settings/fields/new?object=account&kind=autocode").content.decode()
    assert 'name="pattern"' in page and 'name="required"' not in page and 'name="default"' not in page
    made = client.post(
        "/settings/fields/new", {"object": "account", "kind": "autocode", "label_en": "File no", "pattern": "F{seq:3}"}
    )
    assert made.status_code == 302
    row = CustomField.objects.get(name="file_no")
    assert "F001" in client.get(f"/settings/fields/{row.id}/").content.decode()
    assert 'name="file_no"' not in client.get("/accounts/new").content.decode()
    assert account(actor, "A").custom == {"file_no": "F001"}
    wrong = client.post(f"/settings/fields/{row.id}/", {"label_en": "File no", "pattern": "F", "version": row.version})
    assert wrong.status_code == 422
    assert "exactly once" in wrong.content.decode()
