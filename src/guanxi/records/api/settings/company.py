"""The company, its exchange rates and business calendars; administrators only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import NotFound
from guanxi.core.rates import Period, rate_periods
from guanxi.identity.actor import Actor
from guanxi.identity.models import BusinessCalendar, Company, Tenant
from guanxi.identity.permissions import require_admin
from guanxi.identity.services import change_company, delete_calendar, delete_rate, save_calendar, save_rate
from guanxi.identity.services.company import ALWAYS_ON
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    DAY,
    LINK,
    TEXT,
    TEXTS,
    YES_NO,
    days,
    link,
    one_of,
    or_null,
    words,
)

_FACTS = (
    "currency", "language", "time_zone", "country", "fiscal_year_start", "address", "phone", "email", "website",
    "tax_number", "rooms_off", "recycle_days",
)  # fmt: skip


def _company(actor: Actor, _key: Any) -> Row:
    require_admin(actor)
    row = Company.objects.select_related("logo").get()
    name = Tenant.objects.values_list("name", flat=True).get(id=actor.tenant_id)
    logo = link(row.logo_id, row.logo.name) if row.logo else None
    return {"id": str(row.id), "name": name, "logo": logo, **{fact: getattr(row, fact) for fact in _FACTS}}


def _change_company(actor: Actor, _key: Any, values: Values, _version: int | None) -> None:
    change_company(actor, values={name: "" if value is None else value for name, value in values.items()})


_MONTH = {"type": "integer", "minimum": 1, "maximum": 12}
_ROOMS = {
    "type": "array",
    "maxItems": 40,
    "items": one_of(*(room for room in settings.ROOMS if room not in ALWAYS_ON)),
}
_COMPANY = {
    "name": words(200), "currency": words(3), "language": one_of("en", "zh-hans"), "time_zone": words(60), "country": words(2),
    "fiscal_year_start": _MONTH, "address": words(1000), "phone": words(40), "email": words(254), "website": words(200),
    "tax_number": words(40), "rooms_off": _ROOMS,
    "recycle_days": {"type": ["integer", "null"], "minimum": 30, "maximum": 3650},
}  # fmt: skip
COMPANY = Resource(
    name="company",
    schema="Company",
    label=gettext_lazy("Company"),
    single=True,
    get=_company,
    read=_COMPANY | {"logo": or_null(LINK)},
    write=_COMPANY,
    update=_change_company,
)


def _rate_row(row: Period) -> Row:
    return {
        "id": str(row.id),
        "currency": row.currency,
        "rate": f"{row.rate:f}",
        "day": row.day.isoformat(),
        "until": None if row.until is None else row.until.isoformat(),
        "state": row.state,
    }


def _rates(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    wanted = query.get("currency", "").upper()
    return [_rate_row(row) for row in rate_periods(timezone.localdate()) if not wanted or row.currency == wanted]


def _rate(actor: Actor, key: UUID) -> Row:
    found = next((row for row in _rates(actor, {}) if row["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def _texts(values: Values) -> dict[str, str]:
    """Numbers are accepted where amounts are."""
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _change_rate(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    stored = {name: value for name, value in _rate(actor, key).items() if name in _RATE}
    save_rate(actor, rate_id=key, values=stored | _texts(values))


_RATE = {"currency": words(3), "day": DAY, "rate": {"anyOf": [{"type": "string", "maxLength": 40}, {"type": "number"}]}}
RATES = Resource(
    name="exchange-rates",
    schema="ExchangeRate",
    label=gettext_lazy("Exchange rates"),
    rows=_rates,
    get=_rate,
    read={
        "currency": TEXT,
        "day": DAY,
        "rate": TEXT,
        "until": or_null(DAY),
        "state": one_of("coming", "valid", "past"),
    },
    write=_RATE,
    required=("currency", "day", "rate"),
    create=lambda actor, values: (save_rate(actor, values=_texts(values)).id, {}),
    update=_change_rate,
    delete=lambda actor, key, _version: delete_rate(actor, rate_id=key),
    filters={"currency": gettext_lazy("Only those of this currency")},
)


def _calendar_row(row: BusinessCalendar) -> Row:
    return {
        "id": str(row.id),
        "name": row.name,
        "time_zone": row.time_zone,
        "country": row.country,
        "region": row.region,
        "hours": row.hours,
        "days_off": [day.isoformat() for day in row.days_off],
        "days_on": [day.isoformat() for day in row.days_on],
        "is_default": row.is_default,
    }


def _calendars(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_calendar_row(row) for row in BusinessCalendar.objects.order_by("-is_default", "name")]


def _calendar(actor: Actor, key: UUID) -> Row:
    require_admin(actor)
    row = BusinessCalendar.objects.filter(id=key).first()
    if row is None:
        raise NotFound(_("It does not exist."))
    return _calendar_row(row)


def _save_calendar(actor: Actor, values: Values, key: UUID | None = None) -> UUID:
    """Replaced as a whole: what `values` leave out stays as it is, or begins as the company's own."""
    company = Company.objects.get()
    begun = {"name": "", "time_zone": company.time_zone, "country": company.country, "region": "", "hours": {}, "days_off": [],
             "days_on": [], "is_default": False}  # fmt: skip
    stored = {name: value for name, value in _calendar(actor, key).items() if name in _CALENDAR} if key else begun
    whole = stored | dict(values)
    dates = {name: days(whole[name], name) for name in ("days_off", "days_on")}
    return save_calendar(actor, calendar_id=key, **(whole | dates)).id


_SPAN = {"type": "array", "minItems": 2, "maxItems": 2, "items": TEXT}
_HOURS = {"type": "object", "additionalProperties": {"type": "array", "maxItems": 20, "items": _SPAN}}
_DAYS = {"type": "array", "maxItems": 2000, "items": DAY}
_CALENDAR = {
    "name": words(120), "time_zone": words(60), "country": words(2), "region": words(10), "hours": _HOURS, "days_off": _DAYS,
    "days_on": _DAYS, "is_default": YES_NO,
}  # fmt: skip
CALENDARS = Resource(
    name="business-calendars",
    schema="BusinessCalendar",
    label=gettext_lazy("Business calendars"),
    rows=_calendars,
    get=_calendar,
    read=_CALENDAR | {"days_off": TEXTS, "days_on": TEXTS},
    write=_CALENDAR,
    required=("name",),
    create=lambda actor, values: (_save_calendar(actor, values), {}),
    update=lambda actor, key, values, _version: _save_calendar(actor, values, key),
    delete=lambda actor, key, _version: delete_calendar(actor, calendar_id=key),
)
