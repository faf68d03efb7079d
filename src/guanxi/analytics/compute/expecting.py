"""The step that writes down what is expected of each customer, and beside earlier expectations what came.

Purchases within a year: with probability P(alive) their number is a gamma mixture of Poisson with the customer's posterior shape, so that the k-th comes
with probability P(alive) · I(c / (c + s); k, s), c being the mean and s the shape, and its day has a beta-prime distribution (Johnson, Kotz &
Balakrishnan 1995) cut off at the year. Frequent buyers get a few lines that stand for several purchases each, so Σ probability × margin is the expected margin to the cent.

What no fact tells of is not expected: complaints and service visits wait for cases and work orders, referrals for enough of them to count.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from scipy.special import betainc, betaincinv

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.compute.valuing import HIGH, LOW, YEAR_DAYS, Worth
from guanxi.analytics.compute.writing import as_csv, money, shares
from guanxi.analytics.models import EventKind, Relationship
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Ints

HORIZON = 365
LINES = 4
LEAST = 0.01
"""What is less likely is not written down; what it would bring is lost to the sum, a hundredth of a purchase at most."""
KEPT_MONTHS = 15
_SMALL = 1e-9
_TABLE = """
CREATE TEMPORARY TABLE analytics_expect (account uuid, kind text, expected_on date, low_on date, high_on date, place smallint, times double precision,
    probability double precision, revenue bigint, cost bigint) ON COMMIT DROP
"""
_INSERT = """
INSERT INTO analytics_expectedevent (id, tenant_id, account_id, kind, expected_on, low_on, high_on, place, times, probability, revenue, cost, as_of, outcome)
SELECT gen_random_uuid(), %(tenant)s, w.account, w.kind, w.expected_on, w.low_on, w.high_on, w.place, w.times, w.probability, w.revenue, w.cost, %(day)s, 'open'
FROM analytics_expect w JOIN customers_account a ON a.tenant_id = %(tenant)s AND a.id = w.account
"""
# Of each quarter the first expectations stay, so that one can lay beside them what came.
_DROP = """
DELETE FROM analytics_expectedevent WHERE tenant_id = %(tenant)s AND (as_of >= %(day)s OR as_of < %(oldest)s
    OR as_of NOT IN (SELECT min(as_of) FROM analytics_expectedevent WHERE tenant_id = %(tenant)s AND as_of < %(day)s GROUP BY date_trunc('quarter', as_of)))
"""
_BOUGHT = """
CREATE TEMPORARY TABLE analytics_bought (account uuid, day date, revenue bigint, kind text) ON COMMIT DROP
"""
# The purchase number `place` after the day makes the line come; what it brought is that of its `times` purchases.
_CAME = """
WITH since AS (
    SELECT e.id, b.day, b.revenue, row_number() OVER (PARTITION BY e.id ORDER BY b.day) AS number, e.place, greatest(round(e.times), 1) AS times
    FROM analytics_expectedevent e JOIN analytics_bought b ON b.account = e.account_id AND b.day > e.as_of AND b.day <= e.as_of + %(horizon)s
        AND b.kind = CASE WHEN e.kind = 'contact' THEN 'contact' ELSE 'purchase' END
    WHERE e.tenant_id = %(tenant)s AND e.as_of < %(day)s AND e.kind IN ('purchase', 'renewal', 'contact')
), came AS (
    SELECT id, min(day) FILTER (WHERE number = place) AS day, sum(revenue) FILTER (WHERE number >= place AND number < place + times) AS actual FROM since GROUP BY id
)
UPDATE analytics_expectedevent e SET happened_on = c.day, actual = c.actual,
    outcome = CASE WHEN c.day IS NOT NULL THEN 'happened' WHEN coalesce(e.high_on, e.expected_on) < %(day)s THEN 'missed' ELSE 'open' END
FROM analytics_expectedevent x LEFT JOIN came c ON c.id = x.id
WHERE x.tenant_id = %(tenant)s AND x.as_of < %(day)s AND x.kind IN ('purchase', 'renewal', 'contact') AND e.tenant_id = x.tenant_id AND e.id = x.id
"""
_LAPSED = """
UPDATE analytics_expectedevent e SET
    happened_on = CASE WHEN b.day IS NULL AND e.expected_on <= %(day)s THEN e.expected_on END,
    outcome = CASE WHEN b.day IS NOT NULL THEN 'missed' WHEN e.expected_on <= %(day)s THEN 'happened' ELSE 'open' END
FROM analytics_expectedevent x LEFT JOIN LATERAL (
    SELECT min(day) AS day FROM analytics_bought b WHERE b.kind = 'purchase' AND b.account = x.account_id AND b.day > x.as_of AND b.day <= x.expected_on
) b ON true
WHERE x.tenant_id = %(tenant)s AND x.as_of < %(day)s AND x.kind = 'lapse' AND e.tenant_id = x.tenant_id AND e.id = x.id
"""


def events(context: Context) -> Mapping[str, Any]:
    """Expectations as of the day in place of those of yesterday; outcomes beside those that are kept."""
    table = context.frame("customers")
    if not table.num_rows:
        return {"expected": 0}
    found = pa.concat_tables([purchases(context, table), contacts(context, table), lapses(context)])
    values: dict[str, Any] = {
        "tenant": context.tenant_id, "day": context.as_of, "horizon": HORIZON, "oldest": context.as_of - timedelta(days=31 * KEPT_MONTHS),
    }  # fmt: skip
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(_DROP, values)
        _copied(cursor, "analytics_expect", _TABLE, found)
        cursor.execute(_INSERT, values)
        written = int(cursor.rowcount)
        cursor.execute(
            "SELECT min(as_of) FROM analytics_expectedevent WHERE tenant_id = %(tenant)s AND as_of < %(day)s", values
        )
        (oldest,) = cursor.fetchone()
        if oldest is not None:
            _copied(cursor, "analytics_bought", _BOUGHT, _what_came(context, oldest))
            cursor.execute("CREATE INDEX ON analytics_bought (account, day)")
            cursor.execute(_CAME, values)
            cursor.execute(_LAPSED, values)
    return {"expected": written}


def _copied(cursor: Any, name: str, definition: str, table: pa.Table) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    cursor.execute(definition)
    with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
        for piece in as_csv(table):
            copy.write(piece)
    cursor.execute(f"ANALYZE {name}")


def purchases(context: Context, table: pa.Table) -> pa.Table:
    """Lines of purchases, or of renewals where customers are under contract."""
    worth: Worth = context.made["worth"]
    kind = EventKind.RENEWAL if context.settings.relationship == Relationship.CONTRACT else EventKind.PURCHASE
    alive, bought = np.nan_to_num(worth.p_alive), np.nan_to_num(worth.bought_12m)
    shape = np.where(np.isfinite(worth.shape) & (worth.shape > 0), worth.shape, 1.0)
    with np.errstate(all="ignore"):
        mean = np.where(alive > LEAST, bought / np.maximum(alive, _SMALL), 0.0)
        margin = np.nan_to_num(worth.purchase_margin)
        revenue = numbers(table, "revenue") / numbers(table, "orders")
    revenue = np.maximum(np.where(np.isfinite(revenue), revenue, margin), margin)
    group = np.maximum(np.ceil(mean / LINES), 1.0)
    parts = []
    for line in range(LINES):
        first = line * group + 1
        chance = alive * arriving(mean, shape, first)
        rows = np.flatnonzero((chance >= LEAST) & (mean > 0))
        if not len(rows):
            continue
        rest = _expected_from(mean, shape, first)
        # The last line of a customer gathers all that may come after it.
        following = alive * arriving(mean, shape, first + group)
        last = (line == LINES - 1) | (following < LEAST)
        number = np.where(last, rest, rest - _expected_from(mean, shape, first + group))
        times = (alive * number / np.maximum(chance, _SMALL))[rows]
        low, day, high = (waits(mean[rows], shape[rows], first[rows], share) for share in (LOW, 0.5, HIGH))
        parts.append(
            _lines(context.as_of, table, rows, kind, (low, day, high), first[rows].astype(np.int64), times, chance[rows], revenue[rows] * times, (revenue - margin)[rows] * times)
        )  # fmt: skip
    return pa.concat_tables(parts) if parts else _nothing()


def arriving(mean: Floats, shape: Floats, number: Floats) -> Floats:
    """Probability that one who is alive buys at least so often within the year."""
    return np.asarray(betainc(number, shape, mean / (mean + shape)))


def _expected_from(mean: Floats, shape: Floats, first: Floats) -> Floats:
    """Expected number of purchases from number `first` on: E[N; N ≥ first] − (first − 1) P(N ≥ first), which the negative binomial gives in closed form."""
    share = mean / (mean + shape)
    above = np.where(first > 1, betainc(np.maximum(first - 1, 1.0), shape + 1, share), 1.0)
    return np.asarray(np.maximum(mean * above - (first - 1) * arriving(mean, shape, first), 0.0))


def waits(mean: Floats, shape: Floats, number: Floats, share: float) -> Floats:
    """Days until purchase `number` in this share of the cases in which it comes within the year."""
    held = betaincinv(number, shape, share * arriving(mean, shape, number))
    return np.asarray(np.clip(YEAR_DAYS * shape / mean * held / np.maximum(1 - held, _SMALL), 1.0, HORIZON))


def contacts(context: Context, table: pa.Table) -> pa.Table:
    """One line for the contacts of a year at the pace of the last one, as long as the customer stays: what serving costs."""
    worth: Worth = context.made["worth"]
    alive, number, cost = (
        np.nan_to_num(worth.p_alive),
        numbers(table, "contacts_12m"),
        numbers(table, "cost_to_serve_12m"),
    )
    chance = alive * -np.expm1(-number)
    rows = np.flatnonzero((number > 0) & (chance >= LEAST))
    times = alive[rows] * number[rows] / chance[rows]
    day = np.clip(YEAR_DAYS / np.maximum(number[rows], 1.0), 1.0, HORIZON)
    costs = alive[rows] * cost[rows] / chance[rows]
    return _lines(context.as_of, table, rows, EventKind.CONTACT, (np.maximum(day * 0.1, 1.0), day, np.minimum(day * 2.3, HORIZON)), np.ones(len(rows), dtype=np.int64), times, chance[rows], np.zeros(len(rows)), costs)  # fmt: skip


def lapses(context: Context) -> pa.Table:
    """No order until the end of the time in which leaving was learnt; customers that were judged only. What is lost by it lies in the other lines already."""
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id::text, churn, (inputs->>'churn_days')::int FROM customers_score"
            " WHERE tenant_id = %s AND as_of = %s AND churn_low IS NOT NULL AND churn >= %s",
            [context.tenant_id, context.as_of, LEAST],
        )
        found = cursor.fetchall()
    if not found:
        return _nothing()
    keys, churn, days = zip(*found, strict=True)
    size, ahead = len(keys), np.asarray(days, dtype=np.float64)
    table = pa.table({"account": pa.array(keys, pa.string())})
    zero = np.zeros(size)
    return _lines(context.as_of, table, np.arange(size), EventKind.LAPSE, (ahead, ahead, ahead), np.ones(size, dtype=np.int64), np.ones(size), np.asarray(churn), zero, zero)  # fmt: skip


def _lines(
    as_of: date, table: pa.Table, rows: Any, kind: str, days: tuple[Floats, Floats, Floats], place: Ints, times: Floats, chance: Floats, revenue: Floats, cost: Floats
) -> pa.Table:  # fmt: skip
    start = np.datetime64(as_of, "D")
    low, day, high = (pa.array(start + np.ceil(one).astype("timedelta64[D]")) for one in days)
    return pa.table(
        {
            "account": table.column("account").combine_chunks().take(pa.array(rows)), "kind": pa.array([str(kind)] * len(rows), pa.string()),
            "expected_on": day, "low_on": low, "high_on": high, "place": pa.array(np.minimum(place, 32_000), pa.int64()), "times": shares(times),
            "probability": shares(np.minimum(chance, 1.0)), "revenue": money(revenue), "cost": money(cost),
        }
    )  # fmt: skip


def _nothing() -> pa.Table:
    none = np.zeros(0)
    return _lines(date(2000, 1, 1), pa.table({"account": pa.array([], pa.string())}), np.zeros(0, dtype=np.int64), "", (none, none, none), np.zeros(0, dtype=np.int64), none, none, none, none)  # fmt: skip


def _what_came(context: Context, since: date) -> pa.Table:
    """Purchases and contacts after a day, with their money."""
    with context.warehouse() as warehouse:
        days = warehouse.frame(context.as_of, "purchases")
        bought = days.filter(days.revenue >= 0, days.day > since).select("account", "day", "revenue").to_pyarrow()
        met = warehouse.fact("interactions")
        met = met.filter(met.account.notnull(), met.day > since, met.day <= context.as_of)
        costs = context.terms.channel_costs
        met = met.select("account", "day", "channel", "minutes", "cost").to_pyarrow()
    minutes = np.nan_to_num(numbers(met, "minutes")) * context.terms.minute_cost
    flat = np.array([costs.get(channel, 0.0) for channel in met.column("channel").to_pylist()], dtype=np.float64)
    spent = numbers(met, "cost")
    spent = np.where(np.isfinite(spent), spent, minutes + flat)
    return pa.concat_tables([_facts(bought, numbers(bought, "revenue"), "purchase"), _facts(met, spent, "contact")])


def _facts(table: pa.Table, amount: Floats, kind: str) -> pa.Table:
    columns = {
        "account": table.column("account").combine_chunks().cast(pa.string()),
        "day": table.column("day").combine_chunks().cast(pa.date32()),
    }
    return pa.table(columns | {"revenue": money(amount), "kind": pa.array([kind] * table.num_rows, pa.string())})
