"""What was known about customers before a day of their own: the features that the models of offers learn from, never of the day or later."""

from typing import Any

import ibis

from guanxi.analytics.warehouse.expressions import days_between

YEAR_DAYS = 365
KEYS = ("offer", "account")
COUNTED = ("orders", "orders_12m", "revenue_12m", "families", "contacts_12m", "held")


def before(moments: Any, days: Any, sold: Any, met: Any) -> Any:
    """One row for each of `moments` (offer, account, product, day): purchases, revenue, silence, age, families and contacts before the day, and
    whether the product was held. `silence` and `age` are null where nothing was bought yet."""
    found = moments
    for part in (_bought(moments, days), _held(moments, sold), _met(moments, met)):
        found = found.left_join(part, list(KEYS)).drop("offer_right", "account_right")
    return found.mutate(**{name: found[name].coalesce(0).cast("float64") for name in COUNTED}).order_by(list(KEYS))


def _recent(then: Any, now: Any) -> Any:
    return days_between(then, now) <= YEAR_DAYS


def _bought(moments: Any, days: Any) -> Any:
    past = days.filter(days.revenue >= 0).select(who=days.account, bought_on=days.day, revenue=days.revenue)
    both = moments.inner_join(past, [moments.account == past.who, past.bought_on < moments.day])
    both = both.mutate(recent=_recent(both.bought_on, both.day))
    return both.group_by(list(KEYS)).aggregate(
        orders=lambda t: t.count(),
        orders_12m=lambda t: ibis.ifelse(t.recent, 1, 0).sum(),
        revenue_12m=lambda t: ibis.ifelse(t.recent, t.revenue, 0.0).sum(),
        silence=lambda t: days_between(t.bought_on, t.day).min(),
        age=lambda t: days_between(t.bought_on, t.day).max(),
    )


def _held(moments: Any, sold: Any) -> Any:
    past = sold.filter(sold.revenue > 0, sold.account.notnull(), sold.product.notnull())
    past = past.select(who=past.account, what=past.product, family=past.family, bought_on=past.day)
    both = moments.inner_join(past, [moments.account == past.who, past.bought_on < moments.day])
    return both.group_by(list(KEYS)).aggregate(
        families=lambda t: t.family.nunique(),
        held=lambda t: ibis.ifelse((t.what == t.product).coalesce(False), 1, 0).max(),
    )


def _met(moments: Any, met: Any) -> Any:
    past = met.filter(met.account.notnull()).select(who=met.account, met_on=met.day)
    both = moments.inner_join(past, [moments.account == past.who, past.met_on < moments.day])
    both = both.filter(_recent(both.met_on, both.day))
    return both.group_by(list(KEYS)).aggregate(contacts_12m=lambda t: t.count())
