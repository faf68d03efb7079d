"""The frames as Ibis expressions, written once for every engine. Nothing later than `as_of` is read.

Purchases of one day are one; a day counts as a purchase unless its revenue is negative: returns only lessen the money. Times are in weeks.
Revenue whose cost is unknown counts with `margin_rate`.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis

DAYS_OF_YEAR = 365.25
WEEK = 7.0
GRADES = ((0.75, "A"), (0.5, "B"), (0.25, "C"))


@dataclass(frozen=True)
class Terms:
    """What a company's settings say to the frames. `channel_costs`: channel → cost of a contact, on top of its minutes."""

    as_of: date
    discount_rate: float = 0.10
    margin_rate: float = 1.0
    minute_cost: float = 2.0
    channel_costs: dict[str, float] = field(default_factory=dict)

    @property
    def year_ago(self) -> date:
        """The last 12 months are the days after it."""
        return year_before(self.as_of)


def year_before(day: date) -> date:
    """The same day a year earlier; the 28th for a 29 February."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def margin_rate(transactions: Any, as_of: date) -> Any:
    """Margin of a unit of revenue where costs are known: one row, `rate`, null where none is known."""
    known = transactions.filter(transactions.day <= as_of, transactions.margin.notnull(), transactions.revenue > 0)
    return known.aggregate(rate=known.margin.sum() / known.revenue.sum())


def purchases(transactions: Any, terms: Terms) -> Any:
    """account, day, revenue, margin, discount, lines: one row for each account and day."""
    sold = transactions.filter(
        transactions.day <= terms.as_of, transactions.account.notnull(), transactions.revenue.notnull()
    )
    days = sold.group_by(["account", "day"]).aggregate(
        revenue=sold.revenue.sum(),
        margin=sold.margin.coalesce(sold.revenue * terms.margin_rate).sum(),
        discount=sold.discount.coalesce(0.0).sum(),
        lines=sold.count().cast("int64"),
    )
    # The engines keep sums of floats in different orders; money has four places.
    return days.mutate(**{name: days[name].round(4) for name in ("revenue", "margin", "discount")})


def days_until(day: Any, until: date) -> Any:
    return ibis.literal(until).delta(day, unit="day").cast("float64")


def bought(days: Any, terms: Terms) -> Any:
    """Of `purchases`, by account: what the models of repeat buying need, and sums."""
    old = days_until(days.day, terms.as_of) / DAYS_OF_YEAR
    known = days.mutate(
        worth=days.margin * (ibis.literal(1.0 + terms.discount_rate) ** old),
        sold=days.revenue >= 0,
        recent=days.day > terms.year_ago,
        earlier=(days.day > year_before(terms.year_ago)) & (days.day <= terms.year_ago),
    )
    # One pass: what was repeated is all but the first purchase, whose day need not be known before.
    sums = known.group_by("account").aggregate(
        first_on=lambda t: t.day.min(where=t.sold),
        last_on=lambda t: t.day.max(where=t.sold),
        orders=lambda t: ibis.ifelse(t.sold, 1, 0).sum().cast("int64"),
        first_margin=lambda t: t.margin.argmin(t.day, where=t.sold),
        sold_margin=lambda t: ibis.ifelse(t.sold, t.margin, 0.0).sum(),
        revenue=lambda t: t.revenue.sum(),
        margin=lambda t: t.margin.sum(),
        historic=lambda t: t.worth.sum(),
        historic_12m=lambda t: ibis.ifelse(t.recent, t.worth, 0.0).sum(),
        revenue_12m=lambda t: ibis.ifelse(t.recent, t.revenue, 0.0).sum(),
        margin_12m=lambda t: ibis.ifelse(t.recent, t.margin, 0.0).sum(),
        orders_12m=lambda t: ibis.ifelse(t.recent & t.sold, 1, 0).sum().cast("int64"),
        margin_previous_12m=lambda t: ibis.ifelse(t.earlier, t.margin, 0.0).sum(),
        discount_12m=lambda t: ibis.ifelse(t.recent, t.discount, 0.0).sum(),
    )
    both = sums.filter(sums.orders > 0)
    x = both.orders - 1
    return both.mutate(
        x=x,
        t_x=days_between(both.first_on, both.last_on) / WEEK,
        T=days_until(both.first_on, terms.as_of) / WEEK,
        m=ibis.ifelse(x > 0, (both.sold_margin - both.first_margin) / x.nullif(0), ibis.null("float64")),
    ).drop("sold_margin", "first_margin")


def days_between(first: Any, last: Any) -> Any:
    return last.delta(first, unit="day").cast("float64")


def gaps(days: Any) -> Any:
    """account, gap_usual_days: the median of the days between purchases; accounts with two purchases or more."""
    bought_on = days.filter(days.revenue >= 0).select("account", "day")
    window = ibis.window(group_by="account", order_by="day")
    after = bought_on.mutate(before=bought_on.day.lag().over(window))
    each = after.filter(after.before.notnull())
    return each.group_by("account").aggregate(gap_usual_days=days_between(each.before, each.day).median())


def contacts(interactions: Any, terms: Terms) -> Any:
    """By account: last_contact_on, and of the last 12 months contacts, minutes and their cost."""
    met = interactions.filter(interactions.day <= terms.as_of, interactions.account.notnull())
    minutes = met.minutes.coalesce(0.0)
    flat = ibis.literal(0.0)
    for channel, cost in sorted(terms.channel_costs.items()):
        flat = ibis.ifelse(met.channel == channel, float(cost), flat)
    met = met.mutate(
        minutes=minutes, cost=met.cost.coalesce(minutes * terms.minute_cost + flat), recent=met.day > terms.year_ago
    )
    return met.group_by("account").aggregate(
        last_contact_on=lambda t: t.day.max(),
        contacts_12m=lambda t: ibis.ifelse(t.recent, 1, 0).sum().cast("int64"),
        minutes_12m=lambda t: ibis.ifelse(t.recent, t.minutes, 0.0).sum(),
        cost_to_serve_12m=lambda t: ibis.ifelse(t.recent, t.cost, 0.0).sum(),
    )


def held(transactions: Any, terms: Terms) -> Any:
    """By account: how many products and families were bought so far."""
    sold = transactions.filter(
        transactions.day <= terms.as_of, transactions.account.notnull(), transactions.product.notnull()
    )
    return sold.group_by("account").aggregate(
        products_held=sold.product.nunique().cast("int64"), families_held=sold.family.nunique().cast("int64")
    )


def attributes(accounts: Any, terms: Terms) -> Any:
    """The accounts as they were on the day."""
    then = accounts.filter(accounts["from"] <= terms.as_of, accounts["to"].isnull() | (accounts["to"] > terms.as_of))
    return then.select("account", "kind", "region", "country", "industry", "owner", "team", "parent", "lifecycle_stage")


def sizes(accounts: Any, terms: Terms) -> Any:
    """account, employees, annual_revenue: the accounts as they were on the day."""
    then = accounts.filter(accounts["from"] <= terms.as_of, accounts["to"].isnull() | (accounts["to"] > terms.as_of))
    return then.select("account", "employees", "annual_revenue")


def importance(answers: Any, terms: Terms) -> Any:
    """account, attribute, importance: the mean of what was said until the day."""
    said = answers.filter(
        answers.day <= terms.as_of, answers.kind == "attribute", answers.account.notnull(), answers.importance.notnull()
    )
    return said.group_by("account", "attribute").aggregate(importance=said.importance.cast("float64").mean())


def by_family(transactions: Any, terms: Terms) -> Any:
    """account, family, revenue: what was bought until the day."""
    sold = transactions.filter(
        transactions.day <= terms.as_of, transactions.account.notnull(), transactions.family.notnull()
    )
    return sold.group_by("account", "family").aggregate(revenue=sold.revenue.sum())


def customers(days: Any, transactions: Any, interactions: Any, accounts: Any, terms: Terms) -> Any:
    """One row for each account that bought until the day; see analytics.warehouse.frames for the columns."""
    found = bought(days, terms)
    for part in (gaps(days), contacts(interactions, terms), held(transactions, terms), attributes(accounts, terms)):
        found = found.left_join(part, "account").drop("account_right")
    whole = ("contacts_12m", "products_held", "families_held")
    numbers = ("minutes_12m", "cost_to_serve_12m")
    money = (
        "m",
        "revenue",
        "margin",
        "historic",
        "historic_12m",
        "revenue_12m",
        "margin_12m",
        "margin_previous_12m",
        "discount_12m",
        *numbers,
    )
    found = found.mutate(
        **{name: found[name].coalesce(0) for name in whole}, **{name: found[name].coalesce(0.0) for name in numbers}
    )
    return found.mutate(**{name: found[name].round(6) for name in money}).select(*CUSTOMER_COLUMNS).order_by("account")


CUSTOMER_COLUMNS = (
    "account", "first_on", "last_on", "x", "t_x", "T", "m", "orders", "revenue", "margin", "historic", "historic_12m", "revenue_12m", "margin_12m",
    "orders_12m", "margin_previous_12m", "discount_12m", "contacts_12m", "minutes_12m", "cost_to_serve_12m", "products_held",
    "families_held", "last_contact_on", "gap_usual_days", "kind", "region", "country", "industry", "owner", "team", "parent",
    "lifecycle_stage",
)  # fmt: skip


def measures(found: Any, terms: Terms) -> Any:
    """Of `customers`: account, recency (days since the last purchase), frequency (purchases), monetary (revenue)."""
    return found.select(
        account=found.account,
        recency=days_until(found.last_on, terms.as_of),
        frequency=found.orders.cast("float64"),
        monetary=found.revenue,
    )


def cut_points(measured: Any, name: str, bins: int) -> Any:
    """score, lowest: of each score that occurs the worst value, where scores are equal shares by min-rank and ties are equal.

    Recency is the better the lower; its `lowest` is the highest number of days.
    """
    value = -measured[name] if name == "recency" else measured[name]
    counted = measured.select(value=value).group_by("value").aggregate(n=lambda t: t.count().cast("int64"))
    reached = counted.n.sum().over(ibis.cumulative_window(order_by=counted.value))
    counted = counted.mutate(smaller=reached - counted.n, total=counted.n.sum().over(ibis.window()))
    scored = counted.mutate(score=((counted.smaller * bins).cast("float64") / counted.total).floor().cast("int64") + 1)
    lowest = scored.group_by("score").aggregate(lowest=scored.value.min()).order_by("score")
    return lowest.mutate(lowest=-lowest.lowest) if name == "recency" else lowest


def rfm(measured: Any, cuts: dict[str, list[float]], weights: list[float], bins: int) -> Any:
    """account, recency, frequency, monetary, r, f, m, total, grade: scores by stored cut points, grade by their weighted mean."""
    scores = {}
    for letter, name in (("r", "recency"), ("f", "frequency"), ("m", "monetary")):
        score = ibis.literal(1)
        for cut in cuts[name]:
            reached = measured[name] <= cut if name == "recency" else measured[name] >= cut
            score = score + ibis.ifelse(reached, 1, 0)
        scores[letter] = score.cast("int64")
    found = measured.mutate(**scores)
    weighted = sum(found[letter] * float(weight) for letter, weight in zip("rfm", weights, strict=True)) / sum(weights)
    found = found.mutate(total=weighted.round(6))
    height = (found.total - 1) / (bins - 1)
    grade = ibis.literal("D")
    for least, letter in reversed(GRADES):
        grade = ibis.ifelse(height >= least, letter, grade)
    return found.mutate(grade=grade).order_by("account")
