"""Rules for how long records are kept: what they find, what they do, and that a legal hold wins."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.holds import place_hold
from guanxi.records.models import Erasure, RetentionRule
from guanxi.records.own_fields import create_field
from guanxi.records.privacy.retention import preview, run_rule, run_rules, save_rule
from guanxi.records.tests.test_views import sign_in

VALUES = {
    "name": "Old leads",
    "object": "lead",
    "date_field": "created_at",
    "days": 365,
    "action": "bin",
    "is_active": True,
}


def model_of(name: str) -> Any:
    return registry.get(name).model


@pytest.fixture
def leads(actor: Actor) -> list[Any]:
    """Two old leads and a young one."""
    made = [create_record(actor, "lead", {"name": f"Lead {number}", "city": "Köln"}) for number in range(3)]
    old = timezone.now() - timedelta(days=400)
    model_of("lead").objects.filter(id__in=[made[0].id, made[1].id]).update(created_at=old)
    return made


def test_the_bin_holds_what_is_too_old_but_what_is_held(actor: Actor, leads: list[Any]) -> None:
    rule = save_rule(actor, VALUES)
    place_hold(actor, "lead", leads[0].id, "Audit")
    found = preview(rule)
    assert (found.count, found.held, {row.id for row in found.first}) == (2, 1, {leads[0].id, leads[1].id})
    assert run_rules(actor.tenant_id) == {str(rule.id): 1}
    assert set(model_of("lead").objects.filter(deleted_at=None).values_list("id", flat=True)) == {
        leads[0].id,
        leads[2].id,
    }
    rule.refresh_from_db()
    assert (rule.last_done, rule.last_held) == (1, 1)
    ran = AccessEntry.objects.get(action="retention.ran")
    assert ran.detail == {"rule": "Old leads", "action": "bin", "done": 1, "held": 1}


def test_conditions_and_off(actor: Actor, leads: list[Any]) -> None:
    rule = save_rule(actor, {**VALUES, "criteria": {"field": "city", "op": "is", "value": "Bonn"}})
    assert run_rules(actor.tenant_id) == {str(rule.id): 0}
    save_rule(actor, {"criteria": {}, "is_active": False}, rule.id)
    assert run_rules(actor.tenant_id) == {}
    assert run_rule(actor.tenant_id, rule.id) == 0
    assert model_of("lead").objects.filter(deleted_at=None).count() == 3


def test_removed_for_good_and_never_the_books(actor: Actor, leads: list[Any]) -> None:
    rule = save_rule(actor, {**VALUES, "action": "purge"})
    assert run_rule(actor.tenant_id, rule.id) == 2
    assert list(model_of("lead").objects.values_list("id", flat=True)) == [leads[2].id]
    account = create_record(actor, "account", {"name": "Rheinwerk"})
    order = create_record(actor, "order", {"name": "Presses", "account": account.id})
    old = timezone.now() - timedelta(days=4000)
    model_of("order").objects.update(status="confirmed", created_at=old)
    model_of("account").objects.update(created_at=old)
    for name in ("order", "account"):
        save_rule(actor, {**VALUES, "name": name, "object": name, "action": "purge"})
    assert set(run_rules(actor.tenant_id).values()) == {0}
    assert model_of("order").objects.get().id == order.id


def test_persons_are_erased_once(actor: Actor, leads: list[Any]) -> None:
    rule = save_rule(actor, {**VALUES, "action": "erase"})
    assert run_rule(actor.tenant_id, rule.id) == 2
    assert run_rule(actor.tenant_id, rule.id) == 0
    rows = Erasure.objects.all()
    assert {(row.basis, row.reference, row.state) for row in rows} == {("retention", "Old leads", "done")}
    names = set(model_of("lead").objects.values_list("name", flat=True))
    assert names == {"Lead 2", *rows.values_list("pseudonym", flat=True)}


def test_age_by_a_field_of_ones_own(actor: Actor, leads: list[Any]) -> None:
    field = create_field(actor, {"object": "lead", "label_en": "Consent ends", "kind": "date"})
    made = create_record(actor, "lead", {"name": "Dated", field.name: "2020-01-01"})
    rule = save_rule(actor, {**VALUES, "date_field": field.name})
    assert [row.id for row in preview(rule).first] == [made.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"object": "nothing"}, {"date_field": "name"}, {"days": 0}, {"days": "many"}, {"action": "burn"}, {"name": ""}, {"criteria": []},
        {"criteria": {"field": "nothing", "op": "is", "value": 1}}, {"object": "order", "action": "erase"},
    ],
)  # fmt: skip
def test_what_is_refused(actor: Actor, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        save_rule(actor, {**VALUES, **wrong})
    assert not RetentionRule.objects.exists()


def test_the_pages_and_the_address(actor: Actor, rep_actor: Actor, leads: list[Any]) -> None:
    client = sign_in(actor)
    with pytest.raises(NotAllowed):
        save_rule(rep_actor, VALUES)
    assert "Age by" in client.get("/settings/privacy/rules/new?object=lead").content.decode()
    assert client.post("/settings/privacy/rules/new", {"object": "lead", "name": ""}).status_code == 422
    posted = {"object": "lead", "name": "Old", "date_field": "created_at", "days": "365", "action": "bin"}
    made = client.post("/settings/privacy/rules/new", posted)
    rule = RetentionRule.objects.get()
    assert (made["Location"], rule.is_active) == (f"/settings/privacy/rules/{rule.id}/", False)
    assert "2 records are too old now" in client.get(made["Location"]).content.decode()
    assert client.post(made["Location"], {**posted, "version": "1", "is_active": "1"}).status_code == 302
    assert client.get(f"/api/v1/retention-rules/{rule.id}").json()["due"] == 2
    criteria = '{"field": "city", "op": "is", "value": "Bonn"}'
    assert client.post(f"{made['Location']}conditions", {"filter": criteria}).status_code == 302
    answer = client.get(f"/api/v1/retention-rules/{rule.id}").json()
    assert (answer["due"], answer["is_active"], answer["version"]) == (0, True, 3)
    body = {"name": "New", "object": "lead", "date_field": "created_at", "days": 30, "action": "bin"}
    again = client.post("/api/v1/retention-rules", body, "application/json")
    assert again.status_code == 201
    assert client.delete(f"/api/v1/retention-rules/{again.json()['id']}").status_code == 204
    assert client.post(f"{made['Location']}delete").status_code == 302
    assert not RetentionRule.objects.exists()
