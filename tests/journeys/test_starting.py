"""A new company from the first page to its customers, in a real browser: logo, taxes, colleagues by mail, a spreadsheet."""

import re
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.identity.models import Company, Membership, Tenant, User
from tests.journeys.conftest import PASSWORD

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PEOPLE = {"mia@vega.example": "Mia Maier", "jun@vega.example": "陈俊"}
ROWS = "Name,City,Website\nNordwind Pumpen GmbH,Kiel,nordwind.example\n华东精密机械有限公司,苏州,hdjm.example\n"


@pytest.fixture
def complaints() -> list[str]:
    """What browsers complain of."""
    return []


def opened(browser: Browser, server: LiveServer, complaints: list[str], *, width: int, locale: str) -> Page:
    """A page of somebody who never was here."""
    context = browser.new_context(
        base_url=server.url, viewport={"width": width, "height": 844}, locale=locale, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def picture(folder: Path) -> Path:
    """A small PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    head = (16).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    pixels = zlib.compress((b"\x00" + b"\x33\x55\xaa" * 16) * 16)
    file = folder / "logo.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    return file


def fits(page: Page) -> None:
    """Nothing but tables and menus, which scroll by themselves, is wider than the screen."""
    page.wait_for_load_state("networkidle")
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1"
        " && !one.closest('.scroll-x, nav, table')).map(one => one.outerHTML.slice(0, 80))"
    )
    assert wide == []


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-US"), (390, "zh-CN")])
def test_a_company_is_ready_in_one_sitting(
    transactional_db: None, chromium: Browser, live_server: LiveServer, tmp_path: Path, complaints: list[str],
    width: int, locale: str,
) -> None:  # fmt: skip
    page = opened(chromium, live_server, complaints, width=width, locale=locale)
    found(page)
    fits(page)
    decorate(page, tmp_path)
    for email, name in PEOPLE.items():
        link = invite(page, email)
        assert accept(chromium, live_server, complaints, link, name, width=width, locale=locale) == name
    upload(page, tmp_path)
    check(locale)
    assert complaints == []


def found(page: Page) -> None:
    """The first page: who, in which language, currency and country."""
    page.goto("/start/")
    fits(page)
    for name, value in {"name": "Vega Instruments", "admin_name": "Vera Klein", "email": "vera@vega.example", "password": PASSWORD}.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    chosen = "zh-hans" if page.evaluate("document.documentElement.lang").startswith("zh") else "en"
    expect(page.locator("select[name=language]")).to_have_value(chosen)
    page.select_option("select[name=currency]", "EUR")
    page.select_option("select[name=country]", "DE")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/welcome/")


def decorate(page: Page, folder: Path) -> None:
    """Logo, and a look at the taxes, which the country brought."""
    page.set_input_files("[name=logo]", picture(folder))
    page.locator("form[action='/settings/company/logo/'] button[type=submit]").first.click()
    expect(page.locator("ol li").first.locator("h2 svg")).to_be_visible()
    page.locator(".settings-body a[href='/taxes/']").click()
    expect(page.locator("body")).to_contain_text("19")
    page.goto("/welcome/")
    page.locator(".settings-body a[href='/settings/users/']").click()
    # Nobody becomes an administrator by oversight.
    expect(page.locator("select[name=role_id] option:checked")).to_have_text(re.compile("Sales representative|销售"))


def invite(page: Page, email: str) -> str:
    """Invite somebody; the link as the mail in the development mailbox has it."""
    page.goto("/settings/users/")
    page.fill("[name=email]", email)
    page.press("[name=email]", "Enter")
    expect(page.locator("input[readonly][value*='/invitations/gx_']")).to_be_visible()
    fits(page)
    page.goto("/mailbox/")
    page.locator(".table a.name").first.click()
    expect(page.locator(".settings-body")).to_contain_text(email)
    letter = page.locator("iframe").first.content_frame.locator("a[href*='/invitations/']").first
    href = letter.get_attribute("href")
    assert href is not None
    return href.partition("/invitations/")[2]


def accept(
    browser: Browser, server: LiveServer, complaints: list[str], token: str, name: str, *, width: int, locale: str
) -> str:
    """The colleague's own browser: name and password, then the first screen. The name that stands there."""
    page = opened(browser, server, complaints, width=width, locale=locale)
    page.goto(f"/invitations/{token}")
    fits(page)
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{server.url}/")
    page.goto("/settings/profile/")
    shown = page.input_value("[name=name]")
    page.context.close()
    return shown


def upload(page: Page, folder: Path) -> None:
    """Customers from a spreadsheet: choose, look, take over."""
    file = folder / "customers.csv"
    file.write_text(ROWS, "utf-8")
    page.goto("/welcome/")
    page.locator(".settings-body a[href='/accounts/import/']").click()
    page.set_input_files("[name=file]", file)
    page.locator("form.form [data-save]").click()
    page.wait_for_url("**/accounts/import/*-*/")
    fits(page)
    expect(page.locator("select[name=column_0]")).to_have_value("name")
    expect(page.locator("select[name=column_1]")).to_have_value("city")
    page.locator("form.form [data-save]").click()
    page.wait_for_url("**/result")
    page.locator("#upload-result .button-primary").click()
    expect(page.locator("body")).to_contain_text("Nordwind Pumpen GmbH")
    expect(page.locator("body")).to_contain_text("华东精密机械有限公司")
    fits(page)


def check(locale: str) -> None:
    """What is stored is what was entered."""
    tenant = Tenant.objects.get()
    with tenant_tx(tenant.id):
        company = Company.objects.get()
        assert (company.currency, company.country, company.logo_id is not None) == ("EUR", "DE", True)
        assert company.language == ("zh-hans" if locale == "zh-CN" else "en")
        assert set(Membership.objects.values_list("name", flat=True)) == {"Vera Klein", *PEOPLE.values()}
        assert set(Membership.objects.values_list("role__key", flat=True)) == {"administrator", "sales"}
        assert dict(Account.objects.values_list("name", "city")) == {"Nordwind Pumpen GmbH": "Kiel", "华东精密机械有限公司": "苏州"}  # fmt: skip
    assert User.objects.count() == 3
