"""Business calendars as an administrator writes them."""

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import (
    BusinessCalendar,
    Tenant,
)

CALENDAR = {
    "name": "Late shift",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "region": "BY",
    "hours_0": "14:00-22:00",
    "hours_4": "13:00–17:00，18:00-24:00",
    "days_off": "2026-12-24\n2026-12-31",
    "days_on": "2026-12-26",
}


class TestCalendars:
    def test_a_calendar_is_made_and_changed(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.post("/settings/calendars/new/", CALENDAR).status_code == 302
        with tenant_tx(tenant.id):
            made = BusinessCalendar.objects.get(name="Late shift")
        assert made.hours == {"0": [["14:00", "22:00"]], "4": [["13:00", "17:00"], ["18:00", "24:00"]]}
        assert [day.isoformat() for day in made.days_off] == ["2026-12-24", "2026-12-31"]
        page = admin_client.get(f"/settings/calendars/{made.id}/").content.decode()
        assert 'value="13:00-17:00, 18:00-24:00"' in page
        answer = admin_client.post(f"/settings/calendars/{made.id}/", {**CALENDAR, "is_default": "1"})
        assert answer.status_code == 302
        with tenant_tx(tenant.id):
            assert list(BusinessCalendar.objects.filter(is_default=True).values_list("name", flat=True)) == [
                "Late shift"
            ]
            office: BusinessCalendar = BusinessCalendar.objects.get(name="Office hours")
        admin_client.post(f"/settings/calendars/{made.id}/delete/")
        admin_client.post(f"/settings/calendars/{office.id}/delete/")
        with tenant_tx(tenant.id):
            assert list(BusinessCalendar.objects.values_list("name", flat=True)) == ["Late shift"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "Office hours"),
            ("hours_0", "9-17"),
            ("hours_0", "17:00-09:00"),
            ("hours_0", "25:00-26:00"),
            ("hours_0", "09:00-12:00, 11:00-15:00"),
            ("hours_0", "09:00"),
            ("days_off", "tomorrow"),
            ("time_zone", "Mars/Olympus"),
            ("country", "XX"),
        ],
    )
    def test_wrong_values_make_none(self, tenant: Tenant, admin_client: Client, field: str, value: str) -> None:
        assert admin_client.post("/settings/calendars/new/", {**CALENDAR, field: value}).status_code == 422
        with tenant_tx(tenant.id):
            assert BusinessCalendar.objects.count() == 1
