"""Money: Decimal amounts with an ISO 4217 currency, rounded half up to the currency's own digits."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

SCALE = 10_000
QUANTUM = Decimal("0.0001")
MAX_AMOUNT = Decimal(2**63 - 1) / SCALE

CURRENCIES: frozenset[str] = frozenset(get_global("all_currencies"))


@dataclass(frozen=True)
class Money:
    """An amount in a currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.currency!r} is not an ISO 4217 currency")


def to_minor(amount: Decimal) -> int:
    """Ten-thousandths of `amount`, rounded half up; raises OverflowError beyond a bigint."""
    minor = int(amount.quantize(QUANTUM, rounding=ROUND_HALF_UP) * SCALE) if amount.is_finite() else None
    if minor is None or abs(amount) > MAX_AMOUNT:
        raise OverflowError("amount out of range")
    return minor


def from_minor(minor: int | Decimal) -> Decimal:
    """Decimal with four places from ten-thousandths."""
    return (Decimal(minor) / SCALE).quantize(QUANTUM)


def minor_text(minor: int | None) -> str | None:
    """The amount of ten-thousandths as plain decimal text without trailing zeros: 12500 → "1.25"; None for none."""
    if minor is None:
        return None
    whole, rest = divmod(abs(minor), SCALE)
    text = f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
    return f"-{text}" if minor < 0 else text


def round_to_currency(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half up to the digits that ISO 4217 gives the currency (JPY 0, CNY 2, KWD 3)."""
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), rounding=ROUND_HALF_UP)
