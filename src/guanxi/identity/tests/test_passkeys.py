"""Passkeys and the content policy in a real browser with a virtual authenticator."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from guanxi.identity.models import Tenant
from guanxi.identity.tests.factories import PASSWORD

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def violations() -> list[str]:
    """What the browser's console said of the content policy."""
    return []


@pytest.fixture
def page(
    chromium_path: str, violations: list[str], transactional_db: None, tenant: Tenant, live_server: LiveServer
) -> Iterator[Page]:
    """A browser with a virtual authenticator; the company is made before its event loop runs."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(15000)

        def note(message: Any) -> None:
            if "Content Security Policy" in message.text:
                violations.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: violations.append(str(error)))
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield page
        browser.close()


def test_a_passkey_is_added_and_opens_the_door(page: Page, live_server: LiveServer, violations: list[str]) -> None:
    page.goto(f"{live_server.url}/auth/login/")
    page.fill("[name=login]", "admin@polaris.example")
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=password]) button[type=submit]")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/auth/2fa/webauthn/add/")
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=password]) button[type=submit]")
    page.fill("[name=name]", "Laptop")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/auth/2fa/recovery-codes/**")
    page.goto(f"{live_server.url}/auth/2fa/webauthn/")
    assert "Laptop" in page.inner_text("main")
    page.goto(f"{live_server.url}/auth/logout/")
    page.click(".settings-body form[action='/auth/logout/'] button")
    page.goto(f"{live_server.url}/auth/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/settings/profile/")
    assert page.input_value("[name=name]") == "Ada Admin"
    assert violations == []
