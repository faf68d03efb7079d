"""Two people at once, and what the browser does by itself: fresh counters, a conflict by keys, similar records, the phone's board."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_user
from guanxi.identity.tests.test_stream import origin
from guanxi.records.changes import update_record
from guanxi.records.queries import visible_records
from tests.journeys.conftest import AXE, PASSWORD, Company

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
__all__ = ["origin"]
MAKE = """async values => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({...values, csrfmiddlewaretoken: token, _fields: Object.keys(values).join(",")});
  return (await fetch("/accounts/new", {method: "POST", body})).status;
}"""


def serious(page: Page) -> list[str]:
    """Serious findings of axe in the page as it stands, dialogs included."""
    page.evaluate(Path(AXE).read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [
        f"{item['id']} {[node['target'] for node in item['nodes'][:3]]}"
        for item in found
        if item["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def colleague(company: Company) -> Any:
    """A second administrator."""
    with tenant_tx(company.tenant.id):
        return create_user(
            company.actor(), email="zhao@polaris.example", name="Zhao Min", role_key="admin", password=PASSWORD
        )


def actor_of(company: Company, member: Any) -> Actor:
    """The colleague; call inside the tenant's transaction."""
    found = actor_of_user(company.tenant.id, member.user_id)
    assert found is not None
    return found


@pytest.fixture
def second(origin: str, chromium: Browser, live_server: LiveServer, colleague: Any) -> Iterator[Page]:
    """The colleague's browser."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.goto("/auth/login/")
    opened.fill("[name=login]", "zhao@polaris.example")
    opened.fill("[name=password]", PASSWORD)
    opened.press("[name=password]", "Enter")
    opened.wait_for_url(f"{live_server.url}/")
    yield opened
    context.close()


def test_a_colleagues_new_account_is_counted_without_reloading(second: Page, page: Page, company: Company) -> None:
    page.goto("/accounts/")
    counter = page.locator(".side [data-counter=accounts]")
    expect(counter).to_have_text("1")
    with tenant_tx(company.tenant.id):
        mine = str(company.actor().member_id)
    made = second.evaluate(MAKE, {"name": "Meridian Bearings", "kind": "business", "owner": mine})
    assert made == 200
    expect(counter).to_have_text("2")
    expect(page.locator(".tabs [data-counter^='view:']").first).to_have_text("2")
    assert company.complaints == []


@pytest.mark.parametrize(("key", "city"), [("1", "Suzhou"), ("2", "Ningbo")])
def test_one_side_of_a_conflict_is_taken_by_its_key(
    page: Page, company: Company, colleague: Any, key: str, city: str
) -> None:
    clash(page, company, colleague)
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator(".conflict")).to_be_visible()
    expect(dialog).to_contain_text("Zhao Min")
    assert "\n".join(serious(page)) == ""
    page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    assert company.read("account", company.account.id).city == city


def test_escape_leads_from_a_conflict_back_to_the_form_with_what_was_typed(
    page: Page, company: Company, colleague: Any
) -> None:
    clash(page, company, colleague)
    expect(page.locator("#dialog[open] .conflict")).to_be_visible()
    # The island of the dialog is loaded with its first use.
    page.wait_for_timeout(1000)
    page.keyboard.press("Escape")
    expect(page.locator("#dialog[open] [name=city]")).to_have_value("Suzhou")
    assert company.read("account", company.account.id).city == "Ningbo"


def clash(page: Page, company: Company, colleague: Any) -> None:
    """Two people change the city of the same account; the page saves second."""
    page.goto(f"/accounts/{company.account.id}/")
    page.keyboard.press("e")
    city = page.locator("#dialog[open] [name=city]")
    expect(city).to_be_visible()
    with tenant_tx(company.tenant.id):
        actor = actor_of(company, colleague)
        update_record(actor, "account", company.account.id, {"city": "Ningbo"})
    city.fill("Suzhou")
    page.keyboard.press("Control+Enter")


def test_the_form_of_a_new_account_tells_what_may_be_the_same(page: Page, company: Company) -> None:
    page.goto("/accounts/new")
    page.locator("[name=name]").focus()
    page.keyboard.type("华东精密机械")
    similar = page.locator("#similar")
    expect(similar.locator("a.name")).to_have_text("华东精密机械有限公司")
    expect(similar.locator(".tag").first).to_be_visible()
    assert "\n".join(serious(page)) == ""
    with tenant_tx(company.tenant.id):
        assert visible_records(company.actor(), "account").count() == 1
    # The hint was seen: saving is a decision now, and is not asked again.
    page.locator("form.form-page [data-save]").click()
    page.wait_for_url("**/accounts/*-*/")
    with tenant_tx(company.tenant.id):
        assert visible_records(company.actor(), "account").count() == 2


def test_the_phones_board_shows_one_stage_and_switches(page: Page, company: Company) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/opportunities/board")
    card = page.locator(f"[data-id='{company.opportunity.id}']")
    choices = page.locator("[data-show-stage]")
    expect(choices.first).to_be_visible()
    choices.nth(2).click()
    expect(card).to_be_hidden()
    expect(choices.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-stage]:visible")).to_have_count(1)
    choices.first.click()
    expect(card).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    assert "\n".join(serious(page)) == ""


def test_a_filter_asks_for_related_records_and_says_itself_in_words(page: Page, company: Company) -> None:
    page.goto("/accounts/")
    page.keyboard.press("f")
    dialog = page.locator("#dialog[open]")
    rule = dialog.locator("[data-rule-field]").first
    rule.select_option("opportunity.account")
    inner = dialog.locator(".filter-box [data-rule-field]")
    expect(inner.locator("option[value=amount]")).to_have_count(1)
    inner.select_option("amount")
    dialog.locator(".filter-box select[aria-label=Comparison]").select_option("gte")
    dialog.locator(".filter-box input[type=number]").fill("500")
    dialog.get_by_role("button", name="In words").click()
    expect(dialog.locator("[data-filter-sentence]")).to_have_text(
        "Accounts where Opportunities: any where Amount at least ¥500."
    )
    assert "\n".join(serious(page)) == ""
    page.keyboard.press("Control+Enter")
    expect(page.locator(".chip")).to_contain_text("Opportunities")
    page.keyboard.press("f")
    dialog.locator(".filter-box input[type=number]").press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator(".chip")).to_contain_text("Opportunities")
    expect(page.locator("tr[data-id]")).to_have_count(1)
    page.goto(page.url.replace("any", "none"))
    expect(page.locator("tr[data-id]")).to_have_count(0)
    assert company.complaints == []


def test_the_palette_narrows_by_tab_and_opens_the_keys(page: Page, company: Company) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("hdjm")
    pills = page.locator("[data-palette-pill]")
    expect(pills.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#palette [data-group=do]")).to_be_visible()
    assert "\n".join(serious(page)) == ""
    page.keyboard.press("Tab")
    expect(pills.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#palette [data-group=do]")).to_be_hidden()
    expect(page.locator(".palette-option[aria-selected=true]")).to_contain_text("华东精密机械有限公司")
    page.keyboard.press("Control+a")
    page.keyboard.type("?")
    expect(page.locator("#keys[open]")).to_be_visible()
    expect(page.locator("#palette[open]")).to_have_count(0)
