"""Reports and dashboards through Django's client: what is shown, kept, shared, refused and exported."""

from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records.changes import create_record
from guanxi.records.models import Dashboard, Report, ReportFavourite
from guanxi.records.reports.saved import dashboards, library

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
