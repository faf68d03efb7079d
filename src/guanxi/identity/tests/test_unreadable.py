"""What the framework itself refuses to read: told in words, in the reader's language, and nothing is written."""

import pytest
from django.test import Client
from pytest_django import Settings

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Company, Tenant

LARGE = "What was sent is too large."
LARGE_ZH = "发送的内容过大。"
PATH = "/settings/company/"
# One over what settings.DATA_UPLOAD_MAX_NUMBER_FIELDS permits.
MANY = {f"field{number}": "1" for number in range(5_001)}


@pytest.mark.parametrize("values", [{"address": "x" * 10_000_000}, MANY], ids=["a long text", "many fields"])
def test_what_is_too_large_is_said_to_be(tenant: Tenant, admin_client: Client, values: dict[str, str]) -> None:
    admin_client.raise_request_exception = False
    answer = admin_client.post(PATH, values)
    assert answer.status_code == 413
    assert LARGE in answer.content.decode()
    with tenant_tx(tenant.id):
        assert Company.objects.get().address == ""


def test_scripts_get_the_sentence_alone(tenant: Tenant, admin_client: Client) -> None:
    answer = admin_client.post(PATH, {"address": "x" * 10_000_000}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content.decode()) == (413, LARGE)
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_chinese_reader_reads_it_in_chinese(tenant: Tenant, admin_client: Client) -> None:
    admin_client.post("/settings/preferences/", {"language": "zh-hans"})
    assert LARGE_ZH in admin_client.post(PATH, {"address": "x" * 10_000_000}).content.decode()


def test_a_broken_body_cannot_be_read(tenant: Tenant, admin_client: Client) -> None:
    broken = "multipart/form-data; boundary=" + "=" * 300
    answer = admin_client.generic("POST", PATH, b"--nothing", content_type=broken)
    assert answer.status_code == 400
    assert "What was sent cannot be read." in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/auth/login/", "/start/", "/api/v1/me"])
def test_the_name_of_another_host_is_refused(db: None, path: str, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    visitor = Client(raise_request_exception=False, headers={"Host": "evil.example"})
    answer = visitor.get(path)
    assert answer.status_code in (400, 401), answer.content
    assert "evil" not in answer.content.decode()


def test_an_address_that_is_none_is_answered_by_a_page(tenant: Tenant, admin_client: Client, client: Client) -> None:
    for address in ("/accounts/nothing", "/nothing/at/all/", "/settings/nothing/"):
        answer = admin_client.get(address)
        assert answer.status_code == 404
        page = answer.content.decode()
        assert "There is no such page." in page and 'class="side' in page, address
        assert client.get(address).status_code == 302
    short = admin_client.get("/nothing/at/all/", headers={"HX-Request": "true"})
    assert (short.status_code, short.content.decode()) == (404, "There is no such page.")
    missing = admin_client.get("/static/nothing.css")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")


def test_what_nobody_foresaw_is_told_without_the_database(
    tenant: Tenant, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        Company.objects.update(address="half")
        raise RuntimeError("a defect with secrets")

    admin_client.raise_request_exception = False
    monkeypatch.setattr("guanxi.identity.views.company.Company.objects.get", fail)
    for headers in ({}, {"HX-Request": "true"}):
        answer = admin_client.get("/welcome/", headers=headers)
        text = answer.content.decode()
        assert answer.status_code == 500 and "Nothing was changed." in text and "secrets" not in text
        assert text.startswith("<!doctype html>") == (not headers)
    monkeypatch.undo()
    with tenant_tx(tenant.id):
        assert Company.objects.get().address == ""
