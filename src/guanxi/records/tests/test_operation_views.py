"""The screens of operations: the way there from a list, progress, refusals, stop and undo."""

from typing import Any

import pytest
from django.test import Client

from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records.changes import Create, change_records, create_record, update_record
from guanxi.records.models import Operation
from guanxi.records.operations import log_operation, run_to_end, running
from guanxi.records.queries import get_record, visible_records
from guanxi.records.tests.test_views import HTMX, sign_in


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def made(actor: Actor, count: int, **values: Any) -> list[str]:
    return [
        str(one.id)
        for one in change_records(actor, "account", [Create({"name": f"F{n}", **values}) for n in range(count)])
    ]


def text(client: Client, url: str, **more: Any) -> str:
    return client.get(url, **more).content.decode()


def test_few_records_are_changed_at_once_and_the_list_offers_undo(actor: Actor, client: Client) -> None:
    data = {"id": made(actor, 2), "field": "city", "city": "Ulm", "next": "/accounts/"}
    answer = client.post("/accounts/bulk/edit", data, **HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/")
    one = Operation.objects.get()
    page = text(client, "/accounts/")
    assert "2 records changed." in page and f'data-undo="/operations/{one.id}/undo"' in page
    assert client.post(f"/operations/{one.id}/undo", **HTMX).status_code == 204
    assert visible_records(actor, "account").filter(city="Ulm").count() == 0
    shown = text(client, "/operations/")
    assert "Accounts: Edited" in shown and "Undo – Accounts: Edited" in shown and "Taken back" in shown


def test_many_records_are_left_to_the_worker_and_watched_on_a_page(
    actor: Actor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    made(actor, 4)
    answer = client.post("/accounts/bulk/edit", {"all": "1", "query": "", "field": "city", "city": "Ulm"}, **HTMX)
    one = Operation.objects.get()
    assert answer["HX-Redirect"] == f"/operations/{one.id}/"
    page = text(client, f"/operations/{one.id}/")
    assert "Looking up which records are meant" in page and 'hx-trigger="every 2s"' in page and "Ulm" in page
    run_to_end(actor.tenant_id, one.id)
    part = text(client, f"/operations/{one.id}/", **HTMX)
    assert "<html" not in part and "every 2s" not in part and f"/operations/{one.id}/undo" in part


def test_a_waiting_operation_is_stopped(actor: Actor, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 1)
    client.post("/accounts/bulk/delete", {"id": made(actor, 2)}, **HTMX)
    one = Operation.objects.get()
    assert client.post(f"/operations/{one.id}/cancel").status_code == 302
    assert Operation.objects.get().state == "cancelled"
    assert client.post(f"/operations/{one.id}/cancel").status_code == 409
    run_to_end(actor.tenant_id, one.id)
    assert visible_records(actor, "account").count() == 2


def test_who_was_refused_and_why_stands_on_the_page(actor: Actor, rep_actor: Actor) -> None:
    own = create_record(rep_actor, "account", {"name": "Own"})
    team = create_record(actor, "account", {"name": "Of the team", "owner": None, "team": str(rep_actor.team_id)})
    client = sign_in(rep_actor)
    data = {"id": [str(own.id), str(team.id), str(new_id())], "field": "city", "city": "Ulm", "next": "/accounts/"}
    client.post("/accounts/bulk/edit", data, **HTMX)
    one = Operation.objects.get()
    assert "2 records were refused." in text(client, "/accounts/")
    page = text(client, f"/operations/{one.id}/")
    assert "Of the team" in page and "You may see this record, but not change it." in page
    assert "Not shown to your role" in page
    assert get_record(actor, "account", team.id).city == ""


def test_a_dialog_names_the_records_and_says_what_is_wrong(actor: Actor, client: Client) -> None:
    chosen = made(actor, 2)
    for action, words in (("edit", "Edit – 2 records"), ("assign", "Assign – 2 records"), ("delete", "recycle bin")):
        assert words in text(client, f"/accounts/bulk/{action}?id={chosen[0]}&id={chosen[1]}", **HTMX)
    for action, data in (("edit", {}), ("assign", {}), ("tag", {}), ("edit", {"field": "employees", "employees": "x"})):
        assert client.post(f"/accounts/bulk/{action}", {"id": chosen, **data}, **HTMX).status_code == 422
    assert client.get("/accounts/bulk/burn", **HTMX).status_code == 404
    assert client.post("/accounts/bulk/delete", **HTMX).status_code == 422
    assert Operation.objects.count() == 0


def test_an_undo_with_exceptions_leads_to_its_page(actor: Actor, client: Client) -> None:
    chosen = made(actor, 2, city="Bonn")
    client.post("/accounts/bulk/edit", {"id": chosen, "field": "city", "city": "Ulm"}, **HTMX)
    one = Operation.objects.get()
    update_record(actor, "account", visible_records(actor, "account").get(id=chosen[0]).id, {"city": "Jena"})
    answer = client.post(f"/operations/{one.id}/undo", {"next": "/operations/"})
    undo = Operation.objects.get(action="undo")
    assert answer["Location"] == f"/operations/{undo.id}/"
    assert "Changed since: City." in text(client, f"/operations/{undo.id}/")
    assert client.post(f"/operations/{one.id}/undo").status_code == 409


def test_values_of_hidden_fields_are_not_told(actor: Actor, client: Client) -> None:
    client.post("/accounts/bulk/edit", {"id": made(actor, 1), "field": "phone", "phone": "+49 228 998877"}, **HTMX)
    one = Operation.objects.get()
    assert "+49 228 998877" in text(client, f"/operations/{one.id}/")
    for access in ("hidden", "masked"):
        Role.objects.update(field_access={"account": {"phone": access}}, is_admin=False, grants={"*": {"*": "all"}})
        assert "998877" not in text(sign_in(actor), f"/operations/{one.id}/")


def test_the_list_of_operations_has_pages(actor: Actor, client: Client) -> None:
    for number in range(52):
        log_operation(
            actor, action="import", object_name="account", batch_id=new_id(), done=number, params={"file": "x.csv"}
        )
    first = text(client, "/operations/")
    assert first.count("<tr data-url=") == 50
    after = first.split("/operations/?after=")[1][:36]
    assert text(client, f"/operations/?after={after}").count("<tr data-url=") == 2
    assert "No operations yet" not in first


def test_an_empty_list_of_operations_says_what_belongs_there(client: Client) -> None:
    assert "No operations yet" in text(client, "/operations/")
