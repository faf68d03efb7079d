"""Frames as of a day, read or made.

`purchases`  account, day, revenue, margin, discount, lines
`customers`  one row for each account that bought: account, first_on, last_on, x (repeat purchases), t_x, T (weeks), m (mean margin of repeat
             purchases), orders, revenue, margin, historic (past margin with interest to the day), …_12m, margin_previous_12m, gap_usual_days, attributes as
             of the day
`rfm`        account, recency, frequency, monetary, r, f, m, total, grade
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from pyarrow import parquet

from guanxi.analytics.warehouse import expressions
from guanxi.analytics.warehouse.engines import facts, fetched, opened
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.analytics.warehouse.extracting import all_extracts
from guanxi.analytics.warehouse.store import UNFINISHED, files_of, folder, frame_file, read_manifest

MEASURES = ("recency", "frequency", "monetary")


@dataclass(frozen=True)
class Scoring:
    """How recency, frequency and monetary value are scored. `own` are the company's cut points by measure; others are equal shares."""

    bins: int = 5
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    own: Mapping[str, list[float]] | None = None


class Warehouse:
    """The facts of a company open in an engine."""

    def __init__(self, tenant_id: UUID, backend: Any) -> None:
        self._tenant_id, self._backend = tenant_id, backend
        self._manifest = read_manifest(tenant_id)
        self._columns = {extract.name: extract.columns for extract in all_extracts()}

    def fact(self, name: str) -> Any:
        """A fact as an Ibis table."""
        files = files_of(self._tenant_id, name, self._manifest)
        empty = folder(self._tenant_id) / "empty" / f"{name}.parquet"
        return facts(self._backend, files, self._columns[name], empty)

    def frame(self, as_of: date, name: str) -> Any:
        """A stored frame as an Ibis table."""
        return self._backend.read_parquet(str(frame_file(self._tenant_id, as_of, name)))

    def keep(self, as_of: date, name: str, expression: Any) -> pa.Table:
        """Compute a frame and store it."""
        table = fetched(expression)
        write_frame(self._tenant_id, as_of, name, table)
        return table


@contextmanager
def open_warehouse(tenant_id: UUID, engine: str = "duckdb", spark_master: str = "") -> Iterator[Warehouse]:
    """The warehouse of a company, for the duration of the block."""
    with opened(engine, scratch=folder(tenant_id) / "scratch", spark_master=spark_master) as backend:
        yield Warehouse(tenant_id, backend)


def write_frame(tenant_id: UUID, as_of: date, name: str, table: pa.Table) -> None:
    """Store a frame under its name at once."""
    target = frame_file(tenant_id, as_of, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}{UNFINISHED}")
    parquet.write_table(table, aside, compression="zstd")
    os.replace(aside, target)


def with_margin_rate(warehouse: Warehouse, terms: Terms, rate: float | None) -> tuple[Terms, str]:
    """The terms with the margin of revenue whose cost is unknown, and where it comes from: settings, known costs, or nothing is known."""
    if rate is not None:
        return replace(terms, margin_rate=rate), "settings"
    (found,) = fetched(expressions.margin_rate(warehouse.fact("transactions"), terms.as_of)).column("rate").to_pylist()
    if found is None:
        return replace(terms, margin_rate=1.0), "revenue"
    return replace(terms, margin_rate=float(found)), "costs"


def make_purchases(warehouse: Warehouse, terms: Terms) -> pa.Table:
    """Compute and keep `purchases`."""
    return warehouse.keep(terms.as_of, "purchases", expressions.purchases(warehouse.fact("transactions"), terms))


def make_customers(warehouse: Warehouse, terms: Terms) -> pa.Table:
    """Compute and keep `customers`, of the kept purchases."""
    days = warehouse.frame(terms.as_of, "purchases")
    sold, met, accounts = (warehouse.fact(name) for name in ("transactions", "interactions", "accounts"))
    return warehouse.keep(terms.as_of, "customers", expressions.customers(days, sold, met, accounts, terms))


def make_rfm(warehouse: Warehouse, terms: Terms, scoring: Scoring) -> tuple[pa.Table, dict[str, list[float]]]:
    """Compute and keep `rfm`; returns it with the cut points."""
    measured = expressions.measures(warehouse.frame(terms.as_of, "customers"), terms)
    cuts = {
        name: list((scoring.own or {}).get(name) or _equal_shares(measured, name, scoring.bins)) for name in MEASURES
    }
    found = expressions.rfm(measured, cuts, list(scoring.weights), scoring.bins)
    return warehouse.keep(terms.as_of, "rfm", found), cuts


def _equal_shares(measured: Any, name: str, bins: int) -> list[float]:
    """Cut points of the scores 2 … bins; a score that nobody has begins where the next one does, or nowhere."""
    found = fetched(expressions.cut_points(measured, name, bins))
    lowest = dict(zip(found.column("score").to_pylist(), found.column("lowest").to_pylist(), strict=True))
    never = float("-1e18") if name == "recency" else float("1e18")
    cuts: list[float] = []
    for score in range(bins, 1, -1):
        cuts.insert(0, lowest.get(score, cuts[0] if cuts else never))
    return cuts


def read(tenant_id: UUID, as_of: date, name: str) -> pa.Table:
    """A frame that a run has made. Raises FileNotFoundError where none has."""
    return parquet.read_table(frame_file(tenant_id, as_of, name), partitioning=None)
