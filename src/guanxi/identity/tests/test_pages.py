"""Every page of identity answers, in both languages, and only to whom it belongs."""

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import BusinessCalendar, Membership, Role, Team, Tenant, User
from guanxi.identity.tests.factories import PASSWORD

OWN = ("/settings/profile/", "/settings/tokens/", "/auth/password/change/", "/auth/2fa/", "/auth/sessions/")
ADMINS = (
    "/settings/company/",
    "/settings/rooms/",
    "/settings/calendars/",
    "/settings/calendars/new/",
    "/settings/users/",
    "/settings/teams/",
    "/settings/roles/",
    "/welcome/",
)
REAUTHENTICATED = ("/auth/2fa/totp/activate/", "/auth/2fa/webauthn/", "/auth/2fa/webauthn/add/")


@pytest.mark.parametrize("path", [*OWN, *ADMINS])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_settings_pages_answer(admin_client: Client, path: str, language: str) -> None:
    User.objects.update(language=language)
    answer = admin_client.get(path)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert f'<html lang="{"zh-Hans" if language != "en" else "en"}"' in text
    assert text.count("<h1") == 1


@pytest.mark.parametrize("path", REAUTHENTICATED)
def test_pages_of_two_step_sign_in_answer(admin_client: Client, path: str) -> None:
    answer = admin_client.get(path, follow=True)
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


def test_pages_of_one_thing_answer(admin_client: Client, tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        found = {
            "users": Membership.objects.get().id,
            "teams": Team.objects.get().id,
            "calendars": BusinessCalendar.objects.get().id,
            "roles": Role.objects.get(key="sales").id,
        }
    for name, key in found.items():
        assert admin_client.get(f"/settings/{name}/{key}/").status_code == 200, name


@pytest.mark.parametrize("path", ADMINS)
def test_a_representative_is_refused_settings_of_the_company(rep_client: Client, path: str) -> None:
    assert rep_client.get(path).status_code == 403


@pytest.mark.parametrize("path", OWN)
def test_a_representative_has_settings_of_the_own_account(rep_client: Client, path: str) -> None:
    assert rep_client.get(path).status_code == 200


@pytest.mark.parametrize("path", [*OWN, *ADMINS, "/", "/settings/", "/switch/", "/accounts/", "/authors/"])
def test_a_visitor_gets_nothing_but_the_sign_in_page(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/auth/login/")


@pytest.mark.parametrize("path", ["/auth/email/", "/auth/password/set/", "/auth/confirm-email/"])
def test_pages_that_we_do_not_offer_are_absent(admin_client: Client, path: str) -> None:
    assert admin_client.get(path).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_before_sign_in_answer(client: Client, tenant: Tenant, language: str) -> None:
    client.cookies["guanxi_language"] = language
    for path in ("/auth/login/", "/auth/password/reset/", "/auth/password/reset/done/"):
        answer = client.get(path)
        text = answer.content.decode()
        assert answer.status_code == 200, path
        assert f'<html lang="{"zh-Hans" if language != "en" else "en"}"' in text
        assert text.count("<h1") == 1
    assert "<script>" not in text


def test_the_sign_in_library_offers_no_sign_up(client: Client, tenant: Tenant) -> None:
    answer = client.post("/auth/signup/", {"email": "new@polaris.example", "password1": PASSWORD})
    assert User.objects.filter(email="new@polaris.example").count() == 0
    assert answer.status_code == 200
    assert "By invitation" in answer.content.decode()
