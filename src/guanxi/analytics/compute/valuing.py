"""What each customer is worth: historic + current + potential − cost to serve, with an interval.

The interval (80 %) is that of the customer's own future, not only of the parameters: nothing comes of who has left or buys no more; otherwise the margin to come
has the mean and variance of the fitted model (number of purchases: its own distribution, leaving within the period included; margins: Gamma-Gamma) and is taken
as beta prime distributed, whose tail is that of a customer's mean margin. Parameters of thousands of customers are sharp beside that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import betaincinv

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.compute.learning import Learned
from guanxi.analytics.models import Relationship
from guanxi.analytics.warehouse import histories
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.analytics.warehouse.frames import Warehouse
from guanxi.science.lifetime import value as chain_value

LEVEL = 0.80
LOW, HIGH = (1 - LEVEL) / 2, (1 + LEVEL) / 2
YEAR_DAYS = 365.25
LONGEST_DAYS = 3650.0
ALIVE_ENOUGH = 0.2
"""Below this P(alive) no day is named for a next order."""
_SMALL = 1e-12


@dataclass
class Ahead:
    """What is to come of each customer, in the order of the frame `customers`; NaN where it is not known.

    bought       expected purchases, discounted, within the horizon; `_12m` not discounted, within a year
    some         probability of at least one purchase within the horizon of a customer who is alive; `_12m` within a year
    pairs        E[N (N − 1)] / E[N]² of their N purchases: how much the number differs, who leaves in between included
    shape        of the gamma mixture of purchase rates: how sure the rate of the customer is
    next_days    median days until the next purchase of one who is alive, with the ends of the interval
    """

    p_alive: Floats
    bought: Floats
    bought_12m: Floats
    some: Floats
    some_12m: Floats
    pairs: Floats
    pairs_12m: Floats
    shape: Floats
    next_days: Floats
    next_low: Floats
    next_high: Floats


@dataclass
class Worth:
    """The figures of the customers, in the order of the frame; money in the company's currency."""

    p_alive: Floats
    churn: Floats
    historic: Floats
    current: Floats
    clv: Floats
    clv_low: Floats
    clv_high: Floats
    cross_sell: Floats
    share_gap: Floats
    potential: Floats
    cost_to_serve: Floats
    value: Floats
    value_low: Floats
    value_high: Floats
    margin_next: Floats
    margin_next_low: Floats
    margin_next_high: Floats
    profit_12m: Floats
    purchase_margin: Floats
    bought_12m: Floats
    next_days: Floats
    next_low: Floats
    next_high: Floats
    shape: Floats

    def at(self, row: int) -> dict[str, float]:
        """All figures of one customer."""
        return {each.name: float(getattr(self, each.name)[row]) for each in fields(self)}


def weigh(
    context: Context, learned: Learned, table: pa.Table, taken_up: Floats, share_of_wallet: Floats | None = None
) -> Worth:
    """The worth of the customers of a frame. `taken_up`: see cross_selling; `share_of_wallet`: our part of what they spend, NaN where unknown."""
    years = context.settings.horizon_months / 12
    discount = float(np.log1p(context.settings.discount_rate))
    ahead = (
        _AHEAD[learned.relationship](learned, years, discount)
        if learned.model is not None
        else _unknown(table.num_rows)
    )
    each, single, mean = purchase_margins(learned, table)
    clv_low, clv_high = _interval(ahead.p_alive, ahead.bought, ahead.some, ahead.pairs, each, single, mean)
    next_low, next_high = _interval(
        ahead.p_alive, ahead.bought_12m, ahead.some_12m, ahead.pairs_12m, each, single, mean
    )
    current, margin_next = numbers(table, "margin_12m"), ahead.bought_12m * each
    historic = numbers(table, "historic") - numbers(table, "historic_12m")
    alive = np.nan_to_num(ahead.p_alive)
    clv = ahead.bought * each
    cross = alive * taken_up
    gap = _share_gap(current, alive, share_of_wallet)
    potential = np.nan_to_num(clv) + cross + gap
    yearly = numbers(table, "cost_to_serve_12m")
    cost = yearly * (1 + alive * _annuity(discount, years))
    value = historic + current + potential - cost
    sure = value - np.nan_to_num(clv)
    return Worth(
        p_alive=ahead.p_alive, churn=1 - ahead.p_alive, historic=historic, current=current, clv=clv, clv_low=clv_low, clv_high=clv_high,
        cross_sell=cross, share_gap=gap, potential=potential, cost_to_serve=cost, value=value, value_low=sure + np.nan_to_num(clv_low),
        value_high=sure + np.nan_to_num(clv_high), margin_next=margin_next, margin_next_low=next_low, margin_next_high=next_high,
        profit_12m=current - yearly, purchase_margin=each, bought_12m=ahead.bought_12m, next_days=ahead.next_days,
        next_low=ahead.next_low, next_high=ahead.next_high, shape=ahead.shape,
    )  # fmt: skip


def _annuity(discount: float, years: float) -> float:
    """Present worth of 1 a year, paid continuously."""
    return years if discount < _SMALL else float(-np.expm1(-discount * years) / discount)


def _unknown(size: int) -> Ahead:
    return Ahead(*(np.full(size, np.nan) for _each in fields(Ahead)))


def _timing(learned: Learned, years: float, discount: float) -> Ahead:
    """Models of purchases at any time: BG/NBD, MBG/NBD, Pareto/NBD, NBD."""
    model, unit = learned.model, YEAR_DAYS / learned.unit_days
    x, t_x, T = learned.x, learned.t_x, learned.T
    alive = model.p_alive(x, t_x, T)
    shape, past = model.r + x, model.alpha + T

    def wait(share: float) -> Floats:
        """Days until a share of such customers who are alive has bought again: the rate is Gamma(r + x, α + T)."""
        return np.asarray(past * np.expm1(-np.log1p(-share) / shape) * learned.unit_days)

    return Ahead(
        alive,
        model.discounted_purchases(years * unit, discount / unit, x, t_x, T),
        model.expected_purchases(unit, x, t_x, T),
        model.alive_chance(years * unit, x, T), model.alive_chance(unit, x, T),
        _differing(model, years * unit, x, T), _differing(model, unit, x, T),
        shape,
        wait(0.5), wait(LOW), wait(HIGH),
    )  # fmt: skip


def _differing(model: Any, period: float, x: Floats, T: Floats) -> Floats:
    return np.asarray(model.alive_pairs(period, x, T) / np.maximum(model.alive_purchases(period, x, T) ** 2, _SMALL))


def _alike(alive: Floats, bought: Floats, bought_12m: Floats, shape: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """`some` and `pairs` where a model tells the mean only: as of a gamma mixture of rates."""
    with np.errstate(all="ignore"):
        counts = [each / np.clip(alive, _SMALL, 1.0) for each in (bought, bought_12m)]
        some, some_12m = (-np.expm1(-shape * np.log1p(count / shape)) for count in counts)
    return some, some_12m, 1 + 1 / shape, 1 + 1 / shape


def _occasions(learned: Learned, years: float, discount: float) -> Ahead:
    """BG/BB: purchases at the occasions of each period."""
    model, unit = learned.model, YEAR_DAYS / learned.unit_days
    x, t_x, T = learned.x, learned.t_x, learned.T
    chance = (model.alpha + x) / (model.alpha + model.beta + T)

    def wait(share: float) -> Floats:
        return np.asarray(np.log1p(-share) / np.log1p(-np.minimum(chance, 1 - _SMALL)) * learned.unit_days)

    alive, shape = model.p_alive(x, t_x, T), model.alpha + x
    bought = model.discounted_purchases(max(1.0, np.floor(years * unit)), discount / unit, x, t_x, T)
    bought_12m = model.expected_purchases(max(1.0, np.floor(unit)), x, t_x, T)
    return Ahead(
        alive, bought, bought_12m, *_alike(alive, bought, bought_12m, shape), shape,
        wait(0.5), wait(LOW), wait(HIGH),
    )  # fmt: skip


def _contract(learned: Learned, years: float, discount: float) -> Ahead:
    """sBG and bdW: under contract one sees who is a customer; what is to come are renewals."""
    model, unit = learned.model, YEAR_DAYS / learned.unit_days
    alive = (learned.T - learned.t_x <= 1).astype(np.float64)
    rate = float(np.expm1(discount / unit))
    made, place = np.unique(learned.t_x, return_inverse=True)
    renewals = model.expected_renewals(made, max(1, int(years * unit)), rate)[place]
    renewals_12m = model.expected_renewals(made, max(1, int(unit)), 0.0)[place]
    next_days = np.where(alive > 0, np.maximum(1.0, (learned.t_x + 1 - learned.T) * learned.unit_days), np.nan)
    stays = model.retention(made + 1)[place]
    alike = _alike(alive * stays, alive * renewals, alive * renewals_12m, learned.t_x + 1)
    return Ahead(
        alive * stays, alive * renewals, alive * renewals_12m, *alike, learned.t_x + 1, next_days, next_days, next_days
    )


def _share(learned: Learned, years: float, discount: float) -> Ahead:
    """Migration by recency: a customer in state k last bought k periods ago and may always come back."""
    unit = YEAR_DAYS / learned.unit_days
    p = learned.model.p
    state = np.clip(np.floor(learned.T - learned.t_x).astype(np.int64), 0, len(p) - 1)
    now = np.zeros(len(p))
    now[0] = 1.0
    rate = float(np.expm1(discount / unit))
    # A payoff of 1 in each period of a purchase; the present one has been counted already.
    ever = chain_value(learned.model.chain(now, rate), int(years * unit)) - now
    year = chain_value(learned.model.chain(now, 0.0), int(unit)) - now
    none = np.array([_no_return(p, first, int(unit)) for first in range(len(p))])
    median = np.array([_periods_until(p, first, 0.5) for first in range(len(p))]) * learned.unit_days
    low = np.array([_periods_until(p, first, LOW) for first in range(len(p))]) * learned.unit_days
    high = np.array([_periods_until(p, first, HIGH) for first in range(len(p))]) * learned.unit_days
    alike = _alike(1 - none[state], ever[state], year[state], learned.x + 1)
    return Ahead(
        1 - none[state], ever[state], year[state], *alike, learned.x + 1, median[state], low[state], high[state]
    )


def _no_return(p: Floats, first: int, periods: int) -> float:
    """Probability of not coming back within so many periods from state `first` on."""
    places = np.minimum(np.arange(first, first + periods), len(p) - 1)
    return float(np.prod(1 - p[places]))


def _periods_until(p: Floats, first: int, share: float) -> float:
    """Periods until this share of those in state `first` has come back; NaN where it never does within ten years of months."""
    places = np.minimum(np.arange(first, first + 120), len(p) - 1)
    reached = np.flatnonzero(1 - np.cumprod(1 - p[places]) >= share)
    return float(reached[0] + 1) if len(reached) else float("nan")


_AHEAD: Mapping[str, Any] = {
    Relationship.OPEN: _timing,
    Relationship.OCCASIONS: _occasions,
    Relationship.CONTRACT: _contract,
    Relationship.SHARE: _share,
}


def purchase_margins(learned: Learned, table: pa.Table) -> tuple[Floats, float, Floats]:
    """Expected margin of a purchase, relative variance of a single one, and of the customer's own mean.

    Without a model of margins, or where a customer's mean is not positive, the customer's own mean counts, of new customers that of all.
    """
    x, m, orders = numbers(table, "x"), numbers(table, "m"), numbers(table, "orders")
    own = np.where(np.isnan(m), numbers(table, "margin") / orders, m)
    model = learned.money
    if model is None or not np.isfinite(model.mean()):
        usual = float(np.nanmean(own)) if len(own) else 0.0
        each = np.where(x > 0, own, usual)
        return each, 0.25, 1.0 / (x + 1)
    fits = (x > 0) & (m > 0)
    each = np.where(fits | (x == 0), model.expected_margin(np.where(fits, x, 0.0), np.where(fits, m, 0.0)), own)
    spread = np.maximum(model.p * x + model.q - 2, 0.5)
    return each, 1.0 / model.p, 1.0 / spread


def _interval(
    p_alive: Floats, bought: Floats, some: Floats, pairs: Floats, each: Floats, single: float, mean: Floats
) -> tuple[Floats, Floats]:
    """Ends of the interval of the margin to come; see Ahead and purchase_margins for what goes in.

    The mean of who most likely brings nothing lies above nine of ten outcomes: it then is the upper end.
    """
    with np.errstate(all="ignore"):
        count = np.maximum(bought / np.clip(p_alive, _SMALL, 1.0), _SMALL)
        chance = np.clip(some, _SMALL, np.minimum(count, 1.0))
        # Number of purchases and its second moment, then the relative variance of the margin, of those who buy at all.
        number = count / chance
        second = np.maximum(pairs * count**2 / chance + number, number**2)
        varies = (1 + mean) * (second + number * single) / number**2 - 1
        tail = 1 / mean + 2
        shape = (tail - 1) / np.maximum(varies / mean - 1, 1e-4)
        brings = np.clip(p_alive, _SMALL, 1.0) * chance
        scale = number * np.maximum(each, 0.0) * (tail - 1) / shape
        found = []
        for share in (LOW, HIGH):
            place = betaincinv(shape, tail, np.clip((share - (1 - brings)) / brings, 0.0, 1 - _SMALL))
            found.append(np.where(np.isnan(bought), np.nan, place / (1 - place) * scale))
    mean_margin = bought * each
    return np.minimum(found[0], mean_margin), np.maximum(found[1], mean_margin)


def _share_gap(current: Floats, alive: Floats, share: Floats | None) -> Floats:
    """What they buy elsewhere in a year, as margin."""
    if share is None:
        return np.zeros(len(current))
    with np.errstate(all="ignore"):
        gap = np.maximum(current, 0.0) * (1 / np.clip(share, 0.01, 1.0) - 1) * alive
    return np.nan_to_num(gap)


def cross_selling(warehouse: Warehouse, terms: Terms, table: pa.Table) -> Floats:
    """Margin of a year from product families that the customer does not hold yet, if alive: how often such customers took a family up within the
    last year, times what those who did brought in it."""
    sold = warehouse.fact("transactions")
    rates = histories.taken_up(sold, terms)
    worth = numbers(fetched(rates), "worth")
    if not len(worth) or worth.sum() <= 0:
        return np.zeros(table.num_rows)
    held = fetched(histories.worth_held(sold, rates, terms))
    keys, accounts = held.column("account").combine_chunks(), table.column("account").combine_chunks()
    rows = pc.index_in(accounts, value_set=keys).to_numpy(zero_copy_only=False)
    own = np.append(numbers(held, "worth"), 0.0)[np.where(np.isnan(rows), -1, rows).astype(np.int64)]
    return np.maximum(float(worth.sum()) - own, 0.0)


def grades(value: Floats, shares: tuple[float, ...]) -> Any:
    """A, B, C, D by rank of the value; equal values get the better grade."""
    order = np.sort(value)[::-1]
    ends = np.cumsum(shares) * len(value)
    smaller = len(value) - np.searchsorted(order[::-1], value, side="right")
    return (
        np.asarray(list("ABCD"))[np.searchsorted(ends, smaller, side="right")]
        if len(value)
        else np.asarray([], dtype="<U1")
    )
