"""Learning how customers buy: the candidates of the settings, of which the one with the best hold-out score is used.

Which models come into question depends on how customers are bound: at any time (BG/NBD, MBG/NBD, Pareto/NBD, NBD, in weeks), on occasions (BG/BB,
in periods), under contract (sBG, beta-discrete-Weibull), or always a share (migration by recency, Dwyer).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.models import Purpose, Relationship
from guanxi.analytics.warehouse import histories
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.science.arrays import Unusable
from guanxi.science.buying import TIMING, BgBb, GammaGamma, Purchases, Spending
from guanxi.science.contracts import BetaDiscreteWeibull, Cohort, ShiftedBetaGeometric
from guanxi.science.lifetime import Migration
from guanxi.science.results import Fit, Notice

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    Relationship.OPEN: ("bg-nbd", "mbg-nbd", "pareto-nbd", "nbd"),
    Relationship.OCCASIONS: ("bg-bb",),
    Relationship.CONTRACT: ("sbg", "bdw"),
    Relationship.SHARE: ("migration",),
}
SAMPLE = 40_000
PERIODS = 12
WEEK = 7


@dataclass
class Tried:
    """A candidate: its fit on everything until the day, its hold-out score, and how long that took."""

    purpose: str
    asked: str
    fit: Any
    score: float | None = None
    seconds: float = 0.0
    in_use: bool = False
    customers: float = 0.0
    evaluation: dict[str, Any] = field(default_factory=dict)


@dataclass
class Learned:
    """What was learnt: `model` is None where the data do not serve; `notices` say why and what else must be known.

    `x`, `t_x`, `T` are the histories in units of `unit_days`, in the order of the frame `customers`.
    """

    relationship: str
    unit_days: float
    x: Floats
    t_x: Floats
    T: Floats
    model: Any = None
    name: str = ""
    money: Any = None
    tried: list[Tried] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def holdout_days(first: date, as_of: date) -> int:
    """How long the last part of the past is, that candidates must foresee: a quarter of it, four weeks to a year."""
    return int(min(364, max(28, (as_of - first).days // 4)))


def learn(context: Context) -> Learned:
    """Fit the candidates on the frames of the run, choose one, and fit the margins."""
    table = context.frame("customers")
    bound = context.settings.relationship
    with context.warehouse() as warehouse:
        terms, _source = context.full_terms(warehouse)
        days = warehouse.frame(context.as_of, "purchases")
        learned = histories_of(context, table, days, terms)
        _LEARN[bound](context, learned, table, days, terms)
    _choose(learned)
    _learn_margins(learned, table)
    return learned


def _asked(context: Context, bound: str) -> Sequence[str]:
    """The candidates that the settings name, as far as they fit the relationship; otherwise all of them."""
    known = CANDIDATES[bound]
    return [name for name in context.settings.candidates if name in known] or known


def _sample(size: int) -> slice:
    """An even sample of the rows."""
    return slice(0, None, max(1, -(-size // SAMPLE)))


def histories_of(context: Context, table: pa.Table, days: Any, terms: Terms) -> Learned:
    """The histories of the customers of a frame as the models of the settings' relationship take them; nothing learnt yet."""
    bound, period = context.settings.relationship, context.settings.period_days
    if bound in (Relationship.OCCASIONS, Relationship.CONTRACT):
        found = fetched(histories.occasions(days, period, terms))
        return Learned(bound, period, numbers(found, "x"), numbers(found, "t_x"), numbers(found, "T"))
    unit = WEEK if bound == Relationship.OPEN else period
    x, t_x, age = (numbers(table, name) for name in ("x", "t_x", "T"))
    return Learned(bound, unit, x, t_x * (WEEK / unit), age * (WEEK / unit))


def _learn_open(context: Context, learned: Learned, table: pa.Table, days: Any, terms: Terms) -> None:
    moved = holdout(context, table, days, terms)
    for name in _asked(context, Relationship.OPEN):
        start = perf_counter()
        try:
            fit = TIMING[name].fit(Purchases.of(learned.x, learned.t_x, learned.T))
            score = _score_open(name, moved)
        except Unusable as reason:
            learned.notices.append(Notice("unusable", f"{name}: {reason}"))
            continue
        learned.tried.append(
            Tried(Purpose.PURCHASES, name, fit, score, perf_counter() - start, customers=fit.customers)
        )


def holdout(context: Context, table: pa.Table, days: Any, terms: Terms, *, back: int = 1) -> pa.Table:
    """Histories before and after the last part of the past, or the part before that (`back` 2, 3); see expressions.moved_on."""
    first = pc.min(table.column("first_on")).as_py() or context.as_of
    length = timedelta(days=holdout_days(first, context.as_of))
    after = context.as_of - length * (back - 1)
    return fetched(histories.moved_on(days, after - length, after, terms))


def before_and_after(moved: pa.Table) -> tuple[Purchases, Purchases]:
    """The two histories of a sample, for `choose` and for evaluation. Raises Unusable."""
    rows = _sample(moved.num_rows)
    early = Purchases.of(*(numbers(moved, name)[rows] for name in ("x", "t_x", "T")))
    late = Purchases.of(*(numbers(moved, f"{name}_after")[rows] for name in ("x", "t_x", "T")))
    return early, late


def _score_open(name: str, moved: pa.Table) -> float | None:
    """Mean logarithm of the density of what came in the hold-out part; None where nobody was a customer before it."""
    if moved.num_rows < 2:
        return None
    early, late = before_and_after(moved)
    model = TIMING[name].fit(early).model
    gain = model.log_likelihood(late.x, late.t_x, late.T) - model.log_likelihood(early.x, early.t_x, early.T)
    return float(gain.mean())


def _learn_occasions(context: Context, learned: Learned, table: pa.Table, days: Any, terms: Terms) -> None:
    start = perf_counter()
    try:
        fit = BgBb.fit(Purchases.of(learned.x, learned.t_x, learned.T, whole=True))
        learned.tried.append(
            Tried(Purpose.PURCHASES, "bg-bb", fit, None, perf_counter() - start, customers=fit.customers)
        )
    except Unusable as reason:
        learned.notices.append(Notice("unusable", f"bg-bb: {reason}"))


def _learn_contract(context: Context, learned: Learned, table: pa.Table, days: Any, terms: Terms) -> None:
    """Renewals are periods with a purchase since the first; who has had none for more than a period has left."""
    try:
        cohort = _survivors(learned.t_x, learned.T)
    except Unusable as reason:
        learned.notices.append(Notice("unusable", str(reason)))
        return
    for name in _asked(context, Relationship.CONTRACT):
        start = perf_counter()
        kind: Any = {"sbg": ShiftedBetaGeometric, "bdw": BetaDiscreteWeibull}[name]
        try:
            fit = kind.fit(cohort)
        except Unusable as reason:
            learned.notices.append(Notice("unusable", f"{name}: {reason}"))
            continue
        # Per parameter two units of likelihood (Akaike 1974): survivors of one curve leave nothing to hold out.
        score = (fit.log_likelihood - len(fit.parameters)) / max(fit.customers, 1.0)
        learned.tried.append(
            Tried(Purpose.RETENTION, name, fit, score, perf_counter() - start, customers=fit.customers)
        )


def _survivors(t_x: Floats, T: Floats) -> Cohort:
    """Customers of all ages as one cohort: at each renewal the share of those whose turn it was (Kaplan & Meier 1958). Raises Unusable."""
    if len(T) == 0:
        raise Unusable("There are no customers.")
    left = T - t_x > 1
    survivors = [float(len(T))]
    for renewal in range(1, int(T.max()) + 1):
        due = ((t_x >= renewal - 1) & (renewal <= T) & (left | (t_x >= renewal))).sum()
        renewed = (t_x >= renewal).sum()
        if due == 0:
            break
        survivors.append(survivors[-1] * float(renewed) / float(due))
    return Cohort.of(np.arange(len(survivors), dtype=np.float64), np.asarray(survivors))


@dataclass(frozen=True)
class Returning:
    """The migration model as learnt: by periods since the last purchase, how many waited and how many came back."""

    p: Floats
    waited: Floats
    name: str = "migration"

    def chain(self, payoff: Floats, discount: float) -> Migration:
        """The chain for a payoff by state."""
        return Migration.of(self.p, payoff, discount)


def _learn_share(context: Context, learned: Learned, table: pa.Table, days: Any, terms: Terms) -> None:
    period = context.settings.period_days
    start = perf_counter()
    found = fetched(histories.returns(days, period, PERIODS, terms))
    if found.num_rows < 2:
        learned.notices.append(Notice("unusable", "migration: nobody could have come back yet."))
        return
    waited, returned = numbers(found, "waited"), numbers(found, "returned")
    p = returned / waited
    errors = np.sqrt(p * (1 - p) / waited)
    names = [f"p{number}" for number in range(1, len(p) + 1)]
    logs = np.where(p > 0, np.log(np.maximum(p, 1e-300)) * returned, 0.0) + np.where(
        p < 1, np.log(np.maximum(1 - p, 1e-300)) * (waited - returned), 0.0
    )
    fit = Fit(
        "migration", Returning(p, waited), dict(zip(names, p.tolist(), strict=True)), dict(zip(names, errors.tolist(), strict=True)),
        float(logs.sum()), True, (), float(table.num_rows), np.diag((errors / np.maximum(p, 1e-12)) ** 2),
    )  # fmt: skip
    learned.tried.append(
        Tried(Purpose.MIGRATION, "migration", fit, None, perf_counter() - start, customers=fit.customers)
    )


def _choose(learned: Learned) -> None:
    """Use the candidate with the best score; without scores the first one."""
    usable = [one for one in learned.tried if one.fit.converged] or learned.tried
    if not usable:
        return
    best = max(usable, key=lambda one: -np.inf if one.score is None or np.isnan(one.score) else one.score)
    best.in_use = True
    learned.model, learned.name = best.fit.model, best.fit.name
    learned.notices.extend(best.fit.warnings)


def _learn_margins(learned: Learned, table: pa.Table) -> None:
    """Gamma-Gamma on the mean margins of repeat purchases; customers whose mean is not positive say nothing."""
    start = perf_counter()
    x, m = numbers(table, "x"), numbers(table, "m")
    usable = (x > 0) & (m > 0)
    left_out = int(((x > 0) & ~usable).sum())
    if left_out:
        learned.notices.append(
            Notice(
                "no-margin",
                f"{left_out} customers whose repeat purchases brought no margin are left out of the model of margins.",
            )
        )
    try:
        fit = GammaGamma.fit(Spending.of(x[usable], m[usable]))
    except Unusable as reason:
        learned.notices.append(Notice("unusable", f"gamma-gamma: {reason}"))
        return
    learned.money = fit.model
    learned.notices.extend(fit.warnings)
    learned.tried.append(
        Tried(Purpose.MARGIN, "gamma-gamma", fit, None, perf_counter() - start, in_use=True, customers=fit.customers)
    )


_LEARN: Mapping[str, Any] = {
    Relationship.OPEN: _learn_open,
    Relationship.OCCASIONS: _learn_occasions,
    Relationship.CONTRACT: _learn_contract,
    Relationship.SHARE: _learn_share,
}
