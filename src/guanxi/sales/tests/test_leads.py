"""Leads: status, pool, conversion."""

from typing import Any

import pytest

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.models import OutboxEvent
from guanxi.customers.models import Account, Contact
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.sales.models import Lead, Opportunity
from guanxi.sales.queries import pool_leads
from guanxi.sales.services import claim_lead, convert_lead, disqualify_lead, lead_duplicates, move_lead, return_lead
from guanxi.sales.tests.factories import reason

VALUES = {
    "name": "刘倩", "company_name": "苏州应用光学", "email": "Liu.Qian@Optics.example", "phone": "138 1234 5678", "job_title": "采购经理",
    "source": "trade_show", "interest": "Metrology lab", "budget": "310000", "city": "苏州",
}  # fmt: skip


def lead(actor: Actor, **values: Any) -> Lead:
    return create_record(actor, "lead", {**VALUES, **values})  # type: ignore[no-any-return]


def test_a_lead_is_normalised_and_assigned_to_its_owner(actor: Actor) -> None:
    record = lead(actor)
    assert (record.status, record.owner_id, record.pooled_at) == ("assigned", actor.member_id, None)
    assert (record.email_norm, record.phone_e164) == ("liu.qian@optics.example", "+8613812345678")


def test_without_owner_it_lies_in_the_pool(actor: Actor) -> None:
    record = lead(actor, owner=None)
    assert (record.status, list(pool_leads(actor))) == ("new", [record])
    assert record.pooled_at is not None


def test_status_moves_by_command_only(actor: Actor) -> None:
    record = lead(actor)
    with pytest.raises(Invalid):
        update_record(actor, "lead", record.id, {"status": "qualified"})
    assert move_lead(actor, record.id, "working").status == "working"
    for wrong, error in (("new", Invalid), ("converted", Conflict), ("nonsense", Invalid)):
        with pytest.raises(error):
            move_lead(actor, record.id, wrong)
    assert Lead.objects.get(id=record.id).status == "working"


def test_unqualified_needs_a_reason_and_can_be_taken_up_again(actor: Actor) -> None:
    record = lead(actor)
    with pytest.raises(Invalid):
        move_lead(actor, record.id, "unqualified")
    closed = disqualify_lead(actor, record.id, reason=reason("unqualified").id)
    assert (closed.status, closed.reason) == ("unqualified", reason("unqualified"))
    again = move_lead(actor, record.id, "working")
    assert (again.status, again.reason_id) == ("working", None)


def test_returning_and_claiming(actor: Actor, rep_actor: Actor) -> None:
    record = return_lead(actor, lead(actor, team=None).id)
    assert (record.status, record.owner_id) == ("recycled", None)
    claimed = claim_lead(rep_actor, record.id)
    assert (claimed.status, claimed.owner_id, claimed.team_id) == ("assigned", rep_actor.member_id, rep_actor.team_id)
    with pytest.raises(Conflict):
        claim_lead(actor, record.id)
    assert Lead.objects.get(id=record.id).owner_id == rep_actor.member_id


def test_the_pool_of_another_team_is_closed(actor: Actor, rep_actor: Actor) -> None:
    record = lead(actor, owner=None, team=actor.team_id)
    assert list(pool_leads(rep_actor)) == []
    with pytest.raises(NotFound):
        claim_lead(rep_actor, record.id)
    assert Lead.objects.get(id=record.id).owner_id is None


def test_conversion_makes_account_contact_and_opportunity(actor: Actor) -> None:
    record = lead(actor)
    made = convert_lead(actor, record.id, version=1, opportunity_values={"close_date": "2027-02-10"})
    assert (made.account.name, made.account.kind, made.account.relations) == ("苏州应用光学", "business", ["prospect"])
    assert (made.contact.name, made.contact.account_id, made.contact.email) == (
        "刘倩",
        made.account.id,
        VALUES["email"],
    )
    sale = made.opportunity
    assert (sale.name, sale.account_id, sale.contact_id, sale.lead_id) == (
        "Metrology lab",
        made.account.id,
        made.contact.id,
        record.id,
    )
    assert (str(sale.amount), sale.source, str(sale.close_date)) == ("310000.0000", "trade_show", "2027-02-10")
    assert (made.lead.status, made.lead.account_id, made.lead.opportunity_id) == ("converted", made.account.id, sale.id)
    assert OutboxEvent.objects.filter(name="sales.LeadConverted").count() == 1


def test_a_converted_lead_is_read_only(actor: Actor) -> None:
    record = convert_lead(actor, lead(actor).id).lead
    with pytest.raises(Invalid):
        update_record(actor, "lead", record.id, {"notes": "more"})
    for command in (convert_lead, return_lead, disqualify_lead):
        with pytest.raises((Conflict, Invalid)):
            command(actor, record.id)
    assert Lead.objects.get(id=record.id).version == record.version
    assert Account.objects.count() == 1


def test_duplicates_are_refused_until_somebody_decides(actor: Actor) -> None:
    known = create_record(actor, "account", {"name": "苏州应用光学"})
    record = lead(actor)
    assert [(item.object, item.record.id, item.reasons) for item in lead_duplicates(actor, record)] == [
        ("account", known.id, ("name",))
    ]
    with pytest.raises(Conflict, match="苏州应用光学"):
        convert_lead(actor, record.id)
    assert (Account.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (1, 0, 0)
    assert Lead.objects.get(id=record.id).status == "assigned"
    made = convert_lead(actor, record.id, account=known.id, opportunity=False)
    assert (made.account.id, made.contact.account_id, made.opportunity) == (known.id, known.id, None)
    second = convert_lead(actor, lead(actor).id, ignore_duplicates=True)
    assert second.account.id != known.id


def test_a_person_without_company_becomes_an_individual(actor: Actor) -> None:
    made = convert_lead(actor, lead(actor, company_name="").id)
    assert (made.account.kind, made.account.name, made.account.email, made.contact) == (
        "individual",
        "刘倩",
        VALUES["email"],
        None,
    )


def test_a_failure_in_the_middle_leaves_nothing(actor: Actor) -> None:
    record = lead(actor)
    with pytest.raises(Invalid):
        convert_lead(actor, record.id, opportunity_values={"amount": "lots"})
    assert (Account.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (0, 0, 0)
    assert Lead.objects.get(id=record.id).status == "assigned"
