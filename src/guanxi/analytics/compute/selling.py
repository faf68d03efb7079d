"""The step that learns what sells with what: rules, similar products, and what each customer is likely to take next.

The model of the next product learns from who took what within a time after a past day, and is tested on what came after a later one, beside
popularity, similarity and rules. What is used ranks best by the margin of the first five; probabilities are those of the model in any case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np

from guanxi.analytics.compute.context import Context, Floats
from guanxi.analytics.compute.writing import finite
from guanxi.analytics.models import ModelFit, NextProduct, ProductPair, ProductRule, Purpose, SellingKind
from guanxi.analytics.warehouse.engines import fetched
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Ints, Unusable
from guanxi.science.logistic import Logistic
from guanxi.science.next_product import FEATURES, Purchases, judged, learn, moment, probabilities, scores, taken
from guanxi.science.rules import Rule, mine
from guanxi.science.similar import item_similarity

SUPPORT, CONFIDENCE = Fraction(1, 100), Fraction(1, 5)
LEAST_BOTH = 3
MOST_RULES, NEAREST, KEPT, BEST = 300, 8, 5, 5
LONGEST = 3
MOST_PRODUCTS = 2_000
HORIZON = 180
SHORTEST = 60
CHEAPER = 0.3
MODEL = "next-product"


@dataclass(frozen=True)
class Stock:
    """Purchases by number, with the keys behind the numbers; price and margin of a first year by product, margin by purchase."""

    bought: Purchases
    accounts: list[str]
    products: list[str]
    price: Floats
    margin: Floats
    today: int
    paid: Floats


@dataclass(frozen=True)
class Taught:
    """What was learnt about next products: the row of the fit, the model (None where too little was taken up), its horizon in days."""

    stock: Stock
    fit: dict[str, Any]
    model: Logistic | None
    days: int


def taught(context: Context) -> Taught | None:
    """The model of the run, learnt once and left to later steps; None where nothing was sold."""
    if "next_product" not in context.made:
        stock = read_stock(context)
        context.made["next_product"] = _learnt(context, stock) if stock is not None else None
    found: Taught | None = context.made["next_product"]
    return found


def selling(context: Context) -> Mapping[str, Any]:
    """Rules, pairs and next products, written anew."""
    learnt = taught(context)
    with tenant_tx(context.tenant_id):
        for model in (ProductRule, ProductPair, NextProduct):
            model.objects.all().delete()
        ModelFit.objects.filter(as_of=context.as_of, purpose=Purpose.NEXT_PRODUCT).delete()
    if learnt is None:
        return {"products": 0}
    stock = learnt.stock
    # A row takes its tenant when it is made, so that all of this is one transaction.
    with tenant_tx(context.tenant_id):
        rules, pairs = list(_rules(context, stock)), list(_pairs(context, stock))
        rows = list(_next(context, learnt)) if learnt.model is not None else []
        ProductRule.objects.bulk_create(rules)
        ProductPair.objects.bulk_create(pairs)
        ModelFit.objects.create(**learnt.fit)
        for start in range(0, len(rows), 5_000):
            NextProduct.objects.bulk_create(rows[start : start + 5_000])
    context.made.pop("next_product")
    return {"products": len(stock.products), "rules": len(rules), "next": len(rows)}


def read_stock(context: Context) -> Stock | None:
    """First purchases and repeats of active products until the day; None where nothing was sold."""
    with context.warehouse() as warehouse:
        terms, _source = context.full_terms(warehouse)
        sold, known = warehouse.fact("transactions"), warehouse.fact("products")
        sold = sold.filter(sold.day <= context.as_of, sold.revenue > 0, sold.account.notnull(), sold.product.notnull())
        each = sold.group_by(["account", "product", "day"]).aggregate(
            margin=lambda t: t.margin.coalesce(t.revenue * terms.margin_rate).sum()
        )
        lines = fetched(each.inner_join(known.select("product"), "product").order_by(["account", "product", "day"]))
        catalogue = fetched(known.select("product", "family", "list_price").order_by("product"))
    if not lines.num_rows or catalogue.num_rows > MOST_PRODUCTS:
        return None
    products, families = catalogue.column("product").to_pylist(), catalogue.column("family").to_pylist()
    numbers = {key: number for number, key in enumerate(products)}
    groups = {key: number for number, key in enumerate(sorted({one for one in families if one}))}
    accounts, who = np.unique(np.array(lines.column("account").to_pylist()), return_inverse=True)
    what = np.array([numbers[key] for key in lines.column("product").to_pylist()], dtype=np.int64)
    day = np.array([one.toordinal() for one in lines.column("day").to_pylist()], dtype=np.int64)
    bought = Purchases(
        who, what, day, len(accounts), len(products), np.array([groups.get(one, -1) for one in families])
    )
    margin = np.nan_to_num(np.array(lines.column("margin").to_pylist(), dtype=np.float64))
    prices = np.array([one or 0.0 for one in catalogue.column("list_price").to_pylist()], dtype=np.float64)
    return Stock(
        bought, accounts.tolist(), products, prices, _yearly(bought, margin), context.as_of.toordinal(), margin
    )


def _yearly(bought: Purchases, margin: Floats) -> Floats:
    """What a product brings a customer's first year with it, on average."""
    pair = bought.who * bought.products + bought.what
    _keys, place = np.unique(pair, return_inverse=True)
    first = np.full(place.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, place, bought.day)
    within = bought.day < first[place] + 365
    sums = np.bincount(bought.what[within], margin[within], minlength=bought.products)
    takers = np.bincount(bought.what[bought.day == first[place]], minlength=bought.products)
    return sums / np.maximum(takers, 1)


def _rules(context: Context, stock: Stock) -> Iterator[ProductRule]:
    who, what = _held(stock)
    try:
        found = mine([str(one) for one in who], [stock.products[one] for one in what], SUPPORT, CONFIDENCE, LONGEST)
    except Unusable:
        return
    worth = [rule for rule in found if rule.both >= LEAST_BOTH and rule.lift > 1]
    for rule in sorted(worth, key=_telling)[:MOST_RULES]:
        yield ProductRule(
            given=[UUID(one) for one in rule.given], product_id=UUID(rule.then), both=rule.both, left=rule.left, right=rule.right,
            customers=rule.baskets, as_of=context.as_of,
        )  # fmt: skip


def _telling(rule: Rule) -> tuple[Any, ...]:
    """Much more often than among all, and by many."""
    return (-(rule.lift - 1) * rule.both, len(rule.given), rule.given, rule.then)


def _held(stock: Stock) -> tuple[Ints, Ints]:
    """Who has what, once."""
    pairs = np.unique(stock.bought.who * stock.bought.products + stock.bought.what)
    return pairs // stock.bought.products, pairs % stock.bought.products


def _pairs(context: Context, stock: Stock) -> Iterator[ProductPair]:
    who, what = _held(stock)
    names = [stock.products[one] for one in what]
    near = item_similarity([str(one) for one in who], names, nearest=NEAREST)
    holders: dict[str, set[int]] = {}
    for customer, name in zip(who.tolist(), names, strict=True):
        holders.setdefault(name, set()).add(customer)
    for name in near.items:
        for other, score in near.of(name):
            both = len(holders[name] & holders[other])
            yield ProductPair(product_id=UUID(name), other_id=UUID(other), score=score, both=both, as_of=context.as_of)


def _learnt(context: Context, stock: Stock) -> Taught:
    """The model with its test on what came after a later day than those it learnt from."""
    bought, today = stock.bought, stock.today
    days = int(min(HORIZON, max(SHORTEST, (today - int(bought.day.min())) // 4)))
    later, early = (moment(bought, today - back * days) for back in (1, 2))
    fit: dict[str, Any] = {
        "run_id": context.run_id, "as_of": context.as_of, "purpose": Purpose.NEXT_PRODUCT, "model": MODEL, "asked": MODEL, "customers": len(stock.accounts),
        "evaluation": {},
    }  # fmt: skip
    try:
        tested = learn(early, taken(bought, early, today - 2 * days, today - days))
        took = taken(bought, later, today - days, today)
        model = learn(later, took)
    except Unusable as reason:
        return Taught(stock, {**fit, "warnings": [{"code": "unusable", "text": str(reason)}]}, None, days)
    chance = probabilities(tested, later)
    ways = {name: judged(marks, took, stock.margin, BEST) for name, marks in scores(later, chance).items()}
    told = {name: {key: finite(value) for key, value in asdict(one).items()} for name, one in ways.items()}
    best = max(ways, key=lambda name: (np.nan_to_num(ways[name].margin), name == "model"))
    names = ("intercept", *FEATURES)
    fit |= {
        "parameters": [[name, float(value)] for name, value in zip(names, model.coefficients, strict=True)],
        "standard_errors": [[name, float(value)] for name, value in zip(names, model.standard_errors, strict=True)],
        "converged": model.converged, "in_use": best == "model",
    }  # fmt: skip
    fit["evaluation"] = {
        "next_product": {
            "k": BEST, "days": days, "tested_from": date.fromordinal(today - days).isoformat(), "ways": told, "best": best,
            "customers": int(took.any(axis=1).sum()), "took": int(took.sum()), "expected": float(chance[later.known].sum()),
        }
    }  # fmt: skip
    return Taught(stock, fit, model, days)


def _next(context: Context, learnt: Taught) -> Iterator[NextProduct]:
    """The best of each customer by probability × margin, with what speaks for it."""
    stock, days = learnt.stock, learnt.days
    at = moment(stock.bought, stock.today)
    chance = probabilities(learnt.model, at) if learnt.model is not None else np.zeros(at.held.shape)
    worth = np.where(at.held, -np.inf, chance * np.maximum(stock.margin, 0.0))
    best = np.argsort(-worth, axis=1, kind="stable")[:, :KEPT]
    holds = at.held.astype(np.float64)
    both = holds.T @ holds
    sure = both / np.maximum(np.diag(both), 1.0)[:, None]
    for row in np.flatnonzero(at.known):
        own = np.flatnonzero(at.held[row])
        for product in best[row]:
            if worth[row, product] <= 0:
                break
            speaks = own[int(sure[own, product].argmax())]
            yield NextProduct(
                account_id=UUID(stock.accounts[row]), product_id=UUID(stock.products[product]), days=days,
                because_id=UUID(stock.products[speaks]) if both[speaks, product] >= LEAST_BOTH else None,
                kind=kind_of(stock, own, int(product), int(speaks)), probability=float(chance[row, product]), margin=float(stock.margin[product]),
                as_of=context.as_of,
            )  # fmt: skip


def kind_of(stock: Stock, own: Ints, product: int, speaks: int) -> SellingKind:
    """Dearer than what it has of the family: up-sell; much cheaper than what speaks for it: add-on; else cross-sell."""
    family = stock.bought.families
    same = own[(family[own] == family[product]) & (family[product] >= 0)]
    if len(same) and stock.price[product] > stock.price[same].max():
        return SellingKind.UP_SELL
    if 0 < stock.price[product] <= CHEAPER * stock.price[speaks]:
        return SellingKind.ADD_ON
    return SellingKind.CROSS_SELL
