"""The step that groups customers by how they buy: number of groups by stability and silhouette, archetypes by assignment, drift."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa

from guanxi.analytics.compute.context import Context, Floats, numbers
from guanxi.analytics.models import Cluster, Clustering, ClusterMember
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Score
from guanxi.science.archetypes import FEATURES, carry_over, choose, match
from guanxi.science.arrays import Ints, Unusable
from guanxi.science.clusters import Quality, agreement, compare, distances, k_means, standardised

LEAST = 48
SIZES = range(2, 7)
LEARNT_FROM = 20_000
"""Groups are found among so many customers at most, and all others assigned to the nearest."""
EDGE = 3.0
"""What lies further out than so many deviations counts as that far: one giant is no group."""
MISFIT = 2.5
"""Further from the centre than so many times what is usual in the group: no group fits."""
BATCH = 10_000


def clusters(context: Context) -> Mapping[str, Any]:
    """Group the customers anew; names, next steps and segments stay with the group that goes on."""
    table = context.frame("customers")
    if table.num_rows < LEAST:
        return {"groups": 0}
    plain = behaviour(table)
    points = np.clip(standardised(plain), -EDGE, EDGE)
    sample = (
        points
        if len(points) <= LEARNT_FROM
        else points[np.random.default_rng(0).choice(len(points), LEARNT_FROM, False)]
    )
    try:
        tried = compare(sample, [k for k in SIZES if k * 12 <= len(sample)])
    except Unusable:
        return {"groups": 0}
    k = choose([(one.k, one.silhouette, one.stability) for one in tried])
    context.tell(0.7, "")
    found = k_means(sample, k)
    labels = found.assign(points)
    away = np.sqrt(distances(points, found.centres)[np.arange(len(points)), labels])
    misfits = (
        away
        > MISFIT
        * np.array([np.median(away[labels == each]) if np.any(labels == each) else np.inf for each in range(k)])[labels]
    )
    with tenant_tx(context.tenant_id):
        _keep(context, table, plain, labels, away, misfits, found.centres, tried, k)
    return {"groups": k, "customers": len(labels), "misfits": int(misfits.sum())}


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


def _keep(
    context: Context, table: pa.Table, plain: Floats, labels: Ints, away: Floats, misfits: Any, centres: Floats, tried: list[Quality], k: int,
) -> None:  # fmt: skip
    keys = table.column("account").to_pylist()
    before, drift, heirs = _before(keys, labels)
    Clustering.objects.filter(in_use=True).update(in_use=False)
    Clustering.objects.filter(as_of=context.as_of).delete()
    chosen = next(one for one in tried if one.k == k)
    made = Clustering.objects.create(
        as_of=context.as_of, method="k-means", k=k, silhouette=chosen.silhouette, stability=chosen.stability, features=list(FEATURES),
        candidates=[{"k": one.k, "silhouette": one.silhouette, "stability": one.stability} for one in tried], drift=drift,
        overlooked=int(misfits.sum()), customers=len(labels), in_use=True,
    )  # fmt: skip
    worth = dict(Score.objects.values_list("account_id", "value"))
    kinds = match(centres)
    for number in range(k):
        rows = np.flatnonzero(labels == number)
        old = before.get(heirs.get(number, -1))
        values = [worth.get(UUID(keys[row])) for row in rows]
        group = Cluster.objects.create(
            clustering=made, number=number, archetype=kinds[number], size=len(rows),
            value=sum((value for value in values if value is not None), Decimal(0)),
            centre={name: round(float(np.median(plain[rows, at])), 4) for at, name in enumerate(FEATURES)} if len(rows) else {},
            name=old.name if old else "", next_step=old.next_step if old else "", segment_id=old.segment_id if old else None,
        )  # fmt: skip
        members = [
            ClusterMember(
                cluster=group, account_id=UUID(keys[row]), distance=float(away[row]), misfit=bool(misfits[row])
            )
            for row in rows
            if UUID(keys[row]) in worth
        ]
        ClusterMember.objects.bulk_create(members, batch_size=BATCH)
        named = Score.objects.filter(account_id__in=ClusterMember.objects.filter(cluster=group).values("account_id"))
        named.update(segment=kinds[number])


def _before(keys: list[str], labels: Ints) -> tuple[dict[int, Cluster], float | None, dict[int, int]]:
    """The groups in use until now by number, how far they agree with those of today, and which of today goes on which."""
    known = dict(
        ClusterMember.objects.filter(cluster__clustering__in_use=True).values_list("account_id", "cluster__number")
    )
    groups = {one.number: one for one in Cluster.objects.filter(clustering__in_use=True)}
    rows = [at for at, key in enumerate(keys) if UUID(key) in known]
    if not rows:
        return groups, None, {}
    now, then = labels[rows], np.array([known[UUID(keys[at])] for at in rows], dtype=np.int64)
    return groups, agreement(now, then), carry_over(now, then)
