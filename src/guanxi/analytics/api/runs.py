"""Runs, settings and fits over the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_view
from guanxi.analytics.models import Basis, Engine, Grouping, ModelFit, Purpose, Relationship, Run, RunState, Settings
from guanxi.analytics.queries.preferences import last_done, preferences
from guanxi.analytics.queries.runs import list_runs
from guanxi.analytics.services.preferences import FIELDS, change_preferences
from guanxi.analytics.services.runs import ask_for_run
from guanxi.analytics.tasks import enqueue_run
from guanxi.analytics.words import CANDIDATES
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, OBJECT, TEXT, WHOLE, YES_NO, moment, one_of, or_null, words

ROOM = "analytics"
NUMBER = {"type": "number"}
LIST = {"type": "array", "items": OBJECT}
PAIRS = {"type": "array", "items": {"type": "array"}}


def _run(run: Run) -> Row:
    return {
        "id": str(run.id), "as_of": run.as_of.isoformat(), "state": run.state, "cause": run.cause, "progress": run.progress, "step": run.step,
        "steps": run.steps, "error": run.error, "engine": run.engine, "peak_mb": run.peak_mb, "created_at": moment(run.created_at),
        "started_at": moment(run.started_at), "finished_at": moment(run.finished_at),
    }  # fmt: skip


def _runs(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_run(one) for one in list_runs()]


def _one_run(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = Run.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return _run(found)


def _start(actor: Actor, values: Values) -> tuple[UUID, Row]:
    try:
        day = date.fromisoformat(values["as_of"]) if values.get("as_of") else None
    except ValueError:
        raise Invalid({"as_of": [_("Write the date as 2026-12-31.")]}) from None
    planned = ask_for_run(actor, as_of=day)
    enqueue_run(planned.id)
    return planned.id, {}


offer(
    Resource(
        name="value-runs",
        schema="ValueRun",
        label=gettext_lazy("Runs of customer value"),
        rows=_runs,
        get=_one_run,
        create=_start,
        read={
            "as_of": DAY, "state": one_of(*RunState.values), "cause": TEXT, "progress": NUMBER, "step": TEXT, "steps": LIST, "error": TEXT, "engine": TEXT,
            "peak_mb": or_null(WHOLE), "created_at": or_null(TEXT), "started_at": or_null(TEXT), "finished_at": or_null(TEXT),
        },
        write={"as_of": or_null(DAY)},
        creating=("as_of",),
        room=ROOM,
    )
)  # fmt: skip


def _settings(actor: Actor, _key: Any) -> Row:
    require_view(actor)
    row: Settings = preferences()
    found = {name: getattr(row, name) for name in FIELDS}
    return {
        "id": str(actor.tenant_id),
        **found,
        "minute_cost": f"{row.minute_cost:f}",
        "warn_value": None if row.warn_value is None else f"{row.warn_value:f}",
        "version": row.version,
    }


def _change(actor: Actor, _key: Any, values: Values, version: int | None) -> None:
    change_preferences(actor, values, version=version)


_FACTS: dict[str, Any] = {
    "relationship": one_of(*Relationship.values),
    "candidates": {"type": "array", "maxItems": 20, "items": one_of(*CANDIDATES)},
    "period_days": {"type": "integer", "minimum": 1, "maximum": 366},
    "horizon_months": {"type": "integer", "minimum": 1, "maximum": 240},
    "discount_rate": {"type": "number", "minimum": 0, "maximum": 1},
    "margin_rate": or_null({"type": "number", "minimum": 0, "maximum": 1}),
    "minute_cost": words(20),
    "channel_costs": {"type": "object", "additionalProperties": NUMBER},
    "rfm_bins": {"type": "integer", "minimum": 2, "maximum": 10},
    "rfm_weights": {"type": "array", "maxItems": 3, "items": NUMBER},
    "rfm_cuts": {"type": "object", "additionalProperties": {"type": "array", "items": NUMBER}},
    "grade_shares": {"type": "array", "maxItems": 3, "items": NUMBER},
    "churn_days": or_null({"type": "integer", "minimum": 14, "maximum": 730}),
    "warnings": YES_NO,
    "warn_from": {"type": "number", "minimum": 0.05, "maximum": 0.99},
    "warn_value": or_null(words(20)),
    "warn_per_week": {"type": "integer", "minimum": 0, "maximum": 100},
    "warn_due_days": {"type": "integer", "minimum": 0, "maximum": 90},
    "grouping": one_of(*Grouping.values),
    "group_bases": {"type": "array", "maxItems": 4, "items": one_of(*Basis.values)},
    "nightly": YES_NO,
    "engine": one_of(*Engine.values),
    "spark_master": words(200),
}
offer(
    Resource(
        name="value-settings",
        schema="ValueSettings",
        label=gettext_lazy("Settings of customer value"),
        get=_settings,
        update=_change,
        read={**_FACTS, "version": WHOLE},
        write=_FACTS,
        single=True,
        versioned=True,
        room=ROOM,
    )
)


def _fit(one: ModelFit) -> Row:
    return {
        "id": str(one.id), "as_of": one.as_of.isoformat(), "purpose": one.purpose, "model": one.model, "asked": one.asked, "in_use": one.in_use,
        "customers": one.customers, "parameters": one.parameters, "standard_errors": one.standard_errors, "log_likelihood": one.log_likelihood,
        "score": one.score, "converged": one.converged, "warnings": one.warnings, "evaluation": one.evaluation,
        "offer": str(one.offer_id) if one.offer_id else None,
    }  # fmt: skip


def _fits(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    last = last_done()
    rows = ModelFit.objects.filter(as_of=last.as_of) if last else ModelFit.objects.none()
    if query.get("purpose"):
        rows = rows.filter(purpose=query["purpose"])
    return [_fit(one) for one in rows.order_by("purpose", "-in_use", "-score", "id")]


def _one_fit(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = ModelFit.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return _fit(found)


offer(
    Resource(
        name="value-fits",
        schema="ValueFit",
        label=gettext_lazy("Fits of the last run"),
        rows=_fits,
        get=_one_fit,
        read={
            "as_of": DAY, "purpose": one_of(*Purpose.values), "model": TEXT, "asked": TEXT, "in_use": YES_NO, "customers": WHOLE, "parameters": PAIRS,
            "standard_errors": PAIRS, "log_likelihood": or_null(NUMBER), "score": or_null(NUMBER), "converged": YES_NO, "warnings": LIST, "evaluation": OBJECT,
            "offer": or_null(TEXT),
        },
        filters={"purpose": gettext_lazy("purchases, margin, retention, migration, churn, next_product or uplift")},
        room=ROOM,
    )
)  # fmt: skip
