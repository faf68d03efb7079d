"""A company with a customer and a deal, a live server and a browser that keeps what the console says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui.assets import BUNDLE
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.records.changes import create_record

PASSWORD = "Correct-Horse-7"
AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# Playwright keeps an event loop in this thread; Django's guard against blocking it does not apply to a test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@dataclass
class Company:
    """What the journeys start from."""

    tenant: Tenant
    account: Any
    contact: Any
    opportunity: Any
    product: Any
    complaints: list[str] = field(default_factory=list)

    def actor(self) -> Actor:
        """The administrator; call inside the tenant's transaction."""
        member = Membership.objects.get(user__email="admin@polaris.example")
        found = actor_of_user(self.tenant.id, member.user_id)
        assert found is not None
        return found

    def read(self, object_name: str, record_id: UUID) -> Any:
        """A record as it is in the database now."""
        with tenant_tx(self.tenant.id):
            return type(getattr(self, object_name)).objects.get(id=record_id)


@pytest.fixture
def company(transactional_db: None, tenant: Tenant) -> Company:
    """One customer with a contact and an open opportunity, one product."""
    with tenant_tx(tenant.id):
        made = Company(tenant, None, None, None, None)
        actor = made.actor()
        made.account = create_record(actor, "account", {"name": "华东精密机械有限公司", "city": "苏州"})
        made.contact = create_record(
            actor, "contact", {"name": "刘倩", "account": made.account.id, "email": "liu@hdjm.example"}
        )
        made.product = create_record(
            actor,
            "product",
            {"name": "Servo test bench 400 Nm", "name_zh": "伺服试验台", "sku": "STB-400", "list_price": "198000"},
        )
        made.opportunity = create_record(
            actor,
            "opportunity",
            {"name": "Servo test benches", "account": made.account.id, "contact": made.contact.id, "amount": "480000"},
        )
    return made


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    if not (BUNDLE / "manifest.json").exists():
        pytest.skip("needs the front-end bundle")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, company: Company, live_server: LiveServer) -> Iterator[Page]:
    """A page that is signed in, by keyboard."""
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("console", lambda message: company.complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: company.complaints.append(str(error)))
    opened.goto("/auth/login/")
    opened.focus("[name=login]")
    opened.keyboard.type("admin@polaris.example")
    opened.focus("[name=password]")
    opened.keyboard.type(PASSWORD)
    opened.keyboard.press("Enter")
    opened.wait_for_url(f"{live_server.url}/")
    yield opened
    context.close()
