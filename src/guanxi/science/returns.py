"""What a system brings against what it costs: published effects laid on a company's own figures, pay-back, net present value, sensitivity.

The effects are those that vendors publish: marketing and sales cost less, more deals won each year, more margin per transaction, lost business
recovered. Deals recovered are deals won: where both effects claim the same deal, it counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from guanxi.science.arrays import Floats, Unusable

MONTHS = 12
SAVING_MONTHS = 36
"""The published saving is reached after three years."""
_SWUNG = {
    "effects": ("saving", "won", "margin", "recovered"),
    "business": ("revenue", "margin_rate", "won", "lost", "selling_cost"),
    "costs": ("once", "monthly"),
}


@dataclass(frozen=True)
class Business:
    """A year of the company: revenue, the share of it that stays as margin, won and lost deals by amount, cost of marketing and sales."""

    revenue: float
    margin_rate: float
    won: float
    lost: float
    selling_cost: float


@dataclass(frozen=True)
class Effects:
    """What is claimed, as shares: `saving` of the cost after three years, `won` more deals each year, `margin` of revenue more per transaction,
    `recovered` of the lost business. Margin and recovery grow evenly over `ramp` months. `credit`: the part that one credits to the system."""

    saving: float = 0.10
    won: float = 0.05
    margin: float = 0.01
    recovered: float = 0.15
    ramp: float = 12.0
    credit: float = 1.0


@dataclass(frozen=True)
class Costs:
    """What the system costs: once at the beginning, and each month."""

    once: float
    monthly: float


@dataclass(frozen=True)
class Course:
    """Month by month from the first on: saving, margin of deals won more, of business recovered beyond these, of dearer transactions; cost; what is left.

    `cumulated` has the cost at the beginning before the first month. npv is discounted to the beginning; pay_back in months, None where it is not reached;
    gain is all that came for each unit spent, less one, None without cost.
    """

    saving: Floats
    won: Floats
    recovered: Floats
    margin: Floats
    cost: Floats
    cumulated: Floats
    npv: float
    pay_back: float | None
    gain: float | None

    @property
    def benefit(self) -> Floats:
        """All effects of each month."""
        return np.asarray(self.saving + self.won + self.recovered + self.margin)


@dataclass(frozen=True)
class Swing:
    """One assumption at its low and its high end, and the net present value there."""

    name: str
    low: float
    high: float
    npv_low: float
    npv_high: float

    @property
    def width(self) -> float:
        """How far it moves the result."""
        return abs(self.npv_high - self.npv_low)


def grown(effects: Effects, month: Floats | float) -> dict[str, Floats]:
    """How far each effect has come by the end of so many months, as shares; the credit is in them."""
    at = np.asarray(month, float)
    ramp = np.minimum(at / max(effects.ramp, 1.0), 1.0)
    return {
        "saving": effects.credit * effects.saving * np.minimum(at / SAVING_MONTHS, 1.0),
        "won": effects.credit * ((1 + effects.won) ** (at / MONTHS) - 1),
        "margin": effects.credit * effects.margin * ramp,
        "recovered": effects.credit * effects.recovered * ramp,
    }


def course(business: Business, effects: Effects, costs: Costs, *, months: int = 36, discount: float = 0.10) -> Course:
    """The months 1 … `months` and what comes of them, `discount` a year. Raises Unusable for figures that are none."""
    _check(business, effects, costs, months, discount)
    at = np.arange(1, months + 1, dtype=float)
    share = grown(effects, at)
    saving = business.selling_cost / MONTHS * share["saving"]
    won = business.won / MONTHS * share["won"] * business.margin_rate
    all_recovered = business.lost / MONTHS * share["recovered"] * business.margin_rate
    recovered = np.maximum(all_recovered - won, 0.0)
    margin = business.revenue / MONTHS * share["margin"]
    cost = np.full(months, costs.monthly)
    net = saving + won + recovered + margin - cost
    cumulated = np.concatenate([[0.0], np.cumsum(net)]) - costs.once
    npv = float((net / (1 + discount) ** (at / MONTHS)).sum() - costs.once)
    spent = costs.once + float(cost.sum())
    came = float((net + cost).sum())
    return Course(
        saving,
        won,
        recovered,
        margin,
        cost,
        cumulated,
        npv,
        pay_back(cumulated),
        came / spent - 1 if spent > 0 else None,
    )


def pay_back(cumulated: Floats) -> float | None:
    """The month, with its part, from which on nothing is owed any more; 0 where nothing ever was; None where it stays owed."""
    owed = np.flatnonzero(cumulated < 0)
    if not len(owed):
        return 0.0
    last = int(owed[-1])
    if last + 1 >= len(cumulated):
        return None
    return float(last + -cumulated[last] / (cumulated[last + 1] - cumulated[last]))


def tornado(
    business: Business, effects: Effects, costs: Costs, swing: float = 0.5, *, months: int = 36, discount: float = 0.10
) -> list[Swing]:
    """Each assumption alone, `swing` of it less and more; what moves the result most comes first. Shares stay within 0 and 1."""

    def npv(changed: str, name: str, value: float) -> float:
        parts: dict[str, Any] = {"business": business, "effects": effects, "costs": costs}
        parts[changed] = replace(parts[changed], **{name: value})
        return course(**parts, months=months, discount=discount).npv

    found = []
    for part, names in _SWUNG.items():
        whole: Any = {"business": business, "effects": effects, "costs": costs}[part]
        for name in names:
            value = float(getattr(whole, name))
            high = value * (1 + swing)
            low, high = value * (1 - swing), min(high, 1.0) if part == "effects" or name == "margin_rate" else high
            label = f"base_{name}" if part == "business" else name
            found.append(Swing(label, low, high, npv(part, name, low), npv(part, name, high)))
    return sorted(found, key=lambda one: -one.width)


def scaled(effects: Effects, by: float) -> Effects:
    """All effects times a factor; they take as long as before."""
    return replace(
        effects, **{name: min(getattr(effects, name) * by, 1.0) for name in ("saving", "won", "margin", "recovered")}
    )


def enough(
    business: Business, effects: Effects, costs: Costs, *, months: int = 36, discount: float = 0.10
) -> float | None:
    """The share of the effects that suffices for a net present value of 0; None where ten times of them do not."""

    def npv(by: float) -> float:
        return course(business, scaled(effects, by), costs, months=months, discount=discount).npv

    low, high = 0.0, 10.0
    if npv(low) >= 0:
        return 0.0
    if npv(high) < 0:
        return None
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if npv(middle) >= 0 else (middle, high)
    return high


def published(business: Business, effects: Effects) -> Mapping[str, float]:
    """What the recovery means on these figures once it is complete: growth of sales, and of gross profit, as shares."""
    more = business.lost * effects.recovered
    profit = business.revenue * business.margin_rate
    return {
        "sales": more / business.revenue if business.revenue > 0 else 0.0,
        "profit": more * business.margin_rate / profit if profit > 0 else 0.0,
    }


def _check(business: Business, effects: Effects, costs: Costs, months: int, discount: float) -> None:
    values: Sequence[float] = [getattr(part, one.name) for part in (business, effects, costs) for one in fields(part)]
    if not np.isfinite(values).all() or min(values) < 0:
        raise Unusable("Figures, effects and costs are numbers, none below 0.")
    if max(effects.saving, effects.won, effects.margin, effects.recovered, effects.credit, business.margin_rate) > 1:
        raise Unusable("Effects and the margin rate are shares from 0 to 1.")
    if not 1 <= months <= 240 or not 0 <= discount < 10:
        raise Unusable("The look ahead is 1 to 240 months, the discount not below 0.")
