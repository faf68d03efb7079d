"""What a run concluded, written down: scores of the accounts set by set, their history by month, fits and cut points."""

import json
import math
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from django.db import connection
from pyarrow import csv

from guanxi.analytics.compute.context import Context, Floats
from guanxi.analytics.compute.learning import Learned, Tried
from guanxi.analytics.models import CutPoints, ModelFit
from guanxi.analytics.serving.classes import keep_levels
from guanxi.core.money import MAX_AMOUNT, SCALE
from guanxi.core.tenancy import tenant_tx

CHUNK = 100_000
MONEY = (
    "value", "value_low", "value_high", "historic", "current", "potential", "cost_to_serve", "value_before", "margin_next",
    "margin_next_low", "margin_next_high", "revenue_12m", "margin_12m", "profit_12m",
)  # fmt: skip
SHARES = ("p_alive", "churn", "p_alive_before")
WHOLE = ("recency_score", "frequency_score", "monetary_score")
DAYS = ("next_order_on", "next_order_low", "next_order_high", "before_on")
TEXTS = ("grade",)
COLUMNS = (*MONEY, *SHARES, *WHOLE, *DAYS, *TEXTS)
INPUTS = (
    "x",
    "t_x",
    "T",
    "m",
    "orders",
    "clv",
    "cross_sell",
    "share_gap",
    "bought_12m",
    "purchase_margin",
    "cost_12m",
    "rfm",
)
_TYPES = (
    dict.fromkeys(MONEY, "bigint") | dict.fromkeys(SHARES, "double precision") | dict.fromkeys(WHOLE, "smallint")
    | dict.fromkeys(DAYS, "date") | dict.fromkeys(TEXTS, "text") | dict.fromkeys(INPUTS, "double precision")
)  # fmt: skip


def money(values: Floats) -> pa.Array:
    """Ten-thousandths; what is not known, or beyond what an amount can be, is null."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(values) & (np.abs(values) < float(MAX_AMOUNT))
    whole = np.rint(np.where(known, values, 0.0) * SCALE).astype(np.int64)
    return pa.array(whole, mask=~known)


def shares(values: Floats) -> pa.Array:
    """Doubles, NaN as null."""
    return pa.array(values, mask=~np.isfinite(values))


def write_scores(context: Context, table: pa.Table, facts: Mapping[str, Any]) -> int:
    """Put the conclusions of the run into the scores; `table` has account, COLUMNS and INPUTS. Accounts that concluded nothing lose theirs.

    In pieces, each a transaction: a run that is killed leaves rows of two days, which the next run makes equal. Returns how many were written.
    """
    written = 0
    for start in range(0, table.num_rows, CHUNK):
        part = table.slice(start, CHUNK)
        with tenant_tx(context.tenant_id), connection.cursor() as cursor:
            _stage(cursor, part)
            cursor.execute(
                _UPSERT, {"tenant": context.tenant_id, "as_of": context.as_of, "facts": json.dumps(dict(facts))}
            )
            written += cursor.rowcount
        context.tell(min(1.0, (start + CHUNK) / max(table.num_rows, 1)), "")
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_score WHERE tenant_id = %s AND as_of <> %s", [context.tenant_id, context.as_of]
        )
        keep_levels()
    return written


def _stage(cursor: Any, part: pa.Table) -> None:
    names = ["account", *COLUMNS, *INPUTS]
    defined = ", ".join(f'"{name}" {_TYPES.get(name, "uuid")}' for name in names)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.analytics_worth")
    cursor.execute(f"CREATE TEMPORARY TABLE analytics_worth ({defined}) ON COMMIT DROP")
    with cursor.copy("COPY analytics_worth FROM STDIN (FORMAT csv)") as copy:
        for piece in as_csv(part.select(names)):
            copy.write(piece)


def as_csv(table: pa.Table) -> Iterator[bytes]:
    """A table as pieces of CSV without a head, as COPY takes it."""
    for batch in table.to_batches(max_chunksize=20_000):
        sink = BytesIO()
        csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
        yield sink.getvalue()


_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_VALUES = ", ".join("coalesce(w.grade, '')" if name == "grade" else f'w."{name}"' for name in COLUMNS)
_TAKEN = ", ".join(f'"{name}" = excluded."{name}"' for name in (*COLUMNS, "as_of", "inputs"))
_BUILT = ", ".join(f"'{name}', w.\"{name}\"" for name in INPUTS)
# Columns of other conclusions, which later steps and other rooms write, are left as they are.
_UPSERT = f"""
INSERT INTO customers_score (id, tenant_id, account_id, as_of, {_NAMES}, inputs, stage, segment, churn_reasons)
SELECT gen_random_uuid(), %(tenant)s, w.account, %(as_of)s, {_VALUES}, %(facts)s::jsonb || jsonb_build_object({_BUILT}), '', '', '[]'
FROM analytics_worth w JOIN customers_account a ON a.tenant_id = %(tenant)s AND a.id = w.account
ON CONFLICT (tenant_id, account_id) DO UPDATE SET {_TAKEN}
"""
_MONTH = """
DELETE FROM analytics_scorehistory
WHERE tenant_id = %(tenant)s AND as_of >= date_trunc('month', %(as_of)s::date) AND as_of < date_trunc('month', %(as_of)s::date) + interval '1 month'
"""
_KEEP = """
INSERT INTO analytics_scorehistory (id, tenant_id, account_id, as_of, value, p_alive, churn, grade, stage, rfm)
SELECT gen_random_uuid(), s.tenant_id, s.account_id, s.as_of, s.value, s.p_alive, s.churn, s.grade, s.stage,
       s.recency_score * 100 + s.frequency_score * 10 + s.monetary_score
FROM customers_score s WHERE s.tenant_id = %(tenant)s AND s.as_of = %(as_of)s
"""


def keep_history(context: Context) -> int:
    """Keep the scores as those of this month."""
    values: dict[str, Any] = {"tenant": context.tenant_id, "as_of": context.as_of}
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(_MONTH, values)
        cursor.execute(_KEEP, values)
        return int(cursor.rowcount)


def migration_of_grades(context: Context) -> tuple[Any, list[list[int]]]:
    """The day of the last month kept before this one, and customers by grade then (row) and now (column), A to D."""
    with tenant_tx(context.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(as_of) FROM analytics_scorehistory WHERE as_of < date_trunc('month', %s::date)", [context.as_of]
        )
        before = cursor.fetchone()[0]
        cursor.execute(
            """SELECT h.grade, s.grade, count(*) FROM analytics_scorehistory h
            JOIN customers_score s ON s.tenant_id = h.tenant_id AND s.account_id = h.account_id WHERE h.as_of = %s GROUP BY 1, 2""",
            [before],
        )
        found = {(then, now): count for then, now, count in cursor.fetchall()}
    return before, [[found.get((then, now), 0) for now in "ABCD"] for then in "ABCD"]


def write_cuts(context: Context, cuts: Mapping[str, list[float]], customers: int) -> None:
    """Store the cut points of the day."""
    scoring = context.scoring
    values = {
        "bins": scoring.bins,
        "weights": list(scoring.weights),
        "own": bool(scoring.own),
        "customers": customers,
        **{name: list(cuts[name]) for name in ("recency", "frequency", "monetary")},
    }
    with tenant_tx(context.tenant_id):
        CutPoints.objects.update_or_create(tenant_id=context.tenant_id, as_of=context.as_of, defaults=values)


def write_fits(context: Context, learned: Learned) -> None:
    """Store the candidates of the run in place of those of the same day."""
    with tenant_tx(context.tenant_id):
        ModelFit.objects.filter(as_of=context.as_of).delete()
        ModelFit.objects.bulk_create([_fit_row(context.run_id, context, one, learned) for one in learned.tried])


def _fit_row(run_id: UUID, context: Context, one: Tried, learned: Learned) -> ModelFit:
    fit = one.fit
    said = learned.notices if one.in_use and one.purpose != "margin" else fit.warnings
    return ModelFit(
        run_id=run_id, as_of=context.as_of, purpose=one.purpose, model=fit.name, asked=one.asked, in_use=one.in_use, customers=int(one.customers),
        parameters=pairs(fit.parameters), standard_errors=pairs(fit.standard_errors), log_likelihood=finite(fit.log_likelihood), score=finite(one.score),
        converged=fit.converged, warnings=[{"code": each.code, "text": each.text} for each in said], seconds=one.seconds,
    )  # fmt: skip


def pairs(values: Mapping[str, float]) -> list[list[Any]]:
    """[name, value] in the order of the papers, which JSON objects would lose."""
    return [[name, finite(value)] for name, value in values.items()]


def finite(value: float | None) -> float | None:
    """None for what is no finite number: JSON has none."""
    return float(value) if value is not None and math.isfinite(value) else None
