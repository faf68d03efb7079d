"""`guanxi bench --science`: how long the models take on this machine, on made-up customers; no database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from guanxi.project.failure import Failure
from guanxi.science.allocation import Problem, allocate
from guanxi.science.arrays import Floats
from guanxi.science.buying import BgNbd, GammaGamma, ParetoNbd, Purchases, Spending
from guanxi.science.files import read_sheet

TRUE = BgNbd(0.243, 4.414, 0.793, 2.426)
MONEY = GammaGamma(6.25, 3.74, 15.44)
PARETO = ParetoNbd(0.553, 10.578, 0.606, 11.669)
YEAR, RATE = 52.1775, 0.0018
HEAD = ("| task | size | seconds | processor seconds | result | goal |", "|---|---|---|---|---|---|")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    task: str
    size: str
    seconds: float
    processor: float
    result: str
    goal: str

    def __str__(self) -> str:
        return (
            f"| {self.task} | {self.size} | {self.seconds:.3f} | {self.processor:.3f} | {self.result} | {self.goal} |"
        )


def run(*, quick: bool, report: Path | None) -> Iterator[str]:
    """The lines of the table, as they are measured; also into the file `report`."""
    customers, refits = (50_000, 40) if quick else (1_000_000, 800)
    said = []
    for line in chain(HEAD, _lines(customers, refits)):
        said.append(str(line))
        yield said[-1]
    if report is not None:
        report.write_text("\n".join(said) + "\n", encoding="utf-8")


def _lines(customers: int, refits: int) -> Iterator[Line]:
    if find_spec("lifetimes") is None:
        raise Failure("The bench compares with the package lifetimes, a development dependency: install it.")
    yield _cdnow()
    yield _scored(customers)
    yield _beside_lifetimes(customers)
    yield _pareto(customers // 5)
    yield _allocated(customers)
    yield _coverage(refits)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """(what `work` returns, seconds, processor seconds)."""
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - began, time.process_time() - used


def _cdnow() -> Line:
    spec = find_spec("lifetimes")
    assert spec is not None and spec.origin is not None
    sheet = read_sheet(Path(spec.origin).parent / "datasets" / "cdnow_customers_summary.csv")
    data = Purchases.of(*(sheet.numbers(name) for name in ("frequency", "recency", "T")))
    runs = [timed(lambda: BgNbd.fit(data)) for _run in range(20)]
    fit, seconds, processor = min(runs, key=lambda run: run[1])
    return Line(
        "CDNOW, BG/NBD", f"{len(data):,} customers", seconds, processor, f"LL {fit.log_likelihood:.1f}", "≤ 0.010 s"
    )


def table(customers: int) -> tuple[Floats, Floats, Floats, Floats]:
    """x, t_x, T in weeks with the precision of a day, and mean margin, as an order log gives them."""
    T = np.random.default_rng(0).integers(26 * 7, 104 * 7, customers) / 7.0
    x, last = TRUE.simulate(T, seed=1)
    return x, np.minimum(np.ceil(last * 7) / 7, T), T, np.maximum(np.round(MONEY.simulate(x, seed=2), 2), 0.01)


def value(x: Floats, t_x: Floats, T: Floats, m: Floats) -> Floats:
    """Value of the next twelve months, both models fitted."""
    fit = BgNbd.fit(Purchases.of(x, t_x, T))
    margin = GammaGamma.fit(Spending.of(x, m)).model.expected_margin(x, m)
    return np.asarray(margin * fit.model.discounted_purchases(YEAR, RATE, x, t_x, T))


def _scored(customers: int) -> Line:
    columns = table(customers)
    found, seconds, processor = timed(lambda: value(*columns))
    result = f"mean value {found.mean():.2f}"
    return Line(
        "BG/NBD + Gamma-Gamma fitted, 12-month value", f"{customers:,} customers", seconds, processor, result, "≤ 3 s"
    )


def _beside_lifetimes(customers: int) -> Line:
    """The same table, the same values, by the package that is used most."""
    lifetimes, pandas = import_module("lifetimes"), import_module("pandas")
    x, t_x, T, m = table(customers)
    ours, _seconds, mine = timed(lambda: value(x, t_x, T, m))

    def theirs() -> Any:
        columns = [pandas.Series(each) for each in (x, t_x, T, m)]
        buys = lifetimes.BetaGeoFitter().fit(*columns[:3])
        again = x > 0
        pays = lifetimes.GammaGammaFitter().fit(columns[0][again], columns[3][again])
        # Their unit of time is a week, their discount rate monthly.
        monthly = float(np.expm1(RATE * YEAR / 12))
        return pays.customer_lifetime_value(buys, *columns, time=12, discount_rate=monthly, freq="W")

    other, seconds, processor = timed(theirs)
    result = f"{processor / mine:.0f} × faster, mean value {np.mean(other):.2f} and {ours.mean():.2f}"
    return Line("the same by lifetimes", f"{customers:,} customers", seconds, processor, result, "≥ 25 ×")


def _pareto(customers: int) -> Line:
    T = np.random.default_rng(3).integers(26 * 7, 104 * 7, customers) / 7.0
    x, last = PARETO.simulate(T, seed=4)

    def work() -> Floats:
        fit = ParetoNbd.fit(Purchases.of(x, last, T))
        return fit.model.expected_purchases(YEAR, x, last, T)

    _found, seconds, processor = timed(work)
    result = f"{customers / processor:,.0f} customers/s"
    return Line("Pareto/NBD fitted and predicted", f"{customers:,} customers", seconds, processor, result, "≥ 50,000/s")


def _allocated(customers: int) -> Line:
    random = np.random.default_rng(5)
    problem = Problem.of(
        random.gamma(2, 10, (12, customers)),
        random.uniform(1, 8, 12),
        budget=1.5 * customers,
        capacity=np.full(12, 0.12 * customers),
        minimum=np.full(12, 0.02 * customers),
    )
    found, seconds, processor = timed(lambda: allocate(problem))
    size = f"{customers:,} × 12 offers"
    return Line("allocation", size, seconds, processor, f"gap {100 * found.gap:.2f} %", "≤ 2 s, ≤ 0.5 %")


def _coverage(refits: int) -> Line:
    """How often the 95 % intervals hold the parameters that the customers were made with."""
    T = np.random.default_rng(6).integers(26 * 7, 78 * 7, 4_000) / 7.0
    true = np.array([TRUE.r, TRUE.alpha, TRUE.a, TRUE.b])

    def work() -> Floats:
        inside = []
        for seed in range(refits):
            x, last = TRUE.simulate(T, seed=1_000 + seed)
            low, high = np.array(list(BgNbd.fit(Purchases.of(x, last, T)).intervals().values())).T
            inside.append((low <= true) & (true <= high))
        return np.asarray(np.mean(inside, axis=0))

    found, seconds, processor = timed(work)
    result = ", ".join(f"{name} {100 * share:.1f} %" for name, share in zip(BgNbd.names, found, strict=True))
    return Line(
        "coverage of 95 % intervals", f"{refits} refits of 4,000 customers", seconds, processor, result, "93 … 97 %"
    )
