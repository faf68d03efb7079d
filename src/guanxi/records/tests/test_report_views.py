"""Reports and dashboards through Django's client: what is shown, kept, shared, refused and exported."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.core.errors import Invalid
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.models import Dashboard, Report, ReportFavourite
from guanxi.records.reports.charts import fitting_kind
from guanxi.records.reports.definition import CHARTS
from guanxi.records.reports.narrowing import called, shared_fields
from guanxi.records.reports.saved import dashboards, kinds_of, library, save_dashboard

Account: Any = registry.get("account").model
HTMX: Any = {"headers": {"HX-Request": "true"}}
BY_REGION = {"object": "account", "measures": [{"key": "count", "kind": "count"}], "groups": [{"field": "region"}]}
FORM = {
    "object": "account",
    "measure": ["count", "", ""],
    "group": ["region", ""],
    "filter": '{"all": []}',
    "name": "By region",
}


def sign_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


@pytest.fixture
def client(actor: Actor) -> Client:
    for name, region in (("A", "North"), ("B", "North"), ("C", "")):
        create_record(actor, "account", {"name": name, "region": region})
    return sign_in(actor)


def kept(actor: Actor, **values: Any) -> Report:
    return Report.objects.create(owner_id=actor.member_id, **{"name": "Mine", "definition": BY_REGION, **values})  # type: ignore[no-any-return]


def body(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def test_every_ready_report_opens_and_shows_its_figures(actor: Actor, client: Client) -> None:
    found = library(actor)
    assert len(found) >= 45
    assert len({one.key for one in found}) == len(found)
    assert client.get(f"/reports/{found[0].key}/").status_code == 200
    for one in found:
        answer = client.get(f"/reports/{one.key}/result", **HTMX)
        assert answer.status_code == 200
        assert 'role="alert"' not in body(answer), one.key
        assert "read at" in body(answer), one.key


def test_the_library_shows_names_and_what_they_tell(client: Client) -> None:
    text = body(client.get("/reports/"))
    assert "Customers by industry" in text
    assert "Where customers came from." in text


def test_figures_lead_to_their_records(actor: Actor, client: Client) -> None:
    report = kept(actor)
    text = body(client.get(f"/reports/{report.id}/result", **HTMX))
    assert ">North<" in text
    assert "Not given" in text
    assert "/accounts/?filter=" in text
    assert "3 Accounts" in text


def test_a_report_is_built_and_kept(actor: Actor, client: Client) -> None:
    assert client.get("/reports/new").status_code == 200
    shown = client.post("/reports/preview", FORM, **HTMX)
    assert (shown.status_code, "North" in body(shown)) == (200, True)
    answer = client.post("/reports/new", FORM | {"also": "share", "folder": "Sales", "audience": "all"})
    report = Report.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/reports/{report.id}/")
    assert (report.name, report.folder, report.audience, report.owner_id) == (
        "By region",
        "Sales",
        "all",
        actor.member_id,
    )
    assert report.definition["groups"] == [{"field": "region"}]
    assert [one["kind"] for one in report.definition["measures"]] == ["count", "share"]


def test_a_kept_report_is_changed_only_by_its_owner_and_only_once(
    actor: Actor, client: Client, rep_actor: Actor
) -> None:
    report = kept(actor, audience="all")
    assert client.get(f"/reports/{report.id}/edit").status_code == 200
    changed = client.post(
        f"/reports/{report.id}/edit", FORM | {"version": 1, "audience": "all", "base": str(report.id)}
    )
    stale = client.post(f"/reports/{report.id}/edit", FORM | {"version": 1, "name": "Late", "audience": "all"})
    other = sign_in(rep_actor).post(f"/reports/{report.id}/edit", FORM | {"name": "Theirs"})
    report.refresh_from_db()
    assert (changed.status_code, stale.status_code, other.status_code) == (302, 412, 403)
    assert (report.name, report.version) == ("By region", 2)


def test_a_private_report_is_nobody_elses(actor: Actor, rep_actor: Actor) -> None:
    report = kept(actor)
    other = sign_in(rep_actor)
    for path in ("", "result", "export"):
        assert other.get(f"/reports/{report.id}/{path}").status_code == 404
    assert other.post(f"/reports/{report.id}/delete").status_code == 404
    assert "Mine" not in body(other.get("/reports/"))
    assert Report.objects.count() == 1


def test_what_is_wrong_in_the_builder_is_said_and_kept_in_the_form(client: Client) -> None:
    answer = client.post("/reports/new", FORM | {"name": ""})
    assert (answer.status_code, "Give it a name." in body(answer)) == (422, True)
    assert not Report.objects.exists()
    for broken in ({"filter": "{"}, {"measure": ["sum:password"]}, {"group": ["x; y"]}, {"within": "given", "period_field": "created_at", "from": "x"}):  # fmt: skip
        shown = client.post("/reports/preview", {**FORM, **broken}, **HTMX)
        assert (shown.status_code, 'role="alert"' in body(shown)) == (200, True)


def test_every_form_of_chart_shows_many_groups(actor: Actor, client: Client) -> None:
    measures = [{"key": "n", "kind": "count"}, {"key": "sum", "kind": "sum", "field": "employees"}]
    for at in range(12):
        create_record(actor, "account", {"name": f"Company {at}", "employees": 2 * at})
    for kind in CHARTS:
        more: dict[str, Any] = (
            {"groups": []} if kind == "gauge" else {"pivot": {"field": "grade"}} if kind == "heat" else {}
        )
        made = kept(actor, definition={"object": "account", "groups": [{"field": "name"}], "measures": measures, "chart": kind} | more)  # fmt: skip
        text = body(client.get(f"/reports/{made.id}/result", **HTMX))
        assert ("15 Accounts" in text, "drawn as bars" in text) == (True, kind == "funnel"), kind


@pytest.mark.parametrize(("kind", "values", "drawn"), [
    ("pie", [3, None, 1], "pie"), ("pie", [3, -1], "row"), ("funnel", [3, 2], "funnel"), ("funnel", [1] * 11, "row"), ("bar", [-1], "bar"),
])  # fmt: skip
def test_slices_and_funnels_show_only_what_they_can(kind: str, values: list[int | None], drawn: str) -> None:
    assert fitting_kind(kind, values) == drawn


def test_a_favourite_stands_first(actor: Actor, client: Client) -> None:
    client.post("/reports/customers-by-size/favourite", {"wanted": 1})
    assert list(ReportFavourite.objects.values_list("key", flat=True)) == ["customers-by-size"]
    assert "Favourites" in body(client.get("/reports/"))
    client.post("/reports/customers-by-size/favourite", {"wanted": 0})
    assert not ReportFavourite.objects.exists()


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_an_export_holds_the_figures_and_is_noted(actor: Actor, client: Client, form: str) -> None:
    report = kept(actor, name="地区")
    answer = client.get(f"/reports/{report.id}/export?format={form}")
    assert answer.status_code == 200
    note = AccessEntry.objects.get(action="export")
    assert (note.object, note.detail["count"], note.detail["format"], note.detail["report"]) == (
        "account",
        2,
        form,
        "地区",
    )
    if form == "csv":
        assert answer.content.decode("utf-8-sig").split() == [
            "Province",
            "or",
            "state,Count",
            "North,2",
            "Not",
            "given,1",
            "Total,3",
        ]
    if form == "jsonl":
        assert next(orjson.loads(line) for line in answer.content.splitlines()) == {
            "Province or state": "North",
            "Count": "2",
        }


def test_a_dashboard_of_the_role_opens_by_itself_and_becomes_ones_own(actor: Actor, client: Client) -> None:
    first = client.get("/dashboards/")
    assert first.headers["Location"] == f"/dashboards/{dashboards(actor)[0].key}/"
    text = body(client.get("/dashboards/customer-base/?within=last_year"))
    assert "/reports/customers-by-size/result?within=last_year&amp;tile=1" in text
    assert client.get("/dashboards/customer-base/edit").status_code == 200
    data = {"name": "My wall", "report": ["new-customers", "", "customers-by-size"], "width": ["12", "6", "4"]}
    answer = client.post("/dashboards/customer-base/edit", data)
    board = Dashboard.objects.get()
    assert answer.headers["Location"] == f"/dashboards/{board.id}/"
    assert board.tiles == [{"report": "new-customers", "width": 12}, {"report": "customers-by-size", "width": 4}]
    assert client.get("/dashboards/").headers["Location"] == f"/dashboards/{board.id}/"


def tiles_of(*reports: Report) -> list[dict[str, Any]]:
    return [{"report": str(one.id), "width": 6} for one in reports]


DEALS = {"object": "opportunity", "measures": [{"key": "count", "kind": "count"}]}
PRODUCTS = {"object": "product", "measures": [{"key": "count", "kind": "count"}]}
IN_NORTH = orjson.dumps({"all": [{"field": "account.region", "op": "in", "value": ["North"]}]}).decode()


def test_a_dashboards_filter_narrows_each_report_by_the_name_its_records_have(actor: Actor, client: Client) -> None:
    north = Account.objects.get(name="A")
    create_record(actor, "opportunity", {"name": "Deal", "account": north.id})
    create_record(actor, "opportunity", {"name": "Other", "account": Account.objects.get(name="C").id})
    reports = [kept(actor), kept(actor, definition=DEALS), kept(actor, definition=PRODUCTS)]
    data = {
        "name": "Wall",
        "report": [str(one.id) for one in reports],
        "width": ["6"] * 3,
        "filter": ["account.region", ""],
    }
    answer = client.post("/dashboards/new", data)
    board = Dashboard.objects.get()
    assert (answer.status_code, board.filters) == (302, ["account.region"])
    page = body(client.get(f"/dashboards/{board.id}/", {"filter": IN_NORTH, "within": "last_year"}))
    assert page.count("filter=%7B") >= 3
    assert "<b>North</b>" in page
    dialog = body(client.get(f"/dashboards/{board.id}/filter", {"filter": IN_NORTH, "within": "last_year"}, **HTMX))
    assert ('"name": "account.region"' in dialog, 'name="within" value="last_year"' in dialog) == (True, True)
    shown = [
        body(client.get(f"/reports/{one.id}/result", {"filter": IN_NORTH, "tile": "1"}, **HTMX)) for one in reports
    ]
    assert ["2 Accounts" in shown[0], "1 Opportunities" in shown[1]] == [True, True]
    assert ["Filtered: Province or state is any of North" in text for text in shown] == [True, False, False]
    assert "Filtered: Account: Province or state is any of North" in shown[1]
    assert "Not filtered by Account: Province or state" in shown[2]
    assert client.get(f"/dashboards/{board.id}/export", {"format": "xlsx", "filter": IN_NORTH}).status_code == 200
    for wrong in (
        "{",
        '{"all": 1}',
        '{"all": [1]}',
        '{"all": [1, 2]}',
        '{"field": "account.region", "op": "near"}',
        '{"related": "x"}',
        "[]",
    ):
        assert client.get(f"/dashboards/{board.id}/", {"filter": wrong}).status_code == 200
        assert client.get("/accounts/", {"filter": wrong}).status_code < 500
        answer = client.get(f"/reports/{reports[0].id}/result", {"filter": wrong}, **HTMX)
        assert (answer.status_code, 'role="alert"' in body(answer)) == (200, True), wrong


def test_the_fields_of_a_dashboard_are_those_its_reports_know(actor: Actor, client: Client, rep_actor: Actor) -> None:
    reports = [kept(actor, audience="all"), kept(actor, definition=DEALS, audience="all")]
    board = save_dashboard(actor, name="Wall", tiles=tiles_of(*reports), filters=["account.region", "account.$segment"], audience="all")  # fmt: skip
    known = {one.name: one.known for one in shared_fields(actor, kinds_of(actor, [str(one.id) for one in reports]))}
    assert {name: known[name] for name in ("account.region", "opportunity.stage", "account.$segment", "source")} == {
        "account.region": 2, "opportunity.stage": 1, "account.$segment": 2, "source": 2,
    }  # fmt: skip
    text = body(client.get(f"/dashboards/{board.id}/edit"))
    assert ("Known to all reports" in text, "Account: Province or state" in text) == (True, True)
    for wrong in (["product.name"], ["account.password"], [7], ["account.region"] * 9):
        with pytest.raises(Invalid):
            save_dashboard(actor, name="Wall", tiles=tiles_of(*reports), filters=wrong, dashboard_id=board.id)
    board.refresh_from_db()
    assert (board.filters, board.version) == (["account.region", "account.$segment"], 1)
    # Who may not match by a field is not offered it, and what others filter by it does not reach the figures.
    blind = replace(rep_actor, is_admin=False, field_access={"account": {"region": "hidden"}})
    assert called(blind, registry.get("opportunity"), "account.region") is None
    assert called(actor, registry.get("opportunity"), "account.region") == "account.region"
    assert called(actor, registry.get("account"), "account.region") == "region"


def test_a_dashboard_refuses_what_is_no_report(client: Client) -> None:
    for data in ({"name": "", "report": []}, {"name": "x", "report": ["nothing"], "width": ["6"]}, {"name": "x", "report": ["new-customers"], "width": ["5"]}):  # fmt: skip
        assert client.post("/dashboards/new", data).status_code == 422
    assert not Dashboard.objects.exists()


def test_a_tile_of_a_report_that_is_gone_is_left_out(actor: Actor, client: Client) -> None:
    report = kept(actor)
    tiles = [{"report": str(report.id), "width": 6}, {"report": "new-customers", "width": 6}]
    board = Dashboard.objects.create(owner_id=actor.member_id, name="Wall", tiles=tiles)
    client.post(f"/reports/{report.id}/delete")
    text = body(client.get(f"/dashboards/{board.id}/"))
    assert (str(report.id) in text, "new-customers" in text) == (False, True)


def test_the_library_and_a_result_need_few_statements(client: Client) -> None:
    for path, most in (("/reports/", 12), ("/reports/won-by-month/result", 16)):
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path, **HTMX)
        assert len(queries) <= most, [one["sql"][:150] for one in queries]
