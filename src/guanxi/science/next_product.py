"""Which product a customer takes next: learnt from who took what after a day, tested on what came after a later one.

A customer, at a moment, holds some products; each other product is a chance, described by how usual it is, how like what the customer holds
(Sarwar et al. 2001), how often holders of what it holds have it, and how active the customer was. A logistic regression turns that into a
probability for a horizon. Beside it stand three orders that need no learning: by popularity, by similarity, by the surest rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Flags, Floats, Ints, Unusable
from guanxi.science.logistic import Logistic, fit_logistic

FEATURES = ("popularity", "similarity", "confidence", "family", "held", "orders", "silence")
WAYS = ("model", "popularity", "similarity", "confidence")
MOST_PAIRS = 400_000
LEAST_TAKEN = 20
YEAR = 365


@dataclass(frozen=True)
class Purchases:
    """One row a purchase of a product: customer and product by number, day; `families` by product, −1 without one."""

    who: Ints
    what: Ints
    day: Ints
    customers: int
    products: int
    families: Ints


@dataclass(frozen=True)
class Moment:
    """What was known on a day: who held what, shape (customers, products), and the features of every pair by name."""

    held: Flags
    known: Flags
    features: dict[str, Floats]

    def table(self, rows: Ints, columns: Ints) -> Floats:
        """The features of some pairs, shape (pairs, features)."""
        return np.column_stack([self.features[name][rows, columns] for name in FEATURES])


@dataclass(frozen=True)
class Judged:
    """How the best k of each customer did: shares of what was taken that are among them, discounted by rank, and their margin."""

    recall: float
    ndcg: float
    margin: float


def moment(bought: Purchases, day: int) -> Moment:
    """Everything before or on a day. Products that nobody held are as unlikely as can be."""
    seen = bought.day <= day
    who, what, when = bought.who[seen], bought.what[seen], bought.day[seen]
    held = np.zeros((bought.customers, bought.products), dtype=bool)
    held[who, what] = True
    holds = held.astype(np.float64)
    both = holds.T @ holds
    owners = np.maximum(np.diag(both), 1.0)
    alike = both / np.sqrt(np.outer(owners, owners))
    sure = both / owners[:, None]
    np.fill_diagonal(alike, 0.0)
    np.fill_diagonal(sure, 0.0)
    recent = np.bincount(what[when > day - YEAR], minlength=bought.products).astype(np.float64)
    usual = np.log((recent + 1) / (max(int(held.any(axis=1).sum()), 1) + 1))
    known = np.asarray(held.any(axis=1))
    families = np.zeros_like(held)
    for family in np.unique(bought.families[bought.families >= 0]):
        inside = bought.families == family
        families[:, inside] = np.asarray(held[:, inside].any(axis=1))[:, None]
    last = np.full(bought.customers, -np.inf)
    np.maximum.at(last, who, when.astype(np.float64))
    orders = np.bincount(who[when > day - YEAR], minlength=bought.customers).astype(np.float64)
    shape = held.shape
    return Moment(
        held,
        known,
        {
            "popularity": np.broadcast_to(usual, shape),
            "similarity": holds @ alike,
            "confidence": surest(held, sure),
            "family": families.astype(np.float64),
            "held": np.broadcast_to(np.log1p(holds.sum(axis=1))[:, None], shape),
            "orders": np.broadcast_to(np.log1p(orders)[:, None], shape),
            "silence": np.broadcast_to(np.log1p(np.clip(day - last, 0, 10_000))[:, None], shape),
        },
    )


def surest(held: Flags, sure: Floats) -> Floats:
    """For each customer and product the highest confidence of what it holds."""
    found = np.zeros(held.shape)
    for product in range(held.shape[1]):
        holders = held[:, product]
        found[holders] = np.maximum(found[holders], sure[product])
    return found


def taken(bought: Purchases, before: Moment, day: int, until: int) -> Flags:
    """What each customer took after a day, until another, and had not held."""
    later = (bought.day > day) & (bought.day <= until)
    found = np.zeros(before.held.shape, dtype=bool)
    found[bought.who[later], bought.what[later]] = True
    return found & ~before.held


def learn(before: Moment, took: Flags, *, seed: int = 0) -> Logistic:
    """The model of taking up. Raises Unusable where too little was taken."""
    if took[before.known].sum() < LEAST_TAKEN:
        raise Unusable(
            f"Only {int(took[before.known].sum())} products were taken up: at least {LEAST_TAKEN} are needed."
        )
    rows, columns = np.nonzero(~before.held & before.known[:, None])
    if len(rows) > MOST_PAIRS:
        chosen = np.random.default_rng(seed).choice(len(rows), MOST_PAIRS, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    return fit_logistic(before.table(rows, columns), took[rows, columns].astype(np.float64), ridge=1.0)


def probabilities(model: Logistic, at: Moment) -> Floats:
    """Of every pair, 0 where it is held; row block by row block."""
    found = np.zeros(at.held.shape)
    for start in range(0, len(at.held), 20_000):
        rows, columns = np.nonzero(~at.held[start : start + 20_000] & at.known[start : start + 20_000, None])
        found[rows + start, columns] = model.probability(at.table(rows + start, columns))
    return found


def scores(at: Moment, chance: Floats) -> dict[str, Floats]:
    """What each way ranks by; held products come last."""
    found = {"model": chance} | {name: at.features[name] for name in WAYS[1:]}
    # Between equals the more usual product goes first.
    tie = 1e-9 * at.features["popularity"]
    return {name: np.where(at.held, -np.inf, marks + tie) for name, marks in found.items()}


def judged(marks: Floats, took: Flags, margins: Floats, k: int = 5) -> Judged:
    """Of customers who took something up: recall, NDCG and margin (of the products that came among the best k) per customer."""
    rows = np.flatnonzero(took.any(axis=1))
    if not len(rows):
        return Judged(float("nan"), float("nan"), float("nan"))
    best = np.argsort(-marks[rows], axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(took[rows], best, axis=1).astype(np.float64)
    weights = 1 / np.log2(np.arange(2, best.shape[1] + 2))
    count = took[rows].sum(axis=1)
    ideal = np.concatenate([[0.0], np.cumsum(weights)])[np.minimum(count, best.shape[1])]
    return Judged(
        float((hits.sum(axis=1) / count).mean()),
        float(((hits * weights).sum(axis=1) / ideal).mean()),
        float((hits * margins[best]).sum() / len(rows)),
    )
