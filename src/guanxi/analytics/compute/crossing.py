"""What customers are worth in products of families that they do not have yet: by the model of the next product where it may be trusted, else by family.

Only families that a customer lacks count: more of what it has is in the orders to come already. Both ways need a past that is long enough; without one
nothing is counted, as the few customers of the first days are not like all others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guanxi.analytics.compute.context import Context, Floats
from guanxi.analytics.compute.selling import Taught, taught
from guanxi.analytics.compute.valuing import cross_selling
from guanxi.analytics.warehouse import histories
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.analytics.warehouse.frames import Warehouse
from guanxi.science.arrays import Ints
from guanxi.science.next_product import Purchases, moment, probabilities

LEAST_CUSTOMERS, LEAST_DAYS = 30, 90
MOST_EXPECTED = 2.0
"""How many times what came the model may have expected in its test: one that promises more is not believed, one that promises less is only careful."""
AS_GOOD = 1 - 1e-9
"""Sums in another order differ in their last digits."""
YEAR = 365
NEXT_PRODUCT, FAMILIES, NOTHING = "next_product", "families", ""


@dataclass(frozen=True)
class Crossing:
    """How the potential of further products is counted: `by` next_product, families, or "" where the past is too short."""

    by: str
    worth: Callable[[Warehouse, Terms, pa.Table], Floats]


def crossing(context: Context, before_days: int) -> Crossing:
    """The way for a run; the past must suffice already `before_days` ago, so that then and now are counted alike."""
    learnt = taught(context)
    if learnt is not None and trusted(learnt, before_days):
        return Crossing(NEXT_PRODUCT, lambda _warehouse, terms, table: by_model(learnt, terms.as_of, table))
    with context.warehouse() as warehouse:
        enough = _past_is_long(warehouse, context.as_of - timedelta(days=before_days))
    if enough:
        return Crossing(FAMILIES, cross_selling)
    return Crossing(NOTHING, lambda _warehouse, _terms, table: np.zeros(table.num_rows))


def trusted(learnt: Taught, before_days: int) -> bool:
    """Whether the model found as much margin as popularity in what came later, expected not much more of it, and learnt from a past that is long enough."""
    tested = learnt.fit["evaluation"].get("next_product")
    if learnt.model is None or not tested or not tested["took"]:
        return False
    model, popular = ((tested["ways"][name]["margin"] or 0.0) for name in ("model", "popularity"))
    better = model >= popular * AS_GOOD
    right = tested["expected"] <= MOST_EXPECTED * tested["took"]
    bought = learnt.stock.bought
    learnt_on = learnt.stock.today - max(learnt.days, before_days)
    return bool(better and right and _long(_firsts(bought), learnt_on))


def _firsts(bought: Purchases) -> Ints:
    """The day of each customer's first purchase."""
    found = np.full(bought.customers, np.iinfo(np.int64).max)
    np.minimum.at(found, bought.who, bought.day)
    return found


def _long(firsts: Ints, day: int) -> bool:
    known = firsts[firsts <= day]
    return len(known) >= LEAST_CUSTOMERS and day - int(known.min()) >= LEAST_DAYS


def _past_is_long(warehouse: Warehouse, as_of: date) -> bool:
    """Whether enough customers were known, for long enough, a year before a day: their purchases since are what others are expected to do."""
    terms = Terms(as_of)
    found = fetched(histories.first_purchases(warehouse.fact("transactions"), terms))
    firsts = np.array([one.toordinal() for one in found.column("came_on").to_pylist()], dtype=np.int64)
    return _long(firsts, terms.year_ago.toordinal())


def by_model(learnt: Taught, as_of: date, table: pa.Table) -> Floats:
    """Margin of a year from families that the customer lacks: of each product the probability of a year × what those brought who took it up."""
    stock = learnt.stock
    at = moment(stock.bought, as_of.toordinal())
    chance = probabilities(learnt.model, at) if learnt.model is not None else np.zeros(at.held.shape)
    # The model tells the chance within its horizon; a year is so many of them.
    yearly = -np.expm1(np.log1p(-np.minimum(chance, 1 - 1e-9)) * (YEAR / learnt.days))
    fresh = (at.features["family"] == 0) & ~at.held
    worth = (yearly * fresh) @ np.maximum(_brought(learnt), 0.0)
    keys = pa.array(stock.accounts, pa.string())
    rows = pc.index_in(table.column("account").combine_chunks().cast(pa.string()), value_set=keys)
    places = rows.to_numpy(zero_copy_only=False)
    return np.asarray(np.append(worth, 0.0)[np.where(np.isnan(places), -1, places).astype(np.int64)])


def _brought(learnt: Taught) -> Floats:
    """By product what those who took it up within the last year brought in it since; where nobody did, what the first year brings."""
    stock = learnt.stock
    bought = stock.bought
    pair = bought.who * bought.products + bought.what
    _keys, place = np.unique(pair, return_inverse=True)
    first = np.full(place.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, place, bought.day)
    new = first[place] > stock.today - YEAR
    takers = np.bincount(bought.what[new & (bought.day == first[place])], minlength=bought.products)
    sums = np.bincount(bought.what[new], stock.paid[new], minlength=bought.products)
    return np.where(takers > 0, sums / np.maximum(takers, 1), stock.margin)


def said(way: Crossing, context: Context) -> dict[str, Any]:
    """For the page that explains the value."""
    learnt: Taught | None = context.made.get("next_product")
    return {"cross_by": way.by, "cross_days": learnt.days if learnt and way.by == NEXT_PRODUCT else None}
