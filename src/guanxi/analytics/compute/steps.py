"""The steps of a run, in their order."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from guanxi.analytics.compute.context import Context, Floats, Step, numbers
from guanxi.analytics.compute.crossing import Crossing, crossing, said
from guanxi.analytics.compute.evaluating import evaluate
from guanxi.analytics.compute.expecting import events
from guanxi.analytics.compute.figures import figures, forecast
from guanxi.analytics.compute.grouping import clusters
from guanxi.analytics.compute.learning import Learned, histories_of, learn
from guanxi.analytics.compute.leaving import churn
from guanxi.analytics.compute.offering import offers
from guanxi.analytics.compute.selling import selling
from guanxi.analytics.compute.standing import lifecycle
from guanxi.analytics.compute.valuing import LONGEST_DAYS, Worth, grades, weigh
from guanxi.analytics.compute.warning import warnings
from guanxi.analytics.compute.writing import (
    INPUTS,
    keep_history,
    migration_of_grades,
    money,
    shares,
    write_cuts,
    write_fits,
    write_scores,
)
from guanxi.analytics.models import CutPoints
from guanxi.analytics.warehouse import expressions, frames
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.extracting import drop_unreadable, extract_all
from guanxi.analytics.warehouse.store import drop_frames, frame_file, frames_signed, sign_frames
from guanxi.analytics.words import STEPS as WORDS
from guanxi.core.tenancy import tenant_tx

BEFORE_DAYS = 90


def extract(context: Context) -> Mapping[str, Any]:
    """Make the warehouse equal to the database."""
    drop_unreadable(context.tenant_id)
    done = extract_all(context.tenant_id, context.tell)
    return {name: {"rows": one.rows, "read": one.read} for name, one in done.items()}


def make_frames(context: Context) -> Mapping[str, Any]:
    """Purchases and customers as of the day; customers as of 90 days before, for what has changed since."""
    drop_frames(context.tenant_id)
    with context.warehouse() as warehouse:
        terms, source = context.full_terms(warehouse)
        days = frames.make_purchases(warehouse, terms)
        context.tell(0.4, "purchases")
        found = frames.make_customers(warehouse, terms)
    sign_frames(context.tenant_id, context.as_of, context.run_id)
    return {
        "purchases": days.num_rows,
        "customers": found.num_rows,
        "margin_rate": terms.margin_rate,
        "margin_from": source,
    }


def _frames_are_there(context: Context) -> bool:
    """Whether this very run has made frames in this warehouse, and nobody dropped them since."""
    return frames_signed(context.tenant_id, context.as_of) == str(context.run_id)


def _rfm_is_there(context: Context) -> bool:
    return _frames_are_there(context) and (
        frame_file(context.tenant_id, context.as_of, "rfm").is_file() or not context.frame("customers").num_rows
    )


def make_rfm(context: Context) -> Mapping[str, Any]:
    """Scores by stored cut points."""
    if not context.frame("customers").num_rows:
        return {"customers": 0}
    with context.warehouse() as warehouse:
        found, cuts = frames.make_rfm(warehouse, context.terms, context.scoring)
    write_cuts(context, cuts, found.num_rows)
    return {"customers": found.num_rows}


def models(context: Context) -> Mapping[str, Any]:
    """Fit the candidates and choose one."""
    context.made["learned"] = learned = learn(context)
    write_fits(context, learned)
    return {"model": learned.name, "tried": len(learned.tried), "notices": [one.code for one in learned.notices]}


def value(context: Context) -> Mapping[str, Any]:
    """What each customer is worth now and was 90 days ago, and their grades."""
    learned: Learned = context.made["learned"]
    table = context.frame("customers")
    if not table.num_rows:
        return {"customers": write_scores(context, _rows(table, None, None, None, context), {})}
    way = crossing(context, BEFORE_DAYS)
    with context.warehouse() as warehouse:
        terms, _source = context.full_terms(warehouse)
        worth = weigh(context, learned, table, way.worth(warehouse, terms, table))
        before = _before(context, warehouse, learned, table, way)
    context.tell(0.3, "")
    context.made["worth"] = worth
    scores = context.frame("rfm")
    written = write_scores(context, _rows(table, worth, before, scores, context), _facts(context, learned, way))
    keep_history(context)
    then, moved = migration_of_grades(context)
    with tenant_tx(context.tenant_id):
        CutPoints.objects.filter(as_of=context.as_of).update(migration=moved, before_on=then)
    return {"customers": written, "value": round(float(worth.value.sum()), 2)}


def _facts(context: Context, learned: Learned, way: Crossing) -> dict[str, Any]:
    """What is the same for all customers, for the page that explains the value."""
    one = context.settings
    return {
        "model": learned.name,
        "relationship": learned.relationship,
        "discount": one.discount_rate,
        "horizon_months": one.horizon_months,
        "horizon_weeks": round(one.horizon_months * 365.25 / 12 / 7),
        "unit_days": learned.unit_days,
        **said(way, context),
    }


def _before(
    context: Context, warehouse: Any, learned: Learned, table: pa.Table, way: Crossing
) -> tuple[date, Floats, Floats]:
    """The day, P(alive) and value of 90 days ago by the parameters of today, in the order of `table`; NaN for who was no customer."""
    day = context.as_of - timedelta(days=BEFORE_DAYS)
    terms, _source = frames.with_margin_rate(warehouse, _at(context, day), context.settings.margin_rate)
    days = warehouse.frame(context.as_of, "purchases")
    sold, met, accounts = (warehouse.fact(name) for name in ("transactions", "interactions", "accounts"))
    early = fetched(expressions.customers(days.filter(days.day <= day), sold, met, accounts, terms))
    missing = np.full(table.num_rows, np.nan)
    if not early.num_rows or learned.model is None:
        return day, missing, missing
    then = histories_of(context, early, days.filter(days.day <= day), terms)
    then.model, then.name, then.money = learned.model, learned.name, learned.money
    worth = weigh(context, then, early, way.worth(warehouse, terms, early))
    place = {key: row for row, key in enumerate(early.column("account").to_pylist())}
    rows = np.fromiter((place.get(key, -1) for key in table.column("account").to_pylist()), dtype=np.int64)
    return day, np.append(worth.p_alive, np.nan)[rows], np.append(worth.value, np.nan)[rows]


def _at(context: Context, day: date) -> Any:
    terms = context.terms
    return expressions.Terms(day, terms.discount_rate, 1.0, terms.minute_cost, terms.channel_costs)


def _rows(
    table: pa.Table,
    worth: Worth | None,
    before: tuple[date, Floats, Floats] | None,
    scores: pa.Table | None,
    context: Context,
) -> pa.Table:
    """The table that `write_scores` takes."""
    size = table.num_rows
    if worth is None or before is None or scores is None:
        return pa.table({"account": pa.array([], pa.string())})
    day, p_before, value_before = before
    whole = {
        name: scores.column(letter)
        for name, letter in (("recency_score", "r"), ("frequency_score", "f"), ("monetary_score", "m"))
    }
    # A day for the next order is named only where there is likely to be one.
    likely = np.nan_to_num(worth.p_alive) >= _LIKELY
    columns = {
        "account": table.column("account"),
        **{name: money(getattr(worth, name)) for name in _OF_WORTH},
        "value_before": money(value_before),
        "revenue_12m": money(numbers(table, "revenue_12m")),
        "margin_12m": money(numbers(table, "margin_12m")),
        "p_alive": shares(worth.p_alive),
        "churn": shares(worth.churn),
        "p_alive_before": shares(p_before),
        **whole,
        "next_order_on": _day(context.as_of, worth.next_days, likely),
        "next_order_low": _day(context.as_of, worth.next_low, likely),
        "next_order_high": _day(context.as_of, worth.next_high, likely),
        "before_on": pa.array([day] * size, pa.date32()),
        "grade": pa.array(grades(worth.value, context.grade_shares)),
        **{name: shares(numbers(table, name)) for name in ("x", "t_x", "T", "m", "orders")},
        **{name: shares(getattr(worth, name)) for name in INPUTS if hasattr(worth, name)},
        "cost_12m": shares(numbers(table, "cost_to_serve_12m")),
        "rfm": shares(numbers(scores, "total")),
    }
    return pa.table(columns)


_LIKELY = 0.2
_OF_WORTH = (
    "value", "value_low", "value_high", "historic", "current", "potential", "cost_to_serve", "margin_next", "margin_next_low",
    "margin_next_high", "profit_12m",
)  # fmt: skip


def _day(as_of: date, ahead: Floats, likely: Any) -> pa.Array:
    """The day so many days ahead; none beyond ten years."""
    with np.errstate(invalid="ignore"):
        known = likely & np.isfinite(ahead) & (ahead < LONGEST_DAYS)
    since = np.datetime64(as_of, "D") + np.where(known, np.ceil(ahead), 0).astype("timedelta64[D]")
    return pa.array(since, mask=~known)


def _step(key: str, run: Any, *, kept: bool = False, still: Any = lambda _context: True) -> Step:
    return Step(key, WORDS[key], run, kept, still)


STEPS: tuple[Step, ...] = (
    # Without frames the facts are compared again too, which takes a scan where nothing changed.
    _step("extract", extract, kept=True, still=_frames_are_there),
    _step("frames", make_frames, kept=True, still=_frames_are_there),
    _step("rfm", make_rfm, kept=True, still=_rfm_is_there),
    _step("models", models),
    _step("value", value),
    _step("lifecycle", lifecycle),
    _step("clusters", clusters),
    _step("churn", churn),
    _step("events", events),
    _step("figures", figures, kept=True),
    _step("forecast", forecast, kept=True),
    _step("offers", offers),
    _step("selling", selling),
    _step("warnings", warnings),
    _step("evaluate", evaluate),
)
