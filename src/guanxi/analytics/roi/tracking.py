"""What was claimed and what came, month by month since the system is used, each beside the same month of the base year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from guanxi.analytics.goals.targets import months_of
from guanxi.analytics.models import Figure
from guanxi.analytics.roi.calculating import Calculation
from guanxi.analytics.roi.measuring import counted_to, months_of_kpis
from guanxi.science.returns import grown

KPIS = ("won_count", "win_rate", "margin_rate", "revenue", "cost_per_contact", "margin")
MOST_MONTHS = 60
Cells = dict[date, Figure]


@dataclass(frozen=True)
class Track:
    """One measure: per month the base year's figure, what the claim would give, what came; and the whole months together.

    reached: the part of the claimed improvement that came, in percent; None where there is nothing to compare. `rising` False: less is better.
    """

    key: str
    label: str
    about: str
    unit: str
    rising: bool
    base: list[float | None]
    claim: list[float | None]
    came: list[float | None]
    base_all: float | None
    claim_all: float | None
    came_all: float | None

    @property
    def reached(self) -> float | None:
        """How much of the claimed step was made."""
        if self.base_all is None or self.claim_all is None or self.came_all is None or self.claim_all == self.base_all:
            return None
        return (self.came_all - self.base_all) / (self.claim_all - self.base_all) * 100


@dataclass(frozen=True)
class Tracking:
    """Whole months since the beginning. margin_more: margin of these months less that of the same months of the base year; cost: what the system cost in them."""

    months: list[date]
    tracks: list[Track]
    margin_more: float | None
    cost: float
    counted_to: date | None


def track(started_on: date | None, of: Calculation) -> Tracking | None:
    """None where nobody has said since when the system is used, or where no whole month has passed. Two statements."""
    day = counted_to()
    if started_on is None or day is None:
        return None
    first = started_on.replace(day=1)
    after = (day + relativedelta(days=1)).replace(day=1)
    months = months_of(first, after)[:MOST_MONTHS]
    if not months:
        return None
    found = months_of_kpis(KPIS, first - relativedelta(years=1), after)
    pairs = [
        (month, first - relativedelta(years=1) + relativedelta(months=place % 12)) for place, month in enumerate(months)
    ]
    tracks = [
        _sums("won_count", _("Deals won"), _("more each year than in the same month of the base year"), "number", found["won_count"], pairs, lambda at: 1 + float(grown(of.effects, at)["won"])),
        _rates("win_rate", _("Win rate"), _("lost deals of the base year recovered"), "percent", found["win_rate"], pairs, lambda base, at: base + (100 - base) * float(grown(of.effects, at)["recovered"])),
        _rates("margin_rate", _("Margin rate"), _("more of each transaction stays"), "percent", found["margin_rate"], pairs, lambda base, at: base + 100 * float(grown(of.effects, at)["margin"])),
        _sums("revenue", _("Revenue"), _("deals won more, or business recovered, whichever is larger"), "money", found["revenue"], pairs, _revenue_factor(of)),
        _sums("contact_cost", _("Cost of contacts"), _("the part of marketing and sales cost that the records know"), "money", found["cost_per_contact"], pairs, lambda at: 1 - float(grown(of.effects, at)["saving"]), rising=False),
    ]  # fmt: skip
    margins = [(found["margin"].get(month), found["margin"].get(before)) for month, before in pairs]
    known = [(now.top, then.top) for now, then in margins if now and then]
    more = sum(now - then for now, then in known) if known else None
    return Tracking(
        months,
        [one for one in tracks if any(value is not None for value in one.came)],
        more,
        of.costs.once + of.costs.monthly * len(months),
        day,
    )


def _revenue_factor(of: Calculation) -> Callable[[float], float]:
    won, lost, revenue = of.business.won, of.business.lost, of.business.revenue

    def factor(at: float) -> float:
        share = grown(of.effects, at)
        more = max(won * float(share["won"]), lost * float(share["recovered"]))
        return 1 + (more / revenue if revenue > 0 else 0.0)

    return factor


def _sums(
    key: str, label: str, about: str, unit: str, cells: Cells, pairs: Sequence[tuple[date, date]], factor: Callable[[float], float], *, rising: bool = True
) -> Track:  # fmt: skip
    """A measure that adds up: only months that both years know are compared."""
    base = [cells[before].top if before in cells else None for _month, before in pairs]
    came = [cells[month].top if month in cells else None for month, _before in pairs]
    claim = [None if value is None else value * factor(place + 1.0) for place, value in enumerate(base)]
    both = [place for place in range(len(pairs)) if base[place] is not None and came[place] is not None]

    def whole(values: Sequence[float | None]) -> float | None:
        return sum(values[place] or 0.0 for place in both) if both else None

    return Track(key, label, about, unit, rising, base, claim, came, whole(base), whole(claim), whole(came))


def _rates(
    key: str, label: str, about: str, unit: str, cells: Cells, pairs: Sequence[tuple[date, date]], claimed: Callable[[float, float], float]
) -> Track:  # fmt: skip
    """A rate: the base is that of the whole base year, so that a thin month does not make a claim; together tops and bottoms add up."""
    before = {day for _month, day in pairs}
    year = _rate([cells[day] for day in before if day in cells])
    months = [cells.get(month) for month, _before in pairs]
    base = [year for _pair in pairs]
    claim = [None if year is None else claimed(year, place + 1.0) for place in range(len(pairs))]
    came = [one.value if one else None for one in months]
    return Track(
        key, label, about, unit, True, base, claim, came, year, claim[-1], _rate([one for one in months if one])
    )


def _rate(cells: Sequence[Figure]) -> float | None:
    bottom = sum(one.bottom or 0.0 for one in cells)
    return sum(one.top for one in cells) / bottom if bottom else None
