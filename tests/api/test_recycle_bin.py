"""Records deleted long ago go for good with all that hangs on them; what others still need, and the books, stay."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from guanxi.activity.models import EventAttendee, Interaction, Notification
from guanxi.core.files import store_file
from guanxi.core.models import AccessEntry, Change, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Address, Consent
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Share, Tenant
from guanxi.records import recycling, registry
from guanxi.records.changes import Delete, change_records, create_record, restore_record
from guanxi.records.models import ExternalKey, RecentView, SearchEntry
from guanxi.records.recycling import Emptied, empty_recycle_bin
from guanxi.records.tasks import empty_bin
from guanxi.sales.models import OpportunityLine, Quote, QuoteStatus
from guanxi.sales.services import confirm_order, convert_lead, create_order_from_opportunity, record_payment, set_lines
from tests.api.calling import admin_of, make, make_tenant

LONG_AGO = timedelta(days=91)


def deleted(actor: Actor, object_name: str, *ids: UUID, ago: timedelta = LONG_AGO) -> None:
    """Put records into the bin as if that had happened some time ago."""
    with tenant_tx(actor.tenant_id):
        change_records(actor, object_name, [Delete(key) for key in ids])
        model: Any = registry.get(object_name).model
        model.objects.filter(id__in=ids).update(deleted_at=timezone.now() - ago)


def left(object_name: str, tenant: Tenant, *ids: UUID) -> set[UUID]:
    """Which of the rows are still there, in the bin or not."""
    with tenant_tx(tenant.id):
        model: Any = registry.get(object_name).model
        return set(model.objects.filter(id__in=ids).values_list("id", flat=True))


def account(actor: Actor, name: str = "Polaris") -> Any:
    return create_record(actor, "account", {"name": name})


def test_a_customer_goes_with_everything_that_hangs_on_it(
    tenant: Tenant, admin: Actor, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    gone = account(admin)
    with tenant_tx(tenant.id):
        Address.objects.create(account=gone, city="Shanghai")
        Consent.objects.create(account=gone, purpose="marketing", channel="email", status="given", at=timezone.now())
        note = create_record(admin, "note", {"account": gone.id, "body": "Words"})
        event = create_record(
            admin,
            "event",
            {"account": gone.id, "subject": "Visit", "start_at": timezone.now(), "end_at": timezone.now()},
        )
        EventAttendee.objects.create(event=event, member_id=admin.member_id)
        file = store_file(name="a.txt", content=b"text", object="account", record_id=gone.id)
        ExternalKey.objects.create(source="erp", key="7", object="account", record_id=gone.id)
        Share.objects.create(principal_id=admin.member_id, object="account", record_id=gone.id)
        RecentView.objects.create(member_id=admin.member_id, object="account", record_id=gone.id)
        Notification.objects.create(member_id=admin.member_id, kind="mention", object="account", record_id=gone.id)
    deleted(admin, "account", gone.id)
    with django_capture_on_commit_callbacks(execute=True):
        done = empty_recycle_bin(tenant.id)
    assert done.removed == {"account": 1, "note": 1, "event": 1, "interaction": done.removed["interaction"]}
    assert done.held == {}
    with tenant_tx(tenant.id):
        for model in (Address, Consent, EventAttendee, ExternalKey, Share, RecentView, Notification, Interaction):
            assert model.objects.count() == 0, model
        assert not SearchEntry.objects.filter(record_id__in=(gone.id, note.id, event.id)).exists()
        assert not StoredFile.objects.filter(id=file.id).exists()
        # The history is the audit of what was there; it ends with the removal.
        last = Change.objects.filter(object="account", record_id=gone.id).order_by("-version")[0]
        assert (last.action, last.member_id, last.diff) == ("purged", None, {})
        entry = AccessEntry.objects.get(action="recycle_bin.emptied")
        assert entry.detail == {"removed": dict(done.removed), "held": {}}
    assert not default_storage.exists(file.storage_key)
    assert left("account", tenant, gone.id) == left("note", tenant, note.id) == left("event", tenant, event.id) == set()


def test_what_somebody_still_needs_stays_whole(tenant: Tenant, admin: Actor) -> None:
    buyer, mother = account(admin, "Buyer"), account(admin, "Mother")
    with tenant_tx(tenant.id):
        Address.objects.create(account=buyer, city="Shanghai")
        note = create_record(admin, "note", {"account": buyer.id, "body": "Words"})
        create_record(admin, "opportunity", {"name": "Open", "account": buyer.id, "currency": "CNY"})
        create_record(admin, "account", {"name": "Daughter", "parent": mother.id})
    deleted(admin, "account", buyer.id, mother.id)
    done = empty_recycle_bin(tenant.id)
    assert (done.removed, done.held) == ({}, {"account": 2})
    assert left("account", tenant, buyer.id, mother.id) == {buyer.id, mother.id}
    assert left("note", tenant, note.id) == {note.id}
    with tenant_tx(tenant.id):
        assert Address.objects.filter(account=buyer).count() == 1
        assert not AccessEntry.objects.filter(action="recycle_bin.emptied").exists()
        assert restore_record(admin, "account", buyer.id).deleted_at is None


def ordered(admin: Actor, tenant: Tenant) -> tuple[Any, Any, Any]:
    """An account, its opportunity and an order draft of one product."""
    with tenant_tx(tenant.id):
        buyer = account(admin, "Buyer")
        product = create_record(
            admin,
            "product",
            {"name": "Pump", "sku": "P-1", "unit": make(admin, registry.get("unit")).id, "list_price": "100"},
        )
        deal = create_record(admin, "opportunity", {"name": "Deal", "account": buyer.id, "currency": "CNY"})
        set_lines(admin, deal.id, lines=[{"product": str(product.id), "quantity": "1", "list_price": "100"}])
        order = create_order_from_opportunity(admin, deal.id)
        return buyer, deal, order


def test_an_order_that_was_confirmed_is_never_removed_nor_what_it_stands_on(tenant: Tenant, admin: Actor) -> None:
    buyer, deal, order = ordered(admin, tenant)
    with tenant_tx(tenant.id):
        confirm_order(admin, order.id)
        record_payment(admin, order.id, amount=Decimal(50))
        payment = order.payments.get()
        product = OpportunityLine.objects.get(opportunity=deal).product
    deleted(admin, "payment", payment.id)
    deleted(admin, "order", order.id)
    deleted(admin, "opportunity", deal.id)
    deleted(admin, "product", product.id)
    deleted(admin, "account", buyer.id)
    done = empty_recycle_bin(tenant.id)
    assert (done.removed, done.held) == ({}, {"opportunity": 1, "account": 1, "product": 1})
    kept = (("order", order), ("payment", payment), ("opportunity", deal), ("account", buyer), ("product", product))
    for name, record in kept:
        assert left(name, tenant, record.id) == {record.id}, name
    with tenant_tx(tenant.id):
        assert (order.lines.count(), deal.lines.count()) == (1, 1)


def test_an_order_draft_goes_with_its_lines_and_then_so_does_the_rest(tenant: Tenant, admin: Actor) -> None:
    buyer, deal, order = ordered(admin, tenant)
    with tenant_tx(tenant.id):
        product = OpportunityLine.objects.get(opportunity=deal).product
    for name, record in (("account", buyer), ("opportunity", deal), ("product", product)):
        deleted(admin, name, record.id)
    assert empty_recycle_bin(tenant.id).removed == {}
    deleted(admin, "order", order.id)
    done = empty_recycle_bin(tenant.id)
    assert {name: done.removed[name] for name in ("account", "opportunity", "product", "order")} == dict.fromkeys(
        ("account", "opportunity", "product", "order"), 1
    )
    with tenant_tx(tenant.id):
        assert OpportunityLine.objects.count() == 0


@pytest.mark.parametrize(("status", "goes"), [("draft", True), ("sent", False), ("ordered", False)])
def test_a_quote_that_reached_the_customer_belongs_to_the_books(
    tenant: Tenant, admin: Actor, status: str, goes: bool
) -> None:
    with tenant_tx(tenant.id):
        quote = create_record(admin, "quote", {"account": account(admin).id, "currency": "CNY"})
        sent = timezone.now() if status == "sent" else None
        Quote.objects.filter(id=quote.id).update(status=QuoteStatus(status), sent_at=sent)
    deleted(admin, "quote", quote.id)
    assert (empty_recycle_bin(tenant.id).removed["quote"] == 1) is goes
    assert (left("quote", tenant, quote.id) == set()) is goes


def test_what_is_about_two_customers_loses_the_one_that_goes(tenant: Tenant, admin: Actor) -> None:
    gone = account(admin)
    with tenant_tx(tenant.id):
        person = create_record(admin, "contact", {"family_name": "Wang", "given_name": "Fang"})
        both = create_record(admin, "task", {"subject": "Ring", "account": gone.id, "contact": person.id})
        of_gone = create_record(admin, "task", {"subject": "Write", "account": gone.id})
    deleted(admin, "account", gone.id)
    empty_recycle_bin(tenant.id)
    assert left("task", tenant, both.id, of_gone.id) == {both.id}
    with tenant_tx(tenant.id):
        both.refresh_from_db()
        assert (both.account_id, both.contact_id, both.version) == (None, person.id, 2)
        last = Change.objects.filter(object="task", record_id=both.id).order_by("-version")[0]
        assert (last.version, last.action, last.diff) == (2, "updated", {"account": [str(gone.id), None]})


def test_records_that_point_at_each_other_go_together(tenant: Tenant, admin: Actor) -> None:
    with tenant_tx(tenant.id):
        lead = create_record(admin, "lead", {"name": "Li Fang", "company_name": "Polaris"})
        made = convert_lead(admin, lead.id)
        lead.refresh_from_db()
        assert lead.opportunity_id is not None and made is not None
        opportunity, buyer, person = lead.opportunity_id, lead.account_id, lead.contact_id
    for name, key in (("lead", lead.id), ("opportunity", opportunity), ("contact", person), ("account", buyer)):
        deleted(admin, name, key)
    done = empty_recycle_bin(tenant.id)
    assert {name: done.removed[name] for name in ("lead", "opportunity", "contact", "account")} == dict.fromkeys(
        ("lead", "opportunity", "contact", "account"), 1
    )


def test_a_price_goes_with_its_product(tenant: Tenant, admin: Actor) -> None:
    with tenant_tx(tenant.id):
        price = make(admin, registry.get("price_book_entry"))
        product, book = price.product_id, price.price_book_id
    deleted(admin, "product", product)
    empty_recycle_bin(tenant.id)
    assert left("product", tenant, product) == left("price_book_entry", tenant, price.id) == set()
    assert left("price_book", tenant, book) == {book}


def test_the_company_says_how_long(tenant: Tenant, admin: Actor) -> None:
    young, old = account(admin, "Young"), account(admin, "Old")
    deleted(admin, "account", young.id, ago=timedelta(days=89))
    deleted(admin, "account", old.id)
    with tenant_tx(tenant.id):
        Company.objects.update(recycle_days=None)
    assert empty_recycle_bin(tenant.id) == Emptied()
    assert left("account", tenant, young.id, old.id) == {young.id, old.id}
    with tenant_tx(tenant.id):
        Company.objects.update(recycle_days=90)
    assert empty_recycle_bin(tenant.id).removed == {"account": 1}
    assert left("account", tenant, young.id, old.id) == {young.id}


def test_many_batches_and_no_other_company(
    tenant: Tenant, other_tenant: Tenant, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recycling, "BATCH", 2)
    foreign = admin_of(other_tenant)
    theirs = account(foreign)
    deleted(foreign, "account", theirs.id)
    mine = [account(admin, f"Polaris {number}") for number in range(5)]
    deleted(admin, "account", *(one.id for one in mine))
    empty_bin(tenant.id)
    assert left("account", tenant, *(one.id for one in mine)) == set()
    assert left("account", other_tenant, theirs.id) == {theirs.id}


def test_every_object_can_be_removed(tenant: Tenant, admin: Actor) -> None:
    """No table is forgotten: whatever a room registers goes, unless it belongs to the books or something needs it."""
    made = make_tenant("vega")
    actor = admin_of(made)
    with tenant_tx(made.id):
        records = [(kind, make(actor, kind)) for kind in registry.objects()]
        for kind, record in records:
            kind.model.objects.filter(id=record.id).update(deleted_at=timezone.now() - LONG_AGO)  # type: ignore[attr-defined]
    done = empty_recycle_bin(made.id)
    for kind, record in records:
        stays = done.held[kind.name] or kind.name == "payment"
        assert (left(kind.name, made, record.id) == set()) is not bool(stays), kind.name
