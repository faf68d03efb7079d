"""Groups of rows of a table that are likely the same person or company."""

from dataclasses import dataclass

import numpy as np

from guanxi.science.linkage import blocking
from guanxi.science.linkage.clusters import components, groups, settled
from guanxi.science.linkage.linker import LIKELY, Linker
from guanxi.science.linkage.model import probability
from guanxi.science.linkage.table import Table
from guanxi.science.linkage.types import Flags, Floats, Rows

PRECISION = 0.98


@dataclass(frozen=True)
class Cluster:
    """Ids of rows that are likely the same, and the mean probability of their pairs."""

    ids: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Result:
    """Clusters, the most certain first; how many pairs were compared; from which probability on pairs were linked."""

    clusters: list[Cluster]
    pairs: int
    threshold: float


def find_duplicates(table: Table, *, precision: float = PRECISION, whole: int = blocking.WHOLE) -> Result:
    """Link the rows of `table` so that the linked pairs are expected to be right in a share of `precision`.

    Nothing but the rows is asked: the weights are estimated from them. Tables of up to `whole` rows are compared pair by pair,
    larger ones block by block.
    """
    if len(table) < 2:
        return Result([], 0, LIKELY)
    kept, copy_of = _distinct(table)
    linker = Linker([field.of_rows(kept) for field in table.fields], len(kept))
    candidates = blocking.candidate_pairs(linker.fields, len(kept), whole=whole)
    scored = linker.fit(candidates)
    every = np.arange(len(kept), dtype=np.int64)
    copies = linker.score(every, every)
    repeated = np.bincount(copy_of, minlength=len(kept)) > 1
    threshold = expected_threshold(np.concatenate([scored.logits, copies[repeated]]), precision)
    links = scored.where(scored.logits >= threshold)
    linked = components(len(kept), links.left, links.right)
    labels = settled(linked, links.left, links.right, links.logits, linker.score)
    entity = _with_copies(labels, copy_of, copies >= threshold)
    return Result(_clusters(table, linker, entity, copy_of), len(candidates), _rounded(threshold))


def _with_copies(labels: Rows, copy_of: Rows, certain: Flags) -> Rows:
    """The entity of every row. Equal rows are one, unless they say too little to tell anybody by (a city alone, say)."""
    vague = (np.bincount(labels, minlength=len(labels))[labels] == 1) & ~certain
    return np.where(vague[copy_of], len(labels) + np.arange(len(copy_of)), labels[copy_of])


def _clusters(table: Table, linker: Linker, entity: Rows, copy_of: Rows) -> list[Cluster]:
    """The clusters with their scores; pairs of equal rows are scored as one."""
    members = list(groups(entity))
    if not members:
        return []
    pairs = [_pairs(np.array(sorted(set(copy_of[rows].tolist())))) for rows in members]
    scores = probability(linker.score(*np.concatenate(pairs, axis=1)))
    number = np.repeat(np.arange(len(pairs)), [part.shape[1] for part in pairs])
    means = np.bincount(number, weights=scores) / np.bincount(number)
    found = [
        Cluster(tuple(table.ids[row] for row in rows), round(float(mean), 4))
        for rows, mean in zip(members, means, strict=True)
    ]
    return sorted(found, key=lambda cluster: (-cluster.score, cluster.ids))


def _pairs(rows: Rows) -> Rows:
    """All pairs of rows, two lines; a single row with itself."""
    if len(rows) == 1:
        return np.array([rows, rows])
    left, right = np.triu_indices(len(rows), 1)
    return np.array([rows[left], rows[right]])


def _rounded(logit: float) -> float:
    return round(float(probability(np.array([logit]))[0]), 4)


def expected_threshold(logits: Floats, precision: float) -> float:
    """The lowest log odds down to which pairs are right, on the average, with probability `precision`; at least even odds."""
    ordered = np.sort(logits[logits >= 0])[::-1]
    if not len(ordered):
        return 0.0
    expected = np.cumsum(probability(ordered)) / np.arange(1, len(ordered) + 1)
    enough = np.flatnonzero(expected >= precision)
    return float(ordered[enough[-1]]) if len(enough) else float("inf")


def _distinct(table: Table) -> tuple[Rows, Rows]:
    """(one row of each combination of values, for each row the place of its like among them)."""
    columns = np.stack([slot for field in table.fields for slot in field.slots], axis=1)
    _values, kept, copy_of = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    return np.asarray(kept, dtype=np.int64), np.asarray(copy_of.reshape(-1), dtype=np.int64)
