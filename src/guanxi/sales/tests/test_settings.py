"""The settings page of discounts and margins."""

from decimal import Decimal

import pytest
from django.test import Client

from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.tests.test_forms_of_lists import sign_in
from guanxi.records.tests.test_settings import form_with
from guanxi.sales.limits import limits_of

URL = "/settings/discounts/"


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def test_limits_are_saved_written_down_and_hold(client: Client, rep_actor: Actor, manager_actor: Actor) -> None:
    assert (limits_of(rep_actor).discount, limits_of(manager_actor).discount) == (Decimal(15), Decimal(30))
    sent = {"discount_sales": "12,5", "discount_manager": "", "margin_floor": "20 %", "margin_goal": "35"}
    assert client.post(URL, sent).status_code == 302
    limits = limits_of(rep_actor)
    assert (limits.discount, limits.margin_floor, limits.margin_goal) == (Decimal("12.5"), Decimal(20), Decimal(35))
    assert limits_of(manager_actor).discount == Decimal(30)
    entry = AccessEntry.objects.get(action="sales_rules.changed")
    assert entry.detail["discounts"] == [None, {"sales": "12.5"}]
    page = client.get(URL).content.decode()
    assert 'value="12.5"' in page and 'value="20"' in page


@pytest.mark.parametrize("value", ["101", "-1", "lots", "NaN", "1.234", "²"])
def test_a_wrong_share_is_refused_beside_its_field(client: Client, value: str) -> None:
    answer = client.post(URL, {"discount_sales": value, "margin_floor": "10"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "from 0 to 100" in page and 'aria-invalid="true"' in page
    assert Company.objects.get().settings.get("sales") is None


def test_two_administrators_merge_their_changes(client: Client, rep_actor: Actor) -> None:
    form = form_with(client, URL, "margin_floor", "")
    assert client.post(URL, {**form, "discount_sales": "9"}).status_code == 302
    assert client.post(URL, {**form, "margin_floor": "22"}).status_code == 302
    assert (limits_of(rep_actor).discount, limits_of(rep_actor).margin_floor) == (Decimal(9), Decimal(22))
    assert client.post(URL, {**form, "margin_floor": "11"}).status_code == 412
    assert limits_of(rep_actor).margin_floor == Decimal(22)


def test_only_administrators_and_only_with_the_room(client: Client, rep_actor: Actor) -> None:
    colleague = sign_in(rep_actor)
    assert colleague.get(URL).status_code == 403
    assert colleague.post(URL, {"margin_floor": "1"}).status_code == 403
    Company.objects.update(rooms_off=["sales"], permissions_version=2)
    assert client.get(URL).status_code == 404
    assert Company.objects.get().settings.get("sales") is None
