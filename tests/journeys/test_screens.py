"""The main screens in a real browser: accessible, within the content policy, whole at phone width, in both languages and themes."""

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from guanxi.activity.services import plan_task, schedule_event, write_note
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import User
from guanxi.messaging.models import MessageTemplate
from guanxi.messaging.services import queue_message
from guanxi.records.changes import create_record
from guanxi.sales.models import Quote, QuoteStatus
from guanxi.sales.services.quotes import create_quote, revise_quote
from tests.journeys.conftest import AXE, Company

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def made_quote(company: Company) -> UUID:
    """A draft from the company's opportunity, the second version of its number."""
    with tenant_tx(company.tenant.id):
        first = create_quote(company.actor(), opportunity=company.opportunity.id)
        Quote.objects.filter(id=first.id).update(status=QuoteStatus.SENT)
        key: UUID = revise_quote(company.actor(), first.id).id
        return key


@dataclass(frozen=True)
class Further:
    """What the screens of activity, messaging and the catalogue show."""

    task: UUID
    event: UUID
    message: UUID
    template: UUID
    competitor: UUID
    price_book: UUID


def further(company: Company) -> Further:
    """A task with a checklist, a whole-day event, a mail, and the first of what every company has."""
    with tenant_tx(company.tenant.id):
        actor = company.actor()
        now = timezone.now()
        about = {"account_id": company.account.id, "object": "opportunity", "record_id": company.opportunity.id}
        task = plan_task(
            actor, subject="Prepare visit", due_at=now, checklist=["Papers"], repeat="FREQ=WEEKLY", **about
        )
        event = schedule_event(
            actor, subject="Fair", start_at=now, end_at=now + timedelta(days=1), all_day=True, **about
        )
        write_note(actor, body="Wants one contact person", account_id=company.account.id)
        create_record(actor, "account", {"name": "华东精密（昆山）", "parent": company.account.id})
        competitor = create_record(actor, "competitor", {"name": "Apex Metrology", "strengths": "Strong brand"})
        book = create_record(actor, "price_book", {"name": "Key accounts", "currency": "CNY"})
        message = queue_message(actor, to="liu@hdjm.example", subject="Offer", body="Please find **enclosed**")
        template = MessageTemplate.objects.filter(key="quote").order_by("id")[0]
        return Further(task.id, event.id, message.id, template.id, competitor.id, book.id)


def addresses(company: Company) -> list[str]:
    account, opportunity = company.account.id, company.opportunity.id
    made, quote = further(company), made_quote(company)
    return [
        "/", "/team/", "/accounts/", f"/accounts/{account}/", f"/accounts/{account}/?tab=history", "/opportunities/board",
        f"/opportunities/{opportunity}/", "/calendar/", "/tasks/", "/inbox/", "/search/?q=hdjm", "/settings/company/",
        "/accounts/new", f"/quotes/{quote}/", f"/quotes/{quote}/compare", "/suggestions/", "/settings/rates/", "/kit",
        f"/accounts/{account}/?tab=account.parent", f"/accounts/{account}/?tab=files", f"/contacts/{company.contact.id}/", "/tasks/board",
        "/tasks/calendar", f"/tasks/{made.task}/", f"/events/{made.event}/", "/mailbox/", f"/mailbox/{made.message}/", "/message-templates/",
        f"/message-templates/{made.template}/edit", "/competitors/", f"/competitors/{made.competitor}/", f"/products/{company.product.id}/",
        f"/price-books/{made.price_book}/", "/accounts/import/", "/settings/profile/", "/opportunities/calendar",
    ]  # fmt: skip


def findings(page: Page, place: str) -> list[str]:
    """What axe, loaded before, finds serious on the page as it is now."""
    result = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{place}: {item['id']} {json.dumps([node['html'][:240] for node in item['nodes'][:3]], ensure_ascii=False)}"
        for item in result["violations"]
        if item["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_views_of_the_calendar_and_the_dialogs_of_activity(page: Page, company: Company, theme: str) -> None:
    User.objects.update(theme=theme)
    further(company)
    page.goto("/calendar/")
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = []
    for view in ("timeGridDay", "timeGridWeek", "dayGridMonth", "listWeek"):
        page.click(f".fc-{view}-button")
        expect(page.locator(f".fc-{view}-view .fc-event", has_text="Fair").first).to_be_visible()
        found += findings(page, view)
    for name in ("call", "mail", "task", "event"):
        page.goto(f"/accounts/{company.account.id}/")
        page.evaluate(AXE.read_text("utf-8"))
        page.click(f"#composer a[href^='/activity/{name}']")
        page.wait_for_selector("#dialog[open] form")
        found += findings(page, f"dialog {name}")
    assert "\n".join(found) == ""
    assert company.complaints == []


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), ("en", "dark"), ("zh-hans", "light"), ("zh-hans", "dark")]
)
def test_no_serious_finding_of_axe_and_no_violation_of_the_policy(
    page: Page, company: Company, language: str, theme: str
) -> None:
    User.objects.update(language=language, theme=theme)
    found: list[str] = []
    for address in addresses(company):
        answer = page.goto(address)
        assert answer is not None and answer.status == 200, address
        page.evaluate(AXE.read_text("utf-8"))
        found += findings(page, address)
    assert "\n".join(found) == ""
    assert [text for text in company.complaints if "favicon" not in text] == []


def test_nothing_sticks_out_at_phone_width(page: Page, company: Company) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for address in addresses(company):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 391:
            wide.append(f"{address}: {width}")
    assert wide == []
