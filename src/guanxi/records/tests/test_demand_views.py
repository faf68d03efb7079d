"""Settings and forms of what a company demands: pages, live states, the board's dialog, API."""

from typing import Any

import orjson
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.demands.services import DUPLICATE_RULES, FIELD_RULES, GATES
from guanxi.records.models import DuplicateRule, FieldRule, StageGate
from guanxi.records.queries import get_record, visible_records
from guanxi.records.rules.services import save_rule
from guanxi.records.tests.test_rules import RULE
from guanxi.records.tests.test_views import HTMX, sign_in

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


def states(client: Client, url: str, **form: Any) -> dict[str, Any]:
    answer = client.post(url, {"_fields": ",".join(form), **form})
    assert answer.status_code == 200
    found: dict[str, Any] = orjson.loads(answer.content)
    return found


def test_the_form_follows_what_is_typed(actor: Actor) -> None:
    rule(actor, "required", "city")
    rule(actor, "visible", "website")
    rule(actor, "read_only", "phone")
    save_rule(actor, RULE)
    client = sign_in(actor)
    small = states(client, "/accounts/states", name="A", employees="3")
    assert small == {"required": [], "read_only": [], "hidden": ["website"], "messages": {}}
    large = states(client, "/accounts/states", name="A", employees="300")
    assert large == {"required": ["city"], "read_only": [], "hidden": [], "messages": {"city": ["Where is it?"]}}
    assert states(client, "/accounts/states", name="A", employees="many")["hidden"] == ["website"]
    made = create_record(actor, "account", {"name": "A", "employees": 300, "city": "Graz"})
    url = f"/accounts/states?id={made.id}"
    assert states(client, url, employees="300")["read_only"] == ["phone"]
    assert states(client, url, employees="3")["read_only"] == []
    assert client.get("/accounts/states").status_code == 405
    page = client.get("/accounts/new").content.decode()
    assert 'data-slot="website" hidden' in page
    assert '<gx-field-rules data-url="/accounts/states">' in page


def test_a_form_does_not_write_what_it_does_not_show(actor: Actor) -> None:
    rule(actor, "visible", "website")
    rule(actor, "read_only", "phone")
    client = sign_in(actor)
    form = {"_fields": "name,website,employees", "name": "A", "website": "a.example", "employees": "3"}
    assert client.post("/accounts/new", form).status_code == 302
    made = visible_records(actor, "account").get()
    assert made.website == ""
    update_record(actor, "account", made.id, {"employees": 300, "website": "a.example", "phone": "1"})
    page = client.get(f"/accounts/{made.id}/").content.decode()
    assert f"/accounts/{made.id}/cell/website" in page
    assert f"/accounts/{made.id}/cell/phone" not in page
    form = {"_fields": "website,phone,city", "website": "", "phone": "", "city": "Graz", "version": "2"}
    assert client.post(f"/accounts/{made.id}/edit", form).status_code == 302
    fresh = get_record(actor, "account", made.id)
    assert (fresh.website, fresh.phone, fresh.city) == ("", "1", "Graz")
    update_record(actor, "account", made.id, {"website": "a.example"})
    update_record(actor, "account", made.id, {"employees": 3})
    page = client.get(f"/accounts/{made.id}/").content.decode()
    assert "a.example" not in page


def test_likely_duplicates_stand_beside_the_form_and_block_where_the_rule_says(actor: Actor) -> None:
    parts = [{"field": "city", "how": "exact"}]
    row = DUPLICATE_RULES.save(
        actor, {"object": "account", "name": "S", "matches": parts, "action": "warn", "is_active": True}
    )
    old = create_record(actor, "account", {"name": "Old", "city": "Graz"})
    client = sign_in(actor)
    form = {"_fields": "name,city", "name": "New", "city": "Graz"}
    beside = client.post("/accounts/similar", form).content.decode()
    assert ("Old" in beside, "same City" in beside) == (True, True)
    assert client.post("/accounts/new", form).status_code == 409
    assert client.post("/accounts/new", form | {"similar_seen": str(old.id)}).status_code == 302
    DUPLICATE_RULES.save(actor, {"action": "block"}, row.id)
    refused = client.post(
        "/accounts/new",
        form
        | {
            "similar_seen": ",".join(str(key) for key in visible_records(actor, "account").values_list("id", flat=True))
        },
    )
    assert (refused.status_code, "It exists already" in refused.content.decode()) == (422, True)
    answer = client.post("/api/v1/accounts", {"name": "New", "city": "Graz"}, content_type="application/json")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/city"]
    assert visible_records(actor, "account").count() == 2


def test_the_board_asks_for_what_the_stage_needs(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "Hartmann"})
    deal = create_record(actor, "opportunity", {"name": "Line 4", "account": account.id})
    proposal: Any = registry.get("stage").model._default_manager.get(name="Proposal")
    GATES.save(
        actor, {"object": "opportunity", "field": "stage", "value": str(proposal.id), "needs": ["amount", "next_step"]}
    )
    client = sign_in(actor)
    body = {"id": str(deal.id), "to": str(proposal.id), "version": 1}
    refused = client.post("/opportunities/board/move", body, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json() == {
        "detail": "“Proposal” needs “Amount”. “Proposal” needs “Next step”.",
        "form_url": f"/opportunities/{deal.id}/gate",
    }
    url = refused.json()["form_url"]
    dialog = client.get(url, {"to": str(proposal.id)}).content.decode()
    assert ('name="amount"' in dialog, 'name="next_step"' in dialog, 'name="name"' in dialog) == (True, True, False)
    form = {"_fields": "amount,next_step", "amount": "10", "next_step": "", "to": str(proposal.id), "version": "1"}
    again = client.post(url, form, **HTMX)
    assert (again.status_code, get_record(actor, "opportunity", deal.id).version) == (422, 1)
    assert client.post(url, form | {"next_step": "Call"}, **HTMX).status_code == 204
    fresh = get_record(actor, "opportunity", deal.id)
    assert (fresh.stage_id, fresh.next_step) == (proposal.id, "Call")
    assert client.get(url, {"to": "nothing"}).status_code == 404


def test_the_pages_make_change_and_delete(actor: Actor) -> None:
    client = sign_in(actor)
    stage: Any = registry.get("stage").model._default_manager.get(name="Proposal")
    for part, model, form, change in (
        ("fields", FieldRule, {"name": "R", "effect": "required", "fields": ["city", "phone"], "is_active": "1"}, {"name": "Other"}),
        ("stages", StageGate, {"stage": f"stage:{stage.id}", "needs": ["amount"]}, {"needs": ["next_step"]}),
        ("duplicates", DuplicateRule, {"name": "D", "action": "warn", "match_field": ["city", ""], "match_how": ["exact", "exact"]}, {"action": "block"}),
    ):  # fmt: skip
        name = "opportunity" if part == "stages" else "account"
        base = f"/settings/rules/{part}"
        assert client.get(f"{base}/new?object={name}").status_code == 200
        assert client.get(f"{base}/new?object=nothing").status_code == 404
        bad: Any = dict.fromkeys(form, "")
        assert client.post(f"{base}/new", bad | {"object": name}).status_code == 422
        assert not model.objects.exists()
        assert client.post(f"{base}/new", form | {"object": name}).status_code == 302
        row = model.objects.get()
        assert client.get(f"{base}/{row.id}/").status_code == 200
        assert client.post(f"{base}/{row.id}/", form | change | {"version": "1"}).status_code == 302
        assert model.objects.get().version == 2
        assert client.post(f"{base}/{row.id}/", form | {"version": "1"}).status_code == 412
        assert client.get(f"/settings/rules/?object={name}").status_code == 200
        if part == "fields":
            assert client.get(f"{base}/{row.id}/conditions", **HTMX).status_code == 200
            assert (
                client.post(f"{base}/{row.id}/conditions", {"filter": orjson.dumps(LARGE).decode()}).status_code == 302
            )
            assert FieldRule.objects.get().criteria == LARGE
            assert "Employees" in client.get("/settings/rules/?object=account").content.decode()
        assert client.post(f"{base}/{row.id}/delete").status_code == 302
        assert not model.objects.exists()


def test_only_administrators_reach_the_pages(rep_actor: Actor) -> None:
    client = sign_in(rep_actor)
    for part in ("fields", "stages", "duplicates"):
        assert client.get(f"/settings/rules/{part}/new?object=account").status_code == 403


def test_demands_over_the_api(actor: Actor) -> None:
    client = sign_in(actor)
    stage: Any = registry.get("stage").model._default_manager.get(name="Proposal")
    for name, body, change in (
        ("field-rules", {"object": "account", "name": "R", "effect": "required", "fields": ["city"], "criteria": LARGE}, {"fields": ["phone"]}),
        ("stage-gates", {"object": "opportunity", "field": "stage", "value": str(stage.id), "needs": ["amount"]}, {"needs": ["next_step"]}),
        ("duplicate-rules", {"object": "account", "name": "D", "matches": [{"field": "city", "how": "exact"}], "action": "block"}, {"action": "warn"}),
    ):  # fmt: skip
        made = client.post(f"/api/v1/{name}", body, content_type="application/json")
        assert made.status_code == 201, made.content
        row = made.json()
        assert {key: row[key] for key in body} == body
        url = f"/api/v1/{name}/{row['id']}"
        changed = client.patch(url, change, content_type="application/json", headers={"If-Match": '"1"'})
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert (
            client.patch(url, change, content_type="application/json", headers={"If-Match": '"1"'}).status_code == 412
        )
        assert [one["id"] for one in client.get(f"/api/v1/{name}?object={body['object']}").json()["data"]] == [
            row["id"]
        ]
        assert client.get(f"/api/v1/{name}?object=contact").json()["data"] == []
        assert (
            client.post(f"/api/v1/{name}", {**body, "object": "nothing"}, content_type="application/json").status_code
            == 422
        )
        assert client.delete(url).status_code == 204
