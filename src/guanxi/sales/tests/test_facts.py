"""Facts of sales on the timeline: filed once, in the reader's language, on record, account and opportunity; a lead's past goes along."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone, translation

from guanxi.activity.models import CalendarEvent, Interaction, Note, Task
from guanxi.activity.queries import timeline
from guanxi.activity.services import log_call, log_interaction, plan_task, schedule_event, write_note
from guanxi.core.events import Delivery, handlers_of, load_event
from guanxi.core.files import store_file
from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, delete_record
from guanxi.sales.models import Order
from guanxi.sales.services import (
    accept_quote,
    cancel_order,
    confirm_order,
    convert_lead,
    create_quote,
    decline_quote,
    deliver_order,
    lose_opportunity,
    record_payment,
    revise_quote,
    save_quote_lines,
    send_quote,
    win_opportunity,
)
from guanxi.sales.services.facts import SENTENCES, file_fact
from guanxi.sales.tests.factories import account, example_lines, example_quote, opportunity, reason, stage
from guanxi.sales.tests.test_leads import lead


def deliver(actor: Actor, *, times: int = 1) -> None:
    """Hand every published fact of sales to its handler, as the worker does."""
    for row in OutboxEvent.objects.filter(name__startswith="sales.").order_by("at", "id"):
        event = load_event(row.name, row.payload)
        for _time in range(times if type(event) in SENTENCES else 0):
            file_fact(event, Delivery(row.id, actor.tenant_id, row.at or timezone.now(), row.member_id))


def told(**about: Any) -> list[str]:
    rows = Interaction.objects.filter(channel="system", **about).order_by("at", "id")
    return [line.title for line in rows]


def test_every_fact_has_its_listener() -> None:
    for event_type in SENTENCES:
        keys = [key for key, _handler in handlers_of(f"sales.{event_type.__name__}")]
        assert "guanxi.sales.handlers.tell_timeline" in keys


def test_the_way_of_a_deal_stands_on_account_and_opportunity(actor: Actor) -> None:
    customer = account(actor)
    deal = opportunity(actor, account=customer)
    quote = create_quote(actor, opportunity=deal.id)
    quote = save_quote_lines(actor, quote.id, example_lines(actor))
    send_quote(actor, quote.id, by_mail=False)
    accept_quote(actor, quote.id)
    order = Order.objects.get()
    confirm_order(actor, order.id)
    deliver_order(actor, order.id, partial=True)
    deliver_order(actor, order.id)
    record_payment(actor, order.id, amount="1000")
    record_payment(actor, order.id)
    win_opportunity(actor, deal.id, reason=reason("won").id)
    deliver(actor, times=2)
    expected = [
        f"Quote {quote.number} sent", f"Quote {quote.number} accepted", f"Order {order.code} confirmed", f"Order {order.code} partly delivered",
        f"Order {order.code} delivered", f"Order {order.code} partly paid", f"Order {order.code} paid",
        f"Opportunity {deal.code} won: Servo test benches",
    ]  # fmt: skip
    assert told(account=customer) == expected
    shown = timeline(actor, object="opportunity", record_id=deal.id)
    assert sorted(entry.line.title for entry in shown.entries) == sorted(expected)
    assert {entry.line.owner_id for entry in shown.entries} == {actor.member_id}
    with translation.override("zh-hans"):
        assert told(account=customer)[3] == f"订单 {order.code} 已部分交付"
        assert told(account=customer)[-1] == f"商机 {deal.code} 赢单：Servo test benches"


def test_the_other_endings(actor: Actor) -> None:
    lost = opportunity(actor, account=account(actor))
    lose_opportunity(actor, lost.id, reason=reason("lost").id)
    quote = example_quote(actor)
    send_quote(actor, quote.id, by_mail=False)
    decline_quote(actor, quote.id)
    second = revise_quote(actor, quote.id)
    send_quote(actor, second.id, by_mail=False)
    accept_quote(actor, second.id)
    cancel_order(actor, Order.objects.get().id)
    deliver(actor)
    assert told(object="opportunity") == [f"Opportunity {lost.code} lost: Servo test benches"]
    assert told(object="quote", record_id=quote.id) == [f"Quote {quote.number} sent", f"Quote {quote.number} declined"]
    assert told(object="order") == [f"Order {Order.objects.get().code} cancelled"]


def test_what_is_gone_gets_no_line(actor: Actor) -> None:
    deal = opportunity(actor)
    win_opportunity(actor, deal.id, reason=reason("won").id)
    customer = account(actor)
    kept = opportunity(actor, account=customer)
    win_opportunity(actor, kept.id, reason=reason("won").id)
    delete_record(actor, "opportunity", deal.id)
    delete_record(actor, "account", customer.id)
    deliver(actor)
    assert told() == [f"Opportunity {kept.code} won: Servo test benches"]
    assert Interaction.objects.get(channel="system").account_id is None


def test_what_comes_in_bulk_tells_nothing(actor: Actor) -> None:
    values = {"name": "Old deal", "stage": stage("Closed Won").id, "close_date": "2025-03-01"}
    change_records(actor, "opportunity", [Create(values) for _number in range(50)], allow=("stage",))
    assert OutboxEvent.objects.filter(name__startswith="sales.").count() == 0
    deliver(actor)
    assert told() == []


def test_a_lead_takes_its_past_along_and_keeps_it(actor: Actor) -> None:
    record = lead(actor)
    about: dict[str, Any] = {"object": "lead", "record_id": record.id}
    other, now = account(actor, "Reseller"), timezone.now()
    log_interaction(actor, channel="mail", direction="in", subject="First question", **about)
    kept = log_call(actor, direction="out", account_id=other.id, **about)
    note = write_note(actor, body="Knows our competitor well", **about)
    task = plan_task(actor, subject="Send brochure", due_at=timezone.now(), **about)
    event = schedule_event(actor, subject="Call", start_at=now, end_at=now, **about)
    file = store_file(name="brief.txt", content=b"What they want", object="lead", record_id=record.id)
    made = convert_lead(actor, record.id)
    deliver(actor)
    for found, rows in ((note, Note), (task, Task), (event, CalendarEvent)):
        row = rows.objects.get(id=found.id)
        assert (row.account_id, row.contact_id, row.object, row.record_id) == (
            made.account.id, made.contact.id, "lead", record.id,
        )  # fmt: skip
    kept.refresh_from_db()
    assert (kept.account_id, kept.contact_id) == (other.id, None)
    expected = {"First question", "", f"Lead {record.code} converted: 刘倩"}
    for place in ({"account_id": made.account.id}, {"contact_id": made.contact.id}):
        assert {entry.line.title for entry in timeline(actor, **place).entries} == expected
    on_lead = {entry.line.id for entry in timeline(actor, **about).entries}
    assert on_lead >= {kept.id, note.id} and len(on_lead) == 4
    on_deal = {entry.line.id for entry in timeline(actor, object="opportunity", record_id=made.opportunity.id).entries}
    assert on_deal == on_lead
    files = [item.id for entry in timeline(actor, account_id=made.account.id).entries for item in entry.files]
    assert files == [file.id]
    made.account.refresh_from_db()
    assert made.account.last_contact_at is not None
    assert made.account.next_contact_at == task.due_at


@pytest.mark.parametrize("readable", [True, False])
def test_cards_show_amounts_to_those_who_may_read_them(actor: Actor, manager_actor: Actor, readable: bool) -> None:
    customer = account(manager_actor)
    deal = opportunity(manager_actor, account=customer)
    about: dict[str, Any] = {"object": "opportunity", "record_id": deal.id}
    log_interaction(actor, channel="system", subject="x", account_id=customer.id, **about)
    reader = manager_actor if readable else replace(manager_actor, field_access={"opportunity": {"amount": "hidden"}})
    (entry,) = timeline(reader, account_id=customer.id).entries
    assert entry.card is not None
    assert entry.card.note == ("¥480,000" if readable else "")
