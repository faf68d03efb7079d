"""Favourites: the star on records and views, the page, the API; only what one may still see."""

from typing import Any

import pytest
from django.test import Client

from guanxi.core.errors import NotFound
from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.records.api.settings.favourites import FAVOURITES
from guanxi.records.changes import create_record, delete_record
from guanxi.records.recents import is_starred, note_opened, opened, remove_star, set_star
from guanxi.records.saved_views import save_view
from guanxi.records.tests.test_views import HTMX, sign_in


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Hartmann"})


def test_the_star_of_a_record_is_given_and_taken_away(actor: Actor, client: Client, account: Any) -> None:
    url = f"/accounts/{account.id}/star"
    assert f'hx-get="{url}"' in client.get(f"/accounts/{account.id}/").content.decode()
    assert 'aria-pressed="false"' in client.get(url, **HTMX).content.decode()
    assert 'aria-pressed="true"' in client.post(url, {"wanted": "1"}, **HTMX).content.decode()
    assert is_starred(actor, "account", account.id)
    page = client.get("/favourites/").content.decode()
    assert "Hartmann" in page and "Opened lately" in page
    client.post(url, {"wanted": ""}, **HTMX)
    assert not is_starred(actor, "account", account.id)
    assert "No favourites yet" in client.get("/favourites/").content.decode()


def test_a_view_of_somebody_else_may_be_a_favourite(actor: Actor, rep_actor: Actor) -> None:
    view = save_view(actor, object_name="account", name="Key accounts", criteria={}, audience="all")
    client = sign_in(rep_actor)
    assert client.post(f"/accounts/views/{view.id}/star", {"wanted": "1"}, **HTMX).status_code == 200
    [one] = opened(rep_actor, starred=True)
    assert (one.label, one.url) == ("Key accounts", f"/accounts/?view={view.id}")
    assert opened(rep_actor, starred=False) == []
    for wrong in (f"/contacts/views/{view.id}/star", f"/accounts/views/{new_id()}/star"):
        assert client.get(wrong).status_code == client.post(wrong, {"wanted": "1"}).status_code == 404
    view.delete()
    assert opened(rep_actor, starred=True) == []


def test_what_is_not_shown_is_no_favourite(actor: Actor, rep_actor: Actor, account: Any) -> None:
    client = sign_in(rep_actor)
    for method in (client.get, client.post):
        assert method(f"/accounts/{account.id}/star", {"wanted": "1"}).status_code == 404
    for name, key in (("account", account.id), ("nothing", account.id), ("view", new_id())):
        with pytest.raises(NotFound):
            set_star(rep_actor, name, key, True)
    assert opened(rep_actor, starred=True) == []


def test_what_was_deleted_or_taken_from_ones_sight_leaves(actor: Actor, account: Any) -> None:
    note_opened(actor, "account", account.id)
    set_star(actor, "account", account.id, True)
    assert [one.label for one in opened(actor, starred=False)] == ["Hartmann"]
    delete_record(actor, "account", account.id)
    assert (opened(actor, starred=True), opened(actor, starred=False)) == ([], [])


def test_over_the_api(actor: Actor, rep_actor: Actor, account: Any) -> None:
    assert FAVOURITES.create is not None and FAVOURITES.rows is not None and FAVOURITES.get is not None
    key, _more = FAVOURITES.create(actor, {"object": "account", "record": str(account.id)})
    [row] = FAVOURITES.rows(actor, {})
    assert (row["id"], row["collection"], row["record"], row["label"]) == (
        str(key),
        "accounts",
        str(account.id),
        "Hartmann",
    )
    with pytest.raises(NotFound):
        remove_star(rep_actor, key)
    remove_star(actor, key)
    assert FAVOURITES.rows(actor, {}) == []
    with pytest.raises(NotFound):
        FAVOURITES.get(actor, key)
