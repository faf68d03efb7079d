"""Making, editing and deleting records on the generic screens: stored, refused, merged with what others saved."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.records.history import read_history
from guanxi.records.queries import get_record
from guanxi.records.tests.test_views import HTMX, edit, fresh, sign_in
from guanxi.records.wordwise import compare_words


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Hartmann", "city": "Stuttgart", "employees": 400, "tags": ["key"]})


def test_new_record_is_created_and_opened(actor: Actor, client: Client) -> None:
    answer = client.post("/accounts/new", {"name": "Meridian", "kind": "business", "city": "Leeds"})
    assert answer.status_code == 302
    made = get_record(actor, "account", UUID(answer["Location"].strip("/").split("/")[-1]))
    assert (made.name, made.city, made.owner_id) == ("Meridian", "Leeds", actor.member_id)


def test_wrong_input_stays_in_the_form_with_its_message(actor: Actor, client: Client) -> None:
    answer = client.post("/accounts/new", {"name": "", "email": "nobody@", "city": "Leeds"}, **HTMX)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Fill in this field." in text
    assert "Complete the address" in text
    assert 'value="Leeds"' in text
    assert client.get("/accounts/").content.decode().count("<tr data-id=") == 0


def test_presets_fill_the_form_of_a_new_record(client: Client, account: Any) -> None:
    text = client.get(f"/contacts/new?account={account.id}").content.decode()
    assert f'<option value="{account.id}" selected>Hartmann</option>' in text


def test_edit_stores_changes_with_history_and_can_be_undone(actor: Actor, client: Client, account: Any) -> None:
    assert edit(client, account, 1, city="Berlin", employees="401").status_code == 204
    assert (fresh(actor, account).city, fresh(actor, account).employees) == ("Berlin", 401)
    assert len(read_history(actor, "account", account.id)) == 2
    assert client.post(f"/accounts/{account.id}/undo?version=2").status_code == 302
    assert (fresh(actor, account).city, fresh(actor, account).employees, fresh(actor, account).version) == (
        "Stuttgart",
        400,
        3,
    )


def test_undo_is_refused_when_the_record_moved_on(actor: Actor, client: Client, account: Any) -> None:
    edit(client, account, 1, city="Berlin")
    update_record(actor, "account", account.id, {"city": "Bonn"})
    assert client.post(f"/accounts/{account.id}/undo?version=2", **HTMX).status_code == 409
    assert fresh(actor, account).city == "Bonn"


def test_changes_of_two_people_that_fit_are_merged(actor: Actor, client: Client, account: Any) -> None:
    update_record(actor, "account", account.id, {"city": "Berlin"})
    assert edit(client, account, 1, city="Stuttgart", employees="500").status_code == 204
    assert (fresh(actor, account).city, fresh(actor, account).employees) == ("Berlin", 500)


def test_the_same_field_changed_twice_is_asked(actor: Actor, client: Client, account: Any) -> None:
    update_record(actor, "account", account.id, {"city": "Berlin", "tags": ["key", "fair"]})
    answer = edit(client, account, 1, city="Bonn", employees="500", tags=["key", "visit"])
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "saved Hartmann while you were editing" in text
    assert fresh(actor, account).version == 2
    choice = {"version": 2, "mine_city": "Bonn", "choice_city": "theirs", "mine_employees": "500",
              "mine_tags": ["key", "visit"], "choice_tags": "both", "both_tags": ["key", "fair", "visit"]}  # fmt: skip
    assert client.post(f"/accounts/{account.id}/merge", choice, **HTMX).status_code == 204
    merged = fresh(actor, account)
    assert (merged.city, merged.employees, merged.tags, merged.version) == ("Berlin", 500, ["key", "fair", "visit"], 3)


def test_the_choice_offers_all_of_one_side_and_the_way_back(actor: Actor, client: Client, account: Any) -> None:
    update_record(actor, "account", account.id, {"city": "Berlin", "payment_terms": "30 days net, 3 % discount"})
    sent = {"city": "Bonn", "payment_terms": "30 days net, 2 % discount"}
    text = edit(client, account, 1, **sent).content.decode()
    assert 'data-take="mine" data-key="1"' in text and 'data-take="theirs" data-key="2"' in text
    back = {
        "version": 2,
        "mine_city": "Bonn",
        "choice_city": "mine",
        "mine_payment_terms": "x",
        "choice_payment_terms": "theirs",
    }
    answer = client.post(f"/accounts/{account.id}/merge", {**back, "keep_editing": "1"}, **HTMX)
    form = answer.content.decode()
    assert answer.status_code == 200 and 'value="Bonn"' in form and 'value="30 days net, 3 % discount"' in form
    assert 'name="version" value="2"' in form
    assert (fresh(actor, account).city, fresh(actor, account).version) == ("Berlin", 2)


def test_a_longer_text_shows_what_changed(actor: Actor, client: Client, account: Any) -> None:
    update_record(actor, "account", account.id, {"payment_terms": "30 days net, 2 % discount"})
    update_record(actor, "account", account.id, {"payment_terms": "30 days net, 3 % discount"})
    text = edit(client, account, 2, payment_terms="45 days net, 2 % discount").content.decode()
    assert "30 days net, <del>2</del><ins>3</ins> % discount" in text
    assert "<del>30</del><ins>45</ins> days net, 2 % discount" in text


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "new", [("same", "new")]),
        ("one two", "one three", [("same", "one "), ("removed", "two"), ("added", "three")]),
        ("仅电话联系", "仅邮件联系", [("same", "仅"), ("removed", "电话"), ("added", "邮件"), ("same", "联系")]),
        ("Berlin", "Bonn", [("same", "Bonn")]),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert [(piece.kind, piece.text) for piece in compare_words(before, after)] == pieces


def test_one_field_is_edited_in_place(actor: Actor, client: Client, account: Any) -> None:
    url = f"/accounts/{account.id}/cell/city"
    assert 'value="Stuttgart"' in client.get(url, **HTMX).content.decode()
    assert client.post(url, {"city": "Ulm", "version": 1}, **HTMX).status_code == 200
    assert fresh(actor, account).city == "Ulm"
    stale = client.post(url, {"city": "Trier", "version": 1}, **HTMX)
    assert stale.status_code == 409
    assert "Somebody changed this record meanwhile" in stale.content.decode()
    wrong = client.post(f"/accounts/{account.id}/cell/email", {"email": "x@", "version": 2}, **HTMX)
    assert wrong.status_code == 422
    assert fresh(actor, account).city == "Ulm"


def test_delete_and_restore(actor: Actor, client: Client, account: Any) -> None:
    assert client.get(f"/accounts/{account.id}/delete").status_code == 405
    assert client.post(f"/accounts/{account.id}/delete").status_code == 302
    assert client.get(f"/accounts/{account.id}/").status_code == 404
    assert "Hartmann" in client.get("/accounts/?deleted=1").content.decode()
    assert client.post(f"/accounts/{account.id}/restore").status_code == 302
    assert fresh(actor, account).deleted_at is None
