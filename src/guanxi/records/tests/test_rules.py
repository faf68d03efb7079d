"""Rules of a company's own: obeyed by every way of writing, told in the reader's language beside the field."""

from typing import Any

import pytest
from django.utils.translation import override

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, create_record, update_record
from guanxi.records.models import ValidationRule
from guanxi.records.operations.running import Selection, start_operation
from guanxi.records.own_fields import create_field
from guanxi.records.queries import get_record, visible_records
from guanxi.records.rules.services import delete_rule, save_rule
from guanxi.records.tests.importing import figures, imported, refusals
from guanxi.records.tests.test_views import sign_in

RULE = {
    "object": "account",
    "name": "Large ones have a city",
    "formula": "employees > 100 and blank(city)",
    "field": "city",
    "message_en": "Where is it?",
    "message_zh": "在哪里？",
    "is_active": True,
}


def rule(actor: Actor, **values: Any) -> ValidationRule:
    return save_rule(actor, {**RULE, **values})


def test_a_rule_refuses_and_nothing_changes(actor: Actor) -> None:
    made = create_record(actor, "account", {"name": "Old", "employees": 500})
    rule(actor)
    with pytest.raises(Invalid) as refused:
        create_record(actor, "account", {"name": "New", "employees": 101})
    assert refused.value.errors == {"city": ["Where is it?"]}
    with override("zh-hans"), pytest.raises(Invalid) as refused:
        update_record(actor, "account", made.id, {"phone": "1"})
    assert refused.value.errors == {"city": ["在哪里？"]}
    assert visible_records(actor, "account").count() == 1
    assert get_record(actor, "account", made.id).version == 1
    assert Change.objects.filter(object="account").count() == 1
    update_record(actor, "account", made.id, {"phone": "1", "city": "Graz"})
    create_record(actor, "account", {"name": "Small", "employees": 100})


def test_each_record_of_many_is_named(actor: Actor) -> None:
    rule(actor)
    with pytest.raises(Invalid) as refused:
        changes = [Create({"name": str(count), "employees": count}) for count in (5, 200, 300)]
        change_records(actor, "account", changes)
    assert refused.value.errors == {"1.city": ["Where is it?"], "2.city": ["Where is it?"]}
    assert not visible_records(actor, "account").exists()


def test_a_rule_reads_what_is_calculated(actor: Actor) -> None:
    create_field(
        actor, {"object": "account", "kind": "formula", "label_en": "D", "name": "d", "result": "number", "formula": "employees * 2"}
    )  # fmt: skip
    rule(actor, formula="d > 10", field="")
    with pytest.raises(Invalid) as refused:
        create_record(actor, "account", {"name": "A", "employees": 6})
    assert refused.value.errors == {"": ["Where is it?"]}
    create_record(actor, "account", {"name": "A", "employees": 5})


def test_uploads_and_mass_edits_obey(actor: Actor) -> None:
    rule(actor)
    done = imported(actor, "name,employees,city\nA,3,\nB,400,\nC,500,Graz\n")
    assert figures(done) == (3, 2, 0, 0, 1)
    assert [(number, reason) for number, _cells, reason in refusals(done)] == [(1, "City: Where is it?")]
    ids = list(visible_records(actor, "account").order_by("name").values_list("id", flat=True))
    operation = start_operation(actor, "account", "edit", {"values": {"city": ""}}, Selection(ids))
    assert (operation.done, operation.refused) == (1, 1)
    assert get_record(actor, "account", ids[1]).city == "Graz"


def test_the_installation_itself_is_not_asked(actor: Actor) -> None:
    rule(actor)
    made = create_record(Actor.system(actor.tenant_id), "account", {"name": "A", "employees": 500})
    assert made.version == 1


def test_a_rule_that_is_off_or_gone_refuses_nothing(actor: Actor) -> None:
    row = rule(actor)
    save_rule(actor, {"is_active": False}, row.id)
    create_record(actor, "account", {"name": "A", "employees": 500})
    save_rule(actor, {"is_active": True}, row.id)
    with pytest.raises(Invalid):
        create_record(actor, "account", {"name": "B", "employees": 500})
    delete_rule(actor, row.id)
    create_record(actor, "account", {"name": "B", "employees": 500})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"object": "nothing"}, "object"), ({"name": " "}, "name"), ({"formula": "employees"}, "formula"), ({"formula": ""}, "formula"),
        ({"field": "nothing"}, "field"), ({"message_en": "", "message_zh": ""}, "message_en"), ({"name": "x" * 121}, "name"),
    ],
)  # fmt: skip
def test_what_makes_no_rule_is_refused(actor: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rule(actor, **values)
    assert list(refused.value.errors) == [field]
    assert not ValidationRule.objects.exists()


def test_only_administrators_make_rules(rep_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        rule(rep_actor)
    assert not ValidationRule.objects.exists()


def test_the_pages_make_change_and_delete_rules(actor: Actor) -> None:
    client = sign_in(actor)
    assert client.get("/settings/rules/?object=account").status_code == 200
    assert client.get("/settings/rules/new?object=account").status_code == 200
    form = {**RULE, "is_active": "1"}
    refused = client.post("/settings/rules/new", {**form, "formula": "employes > 1"})
    assert (refused.status_code, ValidationRule.objects.count()) == (422, 0)
    assert client.post("/settings/rules/new", form).status_code == 302
    row = ValidationRule.objects.get()
    page = client.get(f"/settings/rules/{row.id}/").content.decode()
    assert "employees &gt; 100 and blank(city)" in page
    answer = client.post(f"/settings/rules/{row.id}/", {**form, "formula": "blank(city)", "version": "1"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.formula, row.version) == ("blank(city)", 2)
    asked = client.post("/accounts/new", {"name": "A", "_fields": "name,city"})
    assert (asked.status_code, "Where is it?" in asked.content.decode()) == (422, True)
    assert client.post(f"/settings/rules/{row.id}/delete").status_code == 302
    assert not ValidationRule.objects.exists()


def test_a_rule_of_an_object_that_is_gone_has_no_page_and_refuses_nothing(actor: Actor) -> None:
    row = rule(actor)
    ValidationRule.objects.update(object="x_gone")
    client = sign_in(actor)
    assert client.get(f"/settings/rules/{row.id}/").status_code == 404
    assert client.post(f"/settings/rules/{row.id}/", RULE).status_code == 404
    create_record(actor, "account", {"name": "A", "employees": 500})


def test_rules_over_the_api(actor: Actor) -> None:
    client = sign_in(actor)
    made = client.post("/api/v1/validation-rules", RULE, content_type="application/json")
    assert (made.status_code, made.json()["formula"]) == (201, RULE["formula"])
    key = made.json()["id"]
    refused = client.post("/api/v1/accounts", {"name": "A", "employees": 500}, content_type="application/json")
    assert refused.status_code == 422
    assert (
        client.patch(
            f"/api/v1/validation-rules/{key}", {"is_active": False}, content_type="application/json"
        ).status_code
        == 200
    )
    assert (
        client.post("/api/v1/accounts", {"name": "A", "employees": 500}, content_type="application/json").status_code
        == 201
    )
    assert client.delete(f"/api/v1/validation-rules/{key}").status_code == 204
