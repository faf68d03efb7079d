"""Over the API: outgoing mail, exports, the review of duplicates, the logo, the rules for discounts, the quota of exports."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test.utils import override_settings

from guanxi.core.ids import new_id
from guanxi.core.models import AccessEntry, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Role, Tenant
from guanxi.messaging.models import Message, MessageTemplate
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.models import DuplicatePair
from guanxi.records.review import run_search
from guanxi.sales.limits import limits_of
from tests.api.calling import Api, admin_of, api_of, make, member

ALL = dict.fromkeys(("view", "create", "edit", "delete", "export"), "all")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def account(tenant: Tenant, admin: Actor) -> Any:
    with tenant_tx(tenant.id):
        return create_record(admin, "account", {"name": "华东精密机械", "email": "info@hd.example", "city": "上海"})


@pytest.fixture
def colleague(tenant: Tenant, admin: Actor) -> Api:
    """May do everything with accounts, write mails, and is no administrator."""
    with tenant_tx(tenant.id):
        team = Membership.objects.get(id=admin.member_id).team
    assert team is not None
    grants = {"account": ALL, "interaction": {"view": "all", "create": "all"}, "message_template": {"view": "all"}}
    return api_of(member(admin, "wang", team, grants))


def form(name: str, content: bytes) -> tuple[bytes, str]:
    """A body with one file, and its type."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def test_a_mail_is_written_about_a_record_and_read_again(api: Api, account: Any) -> None:
    with tenant_tx(api.actor.tenant_id):
        template = create_record(
            api.actor, "message_template",
            {"name": "Visit", "language": "en", "channel": "mail", "subject": "Visit", "body": "Dear {{ account.name }}"},
        )  # fmt: skip
    body = {"collection": "accounts", "record": str(account.id), "template": str(template.id), "subject": "To {{ account.name }}"}  # fmt: skip
    sent = api.post("/messages", body, idempotency_key="m")
    assert (sent.status, sent.json["status"], sent.json["to"]) == (201, "held", ["info@hd.example"])
    assert (sent.json["subject"], sent.json["text"]) == ("To 华东精密机械", "Dear 华东精密机械\n")
    assert (sent.json["collection"], sent.json["record"]) == ("accounts", str(account.id))
    assert api.post("/messages", body, idempotency_key="m").json == sent.json
    assert [row["id"] for row in api.get("/messages", status="held").json["data"]] == [sent.json["id"]]
    assert api.get("/messages", status="sent").json["data"] == []
    assert api.get("/messages", status="nonsense").status == 422
    assert api.post(f"/messages/{sent.json['id']}/retry").status == 409
    with override_settings(SMTP_URL="smtp://localhost:1"):
        assert api.post(f"/messages/{sent.json['id']}/retry").json["status"] == "queued"
    with tenant_tx(api.actor.tenant_id):
        assert Message.objects.count() == 1


def test_a_mail_that_cannot_be_sent_leaves_nothing(api: Api, account: Any, colleague: Api) -> None:
    with tenant_tx(api.actor.tenant_id):
        silent = create_record(api.actor, "account", {"name": "No address"})
    text = {"subject": "Hello", "body": "Text"}
    assert api.post("/messages", {**text, "account": str(silent.id)}).status in (409, 422)
    assert api.post("/messages", text).pointers == {"/account"}
    assert api.post("/messages", {**text, "account": str(new_id())}).status == 404
    assert api.post("/messages", {**text, "collection": "accounts"}).pointers == {"/record"}
    assert api.post("/messages", {**text, "collection": "x", "record": str(account.id)}).pointers == {"/collection"}
    assert api.post("/messages", {**text, "account": str(account.id), "purpose": "spam"}).pointers == {"/purpose"}
    assert api.post("/messages", {"account": str(account.id)}).status == 422
    stored = {**text, "account": str(account.id), "attachments": [str(new_id())]}
    assert api.post("/messages", stored).status in (404, 422)
    with tenant_tx(api.actor.tenant_id):
        assert not Message.objects.exists()


def test_mails_are_their_writers_and_the_administrators(api: Api, account: Any, colleague: Api, other_api: Api) -> None:
    text = {"subject": "Hello", "body": "Text", "account": str(account.id)}
    mine, theirs = (caller.post("/messages", text).json["id"] for caller in (api, colleague))
    assert {row["id"] for row in api.get("/messages").json["data"]} == {mine, theirs}
    assert [row["id"] for row in colleague.get("/messages").json["data"]] == [theirs]
    assert colleague.get(f"/messages/{mine}").status == 404
    assert colleague.post(f"/messages/{mine}/retry").status == 404
    assert other_api.get("/messages").json["data"] == []
    assert other_api.get(f"/messages/{mine}").status == 404
    (first,) = api.get("/messages", limit=1).json["data"]
    rest = api.get("/messages", limit=1, cursor=api.get("/messages", limit=1).json["next"]).json
    assert ({first["id"], rest["data"][0]["id"]}, rest["next"]) == ({mine, theirs}, None)


def test_a_list_leaves_as_a_file(api: Api, account: Any, colleague: Api, other_api: Api, admin: Actor) -> None:
    with tenant_tx(api.actor.tenant_id):
        create_record(admin, "account", {"name": "Zeta", "city": "Bonn"})
    answer = api.get("/accounts/export", fields="name,city", filter={"field": "city", "op": "is", "value": "上海"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="accounts-')
    assert answer.body.decode("utf-8-sig").splitlines() == ["Name,City", "华东精密机械,上海"]
    lines = api.get("/accounts/export", format="jsonl", fields="name", sort="name", q="zeta").body.splitlines()
    assert [json.loads(line) for line in lines] == [{"name": "Zeta"}]
    assert api.get("/accounts/export", format="nonsense").status == 404
    assert api.get("/accounts/export", fields="nothing").status == 422
    assert api.get("/accounts/export", page=1).status == 422
    assert other_api.get("/accounts/export", format="jsonl").body == b""
    assert Api("").get("/accounts/export").status == 401
    assert colleague.get("/contacts/export").status == 403
    with tenant_tx(api.actor.tenant_id):
        assert AccessEntry.objects.filter(action="export", member_id=api.actor.member_id).count() == 2


def test_the_quota_of_a_role_is_set_and_holds(api: Api, account: Any, colleague: Api, admin: Actor) -> None:
    with tenant_tx(api.actor.tenant_id):
        create_record(admin, "account", {"name": "Zeta"})
        role = Role.objects.get(key="role-wang")
    changed = api.patch(f"/roles/{role.id}", {"export_rows": 1})
    assert (changed.status, changed.json["export_rows"]) == (200, 1)
    assert api.patch(f"/roles/{role.id}", {"export_rows": -1}).pointers == {"/export_rows"}
    assert api.patch(f"/roles/{role.id}", {"export_rows": "many"}).pointers == {"/export_rows"}
    assert colleague.get("/accounts/export").status == 429
    made = api.post("/roles", {"name": "New", "export_rows": 7})
    assert (made.status, made.json["export_rows"]) == (201, 7)


def test_small_lists_are_searched_by_their_titles(api: Api) -> None:
    for plural in ("pipelines", "units", "taxes"):
        kind = registry.by_plural(plural)
        assert kind is not None
        record = make(api.actor, kind)
        title = getattr(record, kind.by_name[kind.title].column)
        assert [row["id"] for row in api.get(f"/{plural}", q=title[1:]).json["data"]] == [str(record.id)], plural
        assert api.get(f"/{plural}", q="nothing like it").json["data"] == []


def test_duplicates_are_searched_read_and_decided(api: Api, colleague: Api, other_api: Api, admin: Actor) -> None:
    with tenant_tx(api.actor.tenant_id):
        for name in ("Northwind Traders", "Contoso Pharma", "Fabrikam Steel", "Adatum Optics"):
            for form_ in ("Ltd", "GmbH"):
                create_record(admin, "account", {"name": f"{name} {form_}", "phone": f"+49 228 55{len(name):04}", "city": "Bonn"})  # fmt: skip
    begun = api.post("/duplicate-searches", {"collection": "accounts", "least": 0.6})
    assert (begun.status, begun.json["state"], begun.json["least"]) == (201, "waiting", 0.6)
    assert api.post("/duplicate-searches", {"collection": "accounts"}).status == 409
    run_search(api.actor.tenant_id, begun.json["id"])
    (row,) = api.get("/duplicate-searches", collection="accounts").json["data"]
    assert (row["state"], row["records"], row["counts"]["open"]) == ("done", 8, row["pairs"])
    listed = api.get("/duplicates", collection="accounts", limit=1).json
    pair = listed["data"][0]
    assert pair["left"]["id"] != pair["right"]["id"] and 0.6 <= pair["score"] <= 1
    assert api.get("/duplicates", collection="accounts", cursor=listed["next"], limit=1).json["data"][0]["id"] != pair["id"]  # fmt: skip
    one = f"/duplicates/{pair['id']}"
    for caller, statuses in ((other_api, {404}), (Api(""), {401})):
        assert {caller.get(one).status, caller.patch(one, {"state": "same"}).status} == statuses
    assert colleague.get(one).status == 200
    assert api.patch(one, {"state": "twins"}).pointers == {"/state"}
    assert api.patch(one, {"state": "different"}).json["state"] == "different"
    assert [row["id"] for row in api.get("/duplicates", collection="accounts", state="different").json["data"]] == [pair["id"]]  # fmt: skip
    assert api.patch(f"/duplicate-searches/{row['id']}", {"least": 0.99}).json["least"] == 0.99
    assert api.patch(f"/duplicate-searches/{row['id']}", {"least": 0.2}).pointers == {"/least"}
    assert api.get("/duplicates").pointers == {"/collection"}
    assert api.get("/duplicates", collection="tasks").pointers == {"/collection"}
    assert colleague.get("/duplicates", collection="contacts").status == 403
    with tenant_tx(api.actor.tenant_id):
        assert DuplicatePair.objects.get(id=pair["id"]).state == "different"


def test_the_logo(api: Api, colleague: Api) -> None:
    body, kind = form("seal.png", PNG)
    assert colleague.call("POST", "/company/logo", body, content_type=kind).status == 403
    assert colleague.delete("/company/logo").status == 403
    made = api.call("POST", "/company/logo", body, content_type=kind)
    assert (made.status, made.json["content_type"]) == (201, "image/png")
    assert api.get("/company").json["logo"] == {"id": made.json["id"], "label": "seal.png"}
    assert colleague.get(f"/files/{made.json['id']}").status == 200
    wrong, kind = form("note.txt", b"text")
    assert api.call("POST", "/company/logo", wrong, content_type=kind).pointers == {"/file"}
    assert api.post("/company/logo", {"file": "x"}).status == 415
    assert api.delete("/company/logo").status == 204
    assert api.get("/company").json["logo"] is None
    with tenant_tx(api.actor.tenant_id):
        assert StoredFile.objects.filter(object="company").count() == 1
        assert Company.objects.get().logo_id is None


def test_rules_for_discounts(api: Api, colleague: Api, admin: Actor) -> None:
    rules = api.get("/sales-rules").json
    assert (rules["discounts"]["role-wang"], rules["defaults"]["role-wang"]) == (None, "10")
    with tenant_tx(api.actor.tenant_id):
        assert limits_of(colleague.actor).discount == Decimal(10)
    changed = api.patch("/sales-rules", {"discounts": {"role-wang": "12.5"}, "margin_floor": 20})
    assert (changed.status, changed.json["discounts"]["role-wang"], changed.json["margin_floor"]) == (200, "12.5", "20")
    with tenant_tx(api.actor.tenant_id):
        limits = limits_of(colleague.actor)
    assert (limits.discount, limits.margin_floor, limits.margin_goal) == (Decimal("12.5"), Decimal(20), Decimal(30))
    for body, pointers in (
        ({"discounts": {"role-wang": "101"}}, {"/discounts/role-wang"}),
        ({"discounts": {"nobody": "1"}}, {"/discounts/nobody"}),
        ({"margin_goal": "lots"}, {"/margin_goal"}),
        ({"margin_goal": "10"}, {"/margin_goal"}),
        ({"discounts": {"role-wang": True}}, {"/discounts"}),
    ):
        assert api.patch("/sales-rules", body).pointers == pointers, body
    assert api.patch("/sales-rules", {"discounts": {"role-wang": None}}).json["discounts"]["role-wang"] is None
    assert colleague.get("/sales-rules").status == 403
    assert colleague.patch("/sales-rules", {"margin_floor": 1}).status == 403
    assert api.get("/sales-rules").json["margin_floor"] == "20"
    assert api_of(admin_of(Tenant.objects.get(id=admin.tenant_id))).patch("/company", {"rooms_off": ["sales"]}).status == 200  # fmt: skip
    assert api.get("/sales-rules").status == 404


def test_a_template_of_another_company_is_not_found(api: Api, account: Any, other_tenant: Tenant) -> None:
    with tenant_tx(other_tenant.id):
        key = MessageTemplate.objects.values_list("id", flat=True).first()
    body = {"account": str(account.id), "template": str(key), "subject": "x"}
    assert api.post("/messages", body).status in (404, 422)
    with tenant_tx(api.actor.tenant_id):
        assert not Message.objects.exists()
