"""Reads of the catalogue that other rooms use."""

from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product
from guanxi.core.money import QUANTUM
from guanxi.core.rates import rate_on

NOTHING = Decimal(0)


def price_of(
    product: Product,
    quantity: Decimal,
    price_book: PriceBook | None,
    day: date,
    *,
    currency: str = "",
    company_currency: str = "CNY",
) -> Decimal:
    """What one unit costs when `quantity` are bought on `day`.

    The price book's entry with the highest `min_quantity` not above `quantity` that is valid on the day counts; without one, the
    list price. The answer is in `currency`, by default that of the price book or else of the product. Raises
    `core.rates.NoRate` when a conversion has no rate.
    """
    entry = _entry(product, quantity, price_book, day) if price_book else None
    if entry is not None and price_book is not None:
        amount, source = entry.price, price_book.currency
    else:
        amount, source = product.list_price or NOTHING, product.currency
    target = currency or (price_book.currency if price_book else product.currency)
    return in_currency(amount, source, target, day, company_currency)


def in_currency(amount: Decimal, source: str, target: str, day: date, company_currency: str) -> Decimal:
    """A unit price in another currency, to four places: a price may be finer than the currency's own digits."""
    if source == target or not amount:
        return amount
    rates = [rate_on(name, day, company_currency=company_currency) for name in (source, target)]
    return (amount * rates[0] / rates[1]).quantize(QUANTUM)


def _entry(product: Product, quantity: Decimal, price_book: PriceBook, day: date) -> PriceBookEntry | None:
    if not is_valid(price_book, day):
        return None
    fitting: QuerySet[PriceBookEntry] = PriceBookEntry.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=day),
        Q(valid_to=None) | Q(valid_to__gte=day),
        price_book=price_book,
        product=product,
        min_quantity__lte=quantity,
        deleted_at=None,
    )
    # Of equal quantities the one that began last is the newest decision.
    return max(fitting, key=lambda entry: (entry.min_quantity, entry.valid_from or date.min), default=None)


def is_valid(price_book: PriceBook, day: date) -> bool:
    """True when the price book is active and the day lies within its dates."""
    started = price_book.valid_from is None or price_book.valid_from <= day
    ended = price_book.valid_to is not None and price_book.valid_to < day
    return price_book.is_active and price_book.deleted_at is None and started and not ended


def default_price_book(currency: str) -> PriceBook | None:
    """The tenant's default price book of a currency, or None."""
    found: PriceBook | None = PriceBook.objects.filter(
        is_default=True, is_active=True, currency=currency, deleted_at=None
    ).first()
    return found
