"""Every page that the URL conf has, in a real browser: accessible, within the content policy, whole at phone width."""

import pytest
from django.test import Client
from playwright.sync_api import Page

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import User
from guanxi.identity.tests.test_background import fail_job, park
from guanxi.records import registry
from tests.addresses.conftest import browser
from tests.addresses.every import Company as Everything
from tests.addresses.every import addresses
from tests.journeys.conftest import AXE, Company
from tests.journeys.test_screens import findings

pytestmark = pytest.mark.browser

LOOKS = (("en", "light"), ("zh-hans", "dark"), ("en", "dark"), ("zh-hans", "light"))
# The entrance, which test_entrance walks through without a session.
ENTRANCE = "auth/"


def pages(company: Company, look: int) -> list[str]:
    """An address of every page that this look is dealt, filled with rows of everything, as an administrator is answered."""
    with tenant_tx(company.tenant.id):
        actor = company.actor()
    everything, client = Everything(actor), browser("admin@polaris.example")
    park(company.tenant)
    fail_job(company.tenant)
    named: dict[str, list[str]] = {}
    # Two objects have all that the generic screens can be; of every other there is a list, a page and a form.
    for one in addresses(everything, kinds=[registry.get("account"), registry.get("opportunity")]):
        if not one.route.startswith(ENTRANCE):
            named.setdefault(one.name, []).append(one.path)
    dealt = list(named.values())[look :: len(LOOKS)]
    found = [next((path for path in paths if is_page(client, path)), "") for paths in dealt]
    every = [
        f"/{kind.plural}/{part}"
        for kind in registry.objects()
        for part in ("", "new", f"{everything.key(kind.model)}/")
    ]
    return [path for path in found if path] + [path for path in every[look :: len(LOOKS)] if is_page(client, path)]


def is_page(client: Client, path: str) -> bool:
    """Whether it is a whole page: not a part of one, a download, a picture, or an address for writing."""
    answer = client.get(path)
    return answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:400]


@pytest.mark.parametrize("look", range(len(LOOKS)))
def test_every_page_in_one_of_four_looks(page: Page, company: Company, look: int) -> None:
    """The main screens are seen in all four looks (test_screens); the rest are dealt out, so that each is seen in one."""
    found, wide, seen = list[str](), list[str](), pages(company, look)
    assert len(seen) > 30
    language, theme = LOOKS[look]
    User.objects.update(language=language, theme=theme)
    for address in seen:
        page.goto(address)
        page.evaluate(AXE.read_text("utf-8"))
        found += findings(page, address)
        page.set_viewport_size({"width": 390, "height": 844})
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 391:
            wide.append(f"{address}: {width}")
        page.set_viewport_size({"width": 1440, "height": 900})
    assert "\n".join(found) == ""
    assert wide == []
    assert [text for text in company.complaints if "favicon" not in text] == []
