"""Keys in other systems on the screens, and dialogs whose address is opened as a page."""

from typing import Any

import pytest
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.external import external_keys
from guanxi.records.tests.test_forms_of_lists import sign_in

DOCUMENT = {"Sec-Fetch-Dest": "document"}


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Hartmann"})


def test_keys_are_added_and_taken_away_in_one_dialog(client: Client, account: Any) -> None:
    url = f"/accounts/{account.id}/keys"
    assert 'name="source"' in client.get(url).content.decode()
    added = client.post(url, {"source": "erp", "key": "K-1"})
    (row,) = external_keys(account.id)
    assert (added.status_code, row.source, row.key) == (200, "erp", "K-1")
    assert f"{url}/{row.id}/remove" in added.content.decode()
    history = client.get(f"/accounts/{account.id}/", {"tab": "history"}).content.decode()
    assert "Keys in other systems" in history and "erp: K-1" in history
    assert client.post(f"{url}/{row.id}/remove").status_code == 200
    assert external_keys(account.id) == []
    assert client.post(f"{url}/{row.id}/remove").status_code == 404


@pytest.mark.parametrize("values", [{}, {"source": "erp"}, {"source": "e\x00rp", "key": "1"}, {"source": "x" * 61, "key": "1"}])  # fmt: skip
def test_a_wrong_key_is_refused_and_what_was_typed_stays(client: Client, account: Any, values: dict[str, str]) -> None:
    answer = client.post(f"/accounts/{account.id}/keys", values)
    assert (answer.status_code, external_keys(account.id)) == (422, [])


def test_who_may_only_read_sees_the_keys_and_no_form(account: Any, actor: Actor, rep_actor: Actor) -> None:
    colleague = sign_in(rep_actor)
    own = create_record(rep_actor, "account", {"name": "Mine"})
    assert colleague.post(f"/accounts/{own.id}/keys", {"source": "erp", "key": "1"}).status_code == 200
    answer = colleague.post(f"/accounts/{account.id}/keys", {"source": "erp", "key": "2"})
    assert answer.status_code in (403, 404)
    assert external_keys(account.id) == []


def test_a_dialog_that_is_opened_as_a_page_has_the_workspace_around_it(client: Client, account: Any) -> None:
    record = f"/accounts/{account.id}/"
    for url, back in (
        (f"{record}keys", record),
        (f"{record}edit", ""),
        ("/accounts/filter", "/accounts/"),
        (f"/activity/call?account={account.id}", record),
        ("/activity/task", "/"),
    ):
        page = client.get(url, headers=DOCUMENT).content.decode()
        assert 'class="side' in page, url
        if back:
            assert 'class="side' not in client.get(url, headers={"HX-Request": "true"}).content.decode()
            assert f'data-open-dialog="{url}" data-back="{back}"' in page
    # What is a page already stays as it is.
    assert "data-open-dialog" not in client.get(f"/accounts/{account.id}/", headers=DOCUMENT).content.decode()
