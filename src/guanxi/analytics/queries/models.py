"""Fits of the models: which is in use, how it did beside simple rules, what to say of it in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from guanxi.analytics.models import ModelFit, Purpose
from guanxi.analytics.queries.explaining import NAMES
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.queries import visible_records

PUBLISHED = {
    "bg-nbd": (("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)),
    "pareto-nbd": (("r", 0.553), ("alpha", 10.578), ("s", 0.606), ("beta", 11.669)),
}
"""On the CDNOW sample of 2,357 customers and 39 weeks (Fader, Hardie & Lee 2005)."""
PUBLISHED_LIKELIHOOD = {"bg-nbd": -9582.4, "pareto-nbd": -9595.0}
CDNOW_CUSTOMERS = 2_357
CLOSE = 0.002
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}


@dataclass(frozen=True)
class Parameter:
    """One row of the table: its letter, value, standard error, and what was published for the same data (None where it is other data)."""

    name: str
    value: float | None
    error: float | None
    published: float | None

    @property
    def agrees(self) -> bool:
        """Whether it is the published figure, within 0.2 %."""
        return self.published is not None and self.value is not None and abs(self.value / self.published - 1) <= CLOSE


@dataclass(frozen=True)
class Verdict:
    """Expected against what came at the last hold-out: errors as shares (None without orders), shares of them in the best tenth. `ranks`: the model
    orders customers better than counting their orders, by two points at least; `amounts`: its total is nearer than the naive rate's."""

    came: float
    expected: float
    naive: float
    error: float | None
    naive_error: float | None
    top: float | None
    top_orders: float | None
    ranks: bool
    amounts: bool


def name_of(fit: ModelFit) -> str:
    """A model as the papers call it."""
    return NAMES.get(fit.model, fit.model)


def latest_fits() -> list[ModelFit]:
    """The fits of the last run, those in use first, then by hold-out score."""
    last = ModelFit.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    rows = list(ModelFit.objects.filter(as_of=last)) if last else []
    return sorted(
        rows, key=lambda one: (not one.in_use, one.purpose, -(one.score if one.score is not None else float("-inf")))
    )


def fit_of(key: UUID) -> ModelFit | None:
    """One fit."""
    found: ModelFit | None = ModelFit.objects.filter(id=key).first()
    return found


def refits(fit: ModelFit, most: int = 8) -> Sequence[ModelFit]:
    """Fits of the same model for the same purpose, the newest first, at most one a day."""
    same = ModelFit.objects.filter(purpose=fit.purpose, model=fit.model, offer=fit.offer_id, as_of__lte=fit.as_of)
    return list(same.order_by("-as_of")[:most])


def uplift_fits(offer_ids: Iterable[UUID]) -> dict[UUID, ModelFit]:
    """The last model of whom asking changes, by offer; one query."""
    rows = ModelFit.objects.filter(purpose=Purpose.UPLIFT, offer_id__in=list(offer_ids)).order_by("offer_id", "-as_of")
    return {row.offer_id: row for row in rows.distinct("offer_id")}


def parameters(fit: ModelFit) -> list[Parameter]:
    """Parameters in the order of the paper, with published figures where the data are the published ones."""
    known = dict(PUBLISHED.get(fit.model, ())) if is_cdnow(fit) else {}
    errors = dict(fit.standard_errors)
    return [
        Parameter(GREEK.get(name, name), value, errors.get(name), known.get(name)) for name, value in fit.parameters
    ]


def is_cdnow(fit: ModelFit) -> bool:
    """Whether the fit is one of the published sample: as many customers, and the published likelihood within a tenth."""
    published = PUBLISHED_LIKELIHOOD.get(fit.model)
    return (
        published is not None
        and fit.customers == CDNOW_CUSTOMERS
        and fit.log_likelihood is not None
        and abs(fit.log_likelihood - published) < 0.1
    )


def offer_names(actor: Actor, fits: Iterable[ModelFit]) -> dict[UUID, str]:
    """Of the offers that fits are about the names, as far as the actor sees them; no query where none is about an offer."""
    wanted = {one.offer_id for one in fits if one.offer_id}
    if not wanted or not may(actor, "offer", "view"):
        return {}
    said = get_language() or "en"
    return {one.id: one.name_in(said) for one in visible_records(actor, "offer").filter(id__in=wanted)}


def verdict(fit: ModelFit) -> Verdict | None:
    """What the last hold-out says; None where there was none."""
    origins: list[dict[str, Any]] = fit.evaluation.get("origins") or []
    if not origins:
        return None
    last = origins[0]
    came, expected, naive = (float(last.get(name) or 0) for name in ("happened", "expected", "naive"))
    top = last.get("top_tenth") or {}
    error, naive_error = (expected / came - 1, naive / came - 1) if came else (None, None)
    ours, theirs = top.get("model"), top.get("orders")
    better = ours is not None and theirs is not None and ours - theirs >= 0.02
    nearer = error is not None and naive_error is not None and abs(error) < abs(naive_error)
    return Verdict(came, expected, naive, error, naive_error, ours, theirs, better, nearer)
