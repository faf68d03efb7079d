"""How good the model in use is: at three moments of the past it had to foresee what came next, beside three simple rules.

Only what was known at the moment goes into the forecast: histories come from `moved_on`, which filters by the day before anything is counted.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from guanxi.analytics.compute.context import Context, Floats
from guanxi.analytics.compute.learning import Learned, before_and_after, holdout
from guanxi.analytics.compute.writing import finite
from guanxi.analytics.models import ModelFit, Purpose, Relationship
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Unusable
from guanxi.science.buying import TIMING, Purchases

ORIGINS = 3
TENTHS = 10
BASELINES = ("orders", "rate", "recency")
CURVES = (0, 1, 2, 4, 8)
# What is known only after the contact it describes, or is itself a conclusion, never becomes a feature.
LEAKING = frozenset(
    {
        "duration",
        "duration_seconds",
        "minutes",
        "outcome",
        "response",
        "answered_at",
        "closed_at",
        "lifecycle_stage",
        "grade",
        "score",
        "churn",
        "value",
    }
)


class Leak(ValueError):
    """A feature tells what was to be foreseen."""


def check_features(names: Any) -> None:
    """Refuse features that are known only afterwards, such as the duration of a call. Raises Leak."""
    found = sorted(name for name in names if str(name).lower() in LEAKING)
    if found:
        raise Leak(f"Not known beforehand: {', '.join(found)}.")


def evaluate(context: Context) -> Mapping[str, Any]:
    """Evaluate the model in use and store it with its fit."""
    learned: Learned = context.made["learned"]
    table = context.frame("customers")
    if learned.model is None or not table.num_rows:
        return {"origins": 0}
    found: dict[str, Any] = {"curves": alive_curves(learned)}
    if learned.relationship == Relationship.OPEN:
        found["origins"] = _origins(context, learned, table)
        if found["origins"]:
            found |= {key: found["origins"][0].pop(key) for key in ("calibration", "by_orders", "gains")}
    found["checks"] = _checks(context, learned)
    with tenant_tx(context.tenant_id):
        rows = ModelFit.objects.filter(as_of=context.as_of, in_use=True).exclude(
            purpose__in=(Purpose.MARGIN, Purpose.CHURN, Purpose.NEXT_PRODUCT, Purpose.UPLIFT)
        )
        rows.update(evaluation=found)
    return {"origins": len(found.get("origins", []))}


def _origins(context: Context, learned: Learned, table: Any) -> list[dict[str, Any]]:
    """The last three moments, newest first; those at which too few were customers are left out."""
    found = []
    with context.warehouse() as warehouse:
        terms, _source = context.full_terms(warehouse)
        days = warehouse.frame(context.as_of, "purchases")
        for back in range(1, ORIGINS + 1):
            try:
                early, late = before_and_after(holdout(context, table, days, terms, back=back))
                fit = TIMING[learned.name].fit(early)
            except Unusable:
                continue
            found.append({"back": back, **judged(fit.model, early, late)})
            context.tell(back / ORIGINS, "")
    return found


def judged(model: Any, early: Purchases, late: Purchases) -> dict[str, Any]:
    """Forecast and outcome of one moment: totals, hits, error, and the figures of the plots."""
    length = float(np.median(late.T - early.T))
    happened = late.x - early.x
    forecast = model.expected_purchases(length, early.x, early.t_x, early.T)
    ways = rankings(forecast, early)
    rate = np.where(early.T > 0, early.x / np.maximum(early.T, 1.0), 0.0) * length
    gain = model.log_likelihood(late.x, late.t_x, late.T) - model.log_likelihood(early.x, early.t_x, early.T)
    return {
        "weeks": round(length, 2),
        "customers": len(early),
        "happened": float(happened.sum()),
        "expected": float(forecast.sum()),
        "naive": float(rate.sum()),
        "orders_total": float(early.x.sum()),
        "score": finite(float(gain.mean())),
        "error": finite(float(np.abs(forecast - happened).mean())),
        "error_naive": finite(float(np.abs(rate - happened).mean())),
        "top_tenth": {name: _top(order, happened) for name, order in ways.items()},
        "calibration": calibration(forecast, happened),
        "by_orders": by_orders(early.x, forecast, happened),
        "gains": {name: gains(order, happened) for name, order in ways.items()},
    }


def rankings(forecast: Floats, early: Purchases) -> dict[str, Any]:
    """Customers from the most to the least promising: by the model, by purchases so far, by their rate, by days since the last one."""
    since = early.T - early.t_x
    rate = early.x / np.maximum(early.T, 1.0)
    return {
        "model": np.argsort(-forecast, kind="stable"),
        "orders": np.lexsort((since, -early.x)),
        "rate": np.argsort(-rate, kind="stable"),
        "recency": np.argsort(since, kind="stable"),
    }


def _top(order: Any, happened: Floats) -> float | None:
    """Share of the purchases that came from the best tenth."""
    total = float(happened.sum())
    return float(happened[order[: max(1, len(order) // TENTHS)]].sum()) / total if total else None


def calibration(forecast: Floats, happened: Floats) -> list[dict[str, float]]:
    """Ten groups of customers by forecast: mean forecast, mean outcome, and how many."""
    groups = np.array_split(np.argsort(forecast, kind="stable"), TENTHS)
    return [
        {"customers": len(rows), "forecast": float(forecast[rows].mean()), "happened": float(happened[rows].mean())}
        for rows in groups
        if len(rows)
    ]


def by_orders(x: Floats, forecast: Floats, happened: Floats) -> list[dict[str, float]]:
    """What came by the number of repeat purchases so far; 7 stands for 7 and more."""
    group = np.minimum(x, 7).astype(np.int64)
    found = []
    for count in range(8):
        rows = group == count
        if rows.any():
            found.append({
                "orders": count, "customers": int(rows.sum()), "forecast": float(forecast[rows].mean()), "happened": float(happened[rows].mean())
            })  # fmt: skip
    return found


def gains(order: Any, happened: Floats) -> list[float]:
    """Share of what came from the best 0, 10 … 100 % of the customers."""
    total = max(float(happened.sum()), 1e-12)
    passed = np.concatenate([[0.0], np.cumsum(happened[order])]) / total
    return [round(float(passed[round(len(order) * tenth / TENTHS)]), 6) for tenth in range(TENTHS + 1)]


def alive_curves(learned: Learned) -> list[dict[str, Any]]:
    """P(alive) by the time since the last purchase, of customers of usual age with so many repeat purchases."""
    if learned.relationship not in (Relationship.OPEN, Relationship.OCCASIONS):
        return []
    ages = learned.T[learned.x > 0]
    age = float(np.floor(np.median(ages))) if len(ages) else 52.0
    waits = np.unique(np.floor(np.linspace(0, age, 27)))
    found = []
    for count in CURVES:
        fits = waits[: len(waits) - (1 if count else 0)]
        fits = fits[age - fits >= (count if learned.relationship == Relationship.OCCASIONS else 0)]
        if count == 0:
            continue
        x = np.full(len(fits), float(count))
        alive = learned.model.p_alive(x, age - fits, np.full(len(fits), age))
        found.append(
            {
                "orders": count,
                "age": age,
                "points": [[float(wait), round(float(p), 4)] for wait, p in zip(fits, alive, strict=True)],
            }
        )
    return found


def _checks(context: Context, learned: Learned) -> dict[str, Any]:
    """What must hold of any model: nothing later than the day was read, and chances are chances."""
    last = context.frame("purchases").column("day")
    alive = (
        learned.model.p_alive(learned.x[:1000], learned.t_x[:1000], learned.T[:1000])
        if learned.relationship in (Relationship.OPEN, Relationship.OCCASIONS)
        else np.zeros(1)
    )
    newest = max(last.to_pylist(), default=None) if len(last) < 1_000_000 else None
    return {
        "no_future": newest is None or newest <= context.as_of,
        "chances": bool(((alive >= 0) & (alive <= 1)).all()),
    }
