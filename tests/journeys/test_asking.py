"""Asking customers in the browser: questions made, sent by a real mail server, answered on a phone without sign-in, counted."""

import re
from email import message_from_bytes, policy
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.services import set_consent
from guanxi.engagement.services import send_questionnaire
from guanxi.identity.models import Company as Settings
from guanxi.messaging.models import Message
from guanxi.messaging.services import deliver_message
from guanxi.messaging.tests.conftest import Post, post
from guanxi.records.queries import visible_records
from tests.journeys.conftest import AXE, Company
from tests.journeys.test_screens import findings

pytestmark = pytest.mark.browser
__all__ = ["post"]


def test_from_the_question_to_the_result(
    page: Page, company: Company, chromium: Browser, live_server: LiveServer, post: Post, settings: Any
) -> None:
    settings.ORIGIN = live_server.url
    page.goto("/questionnaires/new")
    page.get_by_label("Name", exact=False).first.fill("After the delivery")
    page.locator("form[action$='/new'] button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/questionnaires/[0-9a-f-]{36}/$"))
    address = page.url
    page.get_by_role("link", name="Edit questions").click()
    page.get_by_role("button", name="Add question").click()
    first = page.locator("[data-question]").first
    first.get_by_label("Question in English").fill("Would you recommend us?")
    first.locator("[data-value=measure]").select_option("nps")
    page.get_by_role("button", name="Add question").click()
    second = page.locator("[data-question]").nth(1)
    second.get_by_label("Kind of question").select_option("text")
    second.get_by_label("Question in English").fill("What went wrong?")
    second.get_by_label("Earlier question").select_option("q1")
    second.get_by_label("Comparison").select_option("lte")
    second.get_by_label("Value").select_option("6")
    page.get_by_role("button", name="Save questions").click()
    page.wait_for_url(address)
    expect(page.get_by_text("What went wrong?")).to_be_visible()

    link = _sent(company, address.rstrip("/").rsplit("/", 1)[-1], post)
    assert link.startswith(live_server.url)
    _answer_on_a_phone(chromium, company, link)

    page.goto(f"{address}results")
    expect(page.get_by_text("−100", exact=True).first).to_be_visible()
    expect(page.get_by_text("Two weeks late.")).to_be_visible()
    expect(page.get_by_text("1 of 1 links sent")).to_be_visible()
    page.goto(f"/accounts/{company.account.id}/")
    expect(page.get_by_text("NPS 3").first).to_be_visible()
    assert company.complaints == []


def _sent(company: Company, key: str, post: Post) -> str:
    """The link in the mail that arrived."""
    with tenant_tx(company.tenant.id):
        actor = company.actor()
        row = Settings.objects.get()
        row.settings = {**row.settings, "quiet_hours": ["00:00", "00:00"]}
        row.save(update_fields=["settings"])
        visible_records(actor, "questionnaire").filter(id=key).update(status="open")
        set_consent(actor, purpose="survey", channel="mail", status="granted", contact_id=company.contact.id)
        send_questionnaire(actor, key, contact=company.contact.id)
        message = Message.objects.get()
    deliver_message(company.tenant.id, message.id)
    (mail,) = post.mails
    assert mail.rcpt_tos == ["liu@hdjm.example"]
    part = message_from_bytes(mail.original_content or b"", policy=policy.default).get_body(("plain",))
    assert part is not None
    found = re.search(r"http\S+/q/[\w.-]+/", str(part.get_content()))
    assert found is not None
    return found[0]


def _answer_on_a_phone(chromium: Browser, company: Company, link: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="en-GB")
    phone = context.new_page()
    phone.on("console", lambda message: company.complaints.append(message.text) if message.type == "error" else None)
    phone.goto(link)
    expect(phone.get_by_text("What went wrong?")).to_be_hidden()
    phone.get_by_role("radio", name="3", exact=True).check()
    expect(phone.get_by_text("What went wrong?")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.evaluate(AXE.read_text("utf-8"))
    assert findings(phone, "form") == []
    phone.locator("textarea").fill("Two weeks late.")
    phone.get_by_role("button", name="Send answers").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_text("You have answered already.")).to_be_visible()
    context.close()
