"""A field of one's own in the browser: made in the settings, filled in a form, filtered by, read over the API."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.services import create_token
from guanxi.records.models import CustomField
from tests.api.calling import Api
from tests.journeys.conftest import Company

pytestmark = pytest.mark.browser


def test_a_choice_field_from_the_settings_to_the_api(page: Page, company: Company) -> None:
    page.goto("/settings/fields/?object=account")
    page.get_by_label("Kind").select_option("choice")
    page.get_by_role("button", name="Add field").click()
    page.get_by_label("Label in English", exact=True).fill("Level")
    page.get_by_label("Label in Chinese", exact=True).fill("等级")
    for number, (english, chinese, tone) in enumerate((("Silver", "银", "grey"), ("Gold", "金", "amber")), 1):
        page.get_by_label(f"Label in English {number}").fill(english)
        page.get_by_label(f"Label in Chinese {number}").fill(chinese)
        page.get_by_label(f"Colour {number}").select_option(tone)
    page.locator(".choice-row").nth(1).get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Add field").click()
    expect(page.locator("#live")).to_contain_text("Field “Level” added")
    with tenant_tx(company.tenant.id):
        stored = CustomField.objects.get()
    assert [choice["value"] for choice in stored.options["choices"]] == ["gold", "silver"]

    page.goto(f"/accounts/{company.account.id}/edit")
    page.get_by_label("Level").select_option(label="Gold")
    page.locator("form[action$='/edit'] button[type=submit]").first.click()
    page.wait_for_url(f"**/accounts/{company.account.id}/")
    expect(page.get_by_text("Gold").first).to_be_visible()
    assert company.read("account", company.account.id).custom == {"level": "gold"}

    for value, shown in (("gold", 1), ("silver", 0)):
        criteria = quote(json.dumps({"all": [{"field": "level", "op": "is", "value": value}]}))
        page.goto(f"/accounts/?filter={criteria}&columns=name,level")
        expect(page.locator("tr[data-id]")).to_have_count(shown)
    with tenant_tx(company.tenant.id):
        actor = company.actor()
        assert actor.member_id is not None
        token = create_token(actor, membership=actor.member_id, name="journey", scopes=("*",))
    assert Api(token).get(f"/accounts/{company.account.id}").json["level"] == "gold"
    assert [text for text in company.complaints if "favicon" not in text] == []
