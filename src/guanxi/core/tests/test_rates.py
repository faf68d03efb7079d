from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from guanxi.core.errors import Invalid
from guanxi.core.models import ExchangeRate
from guanxi.core.rates import NoRate, convert, rate_on, set_rate
from guanxi.core.tenancy import tenant_tx

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def test_the_latest_rate_not_after_the_day_counts(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        set_rate("USD", NOVEMBER, Decimal("7.10"))
        set_rate("USD", DECEMBER, Decimal("7.25"))
        days = (NOVEMBER, date(2026, 11, 30), DECEMBER, date(2027, 1, 1))
        assert [rate_on("USD", day, company_currency="CNY") for day in days] == [
            Decimal(x) for x in ("7.10", "7.10", "7.25", "7.25")
        ]


def test_a_second_rate_of_a_day_replaces_the_first(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        set_rate("USD", NOVEMBER, Decimal("7.10"))
        set_rate("USD", NOVEMBER, Decimal("7.20"))
        assert list(ExchangeRate.objects.values_list("currency", "day", "rate")) == [
            ("USD", NOVEMBER, Decimal("7.2000000000"))
        ]


def test_amounts_are_converted_through_the_company_currency_and_rounded_to_the_target(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        set_rate("USD", NOVEMBER, Decimal("7.10"))
        set_rate("JPY", NOVEMBER, Decimal("0.047"))
        assert convert(Decimal("100"), "USD", "CNY", NOVEMBER, company_currency="CNY") == Decimal("710.00")
        assert convert(Decimal("710"), "CNY", "USD", NOVEMBER, company_currency="CNY") == Decimal("100.00")
        assert convert(Decimal("100"), "USD", "JPY", NOVEMBER, company_currency="CNY") == Decimal("15106")
        assert convert(Decimal("1.239"), "CNY", "CNY", NOVEMBER, company_currency="CNY") == Decimal("1.239")


def test_without_a_rate_nothing_is_guessed(tenant_id: UUID, other_tenant_id: UUID) -> None:
    with tenant_tx(other_tenant_id):
        set_rate("USD", NOVEMBER, Decimal("7.10"))
    with tenant_tx(tenant_id):
        set_rate("USD", DECEMBER, Decimal("7.25"))
        with pytest.raises(NoRate) as refused:
            rate_on("USD", NOVEMBER, company_currency="CNY")
    assert (refused.value.currency, refused.value.day, refused.value.kind) == ("USD", NOVEMBER, "no-rate")


@pytest.mark.parametrize(
    ("currency", "rate", "fields"),
    [
        ("XYZ", "1", {"currency"}),
        ("USD", "0", {"rate"}),
        ("USD", "-1", {"rate"}),
        ("ABC", "NaN", {"currency", "rate"}),
        ("USD", "1e9", {"rate"}),
    ],
)
def test_wrong_rates_are_refused(tenant_id: UUID, currency: str, rate: str, fields: set[str]) -> None:
    with tenant_tx(tenant_id):
        with pytest.raises(Invalid) as refused:
            set_rate(currency, NOVEMBER, Decimal(rate))
        assert ExchangeRate.objects.count() == 0
    assert set(refused.value.errors) == fields
