"""The whole configuration as one file: from a test company to the real one, with a preview, twice without harm."""

import io
from typing import Any

import orjson
import pytest
from conftest import actor_of

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, Team, Tenant
from guanxi.identity.services.company import change_company
from guanxi.identity.services.roles import change_role, create_role
from guanxi.identity.services.teams import change_team, create_team
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.code_patterns import change_pattern
from guanxi.records.configuration.applying import apply_document
from guanxi.records.configuration.comparing import compare, document
from guanxi.records.demands.services import DUPLICATE_RULES, FIELD_RULES, GATES
from guanxi.records.layouts.services import save_layout
from guanxi.records.models import CustomField, FieldRule, SavedView, Tag
from guanxi.records.own_fields import create_field
from guanxi.records.own_objects.services import create_object
from guanxi.records.queries import visible_records
from guanxi.records.reports.saved import save_dashboard, save_report
from guanxi.records.rules.services import save_rule
from guanxi.records.saved_views import save_view
from guanxi.records.sharing.rules import save_rule as save_sharing
from guanxi.records.tags import save_tag
from guanxi.records.tests.test_rules import RULE
from guanxi.records.tests.test_views import sign_in


def configured(actor: Actor) -> None:
    """Something of everything."""
    town = create_team(actor, name="Ulm")
    above = create_team(actor, name="Zollern")
    change_team(actor, team_id=town.id, name="Ulm", parent_id=above.id)
    save_tag(actor, name="Trade fair", colour="jade")
    create_record(actor, "price_book", {"name": "Export", "currency": "EUR"})
    for kind, name, more in (
        ("address", "site", {}), ("file", "papers", {"several": True}), ("autocode", "file_no", {"pattern": "L{seq:4}"}),
    ):  # fmt: skip
        create_field(actor, {"object": "contact", "kind": kind, "label_en": name, "name": name, **more})
    statuses = [{"label_en": "Free", "value": "free"}, {"label_en": "Sold", "value": "sold", "closed": True}]
    create_object(
        actor, {"label_en": "Vehicle", "label_zh": "车辆", "name": "x_vehicle", "statuses": statuses, "priced": True}
    )
    create_field(
        actor, {"object": "x_vehicle", "kind": "link", "label_en": "Keeper", "name": "keeper", "to": "account"}
    )
    create_field(actor, {"object": "account", "kind": "number", "label_en": "Mark", "name": "mark", "required": False})
    rollup = {"of": "x_vehicle.keeper", "function": "sum", "value": "amount"}
    create_field(
        actor,
        {
            "object": "account",
            "kind": "rollup",
            "label_en": "Fleet",
            "name": "a_fleet",
            "result": "number",
            "rollup": rollup,
        },
    )
    create_field(
        actor,
        {
            "object": "account",
            "kind": "formula",
            "label_en": "Twice",
            "name": "a_twice",
            "result": "number",
            "formula": "mark * 2",
        },
    )
    choices = [{"value": "a", "label_en": "A", "label_zh": "甲", "tone": "jade"}]
    create_field(
        actor, {"object": "lead", "kind": "choice", "label_en": "Class", "name": "own_class", "choices": choices}
    )
    role = create_role(actor, name="Fleet desk")
    change_role(
        actor,
        role_id=role.id,
        grants={"x_vehicle": {"view": "all", "edit": "own"}},
        field_access={"account": {"mark": "read"}},
    )
    change_company(actor, values={"fiscal_year_start": 4})
    change_pattern(actor, "account", "KD-{seq:6}")
    pipeline = create_record(actor, "pipeline", {"name": "Fleet"})
    stage = create_record(
        actor, "stage", {"name": "Test drive", "pipeline": pipeline.id, "category": "open", "probability": 20}
    )
    create_record(actor, "reason", {"name": "Colour", "kind": "lost"})
    create_record(
        actor,
        "message_template",
        {"name": "Hello", "language": "en", "subject": "Hi", "body": "Hello {{ contact.name }}"},
    )
    save_rule(actor, RULE)
    FIELD_RULES.save(
        actor,
        {
            "object": "account",
            "name": "F",
            "effect": "required",
            "fields": ["mark"],
            "criteria": {"field": "owner", "op": "is", "value": str(actor.member_id)},
            "is_active": False,
        },
    )
    GATES.save(actor, {"object": "opportunity", "field": "stage", "value": str(stage.id), "needs": ["amount"]})
    DUPLICATE_RULES.save(
        actor,
        {
            "object": "account",
            "name": "D",
            "matches": [{"field": "city", "how": "exact"}],
            "action": "warn",
            "is_active": True,
        },
    )
    save_layout(actor, "account", role.key, {"tabs": [{"label_en": "A", "sections": [{"fields": ["name", "mark"]}]}]})
    segment = create_record(
        actor,
        "segment",
        {
            "name": "Large",
            "object": "account",
            "kept": "criteria",
            "criteria": {"field": "employees", "op": "gt", "value": 9},
        },
    )
    within = {"field": "$segment", "op": "in", "value": [str(segment.id)]}
    save_view(actor, object_name="account", name="Large ones", criteria=within, audience="all")
    save_view(actor, object_name="account", name="Mine alone", criteria={}, audience="private")
    in_stage = {"field": "stage", "op": "is", "value": str(stage.id)}
    definition = {
        "object": "opportunity",
        "filter": in_stage,
        "measures": [{"key": "count", "kind": "count"}],
        "groups": [{"field": "owner"}],
    }
    report = save_report(actor, definition=definition, name="Drives", audience="all")
    save_dashboard(actor, name="Fleet", tiles=[{"report": str(report.id), "width": 6}], audience="all")
    save_sharing(actor, {"name": "Open", "object": "account", "criteria": {"field": "city", "op": "is", "value": "Graz"}, "principal_kind": "team", "principal_id": Team.objects.exclude(name__in=("Ulm", "Zollern")).get().id, "may_edit": False, "is_active": True})  # fmt: skip


def as_file(found: Any) -> Any:
    return orjson.loads(orjson.dumps(found))


def exported_well(actor: Actor) -> Any:
    """The file of a company that has everything: it is as the company, and names no key of it."""
    configured(actor)
    file = as_file(document(actor))
    assert compare(actor, file) == []
    text = orjson.dumps(file).decode()
    stage: Any = registry.get("stage").model._default_manager.get(name="Test drive")
    for key in (actor.tenant_id, actor.member_id, stage.id, stage.pipeline_id):
        assert str(key) not in text
    return file


def test_one_company_becomes_like_another_and_a_second_time_nothing_changes(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    with tenant_tx(tenant.id):
        file = exported_well(actor_of(tenant, "admin@polaris.example"))
    with tenant_tx(other_tenant.id):
        there = actor_of(other_tenant, "admin@borealis.example")
        named = {f"{one.kind} {one.name}" for one in compare(there, file)}
        assert {
            "added objects:x_vehicle",
            "added stages:@pipelines:Fleet/Test drive",
            "changed settings:company",
        } <= named
        file["parts"]["field_rules"]["account/F"]["criteria"]["value"] = "@users:admin@borealis.example"
        file["parts"]["sharing"]["Open"]["principal_id"] = f"@teams:{Team.objects.get().name}"
        done = apply_document(there, file, remove=True)
        assert (done.added > 15, done.changed > 0) == (True, True)
        assert compare(there, file) == []
        assert apply_document(there, file, remove=True) == type(done)()
        stage: Any = registry.get("stage").model._default_manager.get(name="Test drive")
        assert Role.objects.get(key="fleet-desk").grants == {"x_vehicle": {"view": "all", "edit": "own"}}
        assert sorted(CustomField.objects.values_list("object", "name")) == [
            ("account", "a_fleet"), ("account", "a_twice"), ("account", "mark"), ("contact", "file_no"), ("contact", "papers"), ("contact", "site"),
            ("lead", "own_class"), ("x_vehicle", "keeper"),
        ]  # fmt: skip
        assert Team.objects.get(name="Ulm").parent == Team.objects.get(name="Zollern")
        assert Tag.objects.get(name="Trade fair").colour == "jade"
        assert visible_records(there, "price_book").get(name="Export").currency == "EUR"
        assert CustomField.objects.get(name="file_no").options["pattern"] == "L{seq:4}"
        made = create_record(there, "x_vehicle", {"name": "S-GX 1", "amount": "9"})
        assert made.status == "free"
        assert visible_records(there, "segment").get().name == "Large"
        view = SavedView.objects.get(name="Large ones")
        assert view.criteria["value"] == [str(visible_records(there, "segment").get().id)]
        assert as_file(document(there))["parts"]["gates"] == file["parts"]["gates"]
        assert stage.pipeline.name == "Fleet"


def test_only_what_is_picked_is_done_and_nothing_is_removed_by_itself(actor: Actor) -> None:
    file = as_file(document(actor))
    configured(actor)
    now = as_file(document(actor))
    before = len(compare(actor, file))
    done = apply_document(actor, file)
    assert (done.added, done.removed) == (0, 0)
    assert FieldRule.objects.count() == 1
    done = apply_document(actor, file, only=["field_rules:account/F"])
    assert (done.added, done.changed, done.removed, FieldRule.objects.count()) == (0, 0, 1, 0)
    with pytest.raises(Invalid):
        apply_document(actor, file, only=["field_rules:account/F"])
    assert apply_document(actor, now, only=["field_rules:account/F"]).added == 1
    assert len(compare(actor, file)) < before + 1


def test_all_or_nothing(actor: Actor) -> None:
    file = as_file(document(actor))
    file["parts"]["fields"] = {
        "account.good": {"object": "account", "name": "good", "kind": "text", "label_en": "Good"}
    }
    file["parts"]["gates"] = {
        "x": {"object": "opportunity", "field": "stage", "value": "@stages:nowhere", "needs": ["amount"]}
    }
    with pytest.raises(Invalid) as refused:
        apply_document(actor, file)
    assert refused.value.errors == {"gates:x": ["“stages:nowhere” is not there."]}
    assert not CustomField.objects.filter(name="good").exists()


@pytest.mark.parametrize("given", [None, [], {}, {"format": "guanxi-configuration"}, {"format": "x", "version": 1, "parts": {}}, {"format": "guanxi-configuration", "version": 1, "parts": {"roles": []}}])  # fmt: skip
def test_what_is_no_configuration_is_refused(actor: Actor, given: Any) -> None:
    with pytest.raises(Invalid) as refused:
        compare(actor, given)
    assert list(refused.value.errors) == ["file"]


def test_only_administrators_export_and_import(rep_actor: Actor) -> None:
    for run in (lambda: document(rep_actor), lambda: apply_document(rep_actor, {})):
        with pytest.raises(NotAllowed):
            run()
    client = sign_in(rep_actor)
    assert [client.get(f"/settings/configuration/{end}").status_code for end in ("", "file")] == [403, 403]
    assert client.get("/api/v1/configuration").status_code == 403


def test_the_pages_export_compare_and_apply(actor: Actor) -> None:
    client = sign_in(actor)
    file = client.get("/settings/configuration/file")
    assert (file.status_code, "attachment" in file.headers["Content-Disposition"]) == (200, True)
    found = orjson.loads(file.content)
    found["parts"]["reasons"]["lost/Colour"] = {"name": "Colour", "kind": "lost"}
    text = orjson.dumps(found).decode()

    def send(content: str) -> Any:
        return client.post("/settings/configuration/", {"file": io.BytesIO(content.encode())})

    page = send(text).content.decode()
    assert ('value="reasons:lost/Colour" checked' in page, page.count('name="pick"')) == (True, 1)
    assert send("nonsense").status_code == 422
    assert client.post("/settings/configuration/").status_code == 422
    assert client.post("/settings/configuration/apply", {"content": text}).status_code == 422
    assert client.post("/settings/configuration/apply", {"content": "x", "pick": "a"}).status_code == 422
    answer = client.post("/settings/configuration/apply", {"content": text, "pick": ["reasons:lost/Colour"]})
    assert answer.status_code == 302
    assert visible_records(actor, "reason").filter(name="Colour").count() == 1
    assert "Nothing differs" in send(text).content.decode()


def test_the_api_exports_compares_and_applies(actor: Actor) -> None:
    client = sign_in(actor)
    found = client.get("/api/v1/configuration").json()
    found.pop("id")
    found["parts"]["reasons"]["lost/Colour"] = {"name": "Colour", "kind": "lost"}
    compared = client.post("/api/v1/configuration-comparisons", found, content_type="application/json")
    assert compared.status_code == 201, compared.content
    assert [(one["kind"], one["name"]) for one in compared.json()["differences"]] == [("added", "reasons:lost/Colour")]
    body = {**found, "only": ["reasons:lost/Colour"]}
    done = client.patch("/api/v1/configuration", body, content_type="application/json")
    assert done.status_code == 200, done.content
    assert "lost/Colour" in done.json()["parts"]["reasons"]
    assert client.patch("/api/v1/configuration", {"version": 1}, content_type="application/json").status_code == 422
