"""The arithmetic of quotes and orders: pure functions on Decimals.

A line's net price is its list price less the discount, to four places; its amount is quantity × net price, rounded half up to the
digits of the currency; its tax is rounded alike. Totals are sums of rounded lines, so that what is printed adds up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from guanxi.core.money import QUANTUM, round_to_currency

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Priced:
    """What a line is computed from. `cost` per unit, or None when unknown."""

    quantity: Decimal
    list_price: Decimal
    discount_percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    cost: Decimal | None = None
    optional: bool = False


@dataclass(frozen=True)
class LineFigures:
    """What a line amounts to. `margin` is None when the cost is unknown, `margin_percent` also for an amount of zero."""

    net_price: Decimal
    list_amount: Decimal
    amount: Decimal
    tax: Decimal
    margin: Decimal | None
    margin_percent: Decimal | None


@dataclass(frozen=True)
class TaxGroup:
    """All lines of one tax rate."""

    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Figures:
    """The sums over all lines that are not optional. `groups` stand with the highest rate first."""

    list_total: Decimal
    discount_total: Decimal
    discount_percent: Decimal
    net_total: Decimal
    groups: tuple[TaxGroup, ...]
    tax_total: Decimal
    total: Decimal
    margin: Decimal | None
    margin_percent: Decimal | None


def line_figures(line: Priced, currency: str) -> LineFigures:
    """The figures of one line."""
    net_price = (line.list_price * (HUNDRED - line.discount_percent) / HUNDRED).quantize(
        QUANTUM, rounding=ROUND_HALF_UP
    )
    amount = round_to_currency(line.quantity * net_price, currency)
    margin = None if line.cost is None else amount - round_to_currency(line.quantity * line.cost, currency)
    return LineFigures(
        net_price=net_price,
        list_amount=round_to_currency(line.quantity * line.list_price, currency),
        amount=amount,
        tax=round_to_currency(amount * line.tax_rate / HUNDRED, currency),
        margin=margin,
        margin_percent=share_of(margin, amount),
    )


def sum_lines(lines: Iterable[Priced], currency: str) -> Figures:
    """The totals of a document."""
    counted = [(line, line_figures(line, currency)) for line in lines if not line.optional]
    list_total = sum((figures.list_amount for _, figures in counted), ZERO)
    net_total = sum((figures.amount for _, figures in counted), ZERO)
    groups = _tax_groups(counted)
    tax_total = sum((group.tax for group in groups), ZERO)
    margin = _margin([figures for _, figures in counted])
    return Figures(
        list_total=list_total,
        discount_total=list_total - net_total,
        discount_percent=share_of(list_total - net_total, list_total) or ZERO,
        net_total=net_total,
        groups=groups,
        tax_total=tax_total,
        total=net_total + tax_total,
        margin=margin,
        margin_percent=share_of(margin, net_total),
    )


def share_of(part: Decimal | None, whole: Decimal) -> Decimal | None:
    """`part` in percent of `whole`, to two places; None when either says nothing."""
    if part is None or not whole:
        return None
    return (part * HUNDRED / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _tax_groups(counted: list[tuple[Priced, LineFigures]]) -> tuple[TaxGroup, ...]:
    rates = sorted({line.tax_rate for line, figures in counted if figures.amount}, reverse=True)
    return tuple(
        TaxGroup(
            rate,
            sum((figures.amount for line, figures in counted if line.tax_rate == rate), ZERO),
            sum((figures.tax for line, figures in counted if line.tax_rate == rate), ZERO),
        )
        for rate in rates
    )


def _margin(figures: list[LineFigures]) -> Decimal | None:
    """Unknown as soon as one line's cost is unknown: a margin of some lines would look better than it is."""
    margins = [item.margin for item in figures]
    if not margins or None in margins:
        return None
    return sum((margin for margin in margins if margin is not None), ZERO)
