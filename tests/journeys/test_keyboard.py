"""The day of a seller, walked by keyboard alone: find, open, log a call, plan a task, move a deal."""

import pytest
from playwright.sync_api import Page, expect

from guanxi.core.tenancy import tenant_tx
from guanxi.records.queries import visible_records
from tests.journeys.conftest import Company

pytestmark = pytest.mark.browser


def open_customer(page: Page, company: Company) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input[name=q]")).to_be_focused()
    page.keyboard.type("hdjm")
    expect(page.locator(".palette-option").first).to_contain_text("华东精密机械有限公司")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{company.account.id}/")


def test_a_customer_is_found_and_a_call_logged_without_the_mouse(page: Page, company: Company) -> None:
    open_customer(page, company)
    page.keyboard.press("l")
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("#dialog-title")).to_be_visible()
    dialog.locator("[name=body]").focus()
    page.keyboard.type("Asked for the delivery date")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("Asked for the delivery date")
    with tenant_tx(company.tenant.id):
        line = visible_records(company.actor(), "interaction").get(body="Asked for the delivery date")
        assert (line.channel, line.account_id) == ("phone", company.account.id)
    assert company.complaints == []


def test_a_task_is_planned_without_the_mouse(page: Page, company: Company) -> None:
    open_customer(page, company)
    page.keyboard.press("t")
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("#dialog-title")).to_be_visible()
    dialog.locator("[name=subject]").focus()
    page.keyboard.type("Send the certificate")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    with tenant_tx(company.tenant.id):
        task = visible_records(company.actor(), "task").get(subject="Send the certificate")
        assert (task.account_id, task.status) == (company.account.id, "not_started")
    assert company.complaints == []


def test_a_deal_moves_over_the_board_without_the_mouse(page: Page, company: Company) -> None:
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/opportunities/**")
    page.goto("/opportunities/board")
    card = page.locator(f"[data-id='{company.opportunity.id}']")
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    with page.expect_response(lambda answer: "board/move" in answer.url) as moved:
        page.keyboard.press("Space")
    assert moved.value.status == 200
    after = company.read("opportunity", company.opportunity.id)
    assert after.stage_id != company.opportunity.stage_id
    assert (after.probability, after.version) == (20, company.opportunity.version + 1)


def test_the_list_of_keys_opens_and_closes(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#keys[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys[open]")).to_have_count(0)


def test_tabs_that_do_not_fit_are_reached_through_more_and_a_phone_scrolls_to_the_current_one(page: Page) -> None:
    page.goto("/value/kpis/")
    bar = page.get_by_role("navigation", name="Customer value")
    row = bar.locator(".tabs")
    assert row.evaluate("it => it.scrollWidth <= it.clientWidth")
    more = bar.locator("summary")
    expect(more).to_be_visible()
    more.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(bar.locator(".menu-item").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    last = bar.locator(".menu-item").last
    name = last.text_content() or ""
    expect(row.get_by_role("link", name=name)).to_be_hidden()
    page.keyboard.press("Enter")
    last.click()
    current = row.locator("[aria-current]")
    expect(current).to_have_text(name)
    expect(current).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(more).to_be_hidden()
    page.reload()
    expect(current).to_be_in_viewport(ratio=0.9)
