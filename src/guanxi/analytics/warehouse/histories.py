"""Histories as the models of repeat buying take them, as Ibis expressions of the frame `purchases`."""

from dataclasses import replace
from datetime import date
from typing import Any

import ibis

from guanxi.analytics.warehouse.expressions import Terms, bought, days_between, days_until


def moved_on(days: Any, before: date, after: date, terms: Terms) -> Any:
    """account, x, t_x, T on `before` of those who were customers then, and x_after, t_x_after, T_after on `after`."""
    early = bought(days.filter(days.day <= before), replace(terms, as_of=before)).select(
        "account", "first_on", "last_on", "x", "t_x", "T"
    )
    late = bought(days.filter(days.day <= after), replace(terms, as_of=after))
    late = late.select("account", x_after=late.x, t_x_after=late.t_x, T_after=late["T"])
    return early.inner_join(late, "account").order_by("account")


def occasions(days: Any, period_days: int, terms: Terms) -> Any:
    """account, x, t_x, T in whole periods since the first purchase: periods with a purchase, the last of them, and how many there were."""
    firsts = days.filter(days.revenue >= 0).group_by("account").aggregate(first_on=lambda t: t.day.min())
    known = days.filter(days.revenue >= 0, days.day <= terms.as_of).inner_join(firsts, "account")
    whole = (days_until(known.first_on, terms.as_of) / period_days).floor().cast("int64")
    known = known.mutate(
        period=(days_between(known.first_on, known.day) / period_days).floor().cast("int64"), whole=whole
    )
    # What came after the last whole period has not had its full chance yet.
    known = known.mutate(
        counted=ibis.ifelse((known.period > 0) & (known.period <= known.whole), known.period, ibis.null("int64"))
    )
    return (
        known.group_by("account")
        .aggregate(
            x=lambda t: t.counted.nunique().cast("int64"),
            t_x=lambda t: t.counted.max().coalesce(0),
            T=lambda t: t.whole.max(),
        )
        .order_by("account")
    )


def returns(days: Any, period_days: int, periods: int, terms: Terms) -> Any:
    """recency, waited, returned: of customers who last bought `recency` periods ago, how many bought in the period that followed."""
    ago = (days_until(days.day, terms.as_of) / period_days).floor().cast("int64")
    each = days.filter(days.revenue >= 0).mutate(ago=ago).select("account", "ago").distinct()
    window = ibis.window(group_by="account", order_by=ibis.desc("ago"))
    following = each.mutate(following=each.ago.lead().over(window))
    # After a purchase one waits until the next one, or until now (the running period, 0, is not over).
    waits = following.mutate(
        gap=ibis.ifelse(following.following.isnull(), following.ago - 1, following.ago - following.following)
    )
    came = ibis.ifelse(following.following.isnull(), 0, 1)
    waits = waits.mutate(came=came)
    numbers = ibis.range(1, periods + 1).unnest().name("recency").as_table()
    reached = waits.filter(waits.gap > 0).cross_join(numbers).filter(lambda t: t.gap >= t.recency)
    return (
        reached.group_by("recency")
        .aggregate(
            waited=lambda t: t.count().cast("int64"),
            returned=lambda t: ibis.ifelse((t.gap == t.recency) & (t.came == 1), 1, 0).sum().cast("int64"),
        )
        .order_by("recency")
    )


def _by_family(transactions: Any, terms: Terms) -> Any:
    """account, family, first_on, margin_12m: families bought so far; a product without a family is one of its own."""
    sold = transactions.filter(transactions.day <= terms.as_of, transactions.account.notnull())
    sold = sold.mutate(item=sold.family.coalesce(sold.product))
    sold = sold.filter(sold.item.notnull(), sold.revenue > 0)
    margin = sold.margin.coalesce(sold.revenue * terms.margin_rate)
    sold = sold.mutate(margin_12m=ibis.ifelse(sold.day > terms.year_ago, margin, 0.0))
    return sold.group_by(["account", "item"]).aggregate(first_on=sold.day.min(), margin_12m=sold.margin_12m.sum())


def first_purchases(transactions: Any, terms: Terms) -> Any:
    """account, came_on: the day of each customer's first purchase, until the day."""
    sold = transactions.filter(
        transactions.day <= terms.as_of, transactions.account.notnull(), transactions.revenue > 0
    )
    return sold.group_by("account").aggregate(came_on=sold.day.min())


def taken_up(transactions: Any, terms: Terms) -> Any:
    """item, rate, margin, worth: of customers a year ago who lacked a family, how many took it up since, what it brought from those, and the product."""
    held = _by_family(transactions, terms)
    firsts = held.group_by("account").aggregate(came_on=held.first_on.min())
    known = held.inner_join(firsts, "account")
    known = known.filter(known.came_on <= terms.year_ago).mutate(
        adopted=known.first_on > terms.year_ago, had=known.first_on <= terms.year_ago
    )
    total = firsts.filter(firsts.came_on <= terms.year_ago).aggregate(customers=lambda t: t.count().cast("float64"))
    each = known.group_by("item").aggregate(
        adopters=lambda t: ibis.ifelse(t.adopted, 1.0, 0.0).sum(),
        holders=lambda t: ibis.ifelse(t.had, 1.0, 0.0).sum(),
        brought=lambda t: ibis.ifelse(t.adopted, t.margin_12m, 0.0).sum(),
    )
    each = each.cross_join(total)
    lacking = (each.customers - each.holders).nullif(0.0)
    each = each.filter(each.adopters > 0, each.brought > 0).mutate(
        rate=each.adopters / lacking, margin=each.brought / each.adopters
    )
    return (
        each.mutate(worth=(each.rate * each.margin).coalesce(0.0))
        .select("item", "rate", "margin", "worth")
        .order_by("item")
    )


def worth_held(transactions: Any, rates: Any, terms: Terms) -> Any:
    """account, worth: the part of `taken_up` in families that the account holds already."""
    held = _by_family(transactions, terms).select("account", "item")
    both = held.inner_join(rates.select("item", "worth"), "item")
    return both.group_by("account").aggregate(worth=both.worth.sum()).order_by("account")
