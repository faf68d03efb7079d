"""Gates: a record comes to a stage or status only when certain fields are filled in; the board asks for them."""

from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.board import move_card
from guanxi.records.changes import create_record, update_record
from guanxi.records.demands.gates import GateShut, gate_fields, gate_values
from guanxi.records.demands.services import GATES
from guanxi.records.models import StageGate
from guanxi.records.own_objects.services import create_object
from guanxi.records.queries import get_record


def stage(name: str) -> Any:
    return registry.get("stage").model._default_manager.get(name=name)


def gate(actor: Actor, value: Any, *needs: str, **values: Any) -> StageGate:
    given = {"object": "opportunity", "field": "stage", "value": str(value), "needs": list(needs)}
    return GATES.save(actor, given | values)


@pytest.fixture
def deal(actor: Actor) -> Any:
    account = create_record(actor, "account", {"name": "Hartmann"})
    return create_record(actor, "opportunity", {"name": "Line 4", "account": account.id})


def test_a_stage_opens_when_its_fields_are_filled_in(actor: Actor, deal: Any) -> None:
    proposal = stage("Proposal")
    gate(actor, proposal.id, "amount", "next_step")
    with pytest.raises(GateShut) as shut:
        move_card(actor, "opportunity", deal.id, str(proposal.id))
    assert shut.value.errors == {
        "amount": ["“Proposal” needs “Amount”."],
        "next_step": ["“Proposal” needs “Next step”."],
    }
    assert (shut.value.field, shut.value.to, shut.value.needs) == ("stage", str(proposal.id), ("amount", "next_step"))
    assert get_record(actor, "opportunity", deal.id).version == 1
    update_record(actor, "opportunity", deal.id, {"amount": "10", "next_step": "Call"})
    moved = move_card(actor, "opportunity", deal.id, str(proposal.id))
    assert moved.stage_id == proposal.id
    with pytest.raises(Invalid):
        update_record(actor, "opportunity", deal.id, {"amount": None})
    update_record(actor, "opportunity", deal.id, {"name": "Line 5"})


def test_who_was_in_the_stage_before_may_be_changed_otherwise(actor: Actor, deal: Any) -> None:
    gate(actor, deal.stage_id, "next_step")
    update_record(actor, "opportunity", deal.id, {"name": "Line 5"})
    with pytest.raises(GateShut):
        create_record(actor, "opportunity", {"name": "Line 6", "account": deal.account_id})


def test_own_objects_have_gates(actor: Actor) -> None:
    statuses = [{"label_en": "Free", "value": "free"}, {"label_en": "Sold", "value": "sold"}]
    create_object(actor, {"label_en": "Vehicle", "name": "x_vehicle", "statuses": statuses, "priced": True})
    kind = registry.get("x_vehicle")
    assert [item.name for item in gate_fields(kind)] == ["status"]
    assert gate_values(kind, kind.by_name["status"]) == [("free", "Free"), ("sold", "Sold")]
    gate(actor, "sold", "amount", object="x_vehicle", field="status")
    made = create_record(actor, "x_vehicle", {"name": "S-GX 1"})
    with pytest.raises(GateShut):
        update_record(actor, "x_vehicle", made.id, {"status": "sold"})
    update_record(actor, "x_vehicle", made.id, {"status": "sold", "amount": "9"})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"field": "name"}, "field"),
        ({"value": "nothing"}, "value"),
        ({"needs": []}, "needs"),
        ({"needs": ["stage"]}, "needs"),
    ],
)
def test_what_makes_no_gate_is_refused(actor: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        given = {"object": "opportunity", "field": "stage", "value": str(stage("Proposal").id), "needs": ["amount"]}
        GATES.save(actor, given | values)
    assert list(refused.value.errors) == [field]
    assert not StageGate.objects.exists()


def test_a_stage_has_one_gate(actor: Actor) -> None:
    gate(actor, stage("Proposal").id, "amount")
    with pytest.raises(Invalid):
        gate(actor, stage("Proposal").id, "next_step")
    assert StageGate.objects.count() == 1
