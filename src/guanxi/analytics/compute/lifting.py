"""Whom asking changes: of each offer with a control group a model of those asked and one of those who were not (T-learner).

It learns from what was known before the day on which each was asked, or drawn into the control group. Whether it tells customers apart better than
chance is judged on predictions of models that had not seen the customer (Qini coefficient, interval by permutation); only then is it used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import ibis
import numpy as np
import pyarrow as pa

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.models import CustomerUplift, ModelFit, Purpose
from guanxi.analytics.models.offers import EFFECT_DAYS
from guanxi.analytics.warehouse import moments
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.frames import Warehouse
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Flags, Unusable
from guanxi.science.uplift import Qini, TwoModels, curve, predicted_uplift, qini, two_models

MODEL = "t-learner"
FEATURES = ("orders", "orders_12m", "revenue_12m", "families", "contacts_12m", "held", "silence", "age")
LEAST_EACH, LEAST_OF_KIND = 50, 5
MOST_OFFERS, MOST_JUDGED = 12, 20_000
POINTS = 40
LONGEST = 3650.0
EIGHTY = 1.2815515655446004
"""Standard errors on either side of 80 %."""
CHUNK = 5_000


@dataclass(frozen=True)
class Trial:
    """An offer's trial, one row a customer."""

    offer: UUID
    product: str | None
    features: Floats
    treated: Flags
    outcome: Floats


def uplifts(context: Context, tried: Any, known: set[UUID]) -> Mapping[str, Any]:
    """Fits and customers' uplift, written anew. `tried`: one row for each offer and customer, as an expression; see offering.tried."""
    with context.warehouse() as warehouse:
        trials = [one for one in _trials(context, warehouse, tried(warehouse, context)) if one.offer in known]
        learnt = [_learnt(context, one) for one in trials[:MOST_OFFERS]]
        scored = [
            (one.offer, *_scores(context, warehouse, one, model)) for one, (fit, model) in zip(trials, learnt, strict=False)
            if model is not None and fit["in_use"]
        ]  # fmt: skip
    with tenant_tx(context.tenant_id):
        ModelFit.objects.filter(as_of=context.as_of, purpose=Purpose.UPLIFT).delete()
        CustomerUplift.objects.all().delete()
        ModelFit.objects.bulk_create([ModelFit(**fit) for fit, _model in learnt])
        written = sum(_write(context, *one) for one in scored)
    return {"uplift_tested": len(learnt), "uplift_used": len(scored), "uplift_rows": written}


def _trials(context: Context, warehouse: Warehouse, tried: Any) -> Iterator[Trial]:
    """Offers that have a control group, those with most in it first."""
    rows = _with_features(context, warehouse, tried.filter(tried.arms == 1).drop("arms"))
    offers = np.array(rows.column("offer").to_pylist(), dtype=object)
    treated = ~np.array(rows.column("control").to_pylist(), dtype=bool)
    features, outcome = table_of(rows), numbers(rows, "outcome")
    products = rows.column("product").to_pylist()
    sizes = {key: int((~treated[offers == key]).sum()) for key in set(offers.tolist())}
    for key in sorted(sizes, key=lambda one: (-sizes[one], one)):
        at = np.flatnonzero(offers == key)
        if sizes[key]:
            yield Trial(UUID(key), products[at[0]], features[at], treated[at], outcome[at])


def _with_features(context: Context, warehouse: Warehouse, rows: Any) -> pa.Table:
    days = warehouse.frame(context.as_of, "purchases")
    sold, met = warehouse.fact("transactions"), warehouse.fact("interactions")
    return fetched(moments.before(rows, days, sold, met))


def table_of(rows: pa.Table) -> Floats:
    """The features as numbers of one size: counts and money by their logarithm, what was never bought as ten years ago."""
    columns = []
    for name in FEATURES:
        found = numbers(rows, name)
        missing = LONGEST if name == "silence" else 0.0
        found = np.clip(np.where(np.isnan(found), missing, found), 0.0, None)
        columns.append(found if name == "held" else np.log1p(found))
    return np.column_stack(columns)


def _learnt(context: Context, trial: Trial) -> tuple[dict[str, Any], TwoModels | None]:
    """The row of the fit, and the models where they could be learnt."""
    start = perf_counter()
    told = _sizes(trial)
    row: dict[str, Any] = {
        "run_id": context.run_id, "as_of": context.as_of, "purpose": Purpose.UPLIFT, "model": MODEL, "asked": MODEL, "offer_id": trial.offer,
        "customers": len(trial.outcome), "evaluation": {"uplift": told},
    }  # fmt: skip
    if code := _too_few(told):
        return {**row, "warnings": [{"code": code, "text": code}]}, None
    try:
        models = two_models(trial.features, trial.treated, trial.outcome)
        unseen = predicted_uplift(trial.features, trial.treated, trial.outcome)
        told |= _judged(trial, unseen)
    except (Unusable, np.linalg.LinAlgError) as reason:
        return {**row, "warnings": [{"code": "unusable", "text": str(reason)}]}, None
    used = bool(told["low"] > 0)
    row |= {
        "converged": models.converged, "in_use": used, "seconds": perf_counter() - start,
        "warnings": [] if used else [{"code": "uncertain", "text": "uncertain"}],
        "parameters": _pairs(models, lambda side: side.coefficients),
        "standard_errors": _pairs(models, lambda side: np.sqrt(np.diag(side.covariance))),
    }  # fmt: skip
    return row, models


def _sizes(trial: Trial) -> dict[str, Any]:
    asked, held = trial.outcome[trial.treated], trial.outcome[~trial.treated]
    return {
        "days": EFFECT_DAYS, "asked": len(asked), "asked_bought": int(asked.sum()), "control": len(held), "control_bought": int(held.sum()),
        "least": LEAST_EACH, "least_of_kind": LEAST_OF_KIND,
    }  # fmt: skip


def _too_few(told: Mapping[str, Any]) -> str:
    """Why nothing is learnt; empty where it can be."""
    if min(told["asked"], told["control"]) < LEAST_EACH:
        return "too-few"
    kinds = (told[f"{arm}_bought"] for arm in ("asked", "control"))
    rest = (told[arm] - told[f"{arm}_bought"] for arm in ("asked", "control"))
    return "too-alike" if min(*kinds, *rest) < LEAST_OF_KIND else ""


def _judged(trial: Trial, unseen: Floats) -> dict[str, Any]:
    """Qini with its interval, curve and deciles, on an even sample of large trials."""
    at = np.arange(len(unseen))
    if len(at) > MOST_JUDGED:
        at = np.sort(np.random.default_rng(0).choice(len(at), MOST_JUDGED, replace=False))
    score, treated, outcome = unseen[at], trial.treated[at], trial.outcome[at]
    found: Qini = qini(score, treated, outcome)
    gain = curve(score, treated, outcome)
    places = np.unique(np.linspace(0, len(gain) - 1, POINTS + 1).astype(int))
    low, high = found.interval
    return {
        "qini": found.qini, "low": low, "high": high, "p_value": found.p_value, "effect": found.effect,
        "curve": [[float(place / (len(gain) - 1)), float(gain[place])] for place in places],
        "deciles": [
            {"asked": one.treated, "control": one.control, "asked_rate": _known(one.treated_rate), "control_rate": _known(one.control_rate)}
            for one in found.deciles
        ],
    }  # fmt: skip


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _pairs(models: TwoModels, of: Any) -> list[list[Any]]:
    """[side: feature, value], first of those asked."""
    return [
        [f"{side}:{name}", float(value)]
        for side, one in (("asked", models.treated), ("control", models.control))
        for name, value in zip(("intercept", *FEATURES), of(one), strict=True)
    ]


def _scores(
    context: Context, warehouse: Warehouse, trial: Trial, models: TwoModels
) -> tuple[list[str], Floats, Floats]:
    """Everybody's uplift as of the day, with its standard error."""
    accounts = warehouse.fact("accounts")
    everybody = accounts.filter(accounts["to"].isnull()).select("account").distinct()
    asked_on = context.as_of + timedelta(days=1)
    rows = everybody.mutate(
        offer=ibis.literal(str(trial.offer)),
        product=ibis.literal(trial.product, type="string") if trial.product else ibis.null("string"),
        day=ibis.literal(asked_on),
    )
    found = _with_features(context, warehouse, rows)
    return (found.column("account").to_pylist(), *models.uplift(table_of(found)))


def _write(context: Context, offer: UUID, accounts: list[str], uplift: Floats, error: Floats) -> int:
    for start in range(0, len(accounts), CHUNK):
        CustomerUplift.objects.bulk_create(
            CustomerUplift(
                account_id=UUID(accounts[at]), offer_id=offer, uplift=float(uplift[at]), low=float(uplift[at] - EIGHTY * error[at]),
                high=float(uplift[at] + EIGHTY * error[at]), as_of=context.as_of,
            )
            for at in range(start, min(start + CHUNK, len(accounts)))
        )  # fmt: skip
    return len(accounts)
