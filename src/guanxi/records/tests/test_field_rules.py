"""Rules of fields: required, read-only, visible on records that meet criteria; obeyed by every way of writing."""

from typing import Any

import pytest

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.actor import Actor
from guanxi.identity.kept import settings_changed
from guanxi.records.changes import Create, change_records, create_record, update_record
from guanxi.records.demands.services import FIELD_RULES
from guanxi.records.models import FieldRule
from guanxi.records.operations.running import Selection, start_operation
from guanxi.records.own_fields import create_field
from guanxi.records.queries import get_record, visible_records
from guanxi.records.tests.importing import figures, imported, refusals

LARGE = {"field": "employees", "op": "gt", "value": 100}


def rule(actor: Actor, effect: str, *fields: str, **values: Any) -> FieldRule:
    given = {
        "object": "account",
        "name": effect,
        "effect": effect,
        "fields": list(fields),
        "criteria": LARGE,
        "is_active": True,
    }
    return FIELD_RULES.save(actor, given | values)


def refused(run: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as problem:
        run()
    return problem.value.errors


def test_a_field_is_required_where_the_criteria_hold(actor: Actor) -> None:
    rule(actor, "required", "city", "phone")
    errors = refused(lambda: create_record(actor, "account", {"name": "A", "employees": 101, "phone": "1"}))
    assert errors == {"city": ["Fill in “City”."]}
    assert not visible_records(actor, "account").exists()
    made = create_record(actor, "account", {"name": "A", "employees": 100})
    assert list(refused(lambda: update_record(actor, "account", made.id, {"employees": 101}))) == ["city", "phone"]
    assert get_record(actor, "account", made.id).version == 1
    update_record(actor, "account", made.id, {"employees": 101, "city": "Graz", "phone": "1"})
    assert list(refused(lambda: update_record(actor, "account", made.id, {"city": ""}))) == ["city"]


def test_each_of_many_is_named_and_lists_uploads_and_mass_edits_obey(actor: Actor) -> None:
    rule(actor, "required", "city")
    changes = [Create({"name": str(count), "employees": count}) for count in (5, 200)]
    assert refused(lambda: change_records(actor, "account", changes)) == {"1.city": ["Fill in “City”."]}
    done = imported(actor, "name,employees,city\nA,3,\nB,400,\nC,500,Graz\n")
    assert figures(done) == (3, 2, 0, 0, 1)
    assert [(number, reason) for number, _cells, reason in refusals(done)] == [(1, "City: Fill in “City”.")]
    ids = list(visible_records(actor, "account").order_by("name").values_list("id", flat=True))
    operation = start_operation(actor, "account", "edit", {"values": {"city": ""}}, Selection(ids))
    assert (operation.done, operation.refused) == (1, 1)
    assert get_record(actor, "account", ids[1]).city == "Graz"


def test_what_is_locked_stays_until_it_is_unlocked(actor: Actor) -> None:
    rule(actor, "read_only", "city")
    made = create_record(actor, "account", {"name": "A", "employees": 500})
    errors = refused(lambda: update_record(actor, "account", made.id, {"city": "Graz"}))
    assert errors == {"city": ["“City” cannot be changed on this record."]}
    create_record(actor, "account", {"name": "B", "employees": 500, "city": "Graz"})
    update_record(actor, "account", made.id, {"phone": "1", "city": ""})
    update_record(actor, "account", made.id, {"city": "Graz", "employees": 3})
    update_record(actor, "account", made.id, {"city": "Wien", "employees": 500})
    assert list(refused(lambda: update_record(actor, "account", made.id, {"city": "Linz"}))) == ["city"]
    assert get_record(actor, "account", made.id).city == "Wien"


def test_what_is_not_visible_takes_no_value_and_is_not_asked_for(actor: Actor) -> None:
    rule(actor, "visible", "city")
    rule(actor, "required", "city", criteria={})
    errors = refused(lambda: create_record(actor, "account", {"name": "A", "employees": 5, "city": "Graz"}))
    assert errors == {"city": ["“City” is not used on this record."]}
    made = create_record(actor, "account", {"name": "A", "employees": 5})
    assert list(refused(lambda: update_record(actor, "account", made.id, {"employees": 500}))) == ["city"]
    update_record(actor, "account", made.id, {"employees": 500, "city": "Graz"})
    update_record(actor, "account", made.id, {"employees": 5})
    assert get_record(actor, "account", made.id).city == "Graz"


def test_rules_read_own_fields_and_links_and_name_the_person(actor: Actor, rep_actor: Actor) -> None:
    create_field(actor, {"object": "account", "kind": "number", "label_en": "Points", "name": "points"})
    parent = create_record(actor, "account", {"name": "P", "city": "Wien"})
    rule(actor, "required", "phone", criteria={"field": "points", "op": "gte", "value": 5})
    rule(actor, "required", "website", criteria={"field": "parent.city", "op": "is", "value": "Wien"})
    rule(actor, "read_only", "points", criteria={"field": "owner", "op": "is_not", "value": "$me"})
    values = {"name": "A", "points": 7, "parent": parent.id}
    assert list(refused(lambda: create_record(actor, "account", values))) == ["phone", "website"]
    made = create_record(
        actor, "account", {"name": "A", "points": 4, "owner": rep_actor.member_id, "team": rep_actor.team_id}
    )
    assert list(refused(lambda: update_record(actor, "account", made.id, {"points": 5, "phone": "1"}))) == ["points"]
    update_record(rep_actor, "account", made.id, {"points": 5, "phone": "1"})


def test_the_installation_is_not_asked_and_rules_that_fit_no_more_hold_for_nothing(actor: Actor) -> None:
    row = rule(actor, "required", "city")
    create_record(Actor.system(actor.tenant_id), "account", {"name": "A", "employees": 500})
    FieldRule.objects.update(criteria={"field": "gone", "op": "is", "value": 1})
    settings_changed()
    create_record(actor, "account", {"name": "B", "employees": 500})
    FIELD_RULES.save(actor, {"is_active": False, "criteria": LARGE}, row.id)
    create_record(actor, "account", {"name": "C", "employees": 500})
    FIELD_RULES.save(actor, {"is_active": True}, row.id)
    assert refused(lambda: create_record(actor, "account", {"name": "D", "employees": 500}))
    FIELD_RULES.delete(actor, row.id)
    create_record(actor, "account", {"name": "D", "employees": 500})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"object": "nothing"}, "object"), ({"name": ""}, "name"), ({"effect": "green"}, "effect"), ({"fields": []}, "fields"),
        ({"fields": ["nothing"]}, "fields"), ({"fields": "city"}, "fields"), ({"fields": ["updated_at"]}, "fields"),
        ({"criteria": {"field": "nothing"}}, "criteria"), ({"criteria": ["x"]}, "criteria"), ({"effect": "visible", "fields": ["name"]}, "fields"),
    ],
)  # fmt: skip
def test_what_makes_no_rule_is_refused(actor: Actor, values: dict[str, Any], field: str) -> None:
    given = {
        "object": "account",
        "name": "R",
        "effect": "required",
        "fields": ["city"],
        "criteria": {},
        "is_active": True,
    }
    assert list(refused(lambda: FIELD_RULES.save(actor, given | values))) == [field]
    assert not FieldRule.objects.exists()


def test_only_administrators_make_rules(rep_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        rule(rep_actor, "required", "city")
    assert not FieldRule.objects.exists()
