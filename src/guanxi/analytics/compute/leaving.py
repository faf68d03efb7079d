"""The chance of each customer to leave within a time, with reasons: learnt on past days, tested on days that it has not learnt from.

Who has left is who bought nothing for `window` days: 19 of 20 who bought again did so sooner (as the leaky bucket counts), held to a sixth of the
past so that there are days to learn from. Customers who have been silent for more than twice that time are not judged: they keep 1 − P(alive).
Where there is too little to learn from, or 1 − P(alive) or days since the last purchase foresaw better, all keep 1 − P(alive), and the fit says why.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.compute.evaluating import check_features
from guanxi.analytics.compute.learning import Learned
from guanxi.analytics.compute.writing import as_csv, finite, pairs, shares
from guanxi.analytics.models import ModelFit, Purpose, Relationship
from guanxi.analytics.warehouse import leaving as expressions
from guanxi.analytics.warehouse.engines import fetched
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Unusable
from guanxi.science.buckets import silence
from guanxi.science.buying import TIMING, Purchases
from guanxi.science.churn import ChurnModel, Sample, Test, beats, calibration, fit_churn, reasons, rolling

SHORTEST, LONGEST = 60, 365
DAYS_TO_LEARN = 6
SAMPLE = 50_000
FACTS = ("transactions", "interactions", "accounts", "answers")
BASELINES = ("alive", "recency")
# Feature → theme: what counts together as one reason.
FEATURES = {
    "overdue": "silence", "silence": "silence", "habit": "habit", "single": "habit", "rhythm": "rhythm", "amount": "amount", "order_size": "amount",
    "tenure": "tenure", "breadth": "breadth", "discount": "discount", "contacts": "contact", "contact_gap": "contact", "begun": "begun",
    "content": "content",
}  # fmt: skip
_TABLE = """
CREATE TEMPORARY TABLE analytics_leaving (account uuid, churn double precision, low double precision, high double precision, reasons jsonb) ON COMMIT DROP
"""
_SCORES = """
UPDATE customers_score s SET churn = w.churn, churn_low = w.low, churn_high = w.high, churn_reasons = w.reasons FROM analytics_leaving w
WHERE s.tenant_id = %(tenant)s AND s.account_id = w.account
"""
_FACTS = """
UPDATE customers_score SET inputs = inputs || %(facts)s::jsonb,
    churn_low = CASE WHEN %(used)s THEN churn_low END, churn_high = CASE WHEN %(used)s THEN churn_high END,
    churn_reasons = CASE WHEN %(used)s THEN churn_reasons ELSE '[]' END
WHERE tenant_id = %(tenant)s AND as_of = %(day)s
"""
_CLEAR = """
UPDATE customers_score SET churn_low = NULL, churn_high = NULL, churn_reasons = '[]' WHERE tenant_id = %(tenant)s AND churn_reasons <> '[]'
"""
_HISTORY = """
UPDATE analytics_scorehistory h SET churn = s.churn FROM customers_score s
WHERE h.tenant_id = %(tenant)s AND h.as_of = %(day)s AND s.tenant_id = h.tenant_id AND s.account_id = h.account_id
"""


@dataclass
class Known:
    """Customers of one day: the frame of `known_on`, their features, and 1 − P(alive) by what was known then."""

    table: pa.Table
    features: Floats
    alive: Floats


def churn(context: Context) -> Mapping[str, Any]:
    """Learn, test, and write the chance to leave into the scores."""
    check_features(FEATURES)
    learned: Learned = context.made["learned"]
    if not context.frame("customers").num_rows:
        return {"customers": 0}
    window, moments = _plan(context)
    with context.warehouse() as warehouse:
        past, found = _learn(context, warehouse, learned, window, moments)
        context.tell(0.8, "")
        model, said = _decide(found)
        written = _write(context, _now(context, warehouse, learned, window), model, window)
    _keep(context, model, found, said, window, past)
    return {"customers": written, "window_days": window, "used": model is not None}


def _plan(context: Context) -> tuple[int, list[date]]:
    """How many days without a purchase count as leaving, and the past days to learn from, the oldest first."""
    table = context.frame("purchases")
    day = (
        pc.cast(table.column("day"), pa.date32())
        .to_numpy(zero_copy_only=False)
        .astype("datetime64[D]")
        .astype(np.int64)
    )
    who = table.column("account").combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    span = int(np.datetime64(context.as_of, "D").astype(np.int64) - day.min())
    usual = context.settings.churn_days or silence(who, day, least=SHORTEST, most=LONGEST)
    window = int(usual if context.settings.churn_days else max(SHORTEST, min(usual, span // DAYS_TO_LEARN)))
    # Windows must not overlap: the outcome of one day is known before the next one is thought about.
    ends = [context.as_of - timedelta(days=window * back) for back in range(DAYS_TO_LEARN, 0, -1)]
    first = context.as_of - timedelta(days=span)
    return window, [end for end in ends if end > first + timedelta(days=window // 2)]


@dataclass
class Past:
    """What there was to learn from: the sample with the baselines by name, and the day of each moment."""

    sample: Sample
    baselines: dict[str, Floats]
    days: list[date]


@dataclass
class Found:
    """The fit on all past days and its tests; `why` says what is missing where there is none."""

    model: ChurnModel | None
    tests: list[Test]
    why: str = ""


def _learn(
    context: Context, warehouse: Any, learned: Learned, window: int, moments: list[date]
) -> tuple[Past | None, Found]:
    days = warehouse.frame(context.as_of, "purchases")
    parts: list[tuple[Known, Floats]] = []
    for at, moment in enumerate(moments):
        known = _known(context, warehouse, days, learned, moment, window)
        rows = _judged(known.table, window, SAMPLE)
        known = Known(known.table.take(pa.array(rows)), known.features[rows], known.alive[rows])
        parts.append((known, _left(days, known.table, moment, moment + timedelta(days=window))))
        context.tell(0.7 * (at + 1) / len(moments), "")
    if not parts:
        return None, Found(None, [], "too-short")
    keys = pa.concat_arrays([known.table.column("account").combine_chunks() for known, _left in parts])
    who = keys.dictionary_encode().indices.to_numpy().astype(np.int64)
    when = np.concatenate([np.full(len(left), at) for at, (_known, left) in enumerate(parts)])
    sample = Sample(
        tuple(FEATURES),
        np.concatenate([known.features for known, _left in parts]),
        np.concatenate([left for _known, left in parts]),
        when,
        who,
    )
    baselines = {
        "recency": sample.features[:, list(FEATURES).index("silence")],
        "alive": _odds(np.concatenate([known.alive for known, _left in parts])),
    }
    past = Past(sample, baselines, moments)
    try:
        return past, Found(fit_churn(sample), rolling(sample, baselines))
    except Unusable:
        return past, Found(None, [], "too-few")


def _odds(chance: Floats) -> Floats:
    held = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(held) - np.log1p(-held))


def _decide(found: Found) -> tuple[ChurnModel | None, list[dict[str, str]]]:
    """The model if it may be used, and what must be known."""
    if found.model is None:
        return None, [{"code": found.why, "text": _WHY[found.why]}]
    if not found.tests:
        return None, [{"code": "untested", "text": _WHY["untested"]}]
    better = all(beats(found.tests, name) for name in BASELINES)
    return (found.model, []) if better else (None, [{"code": "not-better", "text": _WHY["not-better"]}])


_WHY = {
    "too-short": "The past is too short to learn from.",
    "too-few": "There are not 30 customers who left and 30 who stayed.",
    "untested": "There was no past day to test it on.",
    "not-better": "It foresaw no better than 1 − P(alive) or days since the last purchase.",
}


def _known(context: Context, warehouse: Any, days: Any, learned: Learned, day: date, window: int) -> Known:
    terms, _source = context.full_terms(warehouse)
    facts = {name: warehouse.fact(name) for name in FACTS}
    table = fetched(expressions.known_on(days, facts, expressions.terms_on(terms, day), window))
    return Known(table, features_of(table, window), _alive(learned, table, now=day == context.as_of))


def _now(context: Context, warehouse: Any, learned: Learned, window: int) -> Known:
    return _known(context, warehouse, warehouse.frame(context.as_of, "purchases"), learned, context.as_of, window)


def _alive(learned: Learned, table: pa.Table, *, now: bool) -> Floats:
    """1 − P(alive) as the model in use would have said then; unknown where customers are bound otherwise."""
    if learned.model is None or learned.relationship != Relationship.OPEN or not table.num_rows:
        return np.full(table.num_rows, np.nan)
    x, t_x, T = (numbers(table, name) for name in ("x", "t_x", "T"))
    try:
        model = learned.model if now else TIMING[learned.name].fit(Purchases.of(x, t_x, T)).model
    except Unusable:
        return np.full(len(x), np.nan)
    return np.asarray(1 - model.p_alive(x, t_x, T))


def features_of(table: pa.Table, window: int) -> Floats:
    """FEATURES of each customer of `known_on`; NaN where unknown."""
    silent, gap, orders = numbers(table, "silent"), numbers(table, "gap_usual_days"), numbers(table, "orders")
    now, before = numbers(table, "orders_now"), numbers(table, "orders_before")
    recent, discount = np.maximum(numbers(table, "revenue_12m"), 0.0), np.maximum(numbers(table, "discount_12m"), 0.0)
    years = np.maximum(numbers(table, "T") * 7 / 365.25, 0.25)
    with np.errstate(divide="ignore", invalid="ignore"):
        each_now, each_before = numbers(table, "revenue_now") / now, numbers(table, "revenue_before") / before
        columns = {
            "overdue": np.log1p(silent / np.maximum(gap, 7.0)),
            "silence": np.log1p(silent),
            "habit": np.log1p(orders / years),
            "single": (orders == 1).astype(np.float64),
            "rhythm": np.log((now + 0.5) / (before + 0.5)),
            "amount": np.where((each_now > 0) & (each_before > 0), np.log(each_now / each_before), np.nan),
            "order_size": np.log1p(np.maximum(numbers(table, "revenue"), 0.0) / orders),
            "tenure": np.log1p(numbers(table, "T")),
            "breadth": np.log1p(numbers(table, "families_held")),
            "discount": np.where(recent + discount > 0, discount / (recent + discount), np.nan),
            "contacts": np.log1p(numbers(table, "contacts_12m")),
            "contact_gap": np.log1p(numbers(table, "contact_days")),
            "begun": np.log1p(numbers(table, "begun_12m")),
            "content": numbers(table, "content"),
        }
    found = np.column_stack([columns[name] for name in FEATURES])
    return np.where(np.isfinite(found), found, np.nan)


def _judged(table: pa.Table, window: int, most: int | None = None) -> Any:
    """Rows of customers who have not been silent for too long; an even sample of at most so many."""
    rows = np.flatnonzero(numbers(table, "silent") <= 2 * window)
    return rows[:: max(1, -(-len(rows) // most))] if most else rows


def _left(days: Any, table: pa.Table, after: date, until: date) -> Floats:
    came = fetched(expressions.stayed(days, after, until)).column("account").combine_chunks()
    stays = pc.is_in(table.column("account").combine_chunks(), value_set=came)
    return np.asarray(1.0 - stays.to_numpy(zero_copy_only=False).astype(np.float64))


def _write(context: Context, known: Known, model: ChurnModel | None, window: int) -> int:
    facts = {"churn_days": window, "churn_model": NAME if model else FALLBACK}
    values: dict[str, Any] = {
        "tenant": context.tenant_id,
        "day": context.as_of,
        "used": model is not None,
        "facts": json.dumps(facts),
    }
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(_CLEAR, values)
        count = int(known.table.num_rows)
        if model is not None:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.analytics_leaving")
            cursor.execute(_TABLE)
            with cursor.copy("COPY analytics_leaving FROM STDIN (FORMAT csv)") as copy:
                for piece in as_csv(concluded(known, model, window)):
                    copy.write(piece)
            cursor.execute(_SCORES, values)
        cursor.execute(_FACTS, values)
        cursor.execute(_HISTORY, values)
    return count


NAME, FALLBACK = "churn-logit", "churn-alive"


def concluded(known: Known, model: ChurnModel, window: int) -> pa.Table:
    """account, churn, low, high, reasons of the customers that are judged."""
    rows = _judged(known.table, window)
    features, table = known.features[rows], known.table.take(pa.array(rows))
    low, high = model.interval(features)
    themes = reasons(model.contributions(features), list(FEATURES.values()))
    told = _told(table, window)
    words = [
        json.dumps([{"code": theme, "push": round(push, 3)} | _plain(told[theme], at) for theme, push in each])
        for at, each in enumerate(themes)
    ]
    return pa.table(
        {
            "account": table.column("account"),
            "churn": shares(model.probability(features)),
            "low": shares(low),
            "high": shares(high),
            "reasons": pa.array(words),
        }
    )


def _plain(columns: Mapping[str, Floats], row: int) -> dict[str, float | None]:
    return {
        name: round(float(values[row]), 2) if np.isfinite(values[row]) else None for name, values in columns.items()
    }


def _told(table: pa.Table, window: int) -> dict[str, dict[str, Floats]]:
    """The figures that each reason is told with."""
    now, before, recent = (numbers(table, name) for name in ("orders_now", "orders_before", "revenue_12m"))
    discount, orders = numbers(table, "discount_12m"), numbers(table, "orders")
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "silence": {"days": numbers(table, "silent"), "usual": numbers(table, "gap_usual_days")},
            "habit": {"orders": orders, "yearly": orders / np.maximum(numbers(table, "T") * 7 / 365.25, 0.25)},
            "rhythm": {"now": now, "before": before, "window": np.full(len(now), float(window))},
            "amount": {
                "now": numbers(table, "revenue_now") / now,
                "before": numbers(table, "revenue_before") / before,
                "usual": numbers(table, "revenue") / orders,
            },
            "tenure": {"months": numbers(table, "T") * 7 / 30.44},
            "breadth": {"families": numbers(table, "families_held")},
            "discount": {"share": 100 * discount / (np.maximum(recent, 0.0) + discount)},
            "contact": {"contacts": numbers(table, "contacts_12m"), "days": numbers(table, "contact_days")},
            "begun": {"contacts": numbers(table, "begun_12m")},
            "content": {"score": 3 + 2 * numbers(table, "content")},
        }


def _keep(
    context: Context, model: ChurnModel | None, found: Found, said: list[dict[str, str]], window: int, past: Past | None
) -> None:
    """The fit with its tests, whether it is used or not; where it is not, what is used instead."""
    rows = []
    if found.model is not None and past is not None:
        rows.append(_fit(found.model, found.tests, past, window) | {"in_use": model is not None, "warnings": said})
    if model is None:
        customers = context.frame("customers").num_rows
        shown = {"leaving": {"window": window, "days": []}}
        rows.append({"model": FALLBACK, "in_use": True, "warnings": said, "customers": customers, "evaluation": shown})
    shared = {"run_id": context.run_id, "as_of": context.as_of, "purpose": Purpose.CHURN, "asked": NAME}
    with tenant_tx(context.tenant_id):
        ModelFit.objects.filter(as_of=context.as_of, purpose=Purpose.CHURN).delete()
        ModelFit.objects.bulk_create([ModelFit(converged=True, **shared, **row) for row in rows])


def _fit(model: ChurnModel, tests: list[Test], past: Past, window: int) -> dict[str, Any]:
    names = ("intercept", *model.names)
    errors = np.sqrt(np.diag(model.covariance)).tolist()
    tested = sum(len(one.left) for one in tests)
    score = sum(one.model.log_score * len(one.left) for one in tests) / tested if tested else None
    return {
        "model": NAME, "customers": len(past.sample.left), "score": finite(score),
        "parameters": pairs(dict(zip(names, [model.intercept, *model.coefficients], strict=True))),
        "standard_errors": pairs(dict(zip(names, errors, strict=True))),
        "evaluation": {"leaving": _tests(tests, past, window), "calibration": _groups(tests)},
    }  # fmt: skip


def _tests(tests: list[Test], past: Past, window: int) -> dict[str, Any]:
    days = [
        {
            "day": past.days[one.moment].isoformat(), "customers": len(one.left), "left": int(one.left.sum()), "expected": float(one.probability.sum()),
            "ways": {name: {"auc": finite(judged.auc), "brier": judged.brier, "log_score": judged.log_score} for name, judged in (("model", one.model), *one.baselines.items())},
        }
        for one in tests
    ]  # fmt: skip
    return {"window": window, "days": days}


def _groups(tests: list[Test]) -> list[dict[str, float]]:
    """Ten groups of all tests together."""
    if not tests:
        return []
    return calibration(np.concatenate([one.probability for one in tests]), np.concatenate([one.left for one in tests]))
