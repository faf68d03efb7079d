"""Reports and dashboards over the API: the same figures, rights and refusals as in the screens."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.records.changes import create_record
from guanxi.records.models import Dashboard, Report
from guanxi.records.reports.runs import read_report
from tests.api.calling import Api, api_of, member

BY_REGION: dict[str, Any] = {
    "object": "account",
    "measures": [{"key": "count", "kind": "count"}],
    "groups": [{"field": "region"}],
}
EVERYTHING = {"*": dict.fromkeys(("view", "create", "edit", "delete", "export", "import"), "all")}


@pytest.fixture
def colleague(tenant: Tenant, admin: Actor) -> Api:
    """Somebody who sees everything, but whose reports are other ones."""
    with tenant_tx(tenant.id):
        for name, region in (("A", "North"), ("B", "North"), ("C", "")):
            create_record(admin, "account", {"name": name, "region": region})
        team = Membership.objects.get(id=admin.member_id).team
    assert team is not None
    return api_of(member(admin, "wang", team, EVERYTHING))


def test_a_report_is_made_run_changed_and_deleted(api: Api, colleague: Api) -> None:
    made = api.post("/reports", {"name": "Regions", "definition": BY_REGION})
    assert (made.status, made.json["definition"], made.json["audience"], made.json["ready"]) == (
        201,
        BY_REGION,
        "private",
        False,
    )
    one = f"/reports/{made.json['id']}"
    run = api.get(f"{one}/run")
    assert [(row["labels"], row["figures"]) for row in run.json["rows"]] == [
        (["North"], {"count": "2"}),
        (["Not given"], {"count": "1"}),
    ]
    assert run.json["total"]["figures"] == {"count": "3"}
    assert [colleague.get(path).status for path in (one, f"{one}/run")] == [404, 404]
    changed = api.patch(one, {"audience": "all"}, if_match='"1"')
    assert (changed.status, changed.json["version"], changed.headers["ETag"]) == (200, 2, '"2"')
    assert api.patch(one, {"name": "Late"}, if_match='"1"').status == 412
    assert (
        colleague.get(one).status,
        colleague.patch(one, {"name": "Theirs"}).status,
        colleague.delete(one).status,
    ) == (200, 403, 403)
    assert api.delete(one).status == 204
    assert api.get(one).status == 404


def test_the_library_is_read_and_run_but_not_changed(api: Api, colleague: Api) -> None:
    rows = {row["id"]: row for row in api.get("/reports", object="account").json["data"]}
    assert rows["customers-by-size"]["ready"] is True
    assert api.get("/reports/customers-by-size/run").status == 200
    assert api.get("/reports/won-by-month/run", within="last_year").json["period"]["from"].endswith("-01-01")
    assert api.get("/reports/won-by-month/run", within="someday").status == 422
    assert (
        api.patch("/reports/customers-by-size", {"name": "x"}).status,
        api.delete("/reports/customers-by-size").status,
    ) == (404, 404)
    assert api.get("/reports/nothing").status == 404


def test_a_definition_is_tried_without_being_kept(api: Api, colleague: Api, tenant: Tenant) -> None:
    assert api.post("/reports/run", BY_REGION).json["count"] == 3
    listed = api.post("/reports/run", {"object": "account", "columns": ["name", "region"], "sort": "name"})
    assert [row["values"] for row in listed.json["rows"]] == [["A", "North"], ["B", "North"], ["C", ""]]
    wrong = api.post("/reports/run", BY_REGION | {"measures": [{"key": "n", "kind": "sum", "field": "password"}]})
    assert (wrong.status, wrong.pointers) == (422, {"/measures/0/field"})
    kept = api.post("/reports", {"name": "x", "definition": BY_REGION | {"groups": [{"field": "password"}]}})
    assert (kept.status, kept.pointers) == (422, {"/definition/groups/0/field"})
    with tenant_tx(tenant.id):
        assert not Report.objects.exists()


def test_dashboards_are_made_and_changed(api: Api, colleague: Api, tenant: Tenant) -> None:
    tiles = [{"report": "new-customers", "width": 12}]
    made = api.post("/dashboards", {"name": "Wall", "tiles": tiles})
    assert (made.status, made.json["tiles"]) == (201, tiles)
    one = f"/dashboards/{made.json['id']}"
    assert colleague.get(one).status == 404
    assert api.patch(one, {"filters": ["account.region"]}).json["filters"] == ["account.region"]
    refused = api.patch(one, {"filters": ["account.region", "account.password"]})
    assert (refused.status, refused.pointers) == (422, {"/filters/1"})
    wrong = api.patch(one, {"tiles": [{"report": "nothing", "width": 6}]})
    assert (wrong.status, wrong.pointers) == (422, {"/tiles/0/report"})
    assert api.patch(one, {"name": "Wall 2"}).json["version"] == 3
    assert made.json["id"] in [row["id"] for row in api.get("/dashboards").json["data"]]
    assert api.delete(one).status == 204
    with tenant_tx(tenant.id):
        assert not Dashboard.objects.exists()


def test_a_filter_narrows_whatever_the_report_is_about(api: Api, colleague: Api) -> None:
    one = f"/reports/{api.post('/reports', {'name': 'Regions', 'definition': BY_REGION}).json['id']}"
    criteria = {"field": "account.region", "op": "is", "value": "North"}
    found = api.get(f"{one}/run", filter=orjson.dumps(criteria).decode()).json
    assert (found["count"], found["narrowed"]) == (2, {"by": ["Province or state is North"], "not_by": []})
    left = api.get("/reports/overdue-tasks/run", filter='{"field": "product.name", "op": "is", "value": "x"}').json
    assert left["narrowed"] == {"by": [], "not_by": ["Product: Name"]}
    assert api.get(f"{one}/run", filter="{").status == 422
    assert api.post("/report-runs", {"report": one.rpartition("/")[2], "filter": criteria}).status == 201
    assert api.post("/report-runs", {"report": one.rpartition("/")[2], "filter": {"all": 1}}).status == 422


def test_a_job_reads_what_takes_long(api: Api, colleague: Api, admin: Actor) -> None:
    made = api.post("/report-runs", {"report": "customers-by-size"})
    assert (made.status, made.json["state"], made.json["report"], made.json["result"]) == (201, "waiting", "customers-by-size", None)  # fmt: skip
    one = f"/report-runs/{made.json['id']}"
    assert [colleague.get(one).status, colleague.delete(one).status, colleague.post(f"{one}/cancel").status] == [
        404
    ] * 3
    assert api.delete(one).status == 409
    read_report.function(admin.tenant_id, UUID(made.json["id"]))
    done = api.get(one).json
    assert done["state"] == "done"
    now = api.get("/reports/customers-by-size/run").json
    assert {**now, "read_at": ""} == {**done["result"], "read_at": ""}
    assert done["result"]["read_at"] <= done["read_at"]
    assert [row["id"] for row in api.get("/report-runs").json["data"]] == [made.json["id"]]
    assert colleague.get("/report-runs").json["data"] == []
    assert api.post(f"{one}/cancel").status == 409
    stopped = api.post("/report-runs", {"definition": BY_REGION})
    assert api.post(f"/report-runs/{stopped.json['id']}/cancel").json["state"] == "cancelled"
    assert api.delete(one).status == 204
    for wrong, status in (({}, 422), ({"report": "nothing"}, 404), ({"definition": {"object": "account"}}, 422), ({"report": "won-by-month", "within": "someday"}, 422)):  # fmt: skip
        assert api.post("/report-runs", wrong).status == status, wrong


def test_reports_by_mail_are_set_over_the_api(api: Api, colleague: Api, admin: Actor) -> None:
    given = {"key": "customers-by-size", "forms": ["xlsx"], "rhythm": "weekly", "day": 3, "at": "07:30", "recipients": [str(admin.member_id)]}  # fmt: skip
    made = api.post("/report-subscriptions", given)
    assert (made.status, {name: made.json[name] for name in given}) == (201, given)
    one = f"/report-subscriptions/{made.json['id']}"
    assert [made.json["people"][0][name] for name in ("member", "stopped")] == [str(admin.member_id), False]
    assert [colleague.get(one).status, colleague.patch(one, {"day": 1}).status, colleague.delete(one).status] == [
        404
    ] * 3
    changed = api.patch(one, {"rhythm": "monthly", "day": 31}, if_match='"1"')
    assert (changed.status, changed.json["day"], changed.json["at"], changed.json["version"]) == (200, 31, "07:30", 2)
    assert api.patch(one, {"day": 1}, if_match='"1"').status == 412
    assert api.patch(one, {"day": 32}).status == 422
    assert api.post(f"{one}/pause").json["is_active"] is False
    assert api.get(one).json["people"][0]["next_at"] is None
    assert api.post(f"{one}/resume").json["is_active"] is True
    assert api.post(f"{one}/send").status == 200
    assert [(sent["member"], sent["state"]) for sent in api.get(one).json["sent"]] == [
        (str(admin.member_id), "waiting")
    ]
    assert api.post(f"{one}/stop").json["people"][0]["stopped"] is True
    assert api.post(f"{one}/again").json["people"][0]["stopped"] is False
    assert [row["id"] for row in api.get("/report-subscriptions").json["data"]] == [made.json["id"]]
    for wrong in ({"forms": ["doc"]}, {"recipients": []}, {"at": "x"}, {"rhythm": "hourly"}):
        assert api.post("/report-subscriptions", given | wrong).status == 422, wrong
    assert api.post("/report-subscriptions", given | {"key": "nothing"}).status == 404
    assert api.delete(one).status == 204
    assert api.get("/report-subscriptions").json["data"] == []
