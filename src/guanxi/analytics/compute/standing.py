"""Steps that conclude from measured purchases: the stage of each customer with its reason, the months of the leaky bucket, cohorts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from dateutil.relativedelta import relativedelta
from django.db import connection
from pyarrow import compute

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.compute.writing import as_csv
from guanxi.analytics.models import CohortCell, CustomerMonth
from guanxi.core.errors import Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import Update, change_records
from guanxi.science.arrays import Ints
from guanxi.science.buckets import moves, silence, triangle
from guanxi.science.lifecycle import REASONS, STAGES, Stages, Standing, stages

AT_A_TIME = 1_000
MONTHS, QUARTERS = 24, 12
_DAY_ZERO = date(1970, 1, 1)
_NO_KEY = UUID(int=0)
_STAGE = """
CREATE TEMPORARY TABLE analytics_stage (account uuid, stage text, reason text, gap double precision, usual double precision, alive double precision,
    trend double precision) ON COMMIT DROP
"""
_CHANGES = """
INSERT INTO analytics_lifecyclechange (id, tenant_id, account_id, changed_on, before, after, reason, figures)
SELECT gen_random_uuid(), s.tenant_id, s.account_id, %(day)s, s.stage, w.stage, w.reason,
       jsonb_build_object('gap', w.gap, 'usual', w.usual, 'p_alive', w.alive, 'trend', w.trend)
FROM analytics_stage w JOIN customers_score s ON s.tenant_id = %(tenant)s AND s.account_id = w.account WHERE s.stage <> '' AND s.stage <> w.stage
ON CONFLICT (tenant_id, account_id, changed_on) DO UPDATE SET after = excluded.after, reason = excluded.reason, figures = excluded.figures
"""
_SCORES = """
UPDATE customers_score s SET inputs = s.inputs || jsonb_build_object('stage_reason', w.reason, 'gap', w.gap, 'usual', w.usual, 'trend', w.trend), stage = w.stage, stage_since = CASE WHEN s.stage = w.stage THEN s.stage_since WHEN s.stage = '' THEN NULL ELSE %(day)s END
FROM analytics_stage w WHERE s.tenant_id = %(tenant)s AND s.account_id = w.account
"""
_HISTORY = """
UPDATE analytics_scorehistory h SET stage = s.stage FROM customers_score s
WHERE h.tenant_id = %(tenant)s AND h.as_of = %(day)s AND s.tenant_id = h.tenant_id AND s.account_id = h.account_id
"""
_DIFFERENT = """
SELECT a.id, s.stage FROM customers_score s JOIN customers_account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = %(tenant)s AND s.stage <> '' AND a.lifecycle_stage <> s.stage AND a.deleted_at IS NULL AND a.id > %(after)s ORDER BY a.id LIMIT %(most)s
"""


def lifecycle(context: Context) -> Mapping[str, Any]:
    """The stage of each customer; what changed is dated and goes to the accounts by the one write path. Then the months and cohorts."""
    table = context.frame("customers")
    told: dict[str, Any] = {"changed": 0, "accounts": 0, "refused": 0}
    if table.num_rows:
        of = _standing(context, table)
        told["changed"] = _write(context, table, of, stages(of, _before(context, table)))
        told["accounts"], told["refused"] = _tell_accounts(context, table.num_rows)
    context.tell(0.7, "")
    return told | _count(context)


def _standing(context: Context, table: pa.Table) -> Standing:
    usual = numbers(table, "gap_usual_days")
    known = usual[np.isfinite(usual)]
    usual = np.where(np.isfinite(usual), usual, float(np.median(known)) if len(known) else 365.0)
    orders, age = numbers(table, "x") + 1, _since(context.as_of, table.column("first_on"))
    alive = np.nan_to_num(context.made["worth"].p_alive, nan=1.0)
    margin, before = (np.nan_to_num(numbers(table, name)) for name in ("margin_12m", "margin_previous_12m"))
    return Standing.of(orders, _since(context.as_of, table.column("last_on")), usual, alive, margin, before, age)


def _since(as_of: date, days: Any) -> Floats:
    on = compute.cast(days, pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return np.asarray(np.maximum((np.datetime64(as_of, "D") - on).astype(np.float64), 0.0), dtype=np.float64)


def _before(context: Context, table: pa.Table) -> Ints:
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id::text, stage FROM customers_score WHERE tenant_id = %s AND stage <> ''",
            [context.tenant_id],
        )
        known = dict(cursor.fetchall())
    names = [known.get(key, "") for key in table.column("account").to_pylist()]
    return np.array([STAGES.index(name) if name in STAGES else -1 for name in names], dtype=np.int64)


def _write(context: Context, table: pa.Table, of: Standing, found: Stages) -> int:
    rows = pa.table(
        {
            "account": table.column("account"), "stage": pa.array(np.array(STAGES)[found.stage]), "reason": pa.array(np.array(REASONS)[found.reason]),
            "gap": of.gap, "usual": of.usual, "alive": of.p_alive, "trend": of.trend,
        }
    )  # fmt: skip
    values: dict[str, Any] = {"tenant": context.tenant_id, "day": context.as_of}
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.analytics_stage")
        cursor.execute(_STAGE)
        with cursor.copy("COPY analytics_stage FROM STDIN (FORMAT csv)") as copy:
            for piece in as_csv(rows):
                copy.write(piece)
        cursor.execute(_CHANGES, values)
        changed = int(cursor.rowcount)
        cursor.execute(_SCORES, values)
        cursor.execute(_HISTORY, values)
    return changed


def _tell_accounts(context: Context, customers: int) -> tuple[int, int]:
    """Write every changed stage into its account, a thousand in each transaction: a run that ends in between goes on with the rest. (written, refused)"""
    written, refused, after = 0, 0, _NO_KEY
    while rows := _different(context, after):
        wrong = _write_stages(context, rows)
        written, refused, after = written + len(rows) - wrong, refused + wrong, rows[-1][0]
        context.tell(0.1 + 0.6 * min(1.0, (written + refused) / customers), "")
    return written, refused


def _different(context: Context, after: UUID) -> list[tuple[UUID, str]]:
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, {"tenant": context.tenant_id, "after": after, "most": AT_A_TIME})
        return list(cursor.fetchall())


def _write_stages(context: Context, rows: Sequence[tuple[UUID, str]]) -> int:
    """How many were refused: where one of many is, its half is tried again in halves."""
    if _changed(context, rows):
        return 0
    if len(rows) == 1:
        return 1
    half = len(rows) // 2
    return _write_stages(context, rows[:half]) + _write_stages(context, rows[half:])


def _changed(context: Context, rows: Sequence[tuple[UUID, str]]) -> bool:
    try:
        with tenant_tx(context.tenant_id):
            actor = Actor.system(context.tenant_id)
            change_records(actor, "account", [Update(key, {"lifecycle_stage": stage}) for key, stage in rows])
    except Refused:
        return False
    return True


def _count(context: Context) -> dict[str, Any]:
    """Months of the leaky bucket, in all and by region, and cohorts by quarter."""
    table = context.frame("purchases")
    if not table.num_rows:
        return {"limit_days": None}
    keys = table.column("account").combine_chunks().dictionary_encode()
    who = keys.indices.to_numpy().astype(np.int64)
    day = (
        compute.cast(table.column("day"), pa.date32())
        .to_numpy(zero_copy_only=False)
        .astype("datetime64[D]")
        .astype(np.int64)
    )
    limit = silence(who, day)
    first = context.as_of.replace(day=1)
    months = [first - relativedelta(months=MONTHS - 1 - at) for at in range(MONTHS)]
    place = _regions(context, keys.dictionary.to_pylist())
    margin = np.nan_to_num(numbers(table, "margin"))
    kept: list[CustomerMonth] = []
    for region in ["", *sorted(set(place) - {""})]:
        mine = np.ones(len(who), dtype=bool) if not region else (place == region)[who]
        with tenant_tx(context.tenant_id):
            kept += _months(context, region, months, limit, who[mine], day[mine], margin[mine])
    quarter = first - relativedelta(months=(first.month - 1) % 3)
    starts = [quarter - relativedelta(months=3 * (QUARTERS - 1 - at)) for at in range(QUARTERS)]
    cohorts = triangle(who, day, _numbers([*starts, quarter + relativedelta(months=3)]))
    with tenant_tx(context.tenant_id):
        cells = [
            CohortCell(born_on=starts[born], age=age, size=int(cohorts.size[born]), share=float(cohorts.shares[born, age]))
            for born in range(QUARTERS) for age in range(QUARTERS - born) if cohorts.size[born]
        ]  # fmt: skip
        for model, rows in ((CustomerMonth, kept), (CohortCell, cells)):
            model.objects.all().delete()
            model.objects.bulk_create(rows, batch_size=2_000)
    return {"limit_days": limit}


def _regions(context: Context, keys: Sequence[str]) -> Any:
    table = context.frame("customers")
    known = dict(zip(table.column("account").to_pylist(), table.column("region").to_pylist(), strict=True))
    return np.array([known.get(key) or "" for key in keys])


def _numbers(days: Sequence[date]) -> Ints:
    return np.array([(day - _DAY_ZERO).days for day in days], dtype=np.int64)


def _months(
    context: Context, region: str, months: Sequence[date], limit: int, who: Ints, day: Ints, margin: Floats
) -> list[CustomerMonth]:
    ends = [*months[1:], context.as_of + timedelta(days=1)]
    starts = _numbers([months[0], *ends])
    found = moves(who, day, starts, limit)
    worth = _lost_margin(who, day, margin, starts, limit)
    return [
        CustomerMonth(
            month=month, region=region, gained=int(found.gained[at]), lost=int(found.lost[at]), regained=int(found.regained[at]),
            active=int(found.active[at]), value_lost=Decimal(str(round(float(worth[at]), 2))), limit_days=limit, as_of=context.as_of,
        )
        for at, month in enumerate(months)
    ]  # fmt: skip


def _lost_margin(who: Ints, day: Ints, margin: Floats, starts: Ints, limit: int) -> Floats:
    """What the lost of each period earned in the 365 days to their last purchase."""
    order = np.lexsort((day, who))
    who, day, margin = who[order], day[order], margin[order]
    last = np.ones(len(who), dtype=bool)
    last[:-1] = (who[1:] != who[:-1]) | (day[1:] - day[:-1] > limit)
    total = np.concatenate([[0.0], np.cumsum(margin)])
    # A key that grows from customer to customer lets one search find the first purchase of the year.
    step = int(day.max(initial=0) - day.min(initial=0)) + 1_000
    at = who * step + day
    rows = np.flatnonzero(last)
    since = np.maximum(np.searchsorted(at, at[rows] - 364), np.searchsorted(at, who[rows] * step + day.min(initial=0)))
    earned = total[rows + 1] - total[since]
    period = np.searchsorted(starts, day[rows] + limit, side="right") - 1
    inside = (period >= 0) & (period < len(starts) - 1)
    return np.asarray(np.bincount(period[inside], earned[inside], len(starts) - 1), dtype=np.float64)
