"""The kit page in a real browser: accessible, within the content policy, usable by keyboard."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import Settings

from guanxi.core.ui.assets import BUNDLE

AXE = Path(__file__).resolve().parents[5] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUNDLE / "manifest.json").exists(), reason="the front end is not built"),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """A server of the ground floor alone: the kit page, static files and the security headers."""
    settings.ROOT_URLCONF = "guanxi.core.urls"
    settings.STATIC_ROOT = None
    settings.MIDDLEWARE = ["guanxi.core.http.SecurityHeaders", "whitenoise.middleware.WhiteNoiseMiddleware"]
    server = make_server("127.0.0.1", 0, WSGIHandler(), server_class=Server, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 2900}, reduced_motion="reduce")
    opened.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_kit_is_accessible_and_keeps_the_policy(
    address: str, page: Page, complaints: list[str], language: str, theme: str
) -> None:
    page.goto(f"{address}/kit?language={language}&theme={theme}")
    page.wait_for_selector("gx-chart canvas")
    page.evaluate(AXE.read_text("utf-8"))
    violations = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )["violations"]
    assert [(found["id"], [node["target"] for node in found["nodes"]]) for found in violations] == []
    assert complaints == []


def test_the_question_mark_lists_the_keys_and_letters_sleep_in_fields(address: str, page: Page) -> None:
    page.goto(f"{address}/kit")
    page.locator("#id_city").focus()
    page.keyboard.type("?")
    assert page.locator("#id_city").input_value() == "?Stuttgart"
    assert page.locator("#keys").is_visible() is False
    page.locator("#id_city").blur()
    page.keyboard.type("?")
    assert page.locator("#keys").is_visible() is True
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_visible() is False


def test_a_card_is_lifted_and_put_back_by_keys(address: str, page: Page) -> None:
    page.goto(f"{address}/kit")
    card = page.locator("gx-board [data-id='1']")
    stage = "card => card.closest('[data-stage]').dataset.stage"
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert card.evaluate(stage) == "Proposal"
    page.keyboard.press("Escape")
    assert card.evaluate(stage) == "Qualification"
    assert card.evaluate("card => card === document.activeElement") is True


def test_the_filter_builder_writes_the_criteria(address: str, page: Page) -> None:
    page.goto(f"{address}/kit")
    page.wait_for_selector("gx-filter .filter-rule")
    page.locator("gx-filter .filter-box input[type=number]").fill("750000")
    page.locator("gx-filter [data-rule-field]").last.select_option("value")
    criteria = json.loads(page.locator("gx-filter input[name=filter]").input_value())
    either = {
        "any": [{"field": "value", "op": "gte", "value": "750000"}, {"field": "grade", "op": "in", "value": ["A", "B"]}]
    }
    assert criteria == {"all": [{"field": "owner", "op": "is", "value": "$me"}, either]}


def test_a_chart_has_a_table_of_the_same_figures(address: str, page: Page) -> None:
    page.goto(f"{address}/kit")
    chart = page.locator("gx-chart").first
    chart.get_by_role("button", name="Show as table").click()
    assert chart.get_by_role("cell").all_inner_texts() == ["¥210,000", "¥340,000", "¥290,000", "¥410,000", "¥386,000"]
