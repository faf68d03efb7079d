"""The published data, as the package `lifetimes` brings them along."""

import csv
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from guanxi.science.arrays import Floats
from guanxi.science.buying import Purchases, Spending


def dataset(name: str) -> Path:
    """A file of the package, found without importing it."""
    spec = find_spec("lifetimes")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "datasets" / name


def columns(name: str) -> dict[str, Floats]:
    """The columns of a CSV file."""
    with dataset(name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


@lru_cache(maxsize=1)
def cdnow() -> Purchases:
    """The tenth of CDNOW's customers, 39 weeks (Fader, Hardie & Lee 2005)."""
    table = columns("cdnow_customers_summary.csv")
    return Purchases.of(table["frequency"], table["recency"], table["T"])


@lru_cache(maxsize=1)
def cdnow_spending() -> Spending:
    """The same customers' mean repeat purchase."""
    table = columns("cdnow_customers_summary_with_transactions.csv")
    return Spending.of(table["x"], table["zbar"])


@lru_cache(maxsize=1)
def donations() -> Purchases:
    """Donors of 1995 and their six yearly opportunities since (Fader, Hardie & Shang 2010)."""
    table = columns("donations.csv")
    return Purchases.of(table["frequency"], table["recency"], table["periods"], table["weights"], whole=True)
