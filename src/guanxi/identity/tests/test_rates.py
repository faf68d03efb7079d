"""Exchange rates as an administrator enters and corrects them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.core.models import AccessEntry, ExchangeRate, OutboxEvent
from guanxi.core.rates import convert, rate_on, rate_periods
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Tenant

USD = {"currency": "USD", "day": "2026-11-01", "rate": "7.1"}


def stored(tenant: Tenant) -> list[tuple[str, str, str]]:
    with tenant_tx(tenant.id):
        rows = ExchangeRate.objects.order_by("currency", "day")
        return [(row.currency, row.day.isoformat(), f"{row.rate.normalize():f}") for row in rows]


def test_a_rate_is_added_corrected_and_deleted(tenant: Tenant, admin_client: Client) -> None:
    assert admin_client.post("/settings/rates/", USD).status_code == 302
    assert admin_client.post("/settings/rates/", {**USD, "day": "2026-12-01", "rate": "7.25"}).status_code == 302
    assert stored(tenant) == [("USD", "2026-11-01", "7.1"), ("USD", "2026-12-01", "7.25")]
    with tenant_tx(tenant.id):
        first = ExchangeRate.objects.order_by("day")[0]
        assert rate_on("USD", date(2026, 11, 30), company_currency="CNY") == Decimal("7.1")
    page = admin_client.get("/settings/rates/").content.decode()
    assert page.index("7.25") < page.index(">7.1<")
    assert 'value="7.1"' in admin_client.get(f"/settings/rates/{first.id}/").content.decode()
    assert admin_client.post(f"/settings/rates/{first.id}/", {**USD, "rate": "7.15"}).status_code == 302
    with tenant_tx(tenant.id):
        assert convert(Decimal(100), "USD", "CNY", date(2026, 11, 2), company_currency="CNY") == Decimal("715.00")
        entry = AccessEntry.objects.get(action="rate.changed")
        assert entry.detail == {"old": USD, "new": {**USD, "rate": "7.15"}}
        assert OutboxEvent.objects.filter(name="identity.ExchangeRateChanged", payload={"currency": "USD"}).count() == 3
    assert admin_client.post(f"/settings/rates/{first.id}/delete/").status_code == 302
    assert stored(tenant) == [("USD", "2026-12-01", "7.25")]


def test_each_rate_is_shown_with_its_validity(tenant: Tenant, admin_client: Client) -> None:
    today = timezone.localdate()
    days = {
        "past": today - timedelta(days=60),
        "valid": today - timedelta(days=30),
        "coming": today + timedelta(days=9),
    }
    for day in days.values():
        admin_client.post("/settings/rates/", {**USD, "day": day.isoformat()})
    admin_client.post("/settings/rates/", {**USD, "currency": "EUR", "day": days["past"].isoformat()})
    with tenant_tx(tenant.id):
        periods = [(one.currency, one.day, one.until, one.state) for one in rate_periods(today)]
    assert periods == [
        ("EUR", days["past"], None, "valid"),
        ("USD", days["coming"], None, "coming"),
        ("USD", days["valid"], days["coming"] - timedelta(days=1), "valid"),
        ("USD", days["past"], days["valid"] - timedelta(days=1), "past"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", ""),
        ("currency", "CNY"),
        ("currency", "ZZZ"),
        ("currency", "U\x00D"),
        ("day", ""),
        ("day", "tomorrow"),
        ("day", "0001-01-01"),
        ("day", "2026-11-01"),
        ("rate", ""),
        ("rate", "0"),
        ("rate", "-7"),
        ("rate", "NaN"),
        ("rate", "1e400"),
        ("rate", "0.00000000001"),
        ("rate", "9" * 1000),
        ("rate", "🙂"),
    ],
)
def test_wrong_values_change_nothing_and_stay_in_the_form(
    tenant: Tenant, admin_client: Client, field: str, value: str
) -> None:
    admin_client.post("/settings/rates/", USD)
    with tenant_tx(tenant.id):
        row = ExchangeRate.objects.get()
    wrong = {"currency": "EUR", "day": "2026-11-05", "rate": "7.77", field: value}
    if (field, value) == ("day", "2026-11-01"):
        wrong["currency"] = "USD"
    answer = admin_client.post("/settings/rates/", wrong)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    if field != "rate":
        assert 'value="7.77"' in answer.content.decode()
    if (field, value) != ("day", "2026-11-01"):
        assert admin_client.post(f"/settings/rates/{row.id}/", wrong).status_code == 422
    assert stored(tenant) == [("USD", "2026-11-01", "7.1")]


def test_only_administrators_and_only_the_own_company(
    tenant: Tenant, other_tenant: Tenant, admin_client: Client, rep_client: Client
) -> None:
    with tenant_tx(other_tenant.id):
        theirs = ExchangeRate.objects.create(currency="USD", day=date(2026, 1, 1), rate=Decimal(7))
    for path in ("", f"{theirs.id}/", f"{theirs.id}/delete/"):
        assert rep_client.post(f"/settings/rates/{path}", USD).status_code == 403
    assert rep_client.get("/settings/rates/").status_code == 403
    assert admin_client.post(f"/settings/rates/{theirs.id}/", USD).status_code == 404
    assert admin_client.post(f"/settings/rates/{theirs.id}/delete/").status_code == 404
    assert stored(tenant) == []
    assert stored(other_tenant) == [("USD", "2026-01-01", "7")]
