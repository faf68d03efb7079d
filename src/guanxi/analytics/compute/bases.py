"""What customers are grouped by: of each basis its customers, features in plain units, and those brought to a common measure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.models import Basis
from guanxi.analytics.warehouse import expressions
from guanxi.analytics.warehouse.engines import fetched
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Score
from guanxi.science.archetypes import FEATURES
from guanxi.science.arrays import Ints
from guanxi.science.medoids import Mixed, mixed

EDGE = 3.0
"""What lies further out than so many deviations counts as that far: one giant is no group."""
TAILS = 0.01
MOST = 8
"""Attributes and product families that count, the most frequent ones."""
RARE = 0.05
"""What fewer customers have or said tells no groups; of categories they are all other."""
WORTH = ("value", "margin_12m", "potential", "cost_to_serve", "p_alive", "value_before")


@dataclass(frozen=True)
class Features:
    """numbers: by feature, NaN where unknown. categories: by feature, None where unknown. A feature that says the same of all is left out."""

    accounts: list[str]
    numbers: Mapping[str, Floats]
    categories: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """All features, numbers first."""
        return [*self.numbers, *self.categories]

    def codes(self, name: str) -> tuple[list[str], Ints]:
        """The values of a category, the most frequent first, and which one each customer has: −1 unknown; rare ones are one."""
        found = self.categories[name]
        counts = Counter(key for key in found if key)
        often = sorted((key for key in counts if counts[key] >= RARE * len(found)), key=lambda key: (-counts[key], key))
        place = {key: at for at, key in enumerate(often)}
        return often, np.array([place.get(key, len(often)) if key else -1 for key in found], dtype=np.int64)

    def points(self) -> Floats:
        """For k-means: deviations from the average, and for each category 1 ÷ √2 so that another one is at a distance of 1; the unknown is average."""
        columns = []
        for values in self.numbers.values():
            spread = np.nanstd(values)
            columns.append(np.clip(np.nan_to_num((values - np.nanmean(values)) / (spread if spread > 0 else 1)), -EDGE, EDGE))  # fmt: skip
        for name in self.categories:
            often, codes = self.codes(name)
            columns += [np.where(codes == at, np.sqrt(0.5), 0.0) for at in range(len(often) + int((codes == len(often)).any()))]  # fmt: skip
        return np.column_stack(columns)

    def table(self) -> Mixed:
        """For k-medoids, by Gower's distance."""
        size = len(self.accounts)
        plain = np.column_stack([*self.numbers.values()]) if self.numbers else np.empty((size, 0))
        codes = [self.codes(name)[1] for name in self.categories]
        return mixed(plain, np.column_stack(codes) if codes else np.empty((size, 0), dtype=np.int64), tails=TAILS)


def features_of(context: Context, basis: str) -> Features:
    """What the customers of the run are grouped by on a basis."""
    return _telling(_MADE[basis](context, context.frame("customers")))


def _telling(found: Features) -> Features:
    kept = {name: values for name, values in found.numbers.items() if np.nanmax(values, initial=-np.inf) > np.nanmin(values, initial=np.inf)}  # fmt: skip
    said = {name: values for name, values in found.categories.items() if len({one for one in values if one}) > 1}
    return Features(found.accounts, kept, said)


def _behaviour(_context: Context, table: pa.Table) -> Features:
    plain = behaviour(table)
    return Features(table.column("account").to_pylist(), {name: plain[:, at] for at, name in enumerate(FEATURES)})


def behaviour(table: pa.Table) -> Floats:
    """FEATURES of each customer in plain units (rows in the order of the frame); money and counts as logarithms."""
    revenue, discount = numbers(table, "revenue"), np.nan_to_num(numbers(table, "discount_12m"))
    orders, x, T = numbers(table, "orders"), numbers(table, "x"), numbers(table, "T")
    recent = np.maximum(numbers(table, "revenue_12m"), 0.0)
    gap = numbers(table, "gap_usual_days")
    silent = (T - numbers(table, "t_x")) * 7
    usual = np.where(np.isnan(gap), np.nanmedian(gap) if np.any(~np.isnan(gap)) else 180.0, gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(recent + discount > 0, discount / (recent + discount), 0.0)
    columns = {
        "spending": np.log1p(np.maximum(revenue, 0.0)),
        "frequency": np.log1p((x + 1) / np.maximum(T / 52.18, 0.25)),
        "discount": share,
        "silence": np.log1p(np.maximum(silent, 0.0) / np.maximum(usual, 1.0)),
        "breadth": np.nan_to_num(numbers(table, "families_held")),
        "service": np.log1p(np.nan_to_num(numbers(table, "contacts_12m")) / np.maximum(orders, 1.0)),
    }
    return np.column_stack([np.nan_to_num(columns[name]) for name in FEATURES])


def _value(context: Context, table: pa.Table) -> Features:
    """What they are worth, bring, could bring and cost; whether they will stay, and where their value goes."""
    with tenant_tx(context.tenant_id):
        rows = {row[0]: row[1:] for row in Score.objects.values_list("account_id", *WORTH)}
    none = (None,) * len(WORTH)
    keys = table.column("account").to_pylist()
    found = np.array([rows.get(UUID(key), none) for key in keys], dtype=np.float64).reshape(len(keys), len(WORTH))
    worth, margin, potential, cost, alive, before = found.T
    with np.errstate(invalid="ignore", divide="ignore"):
        trend = np.clip((worth - before) / np.maximum(np.abs(before), 1.0), -1, 1)
    return Features(
        keys,
        {"worth": _logged(worth), "margin": _logged(margin), "potential": _logged(potential), "cost": _logged(cost), "staying": alive, "trend": trend},
    )  # fmt: skip


def _logged(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def _needs(context: Context, table: pa.Table) -> Features:
    """How important they said attributes are, beside what else they were asked, and the shares of product families in what they bought."""
    with context.warehouse() as warehouse:
        said = fetched(expressions.importance(warehouse.fact("answers"), context.terms))
        sold = fetched(expressions.by_family(warehouse.fact("transactions"), context.terms))
    place = {key: at for at, key in enumerate(table.column("account").to_pylist())}
    asked, matters = _spread(place, said, "attribute", "importance")
    bought, revenue = _spread(place, sold, "family", "revenue")
    revenue = np.maximum(np.nan_to_num(revenue), 0.0)
    whole = revenue.sum(axis=1)
    shares = np.divide(revenue, whole[:, None], out=np.zeros_like(revenue), where=whole[:, None] > 0)
    answers = np.isfinite(matters)
    mean = np.divide(np.nan_to_num(matters).sum(axis=1), answers.sum(axis=1), out=np.zeros(len(place)), where=answers.any(axis=1))  # fmt: skip
    found = {f"importance:{key}": (matters - mean[:, None])[:, at] for at, key in enumerate(asked)}
    found |= {f"family:{key}": shares[:, at] for at, key in enumerate(bought)}
    known = answers.any(axis=1) | (whole > 0)
    often = {name: values[known] for name, values in found.items() if _often(values, known)}
    return Features([key for key, one in zip(place, known, strict=True) if one], often)


def _often(values: Floats, known: Any) -> bool:
    return bool((np.isfinite(values) & (values != 0) & known).sum() >= RARE * max(known.sum(), 1))


def _spread(place: Mapping[str, int], rows: pa.Table, name: str, of: str) -> tuple[list[str], Floats]:
    """Rows (account, name, of) as a table of customers by the most frequent names; NaN where there is no row."""
    keys, accounts = rows.column(name).to_pylist(), rows.column("account").to_pylist()
    counts = Counter(key for key, who in zip(keys, accounts, strict=True) if who in place)
    often = sorted(counts, key=lambda key: (-counts[key], key))[:MOST]
    column = {key: at for at, key in enumerate(often)}
    found = np.full((len(place), len(often)), np.nan)
    for key, who, value in zip(keys, accounts, rows.column(of).to_pylist(), strict=True):
        if key in column and who in place and value is not None:
            found[place[who], column[key]] = value
    return often, found


def _demographics(context: Context, table: pa.Table) -> Features:
    """Where they are, what they do, how large they are."""
    with context.warehouse() as warehouse:
        known = fetched(expressions.sizes(warehouse.fact("accounts"), context.terms))
    keys = table.column("account").to_pylist()
    at = {key: row for row, key in enumerate(known.column("account").to_pylist())}
    rows = np.array([at.get(key, -1) for key in keys], dtype=np.int64)
    sizes = {
        name: np.log1p(np.maximum(np.append(numbers(known, column), np.nan)[rows], 0.0))
        for name, column in (("staff", "employees"), ("turnover", "annual_revenue"))
    }
    return Features(keys, sizes, {name: table.column(name).to_pylist() for name in ("region", "industry", "kind", "country")})  # fmt: skip


_MADE: Mapping[str, Callable[[Context, pa.Table], Features]] = {
    Basis.BEHAVIOUR: _behaviour,
    Basis.VALUE: _value,
    Basis.NEEDS: _needs,
    Basis.DEMOGRAPHICS: _demographics,
}
