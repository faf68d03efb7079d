"""The step that groups customers, once on each basis: number of groups by stability and silhouette, archetypes by assignment, misfits, drift."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from guanxi.analytics.compute.bases import Features, features_of
from guanxi.analytics.compute.context import Context
from guanxi.analytics.compute.grouped import Grouped, keep_grouping
from guanxi.analytics.models import Basis, Clustering, Grouping
from guanxi.core.tenancy import tenant_tx
from guanxi.science.archetypes import choose
from guanxi.science.arrays import Flags, Floats, Ints, Unusable
from guanxi.science.clusters import Quality, compare, distances, k_means
from guanxi.science.medoids import compare_medoids, faster_pam, gower

LEAST = 48
SIZES = range(2, 7)
LEARNT_FROM = {Grouping.MEANS: 20_000, Grouping.MEDOIDS: 1_500}
"""Groups are found among so many customers at most, and all others assigned to the nearest; medoids compare all pairs."""
OTHER_BASES = 5_000
AT_ONCE = 100_000
MISFIT = 2.5
"""Further from the centre than so many times what is usual in the group: no group fits."""


def clusters(context: Context) -> Mapping[str, Any]:
    """Group the customers anew on each basis of the settings; names, next steps and segments stay with the group that goes on."""
    if context.frame("customers").num_rows < LEAST:
        return {"groups": 0}
    wanted = [
        str(one) for one in Basis.values if not context.settings.group_bases or one in context.settings.group_bases
    ]
    told: dict[str, Any] = {}
    for place, basis in enumerate(wanted):
        features = features_of(context, basis)
        found = group(features, context.settings.grouping, OTHER_BASES if place else None)
        with tenant_tx(context.tenant_id):
            if found is None:
                Clustering.objects.filter(basis=basis, in_use=True).update(in_use=False)
            else:
                keep_grouping(context, basis, features, found)
        told[basis] = (
            {"groups": 0} if found is None else {"groups": found.chosen.k, "misfits": int(found.misfits.sum())}
        )
        context.tell((place + 1) / len(wanted), basis)
    with tenant_tx(context.tenant_id):
        Clustering.objects.exclude(basis__in=wanted).filter(in_use=True).update(in_use=False)
    return told


def method_of(features: Features, setting: str) -> str:
    """Which method the setting means for these features."""
    if setting != Grouping.AUTO:
        return setting
    return Grouping.MEDOIDS if features.categories else Grouping.MEANS


def group(features: Features, setting: str, most: int | None = None) -> Grouped | None:
    """The groups of customers by their features; None where too few customers, or nothing that tells them apart, is known."""
    if len(features.accounts) < LEAST or not features.names:
        return None
    method = method_of(features, setting)
    size = min(LEARNT_FROM[Grouping(method)], most or len(features.accounts))
    rows = np.arange(len(features.accounts))
    sample = rows if len(rows) <= size else np.sort(np.random.default_rng(0).choice(len(rows), size, replace=False))
    sizes = [k for k in SIZES if k * 12 <= len(sample)]
    try:
        made = (
            _by_medoids(features, sample, sizes) if method == Grouping.MEDOIDS else _by_means(features, sample, sizes)
        )
    except Unusable:
        return None
    labels, away, tried, chosen = made
    return Grouped(method, labels, away, _misfits(labels, away, chosen.k), tried, chosen)


def _chosen(tried: list[Quality]) -> Quality:
    k = choose([(one.k, one.silhouette, one.stability) for one in tried])
    return next(one for one in tried if one.k == k)


def _possible(tables: int, sizes: list[int]) -> list[int]:
    found = [k for k in sizes if k <= tables]
    if not found:
        raise Unusable("All customers are the same.")
    return found


def _by_means(features: Features, sample: Ints, sizes: list[int]) -> tuple[Ints, Floats, list[Quality], Quality]:
    points = features.points()
    learnt = points[sample]
    tried = compare(learnt, _possible(len(np.unique(learnt, axis=0)), sizes))
    chosen = _chosen(tried)
    found = k_means(learnt, chosen.k)
    labels = found.assign(points)
    away = np.sqrt(distances(points, found.centres)[np.arange(len(points)), labels])
    return labels, away, tried, chosen


def _by_medoids(features: Features, sample: Ints, sizes: list[int]) -> tuple[Ints, Floats, list[Quality], Quality]:
    table = features.table()
    learnt = table.take(sample)
    between = gower(learnt, learnt)
    tried = compare_medoids(between, _possible(len(np.unique(between, axis=0)), sizes))
    chosen = _chosen(tried)
    medoids = table.take(sample[faster_pam(between, chosen.k).rows])
    labels, away = np.empty(len(table), dtype=np.int64), np.empty(len(table))
    for start in range(0, len(table), AT_ONCE):
        part = np.arange(start, min(start + AT_ONCE, len(table)))
        found = gower(table.take(part), medoids)
        labels[part], away[part] = found.argmin(axis=1), found.min(axis=1)
    return labels, away, tried, chosen


def _misfits(labels: Ints, away: Floats, k: int) -> Flags:
    usual = np.array([np.median(away[labels == each]) if np.any(labels == each) else np.inf for each in range(k)])
    # Where most of a group are exactly alike, a little further out is no misfit: the usual distance of all counts then.
    usual = np.maximum(usual, np.median(away) / 2)
    return np.asarray((away > MISFIT * usual[labels]) & (away > 0), dtype=np.bool_)
