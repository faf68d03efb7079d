"""What was known of each customer on a day, for the chance to leave: nothing later than the day is read."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis

from guanxi.analytics.warehouse.expressions import Terms, customers, days_until

# One scale from −1 to 1 for what answers measure.
SCALES = {"csat": (3.0, 2.0), "nps": (5.0, 5.0), "ces": (4.0, 3.0)}


def known_on(days: Any, facts: dict[str, Any], terms: Terms, window: int) -> Any:
    """Columns of `customers` as of the day, and: silent (days since the last purchase), orders and revenue of the last `window` days and of those before,
    contacts that the customer began and how content it was (−1 … 1) in 12 months.

    `facts`: transactions, interactions, accounts, answers.
    """
    found = customers(
        days.filter(days.day <= terms.as_of), facts["transactions"], facts["interactions"], facts["accounts"], terms
    )
    for part in (
        _windows(days, terms, window),
        _begun(facts["interactions"], terms),
        _content(facts["answers"], terms),
    ):
        found = found.left_join(part, "account").drop("account_right")
    counted = ("orders_now", "orders_before", "revenue_now", "revenue_before", "begun_12m")
    return found.mutate(
        silent=days_until(found.last_on, terms.as_of),
        contact_days=days_until(found.last_contact_on, terms.as_of),
        **{name: found[name].coalesce(0.0) for name in counted},
    ).order_by("account")


def _windows(days: Any, terms: Terms, window: int) -> Any:
    start, earlier = terms.as_of - timedelta(days=window), terms.as_of - timedelta(days=2 * window)
    bought = days.filter(days.revenue >= 0, days.day <= terms.as_of, days.day > earlier)
    bought = bought.mutate(now=bought.day > start)
    return bought.group_by("account").aggregate(
        orders_now=lambda t: ibis.ifelse(t.now, 1.0, 0.0).sum(),
        orders_before=lambda t: ibis.ifelse(t.now, 0.0, 1.0).sum(),
        revenue_now=lambda t: ibis.ifelse(t.now, t.revenue, 0.0).sum(),
        revenue_before=lambda t: ibis.ifelse(t.now, 0.0, t.revenue).sum(),
    )


def _begun(interactions: Any, terms: Terms) -> Any:
    met = interactions.filter(
        interactions.day <= terms.as_of, interactions.day > terms.year_ago, interactions.direction == "in"
    )
    return met.group_by("account").aggregate(begun_12m=lambda t: t.count().cast("float64"))


def _content(answers: Any, terms: Terms) -> Any:
    said = answers.filter(answers.day <= terms.as_of, answers.day > terms.year_ago, answers.kind.isin(list(SCALES)))
    scaled = ibis.null("float64")
    for kind, (middle, half) in sorted(SCALES.items()):
        scaled = ibis.ifelse(said.kind == kind, (said.score - middle) / half, scaled)
    return said.mutate(scaled=scaled).group_by("account").aggregate(content=lambda t: t.scaled.mean())


def stayed(days: Any, after: date, until: date) -> Any:
    """account: those who bought after the one day and not later than the other."""
    came = days.filter(days.revenue >= 0, days.day > after, days.day <= until)
    return came.select("account").distinct().order_by("account")


def terms_on(terms: Terms, day: date) -> Terms:
    """The same terms as of another day."""
    return replace(terms, as_of=day)
