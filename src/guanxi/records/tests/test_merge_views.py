"""Records side by side: the page, the choice of values, the way there and the way from an old address."""

from typing import Any

import pytest
from django.test import Client

from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records.changes import create_record, update_record
from guanxi.records.models import Operation
from guanxi.records.queries import get_record, visible_records
from guanxi.records.tests.test_views import HTMX, sign_in


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def pair(actor: Actor) -> tuple[Any, Any]:
    first = create_record(actor, "account", {"name": "Northwind", "city": "Bonn", "industry": "Optics", "tags": ["a"]})
    second = create_record(
        actor, "account", {"name": "Northwind Ltd", "city": "Ulm", "industry": "Optics", "tags": ["b"]}
    )
    create_record(actor, "contact", {"name": "Ada", "account": str(second.id)})
    return first, second


def url(*records: Any) -> str:
    return "/accounts/merge?" + "&".join(f"id={record.id}" for record in records)


def text(client: Client, address: str, **more: Any) -> str:
    return client.get(address, **more).content.decode()


def form(first: Any, second: Any, **values: Any) -> dict[str, Any]:
    versions = {f"version_{one.id}": str(one.version) for one in (first, second)}
    return {"id": [str(first.id), str(second.id)], "survivor": str(first.id), **versions, **values}


def test_fields_that_differ_can_be_chosen_and_what_comes_along_is_told(client: Client, pair: tuple[Any, Any]) -> None:
    page = text(client, url(*pair))
    assert page.count('name="choice_city"') == 2 and page.count('name="choice_tags"') == 3
    assert 'name="choice_industry"' not in page and "The same in all" in page
    assert "Comes along" in page and "Contacts" in page
    assert page.count('name="survivor"') == 2


def test_the_chosen_values_survive_and_undo_is_at_hand(actor: Actor, client: Client, pair: tuple[Any, Any]) -> None:
    first, second = pair
    sent = form(first, second, choice_city=str(second.id), choice_tags="both", choice_name=str(first.id))
    answer = client.post("/accounts/merge", sent)
    assert answer["Location"] == f"/accounts/{first.id}/"
    now = get_record(actor, "account", first.id)
    assert (now.name, now.city, now.tags) == ("Northwind", "Ulm", ["a", "b"])
    page = text(client, f"/accounts/{first.id}/")
    one = Operation.objects.get()
    assert "1 record merged into Northwind." in page and f"/operations/{one.id}/undo" in page
    moved = client.get(f"/accounts/{second.id}/")
    assert (moved.status_code, moved["Location"]) == (302, f"/accounts/{first.id}/")
    assert "merged" in text(client, f"/accounts/{first.id}/?tab=history")
    client.post(f"/operations/{one.id}/undo")
    assert client.get(f"/accounts/{second.id}/").status_code == 200


def test_a_change_meanwhile_is_told_and_nothing_is_merged(actor: Actor, client: Client, pair: tuple[Any, Any]) -> None:
    sent = form(*pair, choice_city=str(pair[1].id))
    update_record(actor, "account", pair[1].id, {"city": "Jena"})
    answer = client.post("/accounts/merge", sent)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Jena" in page
    assert f'name="choice_city" value="{pair[1].id}" checked' in page
    assert visible_records(actor, "account").count() == 2


def test_the_bar_of_a_list_leads_to_the_page_for_two_or_three(client: Client, pair: tuple[Any, Any]) -> None:
    assert '"/accounts/merge"' in text(client, "/accounts/")
    answer = client.get(url(*pair), **HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, url(*pair))
    assert "Choose two or three records" in text(client, url(pair[0]), **HTMX)
    assert client.get(url(pair[0])).status_code == 400


def test_without_the_right_records_are_only_compared(actor: Actor, rep_actor: Actor) -> None:
    own = create_record(rep_actor, "account", {"name": "Own"})
    team = create_record(actor, "account", {"name": "Of the team", "owner": None, "team": str(rep_actor.team_id)})
    page = text(sign_in(rep_actor), url(own, team))
    assert "Of the team" in page and 'name="survivor"' not in page and "Compare accounts" in page
    assert sign_in(rep_actor).post("/accounts/merge", form(own, team)).status_code == 403
    strange = create_record(actor, "account", {"name": "Strange"})
    assert sign_in(rep_actor).get(url(own, strange)).status_code == 404
    assert sign_in(rep_actor).get(f"/accounts/merge?id={own.id}&id={new_id()}").status_code == 404


def test_records_that_cannot_be_merged_can_be_compared(actor: Actor, client: Client) -> None:
    one, two = (create_record(actor, "competitor", {"name": f"C{n}"}) for n in range(2))
    page = text(client, f"/competitors/merge?id={one.id}&id={two.id}")
    assert "can be compared, not merged" in page and 'name="survivor"' not in page
    assert client.post("/competitors/merge", {"id": [str(one.id), str(two.id)]}).status_code == 404


def test_a_hidden_field_is_not_compared_and_a_masked_one_is_masked(actor: Actor, pair: tuple[Any, Any]) -> None:
    for number, one in enumerate(pair):
        update_record(actor, "account", one.id, {"phone": f"+49 228 99887{number}"})
    for access in ("hidden", "masked"):
        Role.objects.update(field_access={"account": {"phone": access}}, is_admin=False, grants={"*": {"*": "all"}})
        page = text(sign_in(actor), url(*pair))
        assert "99887" not in page and 'name="choice_phone"' not in page


def test_the_dialog_offers_what_looks_the_same(actor: Actor, client: Client) -> None:
    one = create_record(actor, "account", {"name": "Northwind", "email": "info@n.example"})
    two = create_record(actor, "account", {"name": "N. Ltd", "email": "info@n.example"})
    page = text(client, f"/accounts/{one.id}/duplicates", **HTMX)
    assert f'value="{two.id}" checked' in page and "same e-mail" in page
    assert f"/accounts/{one.id}/duplicates" in text(client, f"/accounts/{one.id}/")
    assert client.get(f"/competitors/{one.id}/duplicates").status_code == 404
