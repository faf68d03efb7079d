"""The one gate: consent, blocked addresses, frequency, quiet hours; what leaves becomes a line of the timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from guanxi.activity import services
from guanxi.activity.handlers import file_message, follow_removals, note_failure
from guanxi.activity.models import Interaction, Notification, Outreach, Suppression
from guanxi.activity.queries import timeline
from guanxi.activity.services.policy import Plan, refusal
from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import Delivery
from guanxi.core.files import store_file
from guanxi.core.ids import new_id
from guanxi.customers.services import set_consent
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.messaging.events import MessageFailed, MessageSent
from guanxi.messaging.models import Message
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.events import RecordsChanged

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # in Shanghai
MAIL: dict[str, Any] = {"subject": "Terms 2027", "body": "Dear customer, please find the terms enclosed."}


def delivery(actor: Actor) -> Delivery:
    return Delivery(event_id=new_id(), tenant_id=actor.tenant_id, at=NOON, member_id=None)


def allow(
    actor: Actor, contact: Any, *, purpose: str = "marketing", channel: str = "mail", status: str = "granted"
) -> None:
    set_consent(actor, purpose=purpose, channel=channel, status=status, contact_id=contact.id)


def plan(
    contact: Any,
    account: Any = None,
    *,
    purpose: str = "marketing",
    channel: str = "mail",
    address: str = "zhang@hd.example",
) -> Plan:
    return Plan(account, contact, purpose, channel, address)


def set_company(**values: Any) -> None:
    company = Company.objects.get()
    company.settings = {**company.settings, **values}
    company.save(update_fields=["settings"])


def test_service_mail_leaves_and_is_filed(rep: Actor, account: Any, contact: Any) -> None:
    file = store_file(name="terms.txt", content=b"Terms", member_id=rep.member_id)
    outreach = services.contact_customer(
        rep, contact_id=contact.id, **MAIL, attachments=[file.id], object="account", record_id=account.id
    )
    message = Message.objects.get()
    assert (outreach.message_id, message.to, message.object, message.record_id) == (
        message.id,
        ["zhang@hd.example"],
        "account",
        account.id,
    )
    assert (outreach.account_id, outreach.purpose, outreach.status) == (account.id, "service", "queued")
    assert Interaction.objects.count() == 0
    fact = MessageSent(message_id=message.id, channel="mail", to=tuple(message.to), subject=message.subject)
    file_message(fact, delivery(rep))
    file_message(fact, delivery(rep))
    line = Interaction.objects.get()
    assert (line.channel, line.direction, line.subject, line.owner_id) == ("mail", "out", "Terms 2027", rep.member_id)
    assert (line.account_id, line.contact_id, line.participants) == (account.id, contact.id, ["zhang@hd.example"])
    page = timeline(rep, account_id=account.id)
    assert [item.name for item in page.entries[0].files] == ["terms.txt"]
    account.refresh_from_db()
    assert account.last_contact_at is not None
    assert Outreach.objects.get().status == "sent"


def test_messages_of_other_origin_are_left_alone(rep: Actor, account: Any) -> None:
    file_message(
        MessageSent(message_id=new_id(), channel="mail", to=("a@b.example",), subject="Invitation"), delivery(rep)
    )
    note_failure(
        MessageFailed(message_id=new_id(), channel="mail", to=("a@b.example",), error="no", bounced=True), delivery(rep)
    )
    assert (Interaction.objects.count(), Suppression.objects.count()) == (0, 0)


def test_marketing_needs_an_express_yes(rep: Actor, contact: Any) -> None:
    with pytest.raises(Conflict) as refused:
        services.contact_customer(rep, contact_id=contact.id, purpose="marketing", **MAIL)
    assert refused.value.message == "The customer has not consented to “Marketing” by “E-mail” yet."
    assert (Outreach.objects.count(), Message.objects.count()) == (0, 0)
    allow(rep, contact)
    assert refusal(plan(contact), at=NOON) == ""
    allow(rep, contact, status="withdrawn")
    assert refusal(plan(contact), at=NOON) == "The customer does not consent to “Marketing” by “E-mail”."
    set_company(consent="until_denied")
    allow(rep, contact, purpose="survey", channel="sms", status="denied")
    assert refusal(plan(contact, purpose="survey"), at=NOON) == ""
    assert refusal(plan(contact, purpose="survey", channel="sms"), at=NOON) != ""


def test_a_denial_binds_service_too_and_the_account_speaks_for_its_people(
    rep: Actor, account: Any, contact: Any
) -> None:
    set_consent(rep, purpose="service", channel="mail", status="denied", account_id=account.id)
    assert refusal(plan(contact, account, purpose="service"), at=NOON) != ""
    allow(rep, contact, purpose="service")
    assert refusal(plan(contact, account, purpose="service"), at=NOON) == ""


def test_do_not_contact_leaves_contract_mail(rep: Actor, contact: Any) -> None:
    contact = update_record(rep, "contact", contact.id, {"do_not_contact": True})
    assert refusal(plan(contact, purpose="service"), at=NOON) == "张三丰 does not want to be contacted."
    assert refusal(plan(contact, purpose="contract"), at=NOON) == ""


def test_frequency(rep: Actor, contact: Any) -> None:
    allow(rep, contact)
    for days in (1, 2, 8):
        row = Outreach.objects.create(contact=contact, purpose="marketing", channel="mail", status="sent")
        Outreach.objects.filter(id=row.id).update(at=NOON - timedelta(days=days))
    assert refusal(plan(contact), at=NOON) == ""
    set_company(contact_limit=2)
    assert refusal(plan(contact), at=NOON) == "The customer was contacted 2 times within 7 days; 2 are allowed."
    assert refusal(plan(contact, purpose="service"), at=NOON) == ""
    Outreach.objects.filter(at__gt=NOON - timedelta(days=2, hours=1)).update(status="failed")
    assert refusal(plan(contact), at=NOON) == ""


def test_all_accounts_at_once_are_judged_as_one_by_one(rep: Actor) -> None:
    """Address, block, consent, frequency: whom a plan may count on."""
    found = [create_record(rep, "account", {"name": f"Account {number}", "email": f"a{number}@at.example"}) for number in range(6)]  # fmt: skip
    found.append(create_record(rep, "account", {"name": "Without address"}))
    for one, status in zip(found, ("granted", "granted", "granted", "denied", "withdrawn"), strict=False):
        set_consent(rep, purpose="marketing", channel="mail", status=status, account_id=one.id)
        set_consent(rep, purpose="service", channel="mail", status=status, account_id=one.id)
    services.suppress_address(rep, channel="mail", address="a1@at.example", reason="bounced")
    for _time in range(3):
        row = Outreach.objects.create(account=found[2], purpose="survey", channel="mail", status="sent")
        Outreach.objects.filter(id=row.id).update(at=NOON - timedelta(days=1))
    for express in ("express", "until_denied"):
        set_company(consent=express)
        for purpose in ("marketing", "service"):
            each = {
                one.name
                for one in found
                if not refusal(plan(None, one, purpose=purpose, address=one.email_norm), at=NOON)
            }
            at_once = services.reachable_accounts("mail", purpose, at=NOON).values_list("name", flat=True)
            assert set(at_once) == each and len(at_once) == len(each)
    assert each == {"Account 0", "Account 2", "Account 5"}


def test_quiet_hours_in_the_customers_zone(rep: Actor, contact: Any) -> None:
    allow(rep, contact)
    late = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai, 15:30 in Berlin
    assert (
        refusal(plan(contact), at=late) == "It is 22:30 at the customer's place; quiet hours last from 21:00 to 08:00."
    )
    contact = update_record(rep, "contact", contact.id, {"time_zone": "Europe/Berlin"})
    assert refusal(plan(contact), at=late) == ""
    set_company(quiet_hours=["15:00", "16:00"])
    assert refusal(plan(contact), at=late) != ""


def test_bounced_address_is_blocked(rep: Actor, contact: Any) -> None:
    services.contact_customer(rep, contact_id=contact.id, **MAIL)
    message = Message.objects.get()
    failed = MessageFailed(
        message_id=message.id, channel="mail", to=tuple(message.to), error="550 unknown", bounced=True
    )
    note_failure(failed, delivery(rep))
    note_failure(failed, delivery(rep))
    told = Notification.objects.get()
    assert (told.member_id, told.url) == (rep.member_id, f"/mailbox/{message.id}/")
    assert told.text == f"Your mail “{MAIL['subject']}” did not reach {contact.email_norm}"
    with pytest.raises(Conflict) as refused:
        services.contact_customer(rep, contact_id=contact.id, **MAIL)
    assert refused.value.message == "This address is blocked: 550 unknown"
    assert (
        services.may_contact(rep, contact_id=contact.id, channel="mail", purpose="service", address="other@hd.example")
        == ""
    )


def test_what_the_gate_refuses_outright(rep: Actor, other_rep: Actor, account: Any, contact: Any) -> None:
    for wrong in ({"channel": "pigeon"}, {"purpose": "fun"}):
        with pytest.raises(Invalid):
            services.contact_customer(rep, contact_id=contact.id, **{**MAIL, **wrong})
    with pytest.raises(Invalid):
        services.contact_customer(rep, **MAIL)
    with pytest.raises(Invalid):
        services.contact_customer(rep, contact_id=contact.id, subject="", body="")
    with pytest.raises(NotFound):
        services.contact_customer(other_rep, contact_id=contact.id, **MAIL)
    assert (
        services.may_contact(rep, account_id=account.id, channel="mail", purpose="service")
        == "No address is known for this channel."
    )
    assert (Outreach.objects.count(), Message.objects.count()) == (0, 0)


def test_a_call_is_permitted_and_counted_without_message(rep: Actor, contact: Any) -> None:
    outreach = services.contact_customer(rep, contact_id=contact.id, channel="phone")
    assert (outreach.address, outreach.message_id) == ("+8613800138000", None)
    assert Message.objects.count() == 0


def test_reminders_once(rep: Actor) -> None:
    start = NOON + timedelta(minutes=20)
    services.plan_task(rep, subject="Call", due_at=NOON, reminder_at=NOON)
    services.plan_task(rep, subject="Later", due_at=NOON, reminder_at=start)
    event = services.schedule_event(rep, subject="Visit", start_at=start, end_at=start, remind_minutes=15)
    weekly = services.schedule_event(
        rep,
        subject="Weekly",
        start_at=start - timedelta(weeks=2),
        end_at=start - timedelta(weeks=2),
        remind_minutes=15,
        repeat="FREQ=WEEKLY",
    )
    assert services.remind_due(NOON) == 1
    assert Notification.objects.get().text == "Reminder: Call"
    assert services.remind_due(NOON + timedelta(minutes=6)) == 2
    assert services.remind_due(NOON + timedelta(minutes=7)) == 0
    assert services.remind_due(NOON + timedelta(weeks=1, minutes=6)) == 2
    told = sorted((row.args["what"], row.url) for row in Notification.objects.exclude(object="task"))
    assert told == [
        ("Visit", f"/events/{event.id}/"),
        ("Weekly", f"/events/{weekly.id}/"),
        ("Weekly", f"/events/{weekly.id}/"),
    ]


@override_settings(ORIGIN="https://crm.example")
def test_reminder_by_mail_when_the_company_wishes(rep: Actor) -> None:
    set_company(reminder_mail=True)
    task = services.plan_task(rep, subject="Call Hartmann", due_at=NOON, reminder_at=NOON)
    services.remind_due(NOON)
    message = Message.objects.get()
    assert (message.to, message.subject) == (["rep@people.example"], "Reminder: Call Hartmann")
    assert f"https://crm.example/tasks/{task.id}/" in message.text


def test_deleted_task_and_note_leave_no_trace_behind(rep: Actor, account: Any) -> None:
    task = services.plan_task(rep, subject="Call", due_at=NOON, account_id=account.id)
    note = services.write_note(rep, body="Nice people", account_id=account.id)
    delete_record(rep, "task", task.id)
    delete_record(rep, "note", note.id)
    for name, key in (("task", task.id), ("note", note.id)):
        follow_removals(RecordsChanged(object=name, action="deleted", ids=(key,)), delivery(rep))
    account.refresh_from_db()
    assert account.next_contact_at is None
    assert timeline(rep, account_id=account.id).entries == []
    restore_record(rep, "note", note.id)
    follow_removals(RecordsChanged(object="note", action="restored", ids=(note.id,)), delivery(rep))
    assert [entry.line.body for entry in timeline(rep, account_id=account.id).entries] == ["Nice people"]
