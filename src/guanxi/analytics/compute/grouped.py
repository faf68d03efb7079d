"""Writing down a grouping: its groups with what sets them apart, their members, how far it agrees with the one before; segments follow their groups."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

from guanxi.analytics.compute.bases import Features
from guanxi.analytics.compute.context import Context, Floats
from guanxi.analytics.models import Basis, Cluster, Clustering, ClusterMember
from guanxi.analytics.services.segments import follow_group
from guanxi.customers.models import Score
from guanxi.science.archetypes import FEATURES, carry_over, match
from guanxi.science.arrays import Flags, Ints
from guanxi.science.clusters import Quality, agreement

BATCH = 10_000
KEPT = 24
"""So many groupings of a basis keep their figures."""
APART, OVER = 0.35, 0.15
"""A number sets a group apart from so many deviations on, a category from such a difference of shares on."""
MARKS = 5


@dataclass(frozen=True)
class Grouped:
    """What was found on a basis. away: how far each customer is from the centre of its group."""

    method: str
    labels: Ints
    away: Floats
    misfits: Flags
    tried: list[Quality]
    chosen: Quality


def keep_grouping(context: Context, basis: str, features: Features, found: Grouped) -> None:
    """Make this the grouping in use of the basis. Within the transaction of the company."""
    before = dict(ClusterMember.objects.filter(cluster__clustering__in_use=True, cluster__clustering__basis=basis).values_list("account_id", "cluster__number"))  # fmt: skip
    old = {one.number: one for one in Cluster.objects.filter(clustering__in_use=True, clustering__basis=basis)}
    drift, moved, heirs = _drift(features.accounts, found.labels, before)
    made = _clustering(context, basis, features, found, drift, moved)
    worth = dict(Score.objects.values_list("account_id", "value"))
    kinds = _matched(basis, features, found)
    for number in range(found.chosen.k):
        rows = np.flatnonzero(found.labels == number)
        ids = [UUID(features.accounts[row]) for row in rows]
        heir = old.get(heirs.get(number, -1))
        group = Cluster.objects.create(
            clustering=made, number=number, archetype=kinds[number], size=len(rows), value=sum((worth.get(key) or Decimal(0) for key in ids), Decimal(0)),
            centre=_centre(features, rows), marks=marks(features, rows), name=heir.name if heir else "",
            next_step=heir.next_step if heir else "", segment_id=heir.segment_id if heir else None,
        )  # fmt: skip
        ClusterMember.objects.bulk_create(
            (ClusterMember(cluster=group, account_id=key, distance=float(found.away[row]), misfit=bool(found.misfits[row])) for key, row in zip(ids, rows, strict=True) if key in worth),
            batch_size=BATCH,
        )  # fmt: skip
        if basis == Basis.BEHAVIOUR:
            named = ClusterMember.objects.filter(cluster=group).values("account_id")
            Score.objects.filter(account_id__in=named).update(segment=kinds[number])
        if heir is not None and heir.segment_id:
            then = {key for key, place in before.items() if place == heir.number}
            follow_group(context.tenant_id, heir.segment_id, joined=set(ids) & set(worth) - then, left=then - set(ids))
    _forget(basis, made)


def _clustering(context: Context, basis: str, features: Features, found: Grouped, drift: float | None, moved: float | None) -> Clustering:  # fmt: skip
    Clustering.objects.filter(basis=basis, in_use=True).update(in_use=False)
    Clustering.objects.filter(basis=basis, as_of=context.as_of).delete()
    made: Clustering = Clustering.objects.create(
        basis=basis, as_of=context.as_of, method=found.method, k=found.chosen.k, silhouette=found.chosen.silhouette, stability=found.chosen.stability,
        features=features.names, candidates=[{"k": one.k, "silhouette": one.silhouette, "stability": one.stability} for one in found.tried],
        drift=drift, moved=moved, overlooked=int(found.misfits.sum()), customers=len(found.labels), in_use=True,
    )  # fmt: skip
    return made


def _matched(basis: str, features: Features, found: Grouped) -> list[str]:
    """The archetypes of groups by behaviour: by the averages of their members, in deviations; what is the same of all counts as average."""
    if basis != Basis.BEHAVIOUR:
        return [""] * found.chosen.k
    points = features.points()
    means = np.zeros((found.chosen.k, len(FEATURES)))
    for each in range(found.chosen.k):
        if np.any(found.labels == each):
            means[each, [FEATURES.index(name) for name in features.numbers]] = points[found.labels == each].mean(axis=0)
    return match(means)


def _drift(
    keys: Iterable[str], labels: Ints, before: Mapping[UUID, int]
) -> tuple[float | None, float | None, dict[int, int]]:
    """How far groups agree with those before, the share of customers who moved, and which group of today goes on which."""
    rows = [(at, before[UUID(key)]) for at, key in enumerate(keys) if UUID(key) in before]
    if not rows:
        return None, None, {}
    now, then = labels[[at for at, _group in rows]], np.array([place for _at, place in rows], dtype=np.int64)
    heirs = carry_over(now, then)
    stayed = np.array([heirs.get(int(one), -1) for one in now]) == then
    return agreement(now, then), float(1 - stayed.mean()), heirs


def _centre(features: Features, rows: Ints) -> dict[str, Any]:
    """The median of each number, the most frequent value of each category."""
    found: dict[str, Any] = {}
    for name, values in features.numbers.items():
        known = values[rows][np.isfinite(values[rows])]
        if len(known):
            found[name] = round(float(np.median(known)), 4)
    for name, texts in features.categories.items():
        said = Counter(texts[row] for row in rows if texts[row])
        if said:
            found[name] = min(said, key=lambda key: (-said[key], str(key)))
    return found


def marks(features: Features, rows: Ints) -> list[dict[str, Any]]:
    """What sets these customers apart, the furthest from the average of all first."""
    found: list[dict[str, Any]] = []
    for name, values in features.numbers.items():
        spread, inside = float(np.nanstd(values)), values[rows]
        if spread > 0 and np.isfinite(inside).any():
            score = float((np.nanmean(inside) - np.nanmean(values)) / spread)
            if abs(score) >= APART:
                found.append({"feature": name, "score": round(score, 3)})
    for name in features.categories:
        often, codes = features.codes(name)
        for at, value in enumerate(often if len(rows) else ()):
            share, average = float((codes[rows] == at).mean()), float((codes == at).mean())
            if share - average >= OVER:
                score = (share - average) / float(np.sqrt(average * (1 - average)))
                found.append({"feature": name, "value": value, "share": round(share, 4), "average": round(average, 4), "score": round(score, 3)})  # fmt: skip
    return sorted(found, key=lambda one: -abs(one["score"]))[:MARKS]


def _forget(basis: str, made: Clustering) -> None:
    """Members of groupings before are not needed again, nor the oldest groupings."""
    earlier = Clustering.objects.filter(basis=basis).exclude(id=made.id)
    ClusterMember.objects.filter(cluster__clustering__in=earlier).delete()
    oldest = list(earlier.order_by("-as_of").values_list("id", flat=True)[KEPT - 1 :])
    if oldest:
        Clustering.objects.filter(id__in=oldest).delete()
