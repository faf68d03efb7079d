"""The allocation of a plan: from what is known of customers and offers to who gets what, with prices, curve and baselines.

Expected margin of a proposal = P(accepts) × share that asking makes × margin of the offer, as in the next best action; a contact costs what the
plan or the offer says. Nobody is planned whom the gate would refuse (address, consent, frequency), who belongs to the control group, whom the
offer does not suit, who has it open or answered it lately, or for whom a colleague put it off. Only the process of analytics imports this.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import F
from django.utils import timezone

from guanxi.activity.services import reachable_accounts
from guanxi.analytics.deciding.ranking import CHANNELS, Learnt, learnt
from guanxi.analytics.models import (
    ActionChoice,
    Allocated,
    AllocationGoal,
    AllocationPlan,
    AllocationState,
)
from guanxi.analytics.optimising.limits import (
    ChannelLimit,
    OfferLimit,
    channel_limits,
    cost_of,
    has_margin,
    offer_limits,
)
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, ConsentChannel
from guanxi.engagement.queries import customers_for, in_control, offered_now, purpose_of
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.criteria import SEGMENT, compile_q
from guanxi.science.allocation import NOBODY, Allocation, Problem, by_lot, by_mark, same_for_all, solve
from guanxi.science.arrays import Flags, Floats, Ints, Unusable

GRADES = ("", "A", "B", "C", "D")
SHARES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
LARGE = 1_000_000
AT_A_TIME = 5_000


@dataclass(frozen=True)
class Table:
    """Customers and ways (an offer on a channel): probability with its interval, margin if accepted because of asking, cost, and where a way is open.

    Shapes: (ways, customers) but `cost`, which is (ways,).
    """

    accounts: Sequence[UUID]
    ways: Sequence[tuple[UUID, str]]
    probability: Floats
    low: Floats
    high: Floats
    gain: Floats
    cost: Floats
    open: Flags
    as_of: date | None


class Impossible(Exception):
    """No allocation keeps the limits; holds what the page says of it."""

    def __init__(self, **why: Any) -> None:
        super().__init__(str(why))
        self.why = why


def compute_plan(tenant_id: UUID, plan_id: UUID) -> bool:
    """Compute a plan that was asked for and write down what comes of it; False where it could not be kept or failed."""
    with tenant_tx(tenant_id):
        plan = AllocationPlan.objects.filter(id=plan_id, state=AllocationState.COMPUTING).first()
    if plan is None:
        return False
    start = perf_counter()
    try:
        with tenant_tx(tenant_id):
            table = read_table(tenant_id, plan)
        problem, groups = problem_of(plan, table)
        found = best_of(plan, table, problem)
        result = {**described(plan, table, problem, groups, found), "seconds": round(perf_counter() - start, 2)}
    except Impossible as no:
        return _ended(tenant_id, plan, AllocationState.IMPOSSIBLE, no.why)
    except Exception as error:
        _ended(
            tenant_id,
            plan,
            AllocationState.FAILED,
            {"code": "failed", "text": f"{type(error).__name__}: {error}"[:500]},
        )
        raise
    with tenant_tx(tenant_id):
        if not _mark(plan, state=AllocationState.COMPUTED, problem={}, result=result):
            return False
        Allocated.objects.filter(plan=plan).delete()
        rows = list(_rows(plan, table, found.choice))
        for begin in range(0, len(rows), AT_A_TIME):
            Allocated.objects.bulk_create(rows[begin : begin + AT_A_TIME])
    return True


def _ended(tenant_id: UUID, plan: AllocationPlan, state: str, why: Mapping[str, Any]) -> bool:
    with tenant_tx(tenant_id):
        _mark(plan, state=state, problem=dict(why), result={})
    return False


def _mark(plan: AllocationPlan, **values: Any) -> bool:
    """Whether the plan is still the one that was asked for: somebody may have changed it meanwhile."""
    same = AllocationPlan.objects.filter(id=plan.id, version=plan.version, state=AllocationState.COMPUTING)
    return bool(same.update(computed_at=timezone.now(), **values))


def read_table(tenant_id: UUID, plan: AllocationPlan) -> Table:
    """Everything about customers and offers that the plan needs."""
    currency = Company.objects.values_list("currency", flat=True).get()
    judge = Actor.system(tenant_id, currency=currency)
    limits = offer_limits(plan)
    offers = {one.id: one for one in offered_now(judge).filter(id__in=[limit.offer for limit in limits])}
    known, ways = learnt(offers), []
    for limit in limits:
        offer = offers.get(limit.offer)
        if offer is None:
            raise Impossible(code="not_offered", offer=str(limit.offer))
        if not has_margin(offer, currency):
            raise Impossible(code="no_margin", offer=str(limit.offer))
        ways += [(offer, way) for way in channel_limits(plan) if way.channel in (offer.channels or CHANNELS)]
    accounts, grades = _customers(judge, plan)
    if not accounts:
        raise Impossible(code="nobody")
    place = {key: row for row, key in enumerate(accounts)}
    suited = {key: _suited(judge, one, accounts, place) for key, one in offers.items()}
    within: dict[tuple[str, str], Flags] = {}
    rates = [_rates(known, offer.id, way.channel) for offer, way in ways]
    part = np.array([known.due_to_asking(offer.id) * float(offer.margin) for offer, _way in ways])
    probability, low, high = (np.array([each[which] for each in rates])[:, grades] for which in range(3))
    days = [row.as_of for row in known.rates.values()]
    return Table(
        accounts, [(offer.id, way.channel) for offer, way in ways], probability, low, high, probability * part[:, None],
        np.array([cost_of(way, offer) for offer, way in ways]),
        np.array([suited[offer.id] & _reached(offer, way, place, within) for offer, way in ways]), max(days, default=None),
    )  # fmt: skip


def _customers(judge: Actor, plan: AllocationPlan) -> tuple[list[UUID], Ints]:
    """Accounts of the plan in the order of their keys, and the place of each one's grade in GRADES."""
    accounts = Account.objects.filter(deleted_at=None)
    if plan.segment_id:
        members = compile_q(judge, "account", {"field": SEGMENT, "op": "in", "value": [str(plan.segment_id)]})
        accounts = accounts.filter(id__in=members.apply(Account.objects.all()).values("id"))
    rows = list(accounts.annotate(score_grade=F("scores__grade")).order_by("id").values_list("id", "score_grade"))
    codes = {grade: code for code, grade in enumerate(GRADES)}
    return [key for key, _grade in rows], np.array([codes.get(grade or "", 0) for _key, grade in rows], dtype=np.int64)


def _flags(keys: Any, place: Mapping[UUID, int]) -> Flags:
    found = np.zeros(len(place), dtype=bool)
    rows = [place[key] for key in keys if key in place]
    found[rows] = True
    return found


def _suited(judge: Actor, offer: Any, accounts: Sequence[UUID], place: Mapping[UUID, int]) -> Flags:
    """To whom the offer may be proposed, whatever the channel."""
    suited = _flags(customers_for(judge, offer).values_list("id", flat=True), place)
    put_off = ActionChoice.objects.filter(offer_id=offer.id, until__gt=timezone.localdate())
    suited &= ~_flags(put_off.values_list("account_id", flat=True), place)
    if offer.control_percent:
        suited &= ~np.fromiter((in_control(offer, key) for key in accounts), dtype=bool, count=len(accounts))
    return suited


def _reached(offer: Any, way: ChannelLimit, place: Mapping[UUID, int], known: dict[tuple[str, str], Flags]) -> Flags:
    """Whom the gate lets through; what is no channel of consent is a talk in person."""
    if way.channel not in ConsentChannel.values:
        return np.ones(len(place), dtype=bool)
    key = (way.channel, purpose_of(offer))
    if key not in known:
        known[key] = _flags(reachable_accounts(*key).values_list("id", flat=True), place)
    return known[key]


def _rates(known: Learnt, offer_id: UUID, channel: str) -> tuple[list[float], list[float], list[float]]:
    """P(accepts) by grade in the order of GRADES, with the ends of its interval."""
    found = [known.rate(offer_id, channel, grade)[:3] for grade in GRADES]
    return [one[0] for one in found], [one[1] for one in found], [one[2] for one in found]


def problem_of(plan: AllocationPlan, table: Table) -> tuple[Problem, list[tuple[str, str]]]:
    """The problem, and for each of its groups what it limits: ("channel", key) or ("offer", id). Raises Impossible."""
    groups, names, most, least = [], [], [], []
    everybody = float(len(table.accounts))
    for way in channel_limits(plan):
        if way.capacity is not None:
            names.append(("channel", way.channel))
            groups.append([channel == way.channel for _offer, channel in table.ways])
            most.append(min(float(way.capacity), everybody))
            least.append(0.0)
    for limit in offer_limits(plan):
        if limit.minimum or limit.maximum is not None:
            inside = [offer == limit.offer for offer, _channel in table.ways]
            _enough(limit, int(table.open[inside].any(axis=0).sum()))
            names.append(("offer", str(limit.offer)))
            groups.append(inside)
            most.append(everybody if limit.maximum is None else min(float(limit.maximum), everybody))
            least.append(float(limit.minimum))
    budget = math.inf if plan.budget is None else float(plan.budget)
    shape = np.array(groups, dtype=bool).reshape(len(groups), len(table.ways))
    try:
        return Problem.of(
            _worth(plan, table), table.cost, budget=budget, capacity=np.array(most), minimum=np.array(least), groups=shape
        ), names  # fmt: skip
    except Unusable:
        raise Impossible(code="limits") from None


def _enough(limit: OfferLimit, open_to: int) -> None:
    if limit.minimum > open_to:
        raise Impossible(code="minimum", offer=str(limit.offer), minimum=limit.minimum, open=open_to)


def _worth(plan: AllocationPlan, table: Table) -> Floats:
    """What is to be greatest; what must not be is worth so little that nobody chooses it."""
    hurdle = plan.hurdle / 100 if plan.goal == AllocationGoal.RETURN else 0.0
    worth = table.gain - (1 + hurdle) * table.cost[:, None]
    return np.where(table.open, worth, _never(worth))


def _never(worth: Floats) -> float:
    return -1e4 * (1.0 + float(np.abs(worth).max(initial=0.0)))


def best_of(plan: AllocationPlan, table: Table, problem: Problem) -> Allocation:
    """The allocation. Raises Impossible where none keeps all limits."""
    found = solve(problem)
    if not _kept(table, found):
        raise Impossible(code="limits")
    return found


def _kept(table: Table, found: Allocation) -> bool:
    taken = np.flatnonzero(found.choice >= 0)
    return bool(found.feasible and table.open[found.choice[taken], taken].all())


def described(
    plan: AllocationPlan, table: Table, problem: Problem, groups: Sequence[tuple[str, str]], found: Allocation
) -> dict[str, Any]:
    """Everything that the page says of an allocation, in plain numbers."""
    total = _sums(table, found.choice)
    prices = {f"{kind}:{key}": float(price) for (kind, key), price in zip(groups, found.prices, strict=True)}
    return {
        **total,
        "considered": len(table.accounts),
        "open": int(table.open.any(axis=0).sum()),
        "gap": _finite(found.gap),
        "budget_price": _finite(found.budget_price),
        "prices": {key: _finite(price) for key, price in prices.items()},
        "cells": _cells(table, found.choice),
        "curve": _curve(table, problem, total["spent"]),
        "baselines": _baselines(table, problem),
        "as_of": table.as_of.isoformat() if table.as_of else None,
    }


def _sums(table: Table, choice: Ints) -> dict[str, Any]:
    """Customers, margin before and after the cost of contacts, cost, and the margin if all rates lay at an end of their intervals."""
    taken = np.flatnonzero(choice >= 0)
    ways = choice[taken]
    cost = float(table.cost[ways].sum())
    gain = table.gain[ways, taken]
    with np.errstate(all="ignore"):
        each = np.nan_to_num(gain / table.probability[ways, taken])
    ends = [float((each * end[ways, taken]).sum()) - cost for end in (table.low, table.high)]
    return {
        "customers": len(taken), "gross": float(gain.sum()), "spent": cost, "value": float(gain.sum()) - cost, "low": ends[0], "high": ends[1],
        "accepted": float(table.probability[ways, taken].sum()),
    }  # fmt: skip


def _cells(table: Table, choice: Ints) -> list[dict[str, Any]]:
    """By offer and channel: customers, margin, cost."""
    found = []
    for way, (offer, channel) in enumerate(table.ways):
        only = np.where(choice == way, choice, NOBODY)
        sums = _sums(table, only)
        found.append(
            {
                "offer": str(offer),
                "channel": channel,
                "open": int(table.open[way].sum()),
                "each": float(table.cost[way]),
                **sums,
            }
        )
    return found


def _curve(table: Table, problem: Problem, spent: float) -> list[dict[str, Any]]:
    """What other budgets would bring; those that do not suffice for the minimums are left out."""
    base = problem.budget if math.isfinite(problem.budget) else spent
    points = []
    for share in SHARES if base > 0 else ():
        found = solve(replace(problem, budget=base * share), seconds=1.5)
        if _kept(table, found):
            sums = _sums(table, found.choice)
            kept = {name: sums[name] for name in ("customers", "value", "spent", "gross", "low", "high")}
            points.append({"share": share, "budget": base * share, "price": _finite(found.budget_price), **kept})
    return points


def _baselines(table: Table, problem: Problem) -> dict[str, dict[str, Any]]:
    """What simple rules make of the same money and places: by lot, by probability alone, the same offer for all."""
    draws = 20 if table.open.size <= LARGE else 3
    net = table.gain - table.cost[:, None]
    lots = [_sums(table, choice) for choice in by_lot(problem, table.open, draws=draws)]
    lot = {name: float(np.mean([one[name] for one in lots])) for name in ("customers", "value", "spent")}
    likely = _sums(table, by_mark(problem, table.probability, table.open))
    same = _sums(table, same_for_all(problem, net, table.open))
    return {
        "lot": lot,
        "likely": {name: likely[name] for name in lot},
        "same": {name: same[name] for name in lot},
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _rows(plan: AllocationPlan, table: Table, choice: Ints) -> Iterator[Allocated]:
    for row in np.flatnonzero(choice >= 0):
        way = int(choice[row])
        offer, channel = table.ways[way]
        yield Allocated(
            plan_id=plan.id, account_id=table.accounts[int(row)], offer_id=offer, channel=channel, probability=float(table.probability[way, row]),
            margin=float(table.gain[way, row]), cost=float(table.cost[way]),
        )  # fmt: skip
