"""Offers: proposed through the one gate, answered, led on to a sale, its outcome recorded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity.models import Interaction, Outreach, Task
from guanxi.activity.queries import timeline
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.customers.services import set_consent
from guanxi.engagement.models import Response
from guanxi.engagement.queries import in_control, offer_figures, offers_for
from guanxi.engagement.services import (
    accept_response,
    close_response,
    convert_response,
    decline_response,
    postpone_response,
    propose_offer,
    record_outcome,
)
from guanxi.engagement.tests.factories import make_offer
from guanxi.identity.actor import Actor
from guanxi.messaging.models import Message
from guanxi.records.changes import create_record, update_record


def test_by_mail_it_is_sent_through_the_gate(admin: Actor, rep: Actor, account: Any, contact: Any) -> None:
    offer = make_offer(admin, description="One year without worries.")
    with pytest.raises(Conflict):
        propose_offer(rep, offer.id, contact=contact.id, channel="mail")
    assert (Response.objects.count(), Outreach.objects.count(), Message.objects.count()) == (0, 0, 0)
    set_consent(rep, purpose="marketing", channel="mail", status="granted", contact_id=contact.id)
    response = propose_offer(rep, offer.id, contact=contact.id, channel="mail")
    assert (response.account_id, response.state, response.control) == (account.id, "proposed", False)
    sent = Message.objects.get()
    assert (sent.subject, sent.to) == ("Service contract", ["zhang@hd.example"])
    outreach = Outreach.objects.get()
    assert (outreach.purpose, outreach.object, outreach.record_id) == ("marketing", "response", response.id)


def test_a_service_offer_needs_no_consent_to_marketing(admin: Actor, rep: Actor, contact: Any) -> None:
    offer = make_offer(admin, kind="service")
    assert propose_offer(rep, offer.id, contact=contact.id, channel="mail").state == "proposed"
    assert Outreach.objects.get().purpose == "service"


def test_in_person_it_is_a_line_with_its_card(admin: Actor, rep: Actor, account: Any) -> None:
    offer = make_offer(admin, name_zh="服务合同")
    response = propose_offer(rep, offer.id, account=account.id, channel="visit", body="Spoke of it at the machine.")
    line = Interaction.objects.get(object="response", record_id=response.id)
    assert (line.channel, line.direction, line.account_id, line.body) == (
        "visit",
        "out",
        account.id,
        "Spoke of it at the machine.",
    )
    entry = next(one for one in timeline(rep, account_id=account.id).entries if one.line.id == line.id)
    assert entry.card is not None
    assert (entry.card.title, entry.card.code, entry.card.badge) == ("Service contract", offer.code, "Proposed")


@pytest.mark.parametrize(
    "values",
    [
        {"status": "paused"},
        {"valid_to": timezone.localdate() - timedelta(days=1)},
        {"valid_from": timezone.localdate() + timedelta(days=1)},
        {"channels": ["mail"]},
        {"criteria": {"field": "city", "op": "is", "value": "Nowhere"}},
        {"capacity": 0},
    ],
)
def test_what_does_not_hold_is_refused(admin: Actor, rep: Actor, account: Any, values: dict[str, Any]) -> None:
    offer = make_offer(admin, **values)
    with pytest.raises(Conflict):
        propose_offer(rep, offer.id, account=account.id, channel="visit")
    assert Response.objects.count() == 0
    assert offer not in offers_for(rep, account.id) or values == {"channels": ["mail"]}


def test_open_once_with_a_customer(admin: Actor, rep: Actor, account: Any) -> None:
    offer = make_offer(admin)
    assert offers_for(rep, account.id) == [offer]
    propose_offer(rep, offer.id, account=account.id, channel="visit")
    assert offers_for(rep, account.id) == []
    with pytest.raises(Conflict):
        propose_offer(rep, offer.id, account=account.id, channel="visit")
    assert Response.objects.count() == 1


def test_full_is_full(admin: Actor, rep: Actor, account: Any) -> None:
    offer = make_offer(admin, capacity=1)
    accept_response(rep, propose_offer(rep, offer.id, account=account.id, channel="visit").id)
    other = create_record(rep, "account", {"name": "Other"})
    assert offers_for(rep, other.id) == []
    with pytest.raises(Conflict, match="As many"):
        propose_offer(rep, offer.id, account=other.id, channel="visit")


def test_the_control_group_stays_and_is_left_alone(admin: Actor, rep: Actor) -> None:
    offer = make_offer(admin, control_percent=50)
    accounts = [create_record(rep, "account", {"name": f"Company {number}"}) for number in range(20)]
    held = [one for one in accounts if in_control(offer, one.id)]
    assert 0 < len(held) < 20
    response = propose_offer(rep, offer.id, account=held[0].id, channel="visit")
    assert (response.control, response.state) == (True, "none")
    assert not Interaction.objects.filter(account=held[0]).exists()
    with pytest.raises(Conflict):
        accept_response(rep, response.id)
    figures = offer_figures(admin, offer)
    assert (figures["control"], figures["proposed"]) == (1, 0)


def test_accepting_makes_a_task_with_one_click(admin: Actor, rep: Actor, account: Any) -> None:
    response = propose_offer(rep, make_offer(admin).id, account=account.id, channel="visit")
    with pytest.raises(Stale):
        accept_response(rep, response.id, version=7)
    done = accept_response(rep, response.id, note="From March")
    task = Task.objects.get()
    assert (task.id, task.account_id, task.subject) == (done.made_id, account.id, "Carry out: Service contract")
    assert (done.state, done.made_object, done.note, done.answered_at is not None) == (
        "accepted",
        "task",
        "From March",
        True,
    )
    with pytest.raises(Conflict):
        decline_response(rep, response.id, reason="price")


def test_declined_later_and_silent(admin: Actor, rep: Actor, account: Any) -> None:
    offer, day = make_offer(admin), timezone.localdate() + timedelta(days=30)
    response = propose_offer(rep, offer.id, account=account.id, channel="visit")
    with pytest.raises(Invalid):
        decline_response(rep, response.id, reason="because")
    with pytest.raises(Invalid):
        postpone_response(rep, response.id, until=timezone.localdate())
    later = postpone_response(rep, response.id, until=day)
    assert (later.state, later.later_on, Task.objects.get().due_at.date()) == ("later", day, day)
    done = decline_response(rep, response.id, reason="price", note="Has no budget")
    assert (done.state, done.decline_reason, done.note) == ("declined", "price", "Has no budget")
    lines = Interaction.objects.filter(object="response", channel="system").order_by("id")
    assert [line.message.split("%")[0] for line in lines] == ["Offer ", "Offer "]
    second = propose_offer(rep, offer.id, account=account.id, channel="visit")
    assert close_response(rep, second.id).state == "none"
    assert offer_figures(rep, offer)["counts"] == {"declined": 1, "none": 1}


def test_a_sale_told_by_hand(admin: Actor, rep: Actor, account: Any) -> None:
    response = propose_offer(rep, make_offer(admin).id, account=account.id, channel="visit")
    done = convert_response(rep, response.id, revenue="1200.50", margin="300")
    assert (done.state, done.revenue, done.margin, done.currency) == (
        "converted",
        Decimal("1200.5"),
        Decimal(300),
        "CNY",
    )
    record_outcome(admin, done.id, won=True)
    assert Response.objects.get().revenue == Decimal("1200.5")


def test_others_do_not_touch_it(admin: Actor, rep: Actor, other_rep: Actor, account: Any) -> None:
    response = propose_offer(rep, make_offer(admin).id, account=account.id, channel="visit")
    with pytest.raises(NotFound):
        accept_response(other_rep, response.id)
    with pytest.raises(NotFound):
        propose_offer(other_rep, make_offer(admin, "Second").id, account=account.id, channel="visit")
    with pytest.raises(NotAllowed):
        make_offer(rep, "Mine")
    assert (Task.objects.count(), Response.objects.get().state) == (0, "proposed")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
        ({"criteria": {"field": "nothing", "op": "is", "value": 1}}, "criteria"),
        ({"criteria": {"field": "owner", "op": "is", "value": "$me"}}, "criteria"),
        ({"criteria": [1]}, "criteria"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"discount_percent": "120"}, "discount_percent"),
    ],
)
def test_wrong_offers(admin: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make_offer(admin, **values)
    assert field in refusal.value.errors


def test_what_was_proposed_to_whom_stays(admin: Actor, rep: Actor, account: Any) -> None:
    response = propose_offer(rep, make_offer(admin).id, account=account.id, channel="visit")
    other = create_record(rep, "account", {"name": "Other"})
    with pytest.raises(Invalid):
        update_record(rep, "response", response.id, {"account": other.id})
    stranger = create_record(rep, "contact", {"name": "Stranger", "account": other.id})
    with pytest.raises(Invalid):
        update_record(rep, "response", response.id, {"contact": stranger.id})
