"""How one gets in, and how much: tokens, sessions, forged requests, the limit, headers, the description."""

import pytest
from django.db import connection
from django.test import Client, override_settings

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.identity.actor import Actor
from guanxi.identity.models import ApiToken, Tenant, User
from guanxi.records.api import throttle, views
from tests.api.calling import Api, admin_of, api_of, make_tenant


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    """A signed-in administrator's browser that protects against forged requests as a real one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.get(email="admin@polaris.example"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_a_session_reads_with_its_own_rights(browser: Client, api: Api) -> None:
    record = api.post("/accounts", {"name": "One"}).json
    answer = browser.get(f"/api/v1/accounts/{record['id']}")
    assert (answer.status_code, answer.json()["name"]) == (200, "One")
    assert answer.headers["RateLimit-Limit"] == "120000"


def test_a_forged_request_of_a_session_changes_nothing(browser: Client, admin: Actor) -> None:
    refused = browser.post("/api/v1/accounts", {"name": "One"}, content_type="application/json")
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    with tenant_tx(admin.tenant_id):
        assert Account.objects.count() == 0
    token = "a" * 32
    browser.cookies["guanxi_csrf"] = token
    made = browser.post(
        "/api/v1/accounts", {"name": "One"}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert (made.status_code, made.json()["name"]) == (201, "One")


def test_a_token_works_through_djangos_own_door_too(api: Api) -> None:
    client = Client(headers={"Authorization": f"Bearer {api.token}"}, enforce_csrf_checks=True)
    assert client.post("/api/v1/accounts", {"name": "One"}, content_type="application/json").status_code == 201
    assert client.get("/api/v1/accounts").json()["data"][0]["name"] == "One"


def test_beyond_the_limit_comes_429(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_requests", throttle.Window())
    with override_settings(API_RATE_LIMIT=2):
        answers = [api.get("/me") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 61
    assert answers[2].json["type"] == "urn:guanxi:problem:too-many"


def test_an_address_that_keeps_failing_is_refused_before_the_database(
    db: None, monkeypatch: pytest.MonkeyPatch, tenant: Tenant
) -> None:
    monkeypatch.setattr(throttle, "_failures", throttle.Window())
    monkeypatch.setattr(throttle, "FAILURES", 3)
    guesser = Api(f"gx_{tenant.id.hex}_guess")
    assert [guesser.get("/me").status for _ in range(4)] == [401, 401, 401, 429]


def test_every_answer_carries_the_security_headers(api: Api, anonymous: Api) -> None:
    for answer in (api.get("/me"), api.get("/nothing"), anonymous.get("/me")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src ")
        assert "no-cache" in answer.headers["Cache-Control"]


def test_refusals_speak_the_callers_language(api: Api) -> None:
    chinese = api.get("/nothing", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).json
    english = api.get("/nothing", headers={"Accept-Language": "en"}).json
    assert (chinese["title"], english["title"]) == ("没有找到", "Not found")
    assert chinese["detail"] == "这个地址没有内容。"


def test_the_description_is_openapi_3_1_and_open(client: Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "/api/v1"}]
    for plural in (
        "accounts",
        "contacts",
        "leads",
        "opportunities",
        "quotes",
        "orders",
        "products",
        "tasks",
        "interactions",
    ):
        assert {"get", "post"} >= set(described["paths"][f"/{plural}"]) >= {"get"}
    assert {"/users", "/teams", "/me", "/search", "/opportunities/{id}/win", "/quotes/{id}/accept"} <= set(
        described["paths"]
    )
    operations = [item["operationId"] for methods in described["paths"].values() for item in methods.values()]
    assert len(operations) == len(set(operations))


def test_the_documentation_is_a_page_without_script_of_its_own(client: Client) -> None:
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "/api/v1/accounts/{id}" in text and "<script>" not in text
    for address in ("/api/v1/accounts/operations", "/api/v1/exchange-rates/{id}", "/api/v1/quotes/{id}/pdf"):
        assert address in text
    assert "如何调用" in client.get("/api/v1/docs", headers={"Accept-Language": "zh-CN"}).content.decode()


def test_the_last_use_of_a_token_is_written_down(api: Api, admin: Actor) -> None:
    for _again in range(2):
        assert api.get("/me").status == 200
    with tenant_tx(admin.tenant_id):
        assert ApiToken.objects.get().last_used_at is not None


def test_a_broken_connection_is_replaced_before_work_begins(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_of(admin_of(make_tenant("polaris")))
    assert api.get("/me").status == 200
    monkeypatch.setattr(views, "IDLE", -1.0)
    connection.connection.close()
    assert api.get("/me").status == 200
