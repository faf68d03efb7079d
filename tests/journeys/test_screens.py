"""The main screens in a real browser: accessible, within the content policy, whole at phone width, in both languages and themes."""

import json
from uuid import UUID

import pytest
from playwright.sync_api import Page

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import User
from guanxi.sales.services.quotes import create_quote
from tests.journeys.conftest import AXE, Company

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def made_quote(company: Company) -> UUID:
    """A draft from the company's opportunity."""
    with tenant_tx(company.tenant.id):
        key: UUID = create_quote(company.actor(), opportunity=company.opportunity.id).id
        return key


def addresses(company: Company) -> list[str]:
    account, opportunity = company.account.id, company.opportunity.id
    return [
        "/", "/team/", "/accounts/", f"/accounts/{account}/", f"/accounts/{account}/?tab=history", "/opportunities/board",
        f"/opportunities/{opportunity}/", "/calendar/", "/tasks/", "/inbox/", "/search/?q=hdjm", "/settings/company/",
        "/accounts/new", f"/quotes/{made_quote(company)}/", "/suggestions/", "/settings/rates/", "/kit",
    ]  # fmt: skip


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
        result = page.evaluate("rules => axe.run(document, rules)", RULES)
        found += [
            f"{address}: {item['id']} {json.dumps([node['target'] for node in item['nodes'][:3]])}"
            for item in result["violations"]
            if item["impact"] in ("serious", "critical")
        ]
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
