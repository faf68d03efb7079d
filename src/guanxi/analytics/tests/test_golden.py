"""The same frames on DuckDB and on a Spark cluster of two workers, equal figure by figure: the CDNOW log, and a small set made by hand."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from guanxi.activity.extracts import COLUMNS as INTERACTIONS
from guanxi.analytics.warehouse import expressions, histories
from guanxi.analytics.warehouse.copying import schema_of
from guanxi.analytics.warehouse.engines import fetched, opened
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.customers.extracts import COLUMNS as ACCOUNTS
from guanxi.sales.extracts import SOLD
from guanxi.science.tests.cdnow import cdnow, dataset

CLUSTER = "local-cluster[2,1,1024]"
Frames = dict[str, list[dict[str, Any]]]
TERMS = Terms(date(1997, 9, 30), channel_costs={"visit": 100.0})
BINS = 5


def table(columns: dict[str, str], rows: list[dict[str, Any]]) -> pa.Table:
    filled = [dict.fromkeys(columns) | row for row in rows]
    return pa.Table.from_pylist(filled, schema_of(columns))


def log_of_cdnow() -> list[dict[str, Any]]:
    """The tenth of the customers whom Fader & Hardie publish, day by day; half of what they paid is taken as cost."""
    found = []
    for line in dataset("CDNOW_sample.txt").read_text().splitlines():
        _master, customer, day, _count, amount = line.split()
        paid = float(amount)
        found.append({
            "account": f"c{int(customer):05}", "day": date.fromisoformat(day), "revenue": paid, "margin": paid / 2,
            "discount": 0.0, "product": f"p{int(customer) % 7}", "family": f"f{int(customer) % 3}",
        })  # fmt: skip
    return found


def by_hand() -> list[dict[str, Any]]:
    """Two purchases of one day, a return, a cost that nobody knows, a customer who only returned, and the day after the last one."""
    lines = [
        ("a", date(1997, 1, 1), 100.0, 40.0), ("a", date(1997, 1, 1), 20.0, None), ("a", date(1997, 3, 1), 50.0, 20.0),
        ("a", date(1997, 3, 9), -50.0, -20.0), ("b", date(1996, 2, 29), 10.0, 5.0), ("b", date(1997, 9, 30), 30.0, 12.5),
        ("c", date(1997, 5, 5), -5.0, -1.0), ("d", date(1997, 10, 1), 999.0, 999.0), ("e", date(1997, 9, 1), 7.0, 7.0),
    ]  # fmt: skip
    return [
        {"account": key, "day": day, "revenue": revenue, "margin": margin, "product": "p"}
        for key, day, revenue, margin in lines
    ]


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    met = [
        {"account": "a", "day": date(1997, 2, 1), "channel": "visit", "minutes": 30.0},
        {"account": "a", "day": date(1996, 2, 1), "channel": "phone", "minutes": 5.0},
        {"account": "b", "day": date(1997, 9, 30), "channel": "phone", "cost": 8.5},
        {"account": "b", "day": date(1997, 10, 1), "channel": "phone", "cost": 99.0},
    ]
    known = [
        {"account": "a", "from": date(1995, 1, 1), "to": date(1997, 6, 1), "region": "old", "kind": "business"},
        {"account": "a", "from": date(1997, 6, 1), "to": None, "region": "new", "kind": "business"},
        {"account": "b", "from": date(1997, 10, 1), "to": None, "region": "later"},
    ]
    for name, columns, lines in (("sold", SOLD, rows), ("met", INTERACTIONS, met), ("accounts", ACCOUNTS, known)):
        parquet.write_table(table(columns, lines), folder / f"{name}.parquet")
    return folder


def frames(backend: Any, folder: Path) -> Frames:
    sold, met, accounts = (
        backend.read_parquet(str(folder / f"{name}.parquet")) for name in ("sold", "met", "accounts")
    )
    days = expressions.purchases(sold, TERMS)
    # Read back, as a run does: the later frames are then small plans.
    parquet.write_table(fetched(days), folder / "days.parquet")
    days = backend.read_parquet(str(folder / "days.parquet"))
    parquet.write_table(fetched(expressions.customers(days, sold, met, accounts, TERMS)), folder / "customers.parquet")
    customers = backend.read_parquet(str(folder / "customers.parquet"))
    measured = expressions.measures(customers, TERMS)
    cuts = {
        name: fetched(expressions.cut_points(measured, name, BINS)).column("lowest").to_pylist()[1:]
        for name in ("recency", "frequency", "monetary")
    }
    return {
        "purchases": fetched(days.order_by(["account", "day"])).to_pylist(),
        "customers": fetched(customers.order_by("account")).to_pylist(),
        "cuts": [cuts],
        "rfm": fetched(expressions.rfm(measured, cuts, [2.0, 1.0, 1.0], BINS)).to_pylist(),
        "moved_on": fetched(histories.moved_on(days, date(1997, 6, 30), TERMS.as_of, TERMS)).to_pylist(),
        "occasions": fetched(histories.occasions(days, 30, TERMS)).to_pylist(),
        "returns": fetched(histories.returns(days, 30, 6, TERMS)).to_pylist(),
        "taken_up": fetched(histories.taken_up(sold, TERMS)).to_pylist(),
    }


@pytest.fixture(scope="module")
def compute(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], dict[str, Frames]]:
    """Frames of both sets by engine."""

    def run(engine: str, master: str = "") -> dict[str, Frames]:
        folder = tmp_path_factory.mktemp(engine)
        sets = {"cdnow": written(folder / "cdnow", log_of_cdnow()), "by_hand": written(folder / "hand", by_hand())}
        with opened(engine, scratch=folder / "scratch", spark_master=master) as backend:
            return {name: frames(backend, place) for name, place in sets.items()}

    return run


@pytest.fixture(scope="module")
def golden(compute: Callable[..., dict[str, Frames]]) -> dict[str, Frames]:
    return compute("duckdb")


def test_cdnow_has_the_published_histories(golden: dict[str, Frames]) -> None:
    """x, t_x and T of the 2,357 customers as Fader, Hardie & Lee publish them; money as in the log."""
    found, published = golden["cdnow"]["customers"], cdnow()
    assert len(found) == 2357
    assert sum(row["x"] for row in found) == published.x.sum()
    ours = sorted((row["x"], round(row["t_x"], 2), round(row["T"], 2)) for row in found)
    theirs = sorted(
        (int(x), round(float(t), 2), round(float(age), 2))
        for x, t, age in zip(published.x, published.t_x, published.T, strict=True)
    )
    assert ours == theirs
    assert sum(row["revenue"] for row in found) == pytest.approx(
        sum(row["revenue"] for row in log_of_cdnow() if row["day"] <= TERMS.as_of)
    )


def test_the_small_set_by_hand(golden: dict[str, Frames]) -> None:
    found = {row["account"]: row for row in golden["by_hand"]["customers"]}
    assert set(found) == {"a", "b", "e"}
    a = found["a"]
    # The line without a cost counts with all of its revenue, the rate of TERMS being 1.
    assert (a["x"], a["orders"], a["m"], a["revenue"], a["margin"]) == (1, 2, 20.0, 120.0, 60.0)
    assert (a["contacts_12m"], a["cost_to_serve_12m"], a["last_contact_on"]) == (1, 160.0, date(1997, 2, 1))
    assert (a["region"], found["b"]["region"], a["gap_usual_days"]) == ("new", None, 59.0)
    assert (found["b"]["cost_to_serve_12m"], found["b"]["t_x"]) == (8.5, 579 / 7)
    assert found["b"]["historic"] == pytest.approx(5 * 1.1 ** (579 / 365.25) + 12.5, abs=1e-6)
    assert golden["by_hand"]["returns"][0] == {"recency": 1, "waited": 3, "returned": 0}


def test_equal_values_score_equally(golden: dict[str, Frames]) -> None:
    """60 % of CDNOW's customers bought once: one score, not three."""
    once = [row for row in golden["cdnow"]["rfm"] if row["frequency"] == 1]
    assert len(once) == 1411
    assert {row["f"] for row in once} == {1}


def spark_is_here() -> bool:
    return shutil.which("java") is not None and find_spec("pyspark") is not None


@pytest.mark.skipif(
    not spark_is_here() and os.environ.get("CI") != "true", reason="no Java, or the extra spark is not installed"
)
def test_spark_on_two_workers_gives_the_same(
    compute: Callable[..., dict[str, Frames]], golden: dict[str, Frames]
) -> None:
    found = compute("spark", CLUSTER)
    for name, frames_of_set in golden.items():
        for frame, rows in frames_of_set.items():
            assert same(found[name][frame], rows), f"{name}: {frame}"


def same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Equal rows; floats to eleven digits, since the engines add them up in different orders."""
    return len(found) == len(wanted) and all(
        mine.keys() == theirs.keys() and all(_equal(mine[name], theirs[name]) for name in theirs)
        for mine, theirs in zip(found, wanted, strict=True)
    )


def _equal(mine: Any, theirs: Any) -> bool:
    if isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_equal, mine, theirs))
    if isinstance(theirs, float) and mine is not None:
        return bool(mine == pytest.approx(theirs, rel=1e-11, abs=1e-6))
    return bool(mine == theirs)
