"""What live figures say about strengths, weaknesses, opportunities and threats: proposals for the sheet, each with the threshold that makes it one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Count, F, FloatField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from guanxi.analytics.kpis.catalogue import STANDARD
from guanxi.analytics.models import Figure, SwotKind
from guanxi.analytics.queries.lists import LISTS, listed
from guanxi.analytics.queries.portfolio import Portfolio, bucket_months, portfolio, scored_accounts, year_of
from guanxi.analytics.roi.measuring import counted_to, months_of_kpis
from guanxi.core.ui import formats
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

KPIS = (
    "revenue",
    "margin_rate",
    "win_rate",
    "retention",
    "nps",
    "csat",
    "discount",
    "coverage",
    "sales_cycle",
    "forecast_accuracy",
)
TOP = 10
STRENGTH, WEAKNESS, OPPORTUNITY, THREAT = SwotKind.STRENGTH, SwotKind.WEAKNESS, SwotKind.OPPORTUNITY, SwotKind.THREAT


@dataclass(frozen=True)
class Signal:
    """A proposal: its words with the figure, the threshold in words, the page behind it."""

    key: str
    kind: str
    text: str
    why: str
    url: str
    kpi: str = ""


@dataclass
class Seen:
    """What the proposals are made from: two years of months of the KPIs, the customers' values. Read once."""

    actor: Actor
    day: date
    months: dict[str, dict[date, Figure]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        after = self.day.replace(day=1)
        self.after = after
        self.months = months_of_kpis(KPIS, after - relativedelta(months=24), after)

    def year(self, kpi: str, back: int = 0) -> float | None:
        """A KPI over twelve whole months, the last ones or those `back` years before; of what is a state, the last month's."""
        after = self.after - relativedelta(years=back)
        cells = [row for month, row in self.months[kpi].items() if after - relativedelta(years=1) <= month < after]
        if not cells:
            return None
        if STANDARD[kpi].state:
            return max(cells, key=lambda row: row.since).value
        top = sum(row.top for row in cells)
        if cells[0].bottom is None:
            return top if len(cells) == 12 else None
        bottom = sum(row.bottom or 0.0 for row in cells)
        return top / bottom if bottom else None

    @cached_property
    def worth(self) -> Portfolio | None:
        """The values of all customers."""
        return portfolio(self.actor)

    def money(self, amount: Any) -> str:
        """Short, in the company's currency."""
        return formats.money_short(amount, self.actor.currency, home=self.actor.currency)


def signals(actor: Actor) -> list[Signal]:
    """All proposals that the figures support now, by kind; none before the first run."""
    day = counted_to()
    if day is None:
        return []
    seen = Seen(actor, day)
    found = [signal for read in READERS for signal in read(seen)]
    return sorted(found, key=lambda one: SwotKind.values.index(one.kind))


def _points(value: float) -> str:
    return formats.number(abs(value), 1)


def _moves(seen: Seen) -> Iterator[Signal]:
    """Rates that rose or fell against the year before."""
    for kpi, step, better, up, down in (
        ("retention", 2.0, True, _("Customers stay: retention rose by %(points)s points to %(value)s"), _("Customers leave: retention fell by %(points)s points to %(value)s")),
        ("win_rate", 2.0, True, _("More deals are won: the win rate rose by %(points)s points to %(value)s"), _("Fewer deals are won: the win rate fell by %(points)s points to %(value)s")),
        ("margin_rate", 1.0, True, _("More stays of each sale: the margin rate rose by %(points)s points to %(value)s"), _("Less stays of each sale: the margin rate fell by %(points)s points to %(value)s")),
        ("discount", 1.0, False, _("Prices give way: discounts rose by %(points)s points to %(value)s"), _("Prices hold: discounts fell by %(points)s points to %(value)s")),
    ):  # fmt: skip
        now, before = seen.year(kpi), seen.year(kpi, 1)
        if now is None or before is None or abs(now - before) < step:
            continue
        rose = now > before
        words = (up if rose else down) % {"points": _points(now - before), "value": formats.percent(now, 1)}
        why = _("moved by %(step)s points or more against the 12 months before") % {"step": formats.number(step)}
        yield Signal(
            f"{kpi}-{'up' if rose else 'down'}",
            STRENGTH if rose == better else WEAKNESS,
            words,
            why,
            f"/value/kpis/{kpi}/",
            kpi,
        )


def _growth(seen: Seen) -> Iterator[Signal]:
    now, before = seen.year("revenue"), seen.year("revenue", 1)
    if now is None or not before:
        return
    moved = (now / before - 1) * 100
    values = {"share": formats.percent(moved, 0, sign=True), "sum": seen.money(now)}
    if moved >= 10:
        yield Signal(
            "revenue-up",
            STRENGTH,
            _("Revenue grew by %(share)s to %(sum)s in 12 months") % values,
            _("10 % or more against the year before"),
            "/value/kpis/revenue/",
            "revenue",
        )
    elif moved <= -5:
        yield Signal("revenue-down", WEAKNESS, _("Revenue moved by %(share)s to %(sum)s in 12 months") % values, _("5 % less or worse against the year before"), "/value/kpis/revenue/", "revenue")  # fmt: skip


def _opinions(seen: Seen) -> Iterator[Signal]:
    nps = seen.year("nps")
    if nps is not None and nps >= 30:
        yield Signal(
            "nps-high",
            STRENGTH,
            _("Customers recommend us: NPS %(value)s") % {"value": f"+{nps:.0f}"},
            _("30 or more"),
            "/value/satisfaction",
            "nps",
        )
    elif nps is not None and nps < 0:
        yield Signal("nps-low", WEAKNESS, _("Customers advise against us: NPS %(value)s") % {"value": f"−{-nps:.0f}"}, _("below 0"), "/value/satisfaction", "nps")  # fmt: skip


def _pipeline(seen: Seen) -> Iterator[Signal]:
    coverage = seen.year("coverage")
    if coverage is None:
        return
    values = {"value": formats.number(coverage, 1)}
    if coverage >= 3:
        yield Signal(
            "pipeline-full",
            OPPORTUNITY,
            _("The pipeline holds %(value)s quarters of winning") % values,
            _("3 or more"),
            "/value/kpis/coverage/",
            "coverage",
        )
    elif coverage < 1.5:
        yield Signal("pipeline-thin", THREAT, _("The pipeline is thin: %(value)s quarters of winning") % values, _("below 1.5"), "/value/kpis/coverage/", "coverage")  # fmt: skip


def _concentration(seen: Seen) -> Iterator[Signal]:
    """Few customers, or one region, carry the revenue."""
    rows = scored_accounts(seen.actor).filter(scores__revenue_12m__gt=0)
    whole = float(rows.aggregate(sum=Sum("scores__revenue_12m"))["sum"] or 0)
    if whole <= 0:
        return
    best = list(rows.order_by("-scores__revenue_12m", "id").values_list("name", "scores__revenue_12m")[:TOP])
    share = sum(float(amount) for _name, amount in best) / whole * 100
    if share >= 40 and rows.count() > TOP:
        words = _("The %(count)s largest customers bring %(share)s of revenue") % {
            "count": TOP,
            "share": formats.percent(share),
        }
        yield Signal("concentration", THREAT, words, _("40 % or more"), "/value/")
    name, amount = best[0]
    if float(amount) / whole >= 0.15:
        words = _("%(name)s alone brings %(share)s of revenue") % {
            "name": name,
            "share": formats.percent(float(amount) / whole * 100),
        }
        yield Signal("one-customer", THREAT, words, _("15 % or more"), "/value/")
    regions = (
        rows.exclude(region="")
        .order_by()
        .values("region")
        .annotate(sum=Sum("scores__revenue_12m"))
        .order_by("-sum")[:1]
    )
    for row in regions:
        part = float(row["sum"]) / whole * 100
        if part >= 50:
            words = _("%(share)s of revenue comes from one region: %(region)s") % {
                "share": formats.percent(part),
                "region": row["region"],
            }
            yield Signal("one-region", THREAT, words, _("50 % or more"), "/value/kpis/revenue/?by=region", "revenue")


def _risk(seen: Seen) -> Iterator[Signal]:
    of = seen.worth
    if of is None or of.value.value <= 0:
        return
    share = float(of.value_at_risk / of.value.value) * 100
    if share >= 5:
        words = _("Valuable customers may leave: ≈ %(sum)s of value at risk with %(count)s of them") % {
            "sum": seen.money(of.value_at_risk),
            "count": formats.number(of.at_risk),
        }
        yield Signal("value-at-risk", THREAT, words, _("5 % or more of all value"), "/value/lists/at-risk/")  # fmt: skip
    overlooked = listed(seen.actor, LISTS["overlooked"], of).count()
    if overlooked:
        words = _("%(count)s valuable customers are served with less than the customer in the middle") % {
            "count": formats.number(overlooked)
        }
        yield Signal("overlooked", OPPORTUNITY, words, _("one or more"), "/value/lists/overlooked/")
    losing = listed(seen.actor, LISTS["loss-makers"], of)
    sums = losing.aggregate(n=Count("id"), sum=Sum("scores__profit_12m"))
    if sums["n"] and of.margin_12m > 0 and -sums["sum"] / of.margin_12m >= 0.02:
        words = _("%(count)s customers cost %(sum)s more than they earned") % {
            "count": formats.number(sums["n"]),
            "sum": seen.money(-sums["sum"]),
        }
        yield Signal("loss-makers", WEAKNESS, words, _("2 % of all margin or more"), "/value/lists/loss-makers/")


def _customers(seen: Seen) -> Iterator[Signal]:
    year = year_of(bucket_months())
    if year is None or not year.start:
        return
    gained = year.gained + year.regained
    if gained > year.lost and (gained - year.lost) / year.start >= 0.05:
        words = _("More customers come than go: %(gained)s gained, %(lost)s lost in 12 months") % {
            "gained": formats.number(gained),
            "lost": formats.number(year.lost),
        }
        yield Signal("customers-up", STRENGTH, words, _("5 % of all customers or more"), "/value/retention")  # fmt: skip
    elif year.lost > gained:
        words = _("More customers go than come: %(lost)s lost, %(gained)s gained in 12 months") % {
            "gained": formats.number(gained),
            "lost": formats.number(year.lost),
        }
        yield Signal("customers-down", WEAKNESS, words, _("more lost than gained"), "/value/retention")  # fmt: skip
    if year.lost:
        words = _("The %(count)s lost of 12 months earned %(sum)s a year: win them back") % {
            "count": formats.number(year.lost),
            "sum": seen.money(year.value_lost),
        }
        yield Signal("win-back", OPPORTUNITY, words, _("somebody was lost"), "/value/retention")  # fmt: skip


def _selling_more(seen: Seen) -> Iterator[Signal]:
    """Families that customers do not hold yet, times how often such customers take one up."""
    rows = Score.objects.filter(account_id__in=scored_accounts(seen.actor).order_by().values("id"))
    alive = Cast(KT("inputs__cross_sell"), FloatField()) * F("p_alive")
    sums = rows.aggregate(more=Sum(alive, output_field=FloatField()), margin=Sum("margin_12m"))
    more, margin = sums["more"] or 0.0, float(sums["margin"] or 0)
    if margin > 0 and more / margin >= 0.05:
        words = _("Product families not held yet are worth ≈ %(sum)s of margin a year") % {"sum": seen.money(more)}
        yield Signal("cross-sell", OPPORTUNITY, words, _("5 % of the margin of 12 months or more"), "/value/actions")


def _competitors(seen: Seen) -> Iterator[Signal]:
    """One rival takes most of the deals that were lost to a named one."""
    since = seen.after - relativedelta(years=1)
    lost = visible_records(seen.actor, "opportunity").filter(
        category="lost", closed_at__date__gte=since, competitor__isnull=False
    )
    rows = list(
        lost.order_by()
        .values("competitor__name")
        .annotate(n=Count("id"), sum=Sum("amount_company"))
        .order_by("-n", "competitor__name")
    )
    whole = sum(row["n"] for row in rows)
    if len(rows) > 1 and whole >= TOP and rows[0]["n"] / whole >= 0.3:
        words = _("%(name)s took %(share)s of the deals lost to a named competitor, worth %(sum)s") % {
            "name": rows[0]["competitor__name"], "share": formats.percent(rows[0]["n"] / whole * 100), "sum": seen.money(rows[0]["sum"] or 0),
        }  # fmt: skip
        yield Signal("competitor", THREAT, words, _("30 % or more of 10 deals or more"), "/competitors/")


READERS: tuple[Callable[[Seen], Iterator[Signal]], ...] = (
    _moves, _growth, _customers, _opinions, _pipeline, _risk, _selling_more, _concentration, _competitors,
)  # fmt: skip
