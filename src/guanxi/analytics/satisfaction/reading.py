"""What is known of satisfaction and loyalty, of the customers that an actor sees: from answers and orders, as they stand."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Max
from django.utils import timezone

from guanxi.analytics.access import require_view
from guanxi.analytics.models import Market
from guanxi.analytics.satisfaction.markets import competition, market_of
from guanxi.customers.models import Score
from guanxi.engagement.figures import FORMULAS, Figure
from guanxi.engagement.results import (
    Judged,
    attribute_words,
    items_of,
    judged_attributes,
    measures_of,
    trend_of,
    visible_answers,
)
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records
from guanxi.science.arrays import Unusable
from guanxi.science.loyalty import LoyaltyCurve, fit_loyalty

YEAR = timedelta(days=365)
# Whether somebody bought again is known when so much time has passed.
WINDOW = timedelta(days=180)
LEAST_PAIRS = 30
MOST_NAMES = 50
# Not content: CSAT up to 3 of 5, NPS up to 6.
LOW_CSAT, LOW_NPS = 3, 6


@dataclass(frozen=True)
class Pair:
    """An answer with a CSAT, and whether the customer ordered again within the window after it."""

    account: UUID
    industry: str
    score: int
    again: bool


@dataclass
class Curve:
    """A market's own curve: shares by level of satisfaction, the fitted curve where there is enough to fit, and the flat line to compare it with."""

    industry: str
    competition: str
    n: int
    levels: list[tuple[int, float, int]]
    share: float
    fitted: LoyaltyCurve | None = None
    reason: str = ""


@dataclass(frozen=True)
class Named:
    """A customer who buys again without being content."""

    account: UUID
    name: str
    industry: str
    competition: str
    score: str
    answered_on: date
    last_order_on: date


@dataclass
class Loyalty:
    """The four signs, each in percent with the number that it is a share of; None where nothing is known."""

    repeat: float | None = None
    repeat_n: int = 0
    wallet: float | None = None
    wallet_n: int = 0
    recommend: float | None = None
    recommend_n: int = 0
    tolerance: float | None = None
    tolerance_n: int = 0


@dataclass
class Satisfaction:
    """All that the page shows."""

    as_of: date
    measures: dict[str, Figure]
    before: dict[str, Figure]
    trends: dict[str, list[tuple[date, Figure]]]
    judged: list[Judged]
    curves: list[Curve]
    false_loyal: list[Named]
    loyalty: Loyalty
    industries: list[str] = field(default_factory=list)


def satisfaction(actor: Actor, region: str = "", now: datetime | None = None, language: str = "en") -> Satisfaction:
    """The figures of the last twelve months beside those of the twelve before, the curves of all time. Raises `NotAllowed`, `NotFound`."""
    require_view(actor)
    at = now or timezone.now()
    answers = visible_answers(actor).filter(account__in=_accounts(actor, region), answered_at__lte=at)
    recent = answers.filter(answered_at__gt=at - YEAR)
    rows = list(Market.objects.all())
    orders = _orders(actor, at)
    scored = _scored(actor, answers)
    measures = measures_of(recent)
    return Satisfaction(
        as_of=timezone.localdate(at),
        measures=measures,
        before=measures_of(answers.filter(answered_at__gt=at - 2 * YEAR, answered_at__lte=at - YEAR)),
        trends={name: trend_of(recent, name) for name in FORMULAS if name in measures},
        judged=_judged(recent, language),
        curves=_curves(_pairs(scored, orders, at), rows),
        false_loyal=_false_loyal(actor, scored, orders, rows, at),
        loyalty=_loyalty(actor, scored, orders, at, region),
        industries=sorted({one["industry"] for one in scored if one["industry"]}),
    )


def _accounts(actor: Actor, region: str) -> Any:
    rows = visible_records(actor, "account")
    return rows.filter(region=region) if region and matchable(actor, "account", "region") else rows


def _orders(actor: Actor, at: datetime) -> dict[UUID, list[datetime]]:
    """When each customer ordered, oldest first; nothing without the right to orders."""
    found: dict[UUID, list[datetime]] = defaultdict(list)
    if may(actor, "order", "view"):
        rows = visible_records(actor, "order").exclude(status__in=("draft", "cancelled")).filter(confirmed_at__lte=at)
        for account, day in rows.order_by("confirmed_at").values_list("account_id", "confirmed_at"):
            found[account].append(day)
    return found


def _scored(actor: Actor, answers: Any) -> list[dict[str, Any]]:
    rows = answers.values("account_id", "account__name", "account__industry", "answered_at", "csat", "nps").order_by(
        "answered_at"
    )
    named = matchable(actor, "account", "industry")
    return [
        {**row, "industry": row["account__industry"] if named else ""}
        for row in rows
        if row["csat"] is not None or row["nps"] is not None
    ]


def _ordered_between(days: Sequence[datetime], after: datetime, until: datetime) -> bool:
    place = bisect_right(days, after)
    return place < len(days) and days[place] <= until


def _pairs(scored: Iterable[Mapping[str, Any]], orders: Mapping[UUID, Sequence[datetime]], at: datetime) -> list[Pair]:
    return [
        Pair(row["account_id"], row["industry"], row["csat"], _ordered_between(orders.get(row["account_id"], ()), row["answered_at"], row["answered_at"] + WINDOW))
        for row in scored
        if row["csat"] is not None and row["answered_at"] + WINDOW <= at
    ]  # fmt: skip


def _curves(pairs: Sequence[Pair], rows: list[Market]) -> list[Curve]:
    """All customers together, then the industries with enough pairs, the most first."""
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.industry].append(pair)
    large = sorted(
        (name for name, group in groups.items() if name and len(group) >= LEAST_PAIRS),
        key=lambda name: (-len(groups[name]), name),
    )
    found = [_curve("", list(pairs), market_of(rows, ""))] if pairs else []
    return found + [_curve(name, groups[name], market_of(rows, name)) for name in large]


def _curve(industry: str, pairs: list[Pair], market: Market | None) -> Curve:
    by_level: dict[int, list[bool]] = defaultdict(list)
    for pair in pairs:
        by_level[pair.score].append(pair.again)
    levels = [(score, sum(group) / len(group), len(group)) for score, group in sorted(by_level.items())]
    share = sum(pair.again for pair in pairs) / len(pairs)
    curve = Curve(industry, competition(market), len(pairs), levels, share)
    if len(pairs) < LEAST_PAIRS:
        curve.reason = "few"
        return curve
    try:
        curve.fitted = fit_loyalty(
            [score for score, _again, _n in levels],
            [again for _s, again, _n in levels],
            [n for _s, _again, n in levels],
        )
    except Unusable:
        curve.reason = "levels"
    return curve


def _false_loyal(
    actor: Actor,
    scored: Sequence[Mapping[str, Any]],
    orders: Mapping[UUID, Sequence[datetime]],
    rows: list[Market],
    at: datetime,
) -> list[Named]:
    """Who ordered after answering, at least twice in a year and lately, though the last answer was low; where competition is weak first."""
    last = {row["account_id"]: row for row in scored}
    order = {"weak": 0, "medium": 1, "strong": 2}
    found = []
    for key, row in last.items():
        days = [day for day in orders.get(key, ()) if day > at - YEAR]
        if not _is_low(row) or len(days) < 2 or days[-1] <= row["answered_at"]:
            continue
        text = f"CSAT {row['csat']}" if row["csat"] is not None else f"NPS {row['nps']}"
        held = competition(market_of(rows, row["industry"]))
        found.append(
            Named(
                key,
                row["account__name"],
                row["industry"],
                held,
                text,
                timezone.localdate(row["answered_at"]),
                timezone.localdate(days[-1]),
            )
        )
    shown = matchable(actor, "account", "name")
    found.sort(key=lambda one: (order[one.competition], one.name))
    return found[:MOST_NAMES] if shown else []


def _is_low(row: Mapping[str, Any]) -> bool:
    return bool(row["csat"] <= LOW_CSAT if row["csat"] is not None else row["nps"] <= LOW_NPS)


def _loyalty(
    actor: Actor,
    scored: Sequence[Mapping[str, Any]],
    orders: Mapping[UUID, Sequence[datetime]],
    at: datetime,
    region: str,
) -> Loyalty:
    accounts = set(_accounts(actor, region).filter(id__in=list(orders)).values_list("id", flat=True))
    earlier = [key for key in accounts if any(at - 2 * YEAR < day <= at - YEAR for day in orders[key])]
    again = [key for key in earlier if orders[key][-1] > at - YEAR]
    found = Loyalty(repeat=_share(len(again), len(earlier)), repeat_n=len(earlier))
    known = Score.objects.filter(account__in=accounts, share_of_wallet__isnull=False)
    wallet = known.aggregate(mean=Avg("share_of_wallet"), n=Count("id"), newest=Max("as_of"))
    found.wallet, found.wallet_n = (100 * wallet["mean"] if wallet["mean"] is not None else None), wallet["n"]
    said = [row["nps"] for row in scored if row["nps"] is not None and row["answered_at"] > at - YEAR]
    found.recommend, found.recommend_n = _share(sum(score >= 9 for score in said), len(said)), len(said)
    low = [row for row in scored if _is_low(row) and row["answered_at"] + WINDOW <= at]
    stayed = [
        row
        for row in low
        if _ordered_between(orders.get(row["account_id"], ()), row["answered_at"], row["answered_at"] + WINDOW)
    ]
    found.tolerance, found.tolerance_n = _share(len(stayed), len(low)), len(low)
    return found


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _judged(answers: Any, language: str) -> list[Judged]:
    """Attributes of all questionnaires by their keys, called as the newest questionnaire calls them."""
    words = attribute_words(answers, language)
    found = judged_attributes(None, items_of(answers), language)
    named = [
        Judged(one.key, words.get(one.key, one.key), one.n, one.perceived, one.expected, one.importance)
        for one in found
    ]
    return sorted(named, key=lambda one: (one.gap is None, one.gap or 0.0, one.label))
