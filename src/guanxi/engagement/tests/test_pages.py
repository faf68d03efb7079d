"""Pages of engagement over HTTP: offers on the customer's page, the editor, results, answers from a file; bad input never falls over."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.tests.factories import admin_of, make_account
from guanxi.engagement.models import Answer, Questionnaire, Response
from guanxi.engagement.services import propose_offer
from guanxi.engagement.tests.factories import CONTENT, make_offer, make_questionnaire
from guanxi.identity.models import Membership, Tenant


@pytest.fixture
def there(tenant: Tenant) -> dict[str, Any]:
    """An offer, a questionnaire and a customer."""
    with tenant_tx(tenant.id):
        actor = admin_of(tenant)
        return {"offer": make_offer(actor), "asked": make_questionnaire(actor), "account": make_account(actor)}


@pytest.fixture
def browser(tenant: Tenant, client: Client) -> Client:
    """The administrator's browser."""
    with tenant_tx(tenant.id):
        client.force_login(Membership.objects.get(id=admin_of(tenant).member_id).user)
    return client


def test_an_offer_is_proposed_and_accepted_on_the_customers_page(
    tenant: Tenant, there: dict[str, Any], browser: Client
) -> None:
    account = there["account"]
    address = f"/accounts/{account.id}/engagement"
    shown = browser.get(address).content.decode()
    assert "Nothing was proposed yet" in shown and f"/offers/propose?account={account.id}" in shown
    dialog = browser.get(f"/offers/propose?account={account.id}")
    assert "Service contract" in dialog.content.decode()
    wrong = browser.post(f"/offers/propose?account={account.id}", {"offer": "x", "channel": "pigeon"})
    assert wrong.status_code in (404, 422)
    done = browser.post(f"/offers/propose?account={account.id}", {"offer": str(there["offer"].id), "channel": "visit"})
    assert done.status_code == 302
    with tenant_tx(tenant.id):
        response = Response.objects.get()
    assert f"/responses/{response.id}/do/accept" in browser.get(address).content.decode()
    taken = browser.post(f"/responses/{response.id}/do/accept", {"version": "1", "next": f"/accounts/{account.id}/"})
    assert (taken.status_code, taken["Location"]) == (302, f"/accounts/{account.id}/")
    with tenant_tx(tenant.id):
        assert Response.objects.get().state == "accepted"
    assert "What accepting made" in browser.get(f"/responses/{response.id}/").content.decode()
    assert browser.get(f"/offers/{there['offer'].id}/").status_code == 200


def test_the_editor_keeps_what_it_refuses(tenant: Tenant, there: dict[str, Any], browser: Client) -> None:
    address = f"/questionnaires/{there['asked'].id}/questions"
    assert "Would you recommend us?" in browser.get(address).content.decode()
    for content in (
        "",
        "{",
        "[]",
        '{"sections": 1}',
        '{"sections": [1, {"questions": 5}]}',
        '{"sections": [{"questions": [{"key": "a", "kind": "x"}]}]}',
    ):
        answer = browser.post(address, {"content": content, "version": "1"})
        assert answer.status_code == 422, content
    half = {
        "sections": [{"questions": [{"key": "q1", "kind": "scale", "text": "Half"}, {"key": "q2", "kind": "text"}]}]
    }
    refused = browser.post(address, {"content": json.dumps(half), "version": "1"})
    assert (
        refused.status_code == 422
        and "Question q2 has no text." in refused.content.decode()
        and "Half" in refused.content.decode()
    )
    with tenant_tx(tenant.id):
        assert Questionnaire.objects.get().content == CONTENT
    assert browser.post(address, {"content": json.dumps(CONTENT), "version": "9"}).status_code in (302, 409)
    half["sections"][0]["questions"].pop()
    assert browser.post(address, {"content": json.dumps(half), "version": "1"}).status_code == 302
    with tenant_tx(tenant.id):
        assert Questionnaire.objects.get().content == half


def test_asked_on_the_phone_and_from_a_file(tenant: Tenant, there: dict[str, Any], browser: Client) -> None:
    base, account = f"/questionnaires/{there['asked'].id}", there["account"]
    assert browser.get(f"{base}/do/answer")["Location"] == f"{base}/ask"
    assert browser.get(f"{base}/preview?lang=zh").content.decode().count("您会推荐我们吗？") >= 1
    assert account.name in browser.get(f"{base}/ask?account={account.id}").content.decode()
    assert browser.post(f"{base}/ask", {"account": str(account.id), "channel": "phone"}).status_code == 422
    done = browser.post(f"{base}/ask", {"account": str(account.id), "channel": "phone", "again": "9"})
    assert (done.status_code, done["Location"]) == (302, f"/accounts/{account.id}/")
    for name, data, status in (
        ("a.csv", b"again\n8\n3\n", 302),
        ("a.csv", b"nothing\n8\n", 422),
        ("a.bin", b"\x00\x01\xff", 422),
        ("", b"", 422),
    ):
        sent = {"file": SimpleUploadedFile(name, data)} if name else {}
        assert browser.post(f"{base}/upload", sent).status_code == status, (name, data)
    with tenant_tx(tenant.id):
        assert sorted(Answer.objects.values_list("nps", "channel")) == [(8, "import"), (9, "phone")]
        answer = Answer.objects.get(nps=9)
    page = browser.get(f"{base}/results?measure=nps&by=industry").content.decode()
    assert "NPS over time" not in page and "95 % interval" in page
    assert "9 of 10" in browser.get(f"/answers/{answer.id}/").content.decode()
    assert "NPS 9" in browser.get(f"/accounts/{account.id}/engagement").content.decode()


def test_without_the_right_there_is_nothing(tenant: Tenant, there: dict[str, Any], client: Client) -> None:
    for path in (
        f"/questionnaires/{there['asked'].id}/results",
        "/offers/propose",
        f"/accounts/{there['account'].id}/engagement",
    ):
        assert client.get(path)["Location"].startswith("/auth/login/")
    with tenant_tx(tenant.id):
        propose_offer(admin_of(tenant), there["offer"].id, account=there["account"].id, channel="visit")
        assert Response.objects.count() == 1
