"""Where the generic screens go on to, and the page of a conflict for a browser without scripts."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records.changes import create_record, update_record
from guanxi.records.queries import get_record
from guanxi.records.views.base import next_url


@pytest.fixture
def client(actor: Actor) -> Client:
    found = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    found.force_login(User.objects.get(id=actor.user_id or ""), backend=backend)
    return found


@pytest.mark.parametrize(
    ("wanted", "ours"),
    [
        ("/accounts/?q=a", True), ("http://testserver/accounts/", True), ("", False), ("accounts", False), ("not-a-number", False),
        ("//evil.example/", False), ("https://evil.example/", False), ("javascript:alert(1)", False), ("/\\evil.example", False),
        ("http:///evil.example", False), ("\x00/accounts/", False), ("🦀", False),
    ],
)  # fmt: skip
def test_only_addresses_of_ours_are_gone_on_to(wanted: str, ours: bool) -> None:
    asked = RequestFactory().get("/", {"next": wanted})
    sent = RequestFactory().post("/", {"next": wanted})
    for request in (asked, sent):
        assert next_url(request, "/here/") == (wanted if ours else "/here/")


def test_the_page_that_the_form_stood_on_is_gone_back_to() -> None:
    for address, expected in (("http://testserver/tasks/", "http://testserver/tasks/"), ("https://evil.example/", "/")):
        assert next_url(RequestFactory().post("/", headers={"HX-Current-URL": address}), "/") == expected
    # Over TLS nothing leads back to the plain address.
    secure = RequestFactory().post("/", {"next": "http://testserver/tasks/"}, secure=True)
    assert next_url(secure, "/") == "/"


def test_a_conflict_is_a_whole_page_where_no_script_opens_a_dialog(actor: Actor, client: Client) -> None:
    account: Any = create_record(actor, "account", {"name": "Hartmann", "city": "Stuttgart"})
    update_record(actor, "account", account.id, {"city": "Ulm"})
    answer = client.post(f"/accounts/{account.id}/edit", {"_fields": "city", "city": "Köln", "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    for text in ("Köln", "Ulm", "Stuttgart", f'action="/accounts/{account.id}/merge"', 'class="side'):
        assert text in page
    assert get_record(actor, "account", account.id).city == "Ulm"
    late = client.post(f"/accounts/{account.id}/merge", {"mine_city": "Köln", "version": "0"})
    assert late.status_code == 409
    assert get_record(actor, "account", account.id).city == "Ulm"


def test_a_conflict_is_not_solved_by_looking(actor: Actor, client: Client) -> None:
    account: Any = create_record(actor, "account", {"name": "Hartmann", "city": "Ulm"})
    answer = client.get(f"/accounts/{account.id}/merge", {"mine_city": "Köln", "version": "1"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert get_record(actor, "account", account.id).version == 1
