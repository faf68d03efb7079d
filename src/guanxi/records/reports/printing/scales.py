"""Round values for an axis, and how figures are written beside it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from guanxi.core.ui import formats


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, with round `ticks`; zero is always among them."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float, length: float) -> float:
        """How far along an axis of this length a value lies."""
        return (value - self.low) / (self.high - self.low) * length


def scale_of(values: Iterable[float], *, zero: bool = True, parts: int = 5) -> Scale:
    """A scale that holds all values. Bars need `zero`: a cut axis would lie."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        if not high:
            return Scale(0.0, 1.0, (0.0,))
        low, high = min(0.0, low), max(0.0, high)
    # Between counts there is nothing to name.
    whole = all(value == int(value) for value in known)
    step = _round_step((high - low) / parts, whole)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(first * step, last * step, tuple(number * step for number in range(first, last + 1)))


def written(value: float | None, unit: str, currency: str) -> str:
    """A figure as it stands beside an axis: short, with its unit."""
    if value is None:
        return formats.number(None)
    exact = Decimal(repr(round(value, 6)))
    if unit == "money":
        return formats.money_short(exact, currency, home=currency)
    text = formats.money_short(exact, "XXX", home="XXX").replace("XXX", "").replace("\u00a0", "").strip()
    text = text if abs(exact) >= 1000 else formats.number(exact, 0 if exact == exact.to_integral_value() else 1)
    return f"{text} %" if unit == "percent" else text


def _round_step(rough: float, whole: bool) -> float:
    if whole and rough <= 1:
        return 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    parts = (1, 2, 5, 10) if whole and size < 10 else (1, 2, 2.5, 5, 10)
    return next(size * part for part in parts if size * part >= rough * (1 - 1e-9))
