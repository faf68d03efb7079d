"""The step that learns from offers: how often which is accepted where and by whom, and what proposing it changes."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import ibis
import numpy as np
import pyarrow as pa
from django.db.models import Count

from guanxi.analytics.compute.context import Context, numbers
from guanxi.analytics.compute.lifting import uplifts
from guanxi.analytics.models import ActionChoice, Choice, OfferEffect, OfferRate
from guanxi.analytics.models.offers import EFFECT_DAYS as DAYS
from guanxi.analytics.warehouse.engines import fetched
from guanxi.analytics.warehouse.frames import Warehouse
from guanxi.core.tenancy import tenant_tx
from guanxi.engagement.queries import offers_known
from guanxi.science.acceptance import difference_of_rates, shrunken_rates

LEAST_IN_CONTROL = 20
Counts = dict[tuple[str, str, str], tuple[int, int]]


def offers(context: Context) -> Mapping[str, Any]:
    """Rates and effects of the offers, written anew."""
    with context.warehouse() as warehouse:
        counts = _counts(fetched(answered(warehouse, context)))
        trials = fetched(tried(warehouse, context)).to_pylist()
    with tenant_tx(context.tenant_id):
        known = offers_known()
        _add_choices(counts)
        OfferRate.objects.all().delete()
        rates = list(_rates(context, counts, known))
        OfferRate.objects.bulk_create(rates)
        OfferEffect.objects.all().delete()
        OfferEffect.objects.bulk_create(list(_effects(context, trials, known)))
    told = {"offers": len({row.offer_id for row in rates} - {None}), "rates": len(rates)}
    return {**told, **uplifts(context, customers_tried, known)}


def answered(warehouse: Warehouse, context: Context) -> Any:
    """offer, channel, grade, asked, accepted: of proposals until the day, by the grade of today."""
    made = warehouse.fact("offers")
    made = made.filter(made.day <= context.as_of, ~made.control)
    if context.frame("customers").num_rows:
        graded = warehouse.frame(context.as_of, "rfm").select("account", "grade")
        made = made.left_join(graded, "account").drop("account_right")
    else:
        made = made.mutate(grade=ibis.literal(""))
    made = made.mutate(
        grade=made.grade.coalesce(""),
        channel=made.channel.coalesce(""),
        yes=ibis.ifelse(made.response == "accepted", 1, 0),
    )
    return made.group_by(["offer", "channel", "grade"]).aggregate(
        asked=lambda t: t.count().cast("int64"), accepted=lambda t: t.yes.sum().cast("int64")
    )


def customers_tried(warehouse: Warehouse, context: Context) -> Any:
    """offer, account, product, day, control, arms, outcome: of each customer whether it bought the product offered within DAYS, or accepted where
    nothing of the catalogue is offered. `arms` is 2 for who was in the control group first and asked later, or the other way round.

    Only proposals whose days have passed, so that both arms had the same time.
    """
    made, sold = warehouse.fact("offers"), warehouse.fact("transactions")
    made = made.filter(made.day <= context.as_of - timedelta(days=DAYS))
    first = made.group_by(["offer", "account", "control", "product"]).aggregate(
        day=lambda t: t.day.min(), yes=lambda t: ibis.ifelse(t.response == "accepted", 1, 0).max()
    )
    bought = sold.filter(sold.revenue > 0, sold.product.notnull()).select("account", "product", bought_on=sold.day)
    both = first.left_join(bought, ["account", "product"])
    within = (
        both.bought_on.notnull()
        & (both.bought_on >= both.day)
        & (both.bought_on <= both.day + ibis.interval(days=DAYS))
    )
    each = both.mutate(hit=ibis.ifelse(within, 1, 0)).group_by(["offer", "account", "control", "product"])
    customers = each.aggregate(day=lambda t: t.day.min(), hit=lambda t: t.hit.max(), yes=lambda t: t.yes.max())
    arms = ibis.window(group_by=["offer", "account"])
    return customers.mutate(
        outcome=ibis.ifelse(customers.product.isnull(), customers.yes, customers.hit),
        arms=customers.count().over(arms),
    ).drop("hit", "yes")


def tried(warehouse: Warehouse, context: Context) -> Any:
    """offer, control, customers, bought: see `customers_tried`."""
    return (
        customers_tried(warehouse, context)
        .group_by(["offer", "control"])
        .aggregate(customers=lambda t: t.count().cast("int64"), bought=lambda t: t.outcome.sum().cast("int64"))
    )


def _counts(table: pa.Table) -> Counts:
    asked, accepted = numbers(table, "asked"), numbers(table, "accepted")
    keys = zip(*(table.column(name).to_pylist() for name in ("offer", "channel", "grade")), strict=True)
    return {key: (int(yes), int(n)) for key, yes, n in zip(keys, accepted, asked, strict=True)}


def _add_choices(counts: Counts) -> None:
    """What staff found unsuitable counts as asked in vain: who knows the customer said no in its place."""
    found = ActionChoice.objects.filter(choice=Choice.UNSUITABLE).values_list("offer_id", "channel")
    for offer_id, channel, count in found.annotate(count=Count("id")).values_list("offer_id", "channel", "count"):
        yes, asked = counts.get((str(offer_id), channel, ""), (0, 0))
        counts[(str(offer_id), channel, "")] = (yes, asked + count)


def _rates(context: Context, counts: Counts, known: set[UUID]) -> Iterator[OfferRate]:
    """All offers together; each on each channel, drawn towards that; by grade, drawn towards the offer on the channel."""
    counts = {key: value for key, value in counts.items() if UUID(key[0]) in known}
    by_channel: dict[tuple[str, str], list[int]] = {}
    for (offer, channel, _grade), (yes, asked) in counts.items():
        total = by_channel.setdefault((offer, channel), [0, 0])
        total[0] += yes
        total[1] += asked
    pairs = list(by_channel)
    sums = np.array([by_channel[pair] for pair in pairs], dtype=np.float64).reshape(-1, 2)
    of_pairs = shrunken_rates(sums[:, 0], sums[:, 1])
    all_yes, all_asked = sums.sum(axis=0)
    # An offer that nobody was asked yet is one more group: its rate has the spread of the groups.
    new = shrunken_rates(np.append(sums[:, 0], 0.0), np.append(sums[:, 1], 0.0))
    yield _row(context, None, "", "", all_asked, all_yes, new.rate[-1], new.low[-1], new.high[-1])
    for at, (offer, channel) in enumerate(pairs):
        yield _row(
            context,
            offer,
            channel,
            "",
            sums[at, 1],
            sums[at, 0],
            of_pairs.rate[at],
            of_pairs.low[at],
            of_pairs.high[at],
        )
    graded = [key for key in counts if key[2]]
    if not graded:
        return
    each = np.array([counts[key] for key in graded], dtype=np.float64)
    towards = np.array([of_pairs.rate[pairs.index(key[:2])] for key in graded])
    found = shrunken_rates(each[:, 0], each[:, 1], common=towards)
    for at, (offer, channel, grade) in enumerate(graded):
        yield _row(
            context, offer, channel, grade, each[at, 1], each[at, 0], found.rate[at], found.low[at], found.high[at]
        )


def _row(
    context: Context, offer: str | None, channel: str, grade: str, asked: float, accepted: float, rate: float, low: float, high: float
) -> OfferRate:  # fmt: skip
    return OfferRate(
        offer_id=UUID(offer) if offer else None, channel=channel, grade=grade, asked=int(asked), accepted=int(accepted),
        rate=float(rate), low=float(low), high=float(high), as_of=context.as_of,
    )  # fmt: skip


def _effects(context: Context, trials: list[dict[str, Any]], known: set[UUID]) -> Iterator[OfferEffect]:
    arms: dict[str, dict[bool, tuple[int, int]]] = {}
    for row in trials:
        arms.setdefault(row["offer"], {})[bool(row["control"])] = (row["bought"], row["customers"])
    for offer, arm in arms.items():
        (yes, asked), (other_yes, other) = arm.get(False, (0, 0)), arm.get(True, (0, 0))
        if UUID(offer) not in known or not asked or other < LEAST_IN_CONTROL:
            continue
        found = difference_of_rates(yes, asked, other_yes, other)
        yield OfferEffect(
            offer_id=UUID(offer), days=DAYS, proposed=asked, proposed_bought=yes, control=other, control_bought=other_yes,
            effect=found.difference, low=found.low, high=found.high, as_of=context.as_of,
        )  # fmt: skip
