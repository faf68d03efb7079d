"""Reports: what the statement answers equals a slow, obvious computation over the same visible records."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.core.rates import set_rate
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.changes import create_record
from guanxi.records.criteria import compile_predicate
from guanxi.records.lists import ListQuery, count_records
from guanxi.records.queries import visible_records
from guanxi.records.reports.definition import read_definition
from guanxi.records.reports.drilling import drill_criteria
from guanxi.records.reports.fields import HIDDEN, OTHER
from guanxi.records.reports.result import Result
from guanxi.records.reports.running import run_report

ZONE = ZoneInfo("Asia/Shanghai")
PLACES = Decimal("0.0001")
REGIONS = ("North", "South", "")
BIG = {"field": "amount", "op": "gte", "value": "150"}
CLOSED = {"field": "account.employees", "op": "gt", "value": 20}


def sold(owner: Actor, count: int, *, first: int = 0) -> list[Any]:
    """Opportunities of several accounts, months, sizes and currencies."""
    accounts = [
        create_record(owner, "account", {"name": f"A{first + n}", "region": REGIONS[n % 3], "employees": n * 10})
        for n in range(4)
    ]
    return [
        create_record(
            owner,
            "opportunity",
            {
                "name": f"O{first + n}",
                "account": accounts[n % 4].id if n % 5 else None,
                "amount": None if n % 7 == 3 else 100 + (n * 37) % 90,
                "currency": "EUR" if n % 3 == 1 else "CNY",
                "close_date": f"2026-{(n * 5) % 12 + 1:02}-{n % 27 + 1:02}" if n % 6 else None,
                "type": ("new", "renewal", "upsell")[n % 3],
            },
        )
        for n in range(count)
    ]


@pytest.fixture
def sales(actor: Actor, rep_actor: Actor) -> tuple[Actor, Actor]:
    """Business of the administrator and of a representative, at two rates of the euro."""
    set_rate("EUR", date(2020, 1, 1), Decimal("7.5"))
    set_rate("EUR", date(2026, 6, 1), Decimal("8.0123"))
    sold(actor, 17)
    sold(rep_actor, 11, first=50)
    # Business of the representative with customers that only others see.
    for one in visible_records(actor, "account").filter(name__startswith="A", owner_id=actor.member_id)[:2]:
        create_record(actor, "opportunity", {"name": "given", "account": one.id, "amount": 120, "close_date": "2026-03-03", "owner": rep_actor.member_id})  # fmt: skip
    Company.objects.update(time_zone="Asia/Shanghai", fiscal_year_start=4)
    return actor, rep_actor


KEYS: dict[str, Callable[[Any, Actor], str]] = {
    "type": lambda one, _actor: one.type,
    "owner": lambda one, _actor: str(one.owner_id or ""),
    "account": lambda one, _actor: str(one.account_id or ""),
    "account.region": lambda one, actor: through(one, actor, lambda account: account.region),
    "account.employees": lambda one, actor: through(one, actor, lambda account: banded(account.employees)),
    "close_date:month": lambda one, _actor: f"{one.close_date:%Y-%m}-01" if one.close_date else "",
    "close_date:fiscal_year": lambda one, _actor: fiscal_year(one.close_date),
    "close_date:weekday": lambda one, _actor: str(one.close_date.isoweekday()) if one.close_date else "",
    "created_at:day": lambda one, _actor: one.created_at.astimezone(ZONE).date().isoformat(),
}


def through(one: Any, actor: Actor, read: Callable[[Any], Any]) -> str:
    """A value of the account, where the actor sees the account."""
    if one.account_id is None:
        return ""
    return str(read(one.account)) if visible_records(actor, "account").filter(id=one.account_id).exists() else HIDDEN


def banded(value: int | None) -> str:
    return "" if value is None else str(sum(value >= band for band in (10, 25)))


def fiscal_year(day: date | None) -> str:
    return "" if day is None else f"{day.year if day.month >= 4 else day.year - 1}-04-01"


def group_of(name: str) -> dict[str, Any]:
    field, _colon, by = name.partition(":")
    return {"field": field} | ({"by": by} if by else {}) | ({"bands": [10, 25]} if field.endswith("employees") else {})


def home(one: Any) -> Decimal | None:
    """The amount in yuan at the rate of its close date, else of the day it was made."""
    if one.amount is None or one.currency == "CNY":
        return one.amount  # type: ignore[no-any-return]
    day = one.close_date or one.created_at.astimezone(ZONE).date()
    rate = Decimal("8.0123") if day >= date(2026, 6, 1) else Decimal("7.5")
    return Decimal(one.amount * rate).quantize(PLACES, rounding=ROUND_HALF_UP)


def figures(rows: Iterable[Any], big: Callable[[Any], bool]) -> dict[str, Decimal | None]:
    """The measures of MEASURES, one after the other."""
    counted = list(rows)
    amounts = [amount for one in counted if (amount := home(one)) is not None]
    exact = lambda value: Decimal(value).quantize(PLACES, rounding=ROUND_HALF_UP)  # noqa: E731
    return {
        "n": Decimal(len(counted)),
        "big": Decimal(sum(1 for one in counted if big(one))),
        "sum": sum(amounts, Decimal(0)),
        "avg": exact(sum(amounts) / len(amounts)) if amounts else None,
        "mid": exact(median(amounts)) if amounts else None,
        "low": min(amounts, default=None),
        "top": max(amounts, default=None),
        "who": Decimal(len({one.account_id for one in counted} - {None})),
    }


MEASURES = [
    {"key": "n", "kind": "count"}, {"key": "big", "kind": "count", "filter": BIG}, {"key": "sum", "kind": "sum", "field": "amount"},
    {"key": "avg", "kind": "average", "field": "amount"}, {"key": "mid", "kind": "median", "field": "amount"},
    {"key": "low", "kind": "min", "field": "amount"}, {"key": "top", "kind": "max", "field": "amount"},
    {"key": "who", "kind": "distinct", "field": "account"},
]  # fmt: skip
PERIOD = {"field": "close_date", "within": {"from": "2026-02-03", "to": "2026-10-15"}}


def slowly(actor: Actor, names: list[str], criteria: dict[str, Any], within: bool, limit: int) -> dict[Any, Any]:
    """{(keys of groups, key of the pivot or None): figures} the obvious way; the last of `names` is the pivot."""
    holds = compile_predicate(actor, "opportunity", criteria)
    big = compile_predicate(actor, "opportunity", BIG)
    rows = [one for one in visible_records(actor, "opportunity").select_related("account") if holds(one)]
    if within:
        rows = [one for one in rows if one.close_date and date(2026, 2, 3) <= one.close_date <= date(2026, 10, 15)]
    keyed = [([KEYS[name](one, actor) for name in names], one) for one in rows]
    if limit and len(names) > 1:
        sizes = {
            keys[0]: figures([one for other, one in keyed if other[0] == keys[0]], big)["sum"] for keys, _ in keyed
        }
        kept = sorted(sizes, key=lambda key: (-(sizes[key] or 0), key))[:limit]
        keyed = [([keys[0] if keys[0] in kept else OTHER, *keys[1:]], one) for keys, one in keyed]
    groups: dict[Any, list[Any]] = {((), None): []}
    for keys, one in keyed:
        for depth in range(len(names)):
            groups.setdefault((tuple(keys[:depth]), None), []).append(one)
            groups.setdefault((tuple(keys[:depth]), keys[-1]), []).append(one)
    return {key: figures(found, big) for key, found in groups.items()}


def answered(result: Result) -> dict[Any, Any]:
    """What the engine says, in the same form, without rows that only fill gaps."""
    rows = {row.keys: row for row in (*result.rows, *result.subtotals.values(), result.total)}
    return {
        (keys, column): cells
        for keys, row in rows.items()
        for column, cells in row.cells.items()
        if cells["n"] or not keys
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(sorted(KEYS)), min_size=2, max_size=4, unique_by=lambda name: name.split(":")[0]),
    criteria=st.sampled_from([{}, BIG, CLOSED, {"any": [BIG, {"field": "type", "op": "is", "value": "renewal"}]}]),
    within=st.booleans(),
    limit=st.sampled_from([0, 0, 1, 2]),
    as_rep=st.booleans(),
)
def test_engine_equals_the_obvious_computation(
    sales: tuple[Actor, Actor], names: list[str], criteria: dict[str, Any], within: bool, limit: int, as_rep: bool
) -> None:
    actor = sales[1] if as_rep else sales[0]
    definition: dict[str, Any] = {
        "object": "opportunity",
        "filter": criteria,
        "groups": [group_of(name) for name in names[:-1]],
        "pivot": group_of(names[-1]),
        "measures": MEASURES,
        "sort": "-sum",
        "limit": limit,
        "period": PERIOD if within else {"field": "close_date", "within": {"from": "1990-01-01", "to": "2990-01-01"}},
    }
    if not within:
        # Without a period amounts are converted at the day of making: the same for all here, so it is kept and widened.
        definition["filter"] = {"all": [criteria, {"field": "close_date", "op": "not_empty"}]} if criteria else {"field": "close_date", "op": "not_empty"}  # fmt: skip
    made = read_definition(definition)
    assert answered(run_report(actor, made)) == slowly(actor, names, dict(made.filter), within, limit)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique_by=lambda name: name.split(":")[0]),
    limit=st.sampled_from([0, 1]),
    within=st.booleans(),
    as_rep=st.booleans(),
)
def test_every_figure_opens_the_list_of_its_very_records(
    sales: tuple[Actor, Actor], names: list[str], limit: int, within: bool, as_rep: bool
) -> None:
    actor = sales[1] if as_rep else sales[0]
    made = read_definition(
        {
            "object": "opportunity",
            "groups": [group_of(name) for name in names],
            "measures": [{"key": "n", "kind": "count"}, {"key": "big", "kind": "count", "filter": BIG}],
            "limit": limit,
            **({"period": PERIOD} if within else {}),
        }
    )
    result = run_report(actor, made)
    opened = 0
    for row in (*result.rows, *result.subtotals.values(), result.total):
        for key in ("n", "big"):
            criteria = drill_criteria(result, row, measure=key)
            if criteria is not None:
                opened += 1
                counted, exact = count_records(actor, ListQuery(object="opportunity", criteria=criteria))
                assert exact
                assert Decimal(counted) == row.total[key]
    assert opened
