"""Opportunities: stages and their history, winning and losing, lines, contact roles, sums."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.models import OutboxEvent
from guanxi.core.rates import set_rate
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.records.changes import create_record, update_record
from guanxi.sales.models import Opportunity, OpportunityLine, StageHistory
from guanxi.sales.queries import is_stuck, pipeline_sums, won_total
from guanxi.sales.services import (
    create_pipeline,
    lose_opportunity,
    move_opportunity,
    remove_contact_role,
    reopen_opportunity,
    set_contact_role,
    set_lines,
    win_opportunity,
)
from guanxi.sales.tests.factories import account, example_lines, opportunity, reason, stage


@pytest.fixture(autouse=True)
def local_time() -> Iterator[None]:
    """Days are those of the person, as in a request."""
    with timezone.override("Asia/Shanghai"):
        yield


def events(name: str) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name=f"sales.{name}").order_by("id").values_list("payload", flat=True))


def untouched(record: Opportunity) -> bool:
    """Nothing of the record or its history moved."""
    fresh = Opportunity.objects.get(id=record.id)
    unchanged: bool = fresh.version == record.version and fresh.stage_id == record.stage_id
    return unchanged and fresh.stage_history.count() == 1


def test_a_new_one_begins_in_the_first_stage_with_its_probability(actor: Actor) -> None:
    record = opportunity(actor)
    assert (record.stage, record.category, record.probability) == (stage("Prospecting"), "open", 10)
    assert (record.amount_company, record.weighted, record.currency) == (Decimal("480000"), Decimal("48000"), "CNY")
    line = StageHistory.objects.get(opportunity=record)
    assert (line.from_stage_id, line.to_stage_id, line.probability, line.member_id) == (
        None,
        record.stage_id,
        10,
        actor.member_id,
    )


def test_a_move_writes_the_history_and_takes_the_stage_s_probability(actor: Actor) -> None:
    record = opportunity(actor)
    moved = move_opportunity(actor, record.id, stage("Proposal").id, version=record.version)
    assert (moved.stage, moved.probability, moved.weighted, moved.version) == (
        stage("Proposal"),
        50,
        Decimal("240000"),
        2,
    )
    line = StageHistory.objects.order_by("-at")[0]
    assert (line.from_stage, line.to_stage, line.amount) == (stage("Prospecting"), stage("Proposal"), Decimal("480000"))
    assert line.seconds is not None
    assert [event["category"] for event in events("OpportunityMoved")] == ["open"]


def test_the_stage_changes_through_its_command_only(actor: Actor) -> None:
    record = opportunity(actor)
    with pytest.raises(Invalid) as refused:
        update_record(actor, "opportunity", record.id, {"stage": stage("Proposal").id})
    assert list(refused.value.errors) == ["stage"]
    assert untouched(record)


def test_a_changed_stage_definition_does_not_rewrite_probabilities(actor: Actor) -> None:
    record = opportunity(actor)
    update_record(actor, "stage", record.stage_id, {"probability": 15})
    assert Opportunity.objects.get(id=record.id).probability == 10
    update_record(actor, "opportunity", record.id, {"next_step": "Call"})
    assert Opportunity.objects.get(id=record.id).probability == 10
    assert opportunity(actor).probability == 15


def test_the_owner_s_own_probability_is_kept_until_the_next_move(actor: Actor) -> None:
    record = opportunity(actor)
    record = update_record(actor, "opportunity", record.id, {"probability": 35})
    assert record.weighted == Decimal("168000")
    assert move_opportunity(actor, record.id, stage("Negotiation")).probability == 80


def test_winning(actor: Actor) -> None:
    record = opportunity(actor, account=account(actor))
    won = win_opportunity(actor, record.id, reason=reason("won").id, amount="490000", version=1)
    assert (won.category, won.probability, won.forecast_category, won.amount) == (
        "won",
        100,
        "closed",
        Decimal("490000"),
    )
    assert won.closed_at is not None
    assert won.stage == stage("Closed Won")
    assert events("OpportunityWon") == [
        {"opportunity_id": str(won.id), "account_id": str(won.account_id), "amount": "490000.0000", "currency": "CNY"}
    ]
    today = timezone.localdate()
    assert won_total(actor, today, today + timedelta(days=1)) == Decimal("490000")
    assert won_total(actor, today + timedelta(days=1), today + timedelta(days=2)) == 0


def test_losing_keeps_reason_and_competitor(actor: Actor) -> None:
    rival = create_record(actor, "competitor", {"name": "Rival Instruments"})
    record = lose_opportunity(
        actor, opportunity(actor).id, reason=reason("lost"), competitor=rival.id, reason_note="Cheaper by 20 %"
    )
    assert (record.category, record.probability, record.weighted) == ("lost", 0, Decimal(0))
    assert (record.reason, record.competitor_id, record.reason_note) == (reason("lost"), rival.id, "Cheaper by 20 %")
    assert len(events("OpportunityLost")) == 1


@pytest.mark.parametrize("wrong", [None, "", "won"])
def test_closing_demands_a_fitting_reason(actor: Actor, wrong: str | None) -> None:
    record = opportunity(actor)
    with pytest.raises(Invalid) as refused:
        lose_opportunity(actor, record.id, reason=reason(wrong).id if wrong else wrong)
    assert list(refused.value.errors) == ["reason"]
    assert untouched(record)
    assert events("OpportunityLost") == []


def test_a_day_to_come_is_not_the_day_it_was_decided(actor: Actor) -> None:
    record = opportunity(actor)
    with pytest.raises(Invalid) as refused:
        win_opportunity(actor, record.id, reason=reason("won"), close_date=timezone.localdate() + timedelta(days=1))
    assert list(refused.value.errors) == ["close_date"]
    assert untouched(record)


def test_a_past_day_of_decision_is_kept_beside_the_expected_one(actor: Actor) -> None:
    expected = timezone.localdate() + timedelta(days=30)
    day = timezone.localdate() - timedelta(days=3)
    won = win_opportunity(
        actor, opportunity(actor, close_date=expected).id, reason=reason("won"), close_date=day.isoformat()
    )
    assert won.closed_at is not None
    assert (timezone.localdate(won.closed_at), won.close_date) == (day, expected)


def test_reopening_goes_back_to_the_stage_before(actor: Actor) -> None:
    record = move_opportunity(actor, opportunity(actor).id, stage("Negotiation"))
    lose_opportunity(actor, record.id, reason=reason("lost"))
    again = reopen_opportunity(actor, record.id)
    assert (again.stage, again.category, again.closed_at, again.reason_id) == (stage("Negotiation"), "open", None, None)
    assert (again.forecast_category, again.probability) == ("pipeline", 80)
    assert len(events("OpportunityReopened")) == 1
    assert again.stage_history.count() == 4


def test_what_makes_no_sense_is_refused(actor: Actor) -> None:
    record = opportunity(actor)
    with pytest.raises(Conflict):
        move_opportunity(actor, record.id, record.stage_id)
    with pytest.raises(Conflict):
        reopen_opportunity(actor, record.id)
    with pytest.raises(NotFound):
        move_opportunity(actor, record.id, "no-stage")
    with pytest.raises(Stale):
        move_opportunity(actor, record.id, stage("Proposal"), version=7)
    assert untouched(record)


def test_a_move_into_another_pipeline_takes_it_along(actor: Actor) -> None:
    other = create_pipeline(
        actor, name="Partners", stages=(("First", "", "open", 5, None), ("Won", "", "won", 100, None))
    )
    first = other.stages.order_by("position")[0]
    record = opportunity(actor)
    with pytest.raises(Invalid) as refused:
        update_record(actor, "opportunity", record.id, {"pipeline": other.id})
    assert list(refused.value.errors) == ["pipeline"]
    moved = move_opportunity(actor, record.id, first)
    assert (moved.pipeline_id, moved.probability) == (other.id, 5)


def test_a_representative_cannot_move_what_others_own(actor: Actor, rep_actor: Actor) -> None:
    record = opportunity(actor)
    with pytest.raises(NotFound):
        move_opportunity(rep_actor, record.id, stage("Proposal"))
    assert untouched(record)


def test_nobody_moves_the_record_of_another_company(other_tenant: Tenant, actor: Actor) -> None:
    with pytest.raises(NotFound):
        move_opportunity(actor, other_tenant.id, stage("Proposal"))


def test_lines_set_the_amount(actor: Actor) -> None:
    record = set_lines(actor, opportunity(actor).id, example_lines(actor), version=1)
    assert (record.amount, record.amount_company, record.version) == (Decimal("480000"), Decimal("480000"), 1)
    assert [line.amount for line in record.lines.order_by("position")] == [
        Decimal(value) for value in ("348480", "82800", "28800", "7200", "12720")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": "-1"}, "lines.0.quantity"),
        ({"quantity": "NaN"}, "lines.0.quantity"),
        ({"quantity": "two"}, "lines.0.quantity"),
        ({"discount_percent": "101"}, "lines.0.discount_percent"),
        ({"product": None}, "lines.0.product"),
    ],
)
def test_wrong_lines_leave_the_old_ones(actor: Actor, change: dict[str, Any], field: str) -> None:
    lines = example_lines(actor)
    record = set_lines(actor, opportunity(actor).id, lines[:1])
    with pytest.raises(Invalid) as refused:
        set_lines(actor, record.id, [{**lines[1], **change}])
    assert list(refused.value.errors) == [field]
    assert OpportunityLine.objects.get(opportunity=record).amount == Decimal("348480")


def test_contact_roles(actor: Actor) -> None:
    record = opportunity(actor)
    people = [create_record(actor, "contact", {"name": name}) for name in ("刘倩", "Julia Brandt")]
    set_contact_role(actor, record.id, contact=people[0].id, role="economic_buyer", is_primary=True)
    set_contact_role(actor, record.id, contact=people[1].id, role="user", is_primary=True)
    rows = {row.contact_id: (row.role, row.is_primary) for row in record.contacts.all()}
    assert rows == {people[0].id: ("economic_buyer", False), people[1].id: ("user", True)}
    assert Opportunity.objects.get(id=record.id).contact_id == people[1].id
    remove_contact_role(actor, record.id, contact=people[0].id)
    assert record.contacts.count() == 1
    with pytest.raises(Invalid):
        set_contact_role(actor, record.id, contact=people[0].id, role="chief")


def test_sums_are_in_the_company_s_currency(actor: Actor) -> None:
    set_rate("EUR", timezone.localdate(), Decimal("8"))
    opportunity(actor)
    opportunity(actor, amount="1000", currency="EUR")
    opportunity(actor, amount=None)
    first = pipeline_sums(actor)[0]
    assert (first.count, first.amount, first.weighted) == (3, Decimal("488000"), Decimal("48800"))


def test_a_currency_without_rate_is_refused_at_its_field(actor: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        opportunity(actor, currency="CHF")
    assert list(refused.value.errors) == ["currency"]
    assert Opportunity.objects.count() == 0


def test_why_one_is_stuck(actor: Actor) -> None:
    today = timezone.localdate()
    step = {"next_step": "Call", "next_step_at": timezone.now()}
    assert is_stuck(opportunity(actor), stage("Prospecting")) == "no_step"
    assert is_stuck(opportunity(actor, **step), stage("Prospecting")) == ""
    assert is_stuck(opportunity(actor, **step, close_date=today - timedelta(days=1)), stage("Prospecting")) == "late"
    later = timezone.now() + timedelta(days=16)
    assert is_stuck(opportunity(actor, **step), stage("Prospecting"), later) == "slow"
