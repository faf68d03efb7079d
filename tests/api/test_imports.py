"""Imports over the API: from a file to records, and back."""

import base64
from dataclasses import replace

from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.records.tasks import run_file_import
from tests.api.calling import Api, admin_of, api_of

TEXT = "name,email,employees\nA,a@x.example,1\nB,b@x.example,many\nA2,A@x.example,2\n"


def test_a_file_is_sent_decided_begun_and_taken_back(api: Api, admin: Actor) -> None:
    made = api.post("/imports", {"object": "accounts", "content": TEXT})
    assert (made.status, made.json["status"], made.json["encoding"], made.json["total"]) == (
        201,
        "uploaded",
        "utf-8",
        3,
    )
    path = f"/imports/{made.json['id']}"
    assert [rule["field"] for rule in made.json["rules"]] == ["name", "email", "employees"]
    assert api.patch(path, {"key": "email", "policy": "update"}).json["policy"] == "update"
    assert api.patch(path, {"key": "city"}).status == 422
    assert api.post(f"{path}/pause").status == 409
    assert api.post(f"{path}/start").json["status"] == "waiting"
    assert api.post(f"{path}/start").status == 409
    run_file_import(admin.tenant_id, import_id=made.json["id"], user_id=str(admin.user_id))
    done = api.get(path).json
    assert [done[name] for name in ("status", "read", "created", "updated", "skipped", "refused")] == [
        "done",
        3,
        1,
        1,
        0,
        1,
    ]
    assert [(one["row"], one["cells"][0]) for one in done["refusals"]] == [(1, "B")]
    assert [row["name"] for row in api.get("/accounts").json["data"]] == ["A2"]
    assert api.post(f"{path}/undo").json["status"] == "undone"
    assert api.get("/accounts").json["data"] == []
    assert [row["id"] for row in api.get("/imports?object=accounts").json["data"]] == [made.json["id"]]
    assert api.get("/imports?object=contacts").json["data"] == []


def test_bytes_travel_as_base64_and_a_dry_run_stores_nothing(api: Api, admin: Actor) -> None:
    text = base64.b64encode("客户名称\n华东\n".encode("gb18030")).decode()
    made = api.post("/imports", {"object": "accounts", "base64": text, "dry": True, "start": True}).json
    assert (made["encoding"], made["status"], made["dry"]) == ("gb18030", "waiting", True)
    run_file_import(admin.tenant_id, import_id=made["id"], user_id=str(admin.user_id))
    assert api.get(f"/imports/{made['id']}").json["created"] == 1
    assert api.get("/accounts").json["data"] == []


def test_wrong_imports_are_refused(api: Api) -> None:
    for body in (
        {"object": "accounts"}, {"object": "nothing", "content": TEXT}, {"object": "accounts", "content": ""},
        {"object": "accounts", "base64": "%%"}, {"object": "accounts", "content": TEXT, "encoding": "nonsense"},
        {"object": "accounts", "content": TEXT, "rules": [{"field": "nothing", "column": 0}]},
        {"object": "accounts", "content": TEXT, "rules": [{"field": "name", "column": True}]},
        {"object": "accounts", "content": "city\nUlm\n", "start": True},
    ):  # fmt: skip
        assert api.post("/imports", body).status == 422, body
    assert api.get("/imports").json["data"] == []
    assert api.get(f"/imports/{new_id()}").status == 404


def test_nobody_sees_the_imports_of_others(api: Api, admin: Actor, other_tenant: Tenant) -> None:
    made = api.post("/imports", {"object": "accounts", "content": TEXT}).json["id"]
    stranger = api_of(admin_of(other_tenant))
    assert stranger.get(f"/imports/{made}").status == 404
    assert stranger.post(f"/imports/{made}/start").status == 404
    assert stranger.get("/imports").json["data"] == []
    narrowed = api_of(replace(admin, token_scopes=None), ("account:read",))
    assert narrowed.post("/imports", {"object": "accounts", "content": TEXT}).status == 403
    assert narrowed.post(f"/imports/{made}/start").status in (403, 404)
