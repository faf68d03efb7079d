"""The company's exchange rates: who may change them, what is written down and announced."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core import rates
from guanxi.core.errors import Invalid
from guanxi.core.events import publish
from guanxi.core.models import ExchangeRate
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.events import ExchangeRateChanged
from guanxi.identity.permissions import require_admin
from guanxi.identity.validation import clean_currency

FIRST_YEAR, LAST_YEAR = 1990, 2100


def save_rate(actor: Actor, *, values: Mapping[str, str], rate_id: UUID | None = None) -> ExchangeRate:
    """Add a rate, or correct the one with `rate_id`; `values` holds currency, day (2026-12-31) and rate as text.

    Administrators only; raises `Invalid`, and `NotFound` for an unknown `rate_id`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        clean = _clean(actor, values)
        before = rates.get_rate(rate_id) if rate_id else None
        old = _plain(before) if before else None
        row = rates.correct_rate(rate_id, **clean) if rate_id else _add(**clean)
        _note(actor, "rate.changed" if before else "rate.added", row, {"old": old, "new": _plain(row)})
        if old and old["currency"] != row.currency:
            publish(ExchangeRateChanged(currency=old["currency"]), member_id=actor.member_id)
    return row


def delete_rate(actor: Actor, *, rate_id: UUID) -> None:
    """Delete a rate; administrators only. Raises `NotFound`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = rates.delete_rate(rate_id)
        _note(actor, "rate.deleted", row, {"old": _plain(row)})


def _add(currency: str, day: date, rate: Decimal) -> ExchangeRate:
    if ExchangeRate.objects.filter(currency=currency, day=day).exists():
        raise Invalid({"day": [_("There is another rate of this currency from this day.")]})
    return rates.set_rate(currency, day, rate)


def _note(actor: Actor, action: str, row: ExchangeRate, detail: Mapping[str, Any]) -> None:
    note_access(actor, action, object_name="exchange_rate", record_id=row.id, detail=detail)
    publish(ExchangeRateChanged(currency=row.currency), member_id=actor.member_id)


def _plain(row: ExchangeRate) -> dict[str, str]:
    return {"currency": row.currency, "day": row.day.isoformat(), "rate": f"{Decimal(row.rate).normalize():f}"}


def _clean(actor: Actor, values: Mapping[str, str]) -> dict[str, Any]:
    problems: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for name, read in (("currency", clean_currency), ("day", _day), ("rate", _rate)):
        try:
            clean[name] = read(values.get(name, ""))
        except Invalid as error:
            problems |= error.errors
    if clean.get("currency") == actor.currency:
        problems["currency"] = [_("This is the company's own currency: its rate is always 1.")]
    if problems:
        raise Invalid(problems)
    return clean


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid({"day": [_("Write the date as 2026-12-31.")]})
    return day


def _rate(text: str) -> Decimal:
    problem = Invalid({"rate": [_("Enter a number greater than zero, with at most ten decimal places.")]})
    if len(text) > 40:
        raise problem
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        raise problem from None
    if not rate.is_finite() or not rates.SMALLEST <= rate < rates.LARGEST or rate != round(rate, 10):
        raise problem
    return rate
