"""Dated exchange rates to the company's currency, and conversion through it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
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
    _check(currency, rate)
    values = {"tenant_id": current_tenant_id(), "currency": currency, "day": day}
    row, _created = ExchangeRate.objects.update_or_create(**values, defaults={"rate": rate})
    return row  # type: ignore[no-any-return]


def correct_rate(rate_id: UUID, *, currency: str, day: date, rate: Decimal) -> ExchangeRate:
    """Put a rate right: its currency, first day or value. Raises NotFound, and Invalid also when the day has another rate."""
    row = get_rate(rate_id)
    _check(currency, rate)
    if ExchangeRate.objects.filter(currency=currency, day=day).exclude(id=rate_id).exists():
        raise Invalid({"day": [_("There is another rate of this currency from this day.")]})
    row.currency, row.day, row.rate = currency, day, rate
    row.save(update_fields=["currency", "day", "rate"])
    return row


def delete_rate(rate_id: UUID) -> ExchangeRate:
    """Forget a rate: the one before it is valid on. Returns what it was; raises NotFound."""
    row = get_rate(rate_id)
    ExchangeRate.objects.filter(id=rate_id).delete()
    return row


def get_rate(rate_id: UUID) -> ExchangeRate:
    """One rate, locked until the transaction ends. Raises NotFound."""
    row: ExchangeRate | None = ExchangeRate.objects.select_for_update().filter(id=rate_id).first()
    if row is None:
        raise NotFound(_("It does not exist."))
    return row


@dataclass(frozen=True)
class Period:
    """A rate with the days of its validity; `until` None: up to now and on. `state` is coming, valid or past."""

    id: UUID
    currency: str
    rate: Decimal
    day: date
    until: date | None
    state: str


def rate_periods(today: date) -> list[Period]:
    """All rates of the running tenant by currency, newest first, each with the last day before the next one."""
    periods: list[Period] = []
    for row in ExchangeRate.objects.order_by("currency", "-day"):
        later = periods[-1].day if periods and periods[-1].currency == row.currency else None
        until = later - timedelta(days=1) if later else None
        state = "coming" if row.day > today else "past" if until and until < today else "valid"
        periods.append(Period(row.id, row.currency, row.rate.normalize(), row.day, until, state))
    return periods


def _check(currency: str, rate: Decimal) -> None:
    problems = {}
    if currency not in CURRENCIES:
        problems["currency"] = [_("This is not an ISO 4217 currency code.")]
    if not (rate.is_finite() and SMALLEST <= rate < LARGEST):
        problems["rate"] = [_("The rate must be greater than zero.")]
    if problems:
        raise Invalid(problems)


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
