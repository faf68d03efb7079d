"""What `guanxi screenshots` does: signs in to a running demonstration and saves its main screens as pictures.

Needs the developers' packages and Chromium. The person's language is put back afterwards; the theme is asked for as the
browser's own preference, so that nothing else changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.identity.models import Tenant, User
from guanxi.project.failure import Failure
from guanxi.sales.models import Opportunity, Quote

PERSON = "sales@demo.example"
TENANT = "demo"
WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
LANGUAGES = ("en", "zh-hans")
PATIENCE = 60_000
# Whatever is still loading after this long is photographed as it is.
SETTLE = 10_000


@dataclass(frozen=True)
class Shot:
    """One page: its name in the file's name, and its address."""

    name: str
    path: str


def take(*, address: str, folder: Path, chromium: str, only: str = "") -> Iterator[str]:
    """Save every screen in both languages, both themes and two widths; yields the name of each file.

    `only` keeps the files whose name contains it. Raises `Failure` where no demonstration answers at `address`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shots = _shots()
    language_before = User.objects.values_list("language", flat=True).get(email=PERSON)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            for language in LANGUAGES:
                for theme in THEMES:
                    for width in WIDTHS:
                        names = {shot: f"{shot.name}-{language}-{theme}-{width}.png" for shot in shots}
                        wanted = {shot: name for shot, name in names.items() if only in name}
                        if wanted:
                            yield from _series(browser, address, folder, language, theme, width, wanted)
        finally:
            _speak(browser, address, language_before)
            browser.close()


def _shots() -> list[Shot]:
    """The main screens; the customer, opportunity and quote are the liveliest ones of the person."""
    tenant = Tenant.objects.filter(slug=TENANT).first()
    if tenant is None:
        raise Failure("There is no demonstration on this data directory: start `guanxi demo` first.")
    with tenant_tx(tenant.id):
        own = {"owner__user__email": PERSON, "deleted_at": None}
        opportunity = Opportunity.objects.filter(
            **own, category="open", account__isnull=False, amount__isnull=False
        ).latest("amount")
        account = Account.objects.get(id=opportunity.account_id)
        quote = Quote.objects.filter(**own).latest("created_at")
    return [
        Shot("my-day", "/"),
        Shot("accounts", "/accounts/"),
        Shot("customer", f"/accounts/{account.id}/"),
        Shot("leads", "/leads/board"),
        Shot("board", "/opportunities/board"),
        Shot("opportunity", f"/opportunities/{opportunity.id}/"),
        Shot("quote", f"/quotes/{quote.id}/"),
        Shot("calendar", "/calendar/"),
        Shot("inbox", "/inbox/"),
        Shot("search", "/search/?q=zh"),
        Shot("profile", "/settings/profile/"),
        Shot("kit", "/kit"),
    ]


def _series(
    browser: Browser, address: str, folder: Path, language: str, theme: str, width: str, shots: dict[Shot, str]
) -> Iterator[str]:
    page = _entered(browser, address, theme, width)
    try:
        _switch(page, language)
        for shot, name in shots.items():
            page.goto(address + shot.path, wait_until="load")
            _settle(page)
            page.screenshot(path=folder / name)
            yield name
    finally:
        page.context.close()


def _entered(browser: Browser, address: str, theme: str = "light", width: str = "desktop") -> Page:
    """A page of a browser of its own, signed in by the demonstration's one-click entry."""
    across, down = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": across, "height": down},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{address}/auth/login/", wait_until="domcontentloaded")
    button = page.locator(f'form[action="/demo/enter/"] [name="email"][value="{PERSON}"]')
    if button.count() == 0:
        context.close()
        raise Failure(f"No demonstration of this machine answers at {address}.")
    button.first.click()
    page.wait_for_url(f"{address}/")
    return page


def _settle(page: Page) -> None:
    """Wait until the parts that load after the page have come."""
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request') && document.fonts.status === 'loaded'", timeout=SETTLE
    )
    page.wait_for_timeout(700)


def _switch(page: Page, language: str) -> None:
    """Change the language of the person as the menu does."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    answer = page.request.post(
        urljoin(page.url, "/settings/preferences/"),
        form={"language": language},
        headers={"X-CSRFToken": token, "Accept": "application/json", "Referer": page.url},
    )
    if not answer.ok:
        raise Failure(f"The language could not be switched: {answer.status}.")


def _speak(browser: Browser, address: str, language: str) -> None:
    page = _entered(browser, address)
    _switch(page, language)
    page.context.close()
