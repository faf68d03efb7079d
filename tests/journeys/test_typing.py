"""Fields that answer while one types: colleagues after @, products below the lines of a quote, the rows of dialogs; by keyboard."""

from decimal import Decimal
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from guanxi.activity.models import Note, Notification
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Membership
from guanxi.identity.services import create_user
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity, Quote
from guanxi.sales.services import create_quote
from tests.journeys.conftest import PASSWORD, Company
from tests.runtime.server import until

pytestmark = pytest.mark.browser
TYPED_AT_ONCE = """() => {
  const field = document.querySelector("#dialog select[data-combobox]").tomselect;
  field.focus();
  field.control_input.value = "sfsyt";
  field.control_input.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.fixture
def colleagues(company: Company) -> list[str]:
    """Two people whose names begin alike."""
    with tenant_tx(company.tenant.id):
        for name in ("Lin Yue", "Lin Yuan"):
            email = f"{name.replace(' ', '.').lower()}@polaris.example"
            create_user(company.actor(), email=email, name=name, role_key="sales", password=PASSWORD)
    return ["Lin Yuan", "Lin Yue"]


@pytest.fixture
def quote(company: Company) -> UUID:
    """An empty draft for the deal."""
    with tenant_tx(company.tenant.id):
        return UUID(str(create_quote(company.actor(), opportunity=company.opportunity.id).id))


def test_a_colleague_is_named_with_arrows_and_enter(page: Page, company: Company, colleagues: list[str]) -> None:
    page.goto(f"/accounts/{company.account.id}/")
    box = page.locator("#composer-body")
    box.focus()
    page.keyboard.type("Please call back, @lin")
    offered = page.locator(".mentions:visible [role=option]")
    expect(offered).to_have_count(2)
    expect(offered.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(offered.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = offered.nth(1).text_content() or ""
    assert box.get_attribute("aria-activedescendant") == offered.nth(1).get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.locator(".mentions:visible")).to_have_count(0)
    name = next(one for one in colleagues if chosen.startswith(one))
    expect(box).to_have_value(f"Please call back, @{name} ")
    page.keyboard.type("today")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("today")
    with tenant_tx(company.tenant.id):
        member = Membership.objects.get(name=name)
        assert Note.objects.get().mentions == [member.id]
        assert Notification.objects.get().member_id == member.id
    assert company.complaints == []


def test_escape_closes_the_offer_and_keeps_the_words(page: Page, company: Company, colleagues: list[str]) -> None:
    page.goto(f"/accounts/{company.account.id}/")
    box = page.locator("#composer-body")
    box.focus()
    page.keyboard.type("mail to a@lin and @lin")
    expect(page.locator(".mentions:visible [role=option]")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(".mentions:visible")).to_have_count(0)
    expect(box).to_have_value("mail to a@lin and @lin")
    expect(box).to_be_focused()


def test_lines_of_a_quote_are_added_without_the_mouse(page: Page, company: Company, quote: UUID) -> None:
    with tenant_tx(company.tenant.id):
        create_record(company.actor(), "product", {"name": "Servo spare kit", "sku": "SPK-2", "list_price": "15900"})
    page.goto(f"/quotes/{quote}/")
    search = page.locator("#product-search")
    search.focus()
    page.keyboard.type("servo")
    hits = page.locator("#product-hits button")
    expect(hits).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(hits.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_be_focused()
    search.fill("")
    page.keyboard.type("fsyt")
    expect(hits).to_have_count(1)
    page.keyboard.press("Enter")
    lines = page.locator("tr[data-line]")
    expect(lines).to_have_count(1)
    expect(search).to_be_focused()
    page.keyboard.type("spk")
    expect(hits).to_have_count(1)
    page.keyboard.press("Alt+Enter")
    expect(lines).to_have_count(2)
    page.keyboard.type("/Delivery")
    page.keyboard.press("Enter")
    expect(lines).to_have_count(3)
    lines.nth(2).locator("[name^='name:']").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(lines.nth(1).locator("[name^='name:']")).to_have_value("Delivery")
    expect(page.locator("#lines-totals")).to_contain_text("¥198,000")

    def kept() -> list[tuple[str, str, str, bool]]:
        with tenant_tx(company.tenant.id):
            lines = Quote.objects.get(id=quote).lines.order_by("position")
            return list(lines.values_list("kind", "sku", "name", "optional"))

    wanted = [
        ("product", "STB-400", "Servo test bench 400 Nm", False),
        ("section", "", "Delivery", False),
        ("product", "SPK-2", "Servo spare kit", True),
    ]
    # The page is ahead of the server: what one sees is sent a moment later.
    until(lambda: kept() == wanted, "the lines in their order")
    with tenant_tx(company.tenant.id):
        assert Quote.objects.get(id=quote).net_total == Decimal(198_000)
    # A search that the next letter overtakes is given up.
    assert [text for text in company.complaints if not text.startswith(("htmx:sendAbort", "htmx:afterRequest"))] == []


def test_typing_faster_than_the_server_answers(page: Page, company: Company) -> None:
    """Enter never takes what answered fewer letters, and a quantity typed at once stays."""
    with tenant_tx(company.tenant.id):
        kit = create_record(company.actor(), "product", {"name": "Alignment kit", "sku": "KIT-1", "list_price": "900"})
    page.goto(f"/opportunities/{company.opportunity.id}/")
    page.click(f"a[href='/opportunities/{company.opportunity.id}/products']")
    box = page.locator("#dialog[open]")
    box.locator(".ts-control").first.click()
    options = page.locator(".ts-dropdown:visible .option")
    expect(options).to_have_count(2)
    page.keyboard.type("sfsyt")
    page.keyboard.press("Enter")
    expect(box.locator(".ts-control .item")).to_have_count(0)
    expect(options).to_have_count(1)
    expect(options.first).to_contain_text("Servo test bench")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    expect(box.locator("[name=product]")).to_have_value(str(company.product.id))
    box.locator("[data-save]").click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    with tenant_tx(company.tenant.id):
        line = Opportunity.objects.get(id=company.opportunity.id).lines.get()
        assert (line.product_id, line.quantity) == (company.product.id, Decimal(7))
        assert line.product_id != kit.id


def test_letters_that_arrive_before_the_focus_is_noticed_are_asked_for(page: Page, company: Company) -> None:
    """On a busy machine the browser hands over all letters before the field hears of its focus, which asks for what was used last."""
    page.goto(f"/opportunities/{company.opportunity.id}/")
    page.click(f"a[href='/opportunities/{company.opportunity.id}/products']")
    box = page.locator("#dialog[open]")
    expect(box.locator(".ts-control").first).to_be_visible()
    page.route("**/lookup/**q=sfsyt*", lambda route: route.abort(), times=1)
    page.evaluate(TYPED_AT_ONCE)
    expect(page.locator(".ts-dropdown:visible .no-results")).to_have_text("No answer. Type again to repeat.")
    page.keyboard.press("Backspace")
    page.keyboard.type("t")
    options = page.locator(".ts-dropdown:visible .option")
    expect(options).to_have_count(1)
    expect(options.first).to_contain_text("Servo test bench")


def test_a_wrong_number_of_a_product_stands_beside_its_field(page: Page, company: Company) -> None:
    with tenant_tx(company.tenant.id):
        before = Opportunity.objects.get(id=company.opportunity.id).version
    page.goto(f"/opportunities/{company.opportunity.id}/")
    page.click(f"a[href='/opportunities/{company.opportunity.id}/products']")
    box = page.locator("#dialog[open]")
    box.locator(".ts-control").first.click()
    page.keyboard.type("fsyt")
    page.locator(".ts-dropdown:visible .option").first.click()
    box.locator("[name=discount_percent]").fill("101")
    box.locator("[data-save]").click()
    wrong = box.locator(".product-number", has=page.locator("[name=discount_percent]"))
    expect(wrong.locator(".field-error")).to_have_text("The value must lie between 0 and 100.")
    expect(box.locator("[name=discount_percent]")).to_have_value("101")
    expect(box.locator(".ts-control .item")).to_contain_text("Servo test bench")
    with tenant_tx(company.tenant.id):
        row = Opportunity.objects.get(id=company.opportunity.id)
        assert (row.version, row.lines.count()) == (before, 0)
