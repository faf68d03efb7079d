"""From pairs to groups: rows that belong together by way of others, but not by a chain of doubtful links."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from guanxi.science.linkage.types import Floats, Rows

Score = Callable[[Rows, Rows], Floats]
"""The log odds that the rows of each pair are the same."""

LARGEST = 400
# What one pair may say for or against a whole group.
MOST = 8.0
_TOGETHER = 1_000_000


def components(size: int, left: Rows, right: Rows) -> Rows:
    """For each of `size` rows the lowest row to which links lead (connected components)."""
    parent = list(range(size))
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        a, b = _root(parent, one), _root(parent, other)
        if a != b:
            parent[max(a, b)] = min(a, b)
    return np.array([_root(parent, row) for row in range(size)], dtype=np.int64)


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def groups(labels: Rows) -> Iterator[Rows]:
    """The rows of each label that more than one row has, in order."""
    order = np.argsort(labels, kind="stable")
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    for group in np.split(order, bounds):
        if len(group) > 1:
            yield group


def settled(labels: Rows, left: Rows, right: Rows, logits: Floats, score: Score) -> Rows:
    """Groups of linked rows (`labels`) divided where a chance link joined them: within each, the nearest parts are joined as long as
    their pairs speak for it on the average (average linkage; Sokal & Michener 1958). A group too large for that loses its weakest links.
    """
    found = labels.copy()
    limit = 0.0
    while len(large := np.flatnonzero(np.bincount(found, minlength=1) > LARGEST)) and limit < 2 * MOST:
        limit += 2.0
        kept = (logits >= limit) | ~np.isin(found[left], large)
        found = components(len(labels), left[kept], right[kept])
    some: list[Rows] = []
    size = 0
    for rows in groups(found):
        if 2 < len(rows) <= LARGEST:
            some.append(rows)
            size += len(rows) ** 2 // 2
        if size > _TOGETHER:
            _divide(found, some, score)
            some, size = [], 0
    _divide(found, some, score)
    return found


def _divide(labels: Rows, some: Sequence[Rows], score: Score) -> None:
    """Give the parts of each group labels of their own."""
    if not some:
        return
    corners = [np.triu_indices(len(rows), 1) for rows in some]
    left = np.concatenate([rows[a] for rows, (a, _b) in zip(some, corners, strict=True)])
    right = np.concatenate([rows[b] for rows, (_a, b) in zip(some, corners, strict=True)])
    logits = np.clip(score(left, right), -MOST, MOST)
    at = 0
    for rows, (a, b) in zip(some, corners, strict=True):
        own = logits[at : at + len(a)]
        at += len(a)
        if (own <= 0).any():
            nearness = np.zeros((len(rows), len(rows)))
            nearness[a, b] = nearness[b, a] = own
            labels[rows] = rows[average_linkage(nearness)]


def average_linkage(nearness: Floats) -> Rows:
    """For each row of a symmetric matrix the first row of its part: the nearest parts are joined while their mean is above zero."""
    near = nearness.astype(np.float64)
    np.fill_diagonal(near, -np.inf)
    part = np.arange(len(near), dtype=np.int64)
    sizes = np.ones(len(near))
    while len(near) > 1:
        one, other = sorted(int(place) for place in np.unravel_index(np.argmax(near), near.shape))
        if near[one, other] <= 0:
            break
        joined = (sizes[one] * near[one] + sizes[other] * near[other]) / (sizes[one] + sizes[other])
        near[one], near[:, one] = joined, joined
        near[one, one] = near[other] = near[:, other] = -np.inf
        sizes[one] += sizes[other]
        part[part == other] = one
    return part
