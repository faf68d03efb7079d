"""Merging accounts and contacts: what moves, what is chosen, what is strictest, and the exact way back."""

from functools import partial
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.apps import apps
from django.db import connection

from guanxi.core.db.schema import is_tenant_model
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.core.files import files_of, store_file
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.at_once import at_once
from guanxi.customers.models import (
    Account,
    AccountContact,
    AccountTeamMember,
    Consent,
    Contact,
    ContactPoint,
    Identity,
    Relationship,
)
from guanxi.customers.queries import find_duplicates
from guanxi.customers.services import link_contact, set_consent
from guanxi.customers.tests import factories
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.history import read_history
from guanxi.records.merging import former_codes, merge_records, preview_merge, survivor_of
from guanxi.records.merging.services import sweep_merge
from guanxi.records.models import ExternalKey, MergedRecord, Operation
from guanxi.records.operations import start_undo
from guanxi.records.own_fields import create_field
from guanxi.records.queries import get_record, visible_records
from guanxi.records.registry import get

# What only tells of changes, or counts them.
TELLING = {"core_change", "core_outbox_event", "records_searchentry", "records_operation", "records_mergepart"}
COUNTING = {"version", "updated_at", "updated_by_id"}


def account(actor: Actor, name: str, **values: Any) -> Any:
    return create_record(actor, "account", {"name": name, **values})


def contact(actor: Actor, name: str, **values: Any) -> Any:
    return create_record(actor, "contact", {"name": name, **values})


def everything() -> dict[str, set[str]]:
    """All rows of all tables of tenants, but for what tells of changes."""
    found = {}
    for model in apps.get_models():
        table = model._meta.db_table
        if not is_tenant_model(model) or table in TELLING:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            rows = [orjson.loads(row[0]) for row in cursor.fetchall()]
        left_out = COUNTING | ({"id"} if table == "customers_identity" else set())
        found[table] = {orjson.dumps({k: v for k, v in row.items() if k not in left_out}).decode() for row in rows}
    return found


@pytest.fixture
def two(actor: Actor, rep_actor: Actor) -> tuple[Any, Any]:
    """Two accounts that are the same, with something of every kind at the second and some at both."""
    field = create_field(actor, {"object": "contact", "label_en": "Introduced by", "kind": "link", "to": "account"})
    first = account(actor, "Northwind", phone="+49 228 111", city="Bonn", tags=["a"])
    second = account(actor, "Northwind Ltd", phone="+49 228 222", email="info@northwind.example", tags=["b"])
    person = contact(actor, "Ada Lee", account=str(second.id), **{field.name: str(second.id)})
    shared = contact(actor, "Bob Ray", account=str(second.id))
    link_contact(actor, account_id=first.id, contact_id=shared.id, role="user")
    account(actor, "Daughter", parent=str(second.id))
    create_record(actor, "opportunity", {"name": "Big deal", "account": str(second.id), "contact": str(person.id)})
    create_record(actor, "note", {"body": "Call them", "account": str(second.id)})
    create_record(actor, "task", {"subject": "Visit", "account": str(second.id)})
    for one in (first, second):
        AccountTeamMember.objects.create(account=one, member_id=rep_actor.member_id)
    Share.objects.create(object="account", record_id=second.id, principal_id=rep_actor.member_id)
    ExternalKey.objects.create(source="erp", key="77", object="account", record_id=second.id)
    store_file(name="a.txt", content=b"hello", object="account", record_id=second.id)
    Relationship.objects.create(from_account=first, kind="partner", to_account=second)
    set_consent(actor, purpose="marketing", channel="mail", status="granted", account_id=first.id)
    set_consent(actor, purpose="marketing", channel="mail", status="denied", account_id=second.id)
    set_consent(actor, purpose="marketing", channel="phone", status="granted", account_id=second.id)
    return first, second


def test_everything_that_points_to_the_other_moves_to_the_survivor(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    merge_records(actor, "account", first.id, [second.id])
    for name in ("contact", "opportunity", "note", "task"):
        model = get(name).model
        assert set(model.objects.values_list("account_id", flat=True)) == {first.id}, name  # type: ignore[attr-defined]
    assert Account.objects.get(name="Daughter").parent_id == first.id
    person = Contact.objects.get(name="Ada Lee")
    assert person.custom == {"introduced_by": str(first.id)}
    lines: Any = get("interaction").model
    assert set(lines.objects.exclude(account_id=None).values_list("account_id", flat=True)) <= {first.id}
    assert AccountTeamMember.objects.get().account_id == first.id
    assert Share.objects.get().record_id == first.id
    assert ExternalKey.objects.get().record_id == first.id
    assert [file.name for file in files_of("account", first.id)] == ["a.txt"]
    assert Relationship.objects.count() == 0
    places = AccountContact.objects.order_by("contact__name").values_list("contact__name", "account_id", "is_primary")
    assert list(places) == [("Ada Lee", first.id, False), ("Bob Ray", first.id, True)]
    lines = read_history(actor, "contact", person.id)
    assert {line.changes for line in lines[:2]} == {
        (("account", str(second.id), str(first.id)),),
        (("introduced_by", str(second.id), str(first.id)),),
    }
    assert visible_records(actor, "account").filter(id=second.id).count() == 0


def test_the_strictest_consent_wins(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    merge_records(actor, "account", first.id, [second.id])
    holding = Consent.objects.filter(ended_at=None).values_list("account_id", "channel", "status")
    assert set(holding) == {(first.id, "mail", "denied"), (first.id, "phone", "granted")}
    assert Consent.objects.filter(account_id=first.id).count() == 3
    told = OutboxEvent.objects.filter(name="customers.ConsentChanged", payload__account_id=str(first.id))
    assert {(event.payload["channel"], event.payload["status"]) for event in told} >= {("mail", "denied")}


def test_values_are_chosen_field_by_field(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    merge_records(
        actor, "account", first.id, [second.id], choices={"phone": second.id, "name": str(first.id), "tags": "both"}
    )
    now = get_record(actor, "account", first.id)
    assert (now.name, now.phone, now.phone_e164, now.city, now.email) == (
        "Northwind", "+49 228 222", "+49228222", "Bonn", "info@northwind.example",
    )  # fmt: skip
    assert now.tags == ["a", "b"]
    assert [line.action for line in read_history(actor, "account", first.id)[:2]] == ["merged", "updated"]


def test_numbers_that_were_not_chosen_are_still_recognised(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    merge_records(actor, "account", first.id, [second.id])
    assert ContactPoint.objects.get().value == "+49 228 222"
    assert {row.value for row in Identity.objects.filter(account_id=first.id)} == {
        "+49228111", "+49228222", "info@northwind.example",
    }  # fmt: skip
    assert [one.record.id for one in find_duplicates(actor, phones=["+49 228 222"])] == [first.id]


def test_undo_puts_everything_back_exactly(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    before = everything()
    operation = merge_records(actor, "account", first.id, [second.id], choices={"phone": second.id, "city": second.id})
    assert everything() != before
    undo = start_undo(actor, operation.id)
    assert (undo.state, undo.done, undo.refused) == ("done", 2, 0)
    after = everything()
    assert {table: rows ^ before[table] for table, rows in after.items() if rows != before[table]} == {}
    assert read_history(actor, "account", first.id)[0].action == "unmerged"
    again = merge_records(actor, "account", first.id, [second.id])
    assert start_undo(actor, again.id).state == "done"
    assert everything() == before


def test_undo_leaves_what_came_since(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    operation = merge_records(actor, "account", first.id, [second.id], choices={"city": first.id, "phone": second.id})
    update_record(actor, "account", first.id, {"phone": "+49 228 333"})
    newer = contact(actor, "New Person", account=str(first.id))
    person = Contact.objects.get(name="Ada Lee")
    update_record(actor, "contact", person.id, {"account": None})
    set_consent(actor, purpose="marketing", channel="mail", status="granted", account_id=first.id)
    undo = start_undo(actor, operation.id)
    assert get_record(actor, "account", first.id).phone == "+49 228 333"
    assert get_record(actor, "account", second.id).phone == "+49 228 222"
    assert get_record(actor, "contact", newer.id).account_id == first.id
    assert get_record(actor, "contact", person.id).account_id is None
    holding = Consent.objects.filter(ended_at=None, channel="mail").values_list("account_id", "status")
    assert set(holding) == {(first.id, "granted"), (second.id, "denied")}
    assert undo.state == "done"


def test_old_codes_and_addresses_lead_to_the_survivor_also_over_two_merges(actor: Actor) -> None:
    one, two, three = (account(actor, f"Firm {n}") for n in range(3))
    merge_records(actor, "account", two.id, [one.id])
    assert survivor_of(actor, "account", one.id) == two.id
    second = merge_records(actor, "account", three.id, [two.id])
    assert [survivor_of(actor, "account", key.id) for key in (one, two, three)] == [three.id, three.id, None]
    assert former_codes(three.id) == [one.code, two.code]
    start_undo(actor, second.id)
    assert [survivor_of(actor, "account", key.id) for key in (one, two, three)] == [two.id, None, None]


def test_merging_contacts_joins_their_places_and_never_lifts_a_ban(actor: Actor) -> None:
    firm = account(actor, "Firm")
    kept = contact(actor, "Ada Lee", account=str(firm.id))
    double = contact(actor, "Lee, Ada", account=str(firm.id), mobile="+49 171 5")
    update_record(actor, "contact", double.id, {"do_not_contact": True})
    AccountContact.objects.filter(contact=kept).update(is_primary=False)
    AccountContact.objects.filter(contact=double).update(is_primary=True)
    before = everything()
    operation = merge_records(actor, "contact", kept.id, [double.id], choices={"do_not_contact": kept.id})
    place = AccountContact.objects.get()
    assert (place.contact_id, place.is_primary) == (kept.id, True)
    now = get_record(actor, "contact", kept.id)
    assert (now.do_not_contact, now.mobile, now.account_id) == (True, "+49 171 5", firm.id)
    start_undo(actor, operation.id)
    assert everything() == before


def test_a_daughter_may_become_a_part_of_its_mother_but_no_circle_comes_of_it(actor: Actor) -> None:
    top = account(actor, "Top")
    middle = account(actor, "Middle", parent=str(top.id))
    low = account(actor, "Low", parent=str(middle.id))
    with pytest.raises(Conflict):
        merge_records(actor, "account", low.id, [top.id])
    merge_records(actor, "account", low.id, [middle.id])
    assert get_record(actor, "account", low.id).parent_id == top.id
    merge_records(actor, "account", top.id, [low.id])
    assert get_record(actor, "account", top.id).parent_id is None


def test_what_moves_is_told_before(actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    moving = {one.label: one.counts for one in preview_merge(get("account"), [first.id, second.id])}
    assert moving["Opportunities"] == (0, 1)
    assert moving["Contacts"] == (0, 3)
    assert moving["Account team"] == (1, 1)
    assert moving["Consent"] == (1, 2)
    assert moving["Files"] == (0, 1)
    assert "Outreach" not in moving


def test_refusals_leave_everything_as_it_was(actor: Actor, rep_actor: Actor, two: tuple[Any, Any]) -> None:
    first, second = two
    own = account(rep_actor, "Own")
    team = account(actor, "Of the team", owner=None, team=str(rep_actor.team_id))
    before = everything()
    for refused, run in (
        (Stale, lambda: merge_records(actor, "account", first.id, [second.id], versions={second.id: 99})),
        (Invalid, lambda: merge_records(actor, "account", first.id, [first.id])),
        (Invalid, lambda: merge_records(actor, "account", first.id, [])),
        (Invalid, lambda: merge_records(actor, "account", first.id, [second.id], choices={"nothing": first.id})),
        (Invalid, lambda: merge_records(actor, "account", first.id, [second.id], choices={"city": own.id})),
        (Invalid, lambda: merge_records(actor, "account", first.id, [second.id], choices={"city": "both"})),
        (NotFound, lambda: merge_records(actor, "account", first.id, [UUID(int=5)])),
        (NotFound, lambda: merge_records(actor, "order", first.id, [second.id])),
        (NotFound, lambda: merge_records(rep_actor, "account", own.id, [first.id])),
        (NotAllowed, lambda: merge_records(rep_actor, "account", own.id, [team.id])),
    ):  # fmt: skip
        with pytest.raises(refused):
            run()
        assert everything() == before
    assert (Operation.objects.count(), MergedRecord.objects.count()) == (0, 0)


def test_a_merge_cannot_be_undone_when_the_survivor_is_gone(actor: Actor) -> None:
    one, two = account(actor, "One"), account(actor, "Two")
    operation = merge_records(actor, "account", one.id, [two.id])
    delete_record(actor, "account", one.id)
    with pytest.raises(Conflict):
        start_undo(actor, operation.id)
    assert Operation.objects.get(id=operation.id).undone_by is None


@pytest.fixture
def committed(transactional_db: None) -> Actor:
    """An administrator whose company is committed."""
    tenant = factories.make_tenant("polaris")
    with tenant_tx(tenant.id):
        return factories.admin_of(tenant)


def test_writers_at_the_same_moment_lose_nothing(committed: Actor) -> None:
    for number in range(4):
        with tenant_tx(committed.tenant_id):
            first, second = account(committed, f"First {number}"), account(committed, f"Second {number}")
        key, other = first.id, second.id
        merged, updated, made = at_once(
            [
                partial(merge_records, committed, "account", key, [other]),
                partial(update_record, committed, "account", other, {"city": "Ulm"}, version=1),
                partial(contact, committed, "Late", account=str(other)),
            ]
        )
        assert isinstance(merged, Operation), merged
        with tenant_tx(committed.tenant_id):
            sweep_merge.function(operation_id=merged.id)
            survivor = get_record(committed, "account", key)
            # Either the change came first and the survivor took it over, or there was nothing to change any more.
            assert isinstance(updated, NotFound) == (survivor.city == ""), updated
            if isinstance(made, Contact):
                assert Contact.objects.get(id=made.id).account_id == key
            else:
                assert isinstance(made, Invalid), made
            assert Contact.objects.filter(account_id=other).count() == 0


def test_two_merges_of_the_same_records_at_once_are_one(committed: Actor) -> None:
    for number in range(4):
        with tenant_tx(committed.tenant_id):
            one, two = account(committed, f"One {number}").id, account(committed, f"Two {number}").id
        results = at_once(
            [
                partial(merge_records, committed, "account", one, [two]),
                partial(merge_records, committed, "account", two, [one]),
            ]
        )
        assert sorted(type(result).__name__ for result in results) == ["NotFound", "Operation"], results
        with tenant_tx(committed.tenant_id):
            assert visible_records(committed, "account").filter(id__in=[one, two]).count() == 1
