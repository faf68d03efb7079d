"""The cubes of the delivered KPIs, written once in Ibis: facts in, one row per KPI, dimension, member and period out.

Imported by the process of the nightly run only. `facts` are tables of the warehouse (see docs on the warehouse); what a company has none of may be missing.
A rate comes as its two sums (`top`, `bottom`), so that any two figures may be added up. Nothing after `as_of` is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import ibis
import pyarrow as pa
from dateutil.relativedelta import relativedelta
from ibis import _ as this

Table = Any
Value = Any
SINCE = {"day": 62, "week": 53 * 7, "month": 1127, "quarter": 1127, "year": 3660}
"""How many days back each grain is kept."""
DIMENSIONS = ("all", "region", "family", "channel", "team", "owner")
_LAPSE = 365


@dataclass(frozen=True)
class Rows:
    """A part of a cube as columns of one length."""

    kpi: str
    dimension: str
    grain: str
    since: Sequence[date]
    member: Sequence[str]
    top: Sequence[float]
    bottom: Sequence[float] | None


def cubes(facts: Mapping[str, Table], as_of: date) -> Iterator[Rows]:
    """Every cube that the facts allow, KPI by KPI."""
    accounts = _current(facts["accounts"])
    if "transactions" in facts:
        sold = _placed(facts["transactions"], accounts, as_of)
        yield from _cube(sold, _SOLD, DIMENSIONS, as_of, without=("channel",))
        yield from _movements(sold, as_of)
        yield from _retention(sold, as_of)
    if "pipeline" in facts:
        moves = _placed(facts["pipeline"], accounts, as_of)
        yield from _cube(_decided(moves), _DECIDED, DIMENSIONS, as_of, without=("family", "channel"))
        yield from _open(moves, as_of)
    if "interactions" in facts:
        touched = _placed(facts["interactions"], accounts, as_of)
        yield from _cube(touched, _TOUCHED, DIMENSIONS, as_of, without=("family",))
    if "offers" in facts:
        offers = facts["offers"].mutate(day=this.at.cast("date"))
        made = _placed(offers, accounts, as_of)
        yield from _cube(made, _OFFERED, ("all", "region", "channel"), as_of)
    if "answers" in facts:
        yield from _cube(_placed(facts["answers"], accounts, as_of), _ANSWERED, ("all", "region"), as_of)


def _current(accounts: Table) -> Table:
    """Region of each account as it is now."""
    now = accounts.filter(this.to.isnull()) if "to" in accounts.columns else accounts
    return now.group_by("account").aggregate(region=this.region.max())


def _placed(facts: Table, accounts: Table, as_of: date) -> Table:
    """Facts up to the day with the region of their account, and without gaps in what they are grouped by."""
    known, there = facts.filter(facts.day <= as_of), accounts.rename(of="account")
    joined = known.left_join(there, known.account == there.of)
    names = [name for name in DIMENSIONS[1:] if name in joined.columns]
    return _held(joined.mutate(**{name: this[name].fill_null("") for name in names}))


def _held(expression: Table) -> Table:
    """The expression as a table of the engine's own, so that what groups it does not read the files again each time."""
    return expression.get_backend().create_table(f"held_{uuid4().hex}", expression, temp=True)


def _sums(**sums: tuple[Value, Value | None]) -> dict[str, tuple[Value, Value | None]]:
    return sums


_KNOWN = this.margin.notnull()
_SOLD = _sums(
    revenue=(this.revenue.sum(), None),
    margin=(this.margin.sum(), None),
    margin_rate=(this.margin.sum() * 100, this.revenue.sum(where=_KNOWN)),
    orders=(this.order.nunique(), None),
    average_order=(this.revenue.sum(), this.order.nunique()),
    discount=(this.discount.fill_null(0).sum() * 100, this.revenue.sum() + this.discount.fill_null(0).sum()),
    active_customers=(this.account.nunique(), None),
)
_WON = this.category == "won"
_DECIDED = _sums(
    won=(this.amount.sum(where=_WON), None),
    won_count=(_WON.sum(), None),
    win_rate=(_WON.sum() * 100, this.count()),
    sales_cycle=(this.days.sum(where=_WON), _WON.sum()),
)
_TOUCHED = _sums(
    contacts=(this.count(), None),
    contacts_per_customer=(this.count(), this.account.nunique()),
    cost_per_contact=(this.cost.sum(), this.cost.count()),
)
_OFFERED = _sums(response_rate=((this.response != "none").fill_null(False).sum() * 100, this.count()))
_CSAT, _NPS = this.kind == "csat", this.kind == "nps"
_ANSWERED = _sums(
    csat=((_CSAT & (this.score >= 4)).sum() * 100, _CSAT.sum()),
    nps=(((_NPS & (this.score >= 9)).cast("int64").sum() - (_NPS & (this.score <= 6)).cast("int64").sum()) * 100, _NPS.sum()),
)  # fmt: skip


def _cube(
    facts: Table,
    sums: Mapping[str, tuple[Value, Value | None]],
    dimensions: Sequence[str],
    as_of: date,
    *,
    without: Sequence[str] = (),
    grains: Sequence[str] = tuple(SINCE),
) -> Iterator[Rows]:
    """All sums along each dimension and grain, one grouped statement each."""
    wanted: dict[str, Value] = {}
    for key, (top, bottom) in sums.items():
        wanted[f"{key}__top"] = top.cast("float64")
        if bottom is not None:
            wanted[f"{key}__bottom"] = bottom.cast("float64")
    for grain in grains:
        recent = facts.filter(this.day > as_of - relativedelta(days=SINCE[grain]))
        dated = recent.mutate(since=this.day.truncate(grain[0].upper()))
        for dimension in dimensions:
            if dimension in without:
                continue
            member = ibis.literal("") if dimension == "all" else this[dimension]
            grouped = dated.mutate(member=member).group_by("since", "member").aggregate(**wanted)
            yield from _rows(grouped.to_pyarrow(), sums, dimension, grain)


def _rows(table: pa.Table, sums: Mapping[str, Any], dimension: str, grain: str) -> Iterator[Rows]:
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    for key in sums:
        tops, bottoms = columns[f"{key}__top"], columns.get(f"{key}__bottom")
        keep = [place for place, top in enumerate(tops) if top is not None and (bottoms is None or bottoms[place])]
        yield Rows(
            key,
            dimension,
            grain,
            [_day(columns["since"][place]) for place in keep],
            [columns["member"][place] for place in keep],
            [tops[place] for place in keep],
            None if bottoms is None else [bottoms[place] for place in keep],
        )


def _day(value: Any) -> date:
    found: date = value.date() if hasattr(value, "date") else value
    return found


def _movements(sold: Table, as_of: date) -> Iterator[Rows]:
    """New customers on the day of their first order, lost ones a year after each order that no other follows within the year."""
    days = sold.select("account", "day", "region", "team", "owner").distinct(on=["account", "day"])
    window = ibis.window(group_by="account", order_by="day")
    ordered = _held(days.mutate(before=this.day.lag().over(window), after=this.day.lead().over(window)))
    people = ("all", "region", "team", "owner")
    yield from _cube(ordered.filter(this.before.isnull()), _sums(new_customers=(this.count(), None)), people, as_of)
    lapsed = ordered.mutate(day=this.day + ibis.interval(days=_LAPSE), after=this.after)
    lapsed = lapsed.filter((this.day <= as_of) & (this.after.isnull() | (this.after > this.day)))
    yield from _cube(lapsed, _sums(lost_customers=(this.count(), None)), people, as_of)


def _ends(as_of: date) -> Table:
    """The months that are kept, with their last day (today's for the running one)."""
    first = as_of.replace(day=1)
    months = [first - relativedelta(months=back) for back in range(37)]
    ends = [min(month + relativedelta(months=1, days=-1), as_of) for month in months]
    return ibis.memtable(pa.table({"since": months, "end": ends}))


def _retention(sold: Table, as_of: date) -> Iterator[Rows]:
    """Of the customers of the year before last, those of the last year, seen from the end of each month."""
    ends = _ends(as_of)
    for dimension in ("all", "region", "team", "owner"):
        member = ibis.literal("") if dimension == "all" else this[dimension]
        bought = sold.mutate(member=member).select("account", "member", "day").distinct()
        joined = ends.join(bought, (bought.day <= ends.end) & (bought.day > ends.end - ibis.interval(days=2 * _LAPSE)))
        late = (joined.day > joined.end - ibis.interval(days=_LAPSE)).cast("int8")
        by_account = joined.mutate(late=late).group_by("since", "member", "account")
        seen = by_account.aggregate(early=(1 - this.late).max(), late=this.late.max()).filter(this.early == 1)
        sums = _sums(retention=(this.late.sum() * 100, this.count()))
        wanted = {"retention__top": this.late.sum() * 100.0, "retention__bottom": this.count().cast("float64")}
        table = seen.group_by("since", "member").aggregate(**wanted).to_pyarrow()
        yield from _with_ends(_rows(table, sums, dimension, "month"), as_of)


def _decided(moves: Table) -> Table:
    """The move that decided each opportunity, with the days since its first one."""
    window = ibis.window(group_by="opportunity")
    known = moves.mutate(began=this.at.min().over(window), last=this.at.max().over(window))
    ended = known.filter((this.at == this.last) & this.category.isin(["won", "lost"]))
    return _held(ended.mutate(days=(this.at.cast("date").delta(this.began.cast("date"), unit="day")).cast("float64")))


def _open(moves: Table, as_of: date) -> Iterator[Rows]:
    """What was open at the end of each month, and how often it holds what was won in three months."""
    window = ibis.window(group_by="opportunity", order_by="at")
    held = moves.mutate(until=this.day.lead().over(window))
    ends = _ends(as_of)
    for dimension in ("all", "region", "team", "owner"):
        member = ibis.literal("") if dimension == "all" else this[dimension]
        rows = held.mutate(member=member).select("member", "day", "until", "category", "amount")
        there = ends.join(rows, rows.day <= ends.end)
        is_open = (there.category == "open") & (there.until.isnull() | (there.until > there.end))
        lately = (there.category == "won") & (there.day > there.end - ibis.interval(days=92))
        grouped = there.group_by("since", "member").aggregate(
            open_pipeline__top=there.amount.sum(where=is_open).fill_null(0),
            coverage__top=there.amount.sum(where=is_open).fill_null(0),
            coverage__bottom=there.amount.sum(where=lately).fill_null(0),
        )
        sums = _sums(open_pipeline=(None, None), coverage=(None, None))
        yield from _with_ends(_rows(grouped.to_pyarrow(), sums, dimension, "month"), as_of)


def _with_ends(parts: Iterator[Rows], as_of: date) -> Iterator[Rows]:
    """The figures of states by month, and again for quarters and years as of their last month that is known."""
    for part in parts:
        yield part
        for grain, months in (("quarter", 3), ("year", 12)):
            last: dict[tuple[date, str], int] = {}
            for place in sorted(range(len(part.since)), key=lambda at: part.since[at]):
                month = part.since[place]
                first = month.replace(month=(month.month - 1) // months * months + 1)
                last[first, part.member[place]] = place
            yield Rows(
                part.kpi,
                part.dimension,
                grain,
                [first for first, _member in last],
                [member for _first, member in last],
                [part.top[place] for place in last.values()],
                None if part.bottom is None else [part.bottom[place] for place in last.values()],
            )
