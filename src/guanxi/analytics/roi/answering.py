"""Four questions that show what is at stake, answered from the company's own records, each with the way it was computed."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

import orjson
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from guanxi.analytics.models import CustomerMonth
from guanxi.analytics.queries.portfolio import bucket_months, scored_accounts, year_of
from guanxi.analytics.roi.measuring import Base
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor


@dataclass(frozen=True)
class Answer:
    """`value` is in `unit` (money, days), None where the records do not say; `how` tells the way with its figures, `also` what follows; `url` the records behind."""

    key: str
    question: str
    value: float | None
    unit: str
    how: str
    also: str = ""
    url: str = ""


def four_questions(actor: Actor, base: Base, margin_rate: float | None) -> list[Answer]:
    """The answers for a year of the company; `margin_rate` in percent. Two statements."""
    months = bucket_months()
    return [
        _lost_deal(actor, base, margin_rate),
        _lost_customer(actor, months),
        _when_lost(months),
        _one_more(actor, base, margin_rate),
    ]


def _money(actor: Actor, amount: float) -> str:
    return formats.money(round(amount), actor.currency, home=actor.currency, decimals=0)


def _lost_deal(actor: Actor, base: Base, rate: float | None) -> Answer:
    question = _("What does a lost deal cost?")
    if not base.lost_count or rate is None:
        return Answer(
            "lost-deal", question, None, "money", _("No deal was lost in the year, or the margin is not known yet.")
        )
    each = base.lost / base.lost_count
    how = _("%(amount)s, the mean of %(count)s lost opportunities, × margin rate %(rate)s. What was spent on them comes on top.") % {
        "amount": _money(actor, each), "count": formats.number(base.lost_count), "rate": formats.percent(rate, 1),
    }  # fmt: skip
    also = _("All lost deals of the year: %(sum)s of margin.") % {"sum": _money(actor, base.lost * rate / 100)}
    return Answer("lost-deal", question, each * rate / 100, "money", how, also, _lost_url(base.first, base.after))


def _lost_customer(actor: Actor, months: list[CustomerMonth]) -> Answer:
    question = _("What does a lost customer cost per year?")
    year = year_of(months)
    bought = Q(scores__revenue_12m__gt=0)
    sums = scored_accounts(actor).aggregate(
        n=Count("id", filter=bought), margin=Sum("scores__margin_12m", filter=bought)
    )
    mean = float(sums["margin"] or 0) / sums["n"] if sums["n"] else None
    also = (
        _("A customer who buys earns %(mean)s a year on average.") % {"mean": _money(actor, mean)}
        if mean is not None
        else ""
    )
    if year is None or not year.lost:
        return Answer(
            "lost-customer",
            question,
            mean,
            "money",
            _("Nobody was lost in the last 12 months: this is what an active customer earns a year."),
        )
    how = _("%(count)s customers were lost in 12 months. In their last 12 months as customers they earned %(sum)s together: the mean of that.") % {
        "count": formats.number(year.lost), "sum": _money(actor, float(year.value_lost)),
    }  # fmt: skip
    return Answer("lost-customer", question, float(year.value_lost) / year.lost, "money", how, also, "/value/retention")


def _when_lost(months: list[CustomerMonth]) -> Answer:
    question = _("When do we call a customer lost?")
    if not months:
        return Answer(
            "when-lost",
            question,
            None,
            "days",
            _("The next run counts how long customers stay silent before they order again."),
        )
    how = _(
        "After so many days without an order: 19 of 20 customers who ordered again did so sooner. The limit follows your own customers and is measured anew each run."
    )
    also = _("The retention rate among the KPIs takes a full year instead, so that years compare.")
    return Answer("when-lost", question, float(months[-1].limit_days), "days", how, also, "/value/retention")


def _one_more(actor: Actor, base: Base, rate: float | None) -> Answer:
    question = _("What does one more product per sale bring?")
    if not base.orders or not base.lines or rate is None:
        return Answer(
            "one-more", question, None, "money", _("Nothing was sold in the year, or the margin is not known yet.")
        )
    line = base.revenue / base.lines * rate / 100
    how = _("%(orders)s orders had %(lines)s lines, that is %(per)s products a sale. A line earned %(line)s of margin: one more in each order brings this a year.") % {
        "orders": formats.number(base.orders), "lines": formats.number(base.lines), "per": formats.number(base.lines / base.orders, 1), "line": _money(actor, line),
    }  # fmt: skip
    also = _("One more in every tenth order: %(sum)s.") % {"sum": _money(actor, base.orders * line / 10)}
    return Answer("one-more", question, base.orders * line, "money", how, also, "/value/actions")


def _lost_url(first: date, after: date) -> str:
    closed = {
        "field": "closed_at",
        "op": "between",
        "value": [first.isoformat(), (after - timedelta(days=1)).isoformat()],
    }
    criteria = {"all": [{"field": "category", "op": "is", "value": "lost"}, closed]}
    return f"/opportunities/?{urlencode({'filter': orjson.dumps(criteria).decode()})}"
