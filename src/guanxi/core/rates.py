"""Dated exchange rates to the company's currency, and conversion through it."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.models import ExchangeRate
from guanxi.core.money import CURRENCIES, round_to_currency
from guanxi.core.tenancy import current_tenant_id

ONE = Decimal(1)
LARGEST = Decimal(10) ** 9
SMALLEST = Decimal(1).scaleb(-10)


class NoRate(Conflict):
    """No exchange rate of `currency` is known on `day`; an administrator has to enter one."""

    kind = "no-rate"

    def __init__(self, currency: str, day: date) -> None:
        text = _("There is no exchange rate of %(currency)s on %(day)s.")
        super().__init__(text % {"currency": currency, "day": day.isoformat()})
        self.currency = currency
        self.day = day


def set_rate(currency: str, day: date, rate: Decimal) -> ExchangeRate:
    """From `day` on, one unit of `currency` is worth `rate` units of the company's currency; replaces that day's rate.

    Raises Invalid for an unknown currency or a rate that is not positive.
    """
    problems = {}
    if currency not in CURRENCIES:
        problems["currency"] = [_("This is not an ISO 4217 currency code.")]
    if not (rate.is_finite() and SMALLEST <= rate < LARGEST):
        problems["rate"] = [_("The rate must be greater than zero.")]
    if problems:
        raise Invalid(problems)
    values = {"tenant_id": current_tenant_id(), "currency": currency, "day": day}
    row, _created = ExchangeRate.objects.update_or_create(**values, defaults={"rate": rate})
    return row  # type: ignore[no-any-return]


def rate_on(currency: str, day: date, *, company_currency: str) -> Decimal:
    """Units of the company's currency for one unit of `currency` on `day`: the latest rate not after it. Raises NoRate."""
    if currency == company_currency:
        return ONE
    known = ExchangeRate.objects.filter(currency=currency, day__lte=day).order_by("-day")
    rate: Decimal | None = known.values_list("rate", flat=True).first()
    if rate is None:
        raise NoRate(currency, day)
    return rate


def convert(amount: Decimal, from_: str, to: str, day: date, *, company_currency: str) -> Decimal:
    """`amount` of one currency in another at the rates of `day`, rounded to the target's digits. Raises NoRate."""
    if from_ == to:
        return amount
    source = rate_on(from_, day, company_currency=company_currency)
    target = rate_on(to, day, company_currency=company_currency)
    return round_to_currency(amount * source / target, to)
