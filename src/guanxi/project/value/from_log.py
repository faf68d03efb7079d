"""From a log of purchases to the value of each customer, as a run does it, without a database: Parquet, frame, models, values.

`python -m guanxi.project.value.from_log FOLDER CUSTOMERS LINES` writes a made-up log; with the folder alone it is computed, in a process whose memory is then
its own.
"""

import json
import resource
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from guanxi.analytics.warehouse import expressions
from guanxi.analytics.warehouse.engines import fetched, opened
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.project.value.bench import MONEY, RATE, TRUE, YEAR
from guanxi.science.arrays import Floats
from guanxi.science.buying import BgNbd, GammaGamma, Purchases, Spending

EPOCH = np.datetime64("2024-01-01")
WEEKS = 104
FILES = 24
LINES_OF_A_DAY = 3


def write_log(folder: Path, customers: int, lines: int) -> int:
    """A log of so many lines of made-up customers, in files like those of a warehouse; returns how many purchases they are."""
    random = np.random.default_rng(11)
    ages = random.integers(26 * 7, WEEKS * 7, customers)
    x, last = TRUE.simulate(ages / 7.0, seed=12)
    margins = np.maximum(MONEY.simulate(x, seed=13), 1.0)
    born = WEEKS * 7 - ages
    who = np.repeat(np.arange(customers), (x + 1).astype(np.int64))
    place = np.arange(len(who)) - np.repeat(np.cumsum(x + 1) - (x + 1), (x + 1).astype(np.int64)).astype(np.int64)
    # The first purchase, the last one, and what lies between them anywhere.
    share = np.where(place == 0, 0.0, np.where(place == x[who], 1.0, random.random(len(who))))
    day = born[who] + np.ceil(share * last[who] * 7).astype(np.int64)
    spent = np.maximum(margins[who] * random.gamma(6.25, 1 / 6.25, len(who)), 0.01)
    # A purchase has lines: as many as make up the size of the log.
    extra = random.integers(0, len(who), max(lines - len(who), 0))
    pick = np.concatenate([np.arange(len(who)), extra])
    parts = np.bincount(pick, minlength=len(who))
    money = np.round(spent / parts, 4)
    pick = pick[np.argsort(day[pick], kind="stable")]
    keys = pa.array([f"01a20470-0000-7000-8000-{number:012x}" for number in range(customers)])
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(np.array_split(pick, FILES)):
        columns = {
            "account": keys.take(pa.array(who[rows])),
            "day": pa.array(EPOCH + day[rows].astype("timedelta64[D]"), pa.date32()),
            "revenue": pa.array(money[rows]),
            "margin": pa.array(money[rows]),
            "discount": pa.array(np.zeros(len(rows))),
        }
        parquet.write_table(pa.table(columns), folder / f"{number:02}.parquet", compression="zstd")
    return len(who)


def compute(folder: Path) -> dict[str, Any]:
    """The figures of a log, with the seconds of each part."""
    began, used, parts = time.perf_counter(), time.process_time(), {}
    terms = Terms(date(2024, 1, 1) + timedelta(weeks=WEEKS))
    with opened("duckdb", scratch=folder / "scratch") as backend:
        sold = backend.read_parquet([str(file) for file in sorted(folder.glob("*.parquet"))])
        frame = fetched(expressions.bought(expressions.purchases(sold, terms), terms))
        parts["frame"] = time.perf_counter() - began
        x, t_x, T, m = (_floats(frame, name) for name in ("x", "t_x", "T", "m"))
    timing = BgNbd.fit(Purchases.of(x, t_x, T)).model
    money = GammaGamma.fit(Spending.of(x, np.nan_to_num(m))).model
    parts["models"] = time.perf_counter() - began - parts["frame"]
    value = money.expected_margin(x, np.nan_to_num(m)) * timing.discounted_purchases(YEAR, RATE, x, t_x, T)
    seconds = time.perf_counter() - began
    parts["values"] = seconds - parts["frame"] - parts["models"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "customers": len(x), "seconds": seconds, "processor": time.process_time() - used, "mean": float(value.mean()), "peak_mb": peak,
        "parts": {name: round(each, 2) for name, each in parts.items()},
    }  # fmt: skip


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(compute(Path(sys.argv[1]))))
    else:
        write_log(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
