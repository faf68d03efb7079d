"""k-medoids find the best medoids of small tables, and Gower's distance is that of its paper."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.science.arrays import Floats, Ints, Unusable
from guanxi.science.clusters import agreement, distances, silhouette, silhouette_by
from guanxi.science.medoids import compare_medoids, faster_pam, gower, mixed

NONE = np.empty((0, 0))


def line(*places: float) -> Floats:
    points = np.array(places)[:, None]
    return np.asarray(np.abs(points - points.T))


def two_kinds() -> tuple[Floats, Ints, Ints]:
    """Numbers that overlap, and categories that tell the kinds apart."""
    random = np.random.default_rng(3)
    labels = np.repeat([0, 1], [70, 50])
    return (
        random.normal(size=(120, 1)) + labels[:, None],
        np.column_stack([labels, labels, random.integers(0, 3, 120)]),
        labels,
    )


def test_gower_by_hand() -> None:
    """Three people of (age, income, sex, town): the mean of |difference| ÷ range and of being different; the unknown does not count."""
    numbers = np.array([[20.0, 1000.0], [30.0, 3000.0], [60.0, np.nan]])
    table = mixed(numbers, np.array([[0, 0], [1, 0], [1, -1]]))
    found = gower(table, table)
    assert found[0, 1] == pytest.approx((0.25 + 1 + 1 + 0) / 4)
    assert found[0, 2] == pytest.approx((1 + 1) / 2)
    assert found[1, 2] == pytest.approx((0.75 + 0) / 2)
    assert (np.diag(found) == 0).all() and (found == found.T).all()
    heavy = mixed(numbers, np.array([[0, 0], [1, 0], [1, -1]]), [1, 1, 2, 0])
    assert gower(heavy, heavy)[0, 1] == pytest.approx((0.25 + 1 + 2) / 4)
    apart = mixed(np.array([[1.0, np.nan], [np.nan, 1.0]]), np.empty((2, 0), dtype=np.int64))
    assert gower(apart, apart)[0, 1] == 1


def test_one_giant_is_no_measure() -> None:
    values = np.append(np.arange(100.0), 1e9)[:, None]
    none = np.empty((101, 0), dtype=np.int64)
    assert gower(*[mixed(values, none)] * 2)[0, 99] < 1e-6
    assert gower(*[mixed(values, none, tails=0.02)] * 2)[0, 99] == 1


def test_medoids_of_a_line() -> None:
    found = faster_pam(line(1, 2, 3, 20, 21, 22, 23), 2)
    assert found.rows.tolist() in ([4, 1], [5, 1])
    assert (found.cost, found.labels.tolist()) == (6.0, [1, 1, 1, 0, 0, 0, 0])
    assert faster_pam(line(1, 2, 3, 20), 1).rows.tolist() in ([1], [2])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=4, max_size=12, unique=True), st.integers(1, 3)
)
def test_cost_never_rises_and_medoids_are_members(places: list[tuple[float, float]], k: int) -> None:
    away = np.sqrt(distances(np.array(places), np.array(places)))
    np.fill_diagonal(away, 0)
    try:
        found = faster_pam(away, k)
    except Unusable:
        return
    assert len(set(found.rows.tolist())) == k and (found.labels[found.rows] == np.arange(k)).all()
    assert all(later <= before for before, later in zip(found.costs, found.costs[1:], strict=False))
    assert found.cost == pytest.approx(away[:, found.rows].min(axis=1).sum())
    # No single swap is better, as PAM promises.
    for place, row in ((place, row) for place in range(k) for row in range(len(away))):
        other = found.rows.copy()
        other[place] = row
        assert away[:, other].min(axis=1).sum() >= found.cost - 1e-6


def test_the_best_of_all_on_a_small_table() -> None:
    points = np.random.default_rng(4).normal(size=(24, 2))
    away = np.sqrt(distances(points, points))
    best = min(float(away[:, list(rows)].min(axis=1).sum()) for rows in combinations(range(24), 3))
    assert faster_pam(away, 3, starts=10).cost == pytest.approx(best)


def test_categories_tell_groups_and_their_number() -> None:
    numbers, categories, labels = two_kinds()
    table = mixed(numbers, categories)
    away = gower(table, table)
    assert agreement(faster_pam(away, 2).labels, labels) == 1
    found = {one.k: one for one in compare_medoids(away, [2, 4])}
    assert found[2].stability > 0.95 > found[4].stability and found[2].silhouette > 0.6
    assert gower(table.take(np.arange(3)), table).shape == (3, 120)


def test_silhouette_is_the_same_by_distances() -> None:
    points = np.random.default_rng(5).normal(size=(50, 2))
    labels = (points[:, 0] > 0).astype(np.int64)
    assert silhouette_by(np.sqrt(distances(points, points)), labels) == silhouette(points, labels)


def test_tables_that_cannot_serve() -> None:
    for call, fault in (
        (lambda: faster_pam(line(1, 1, 1), 2), "different rows"),
        (lambda: faster_pam(line(1, 2), 3), "different rows"),
        (lambda: faster_pam(np.ones((2, 3)), 1), "square table"),
        (lambda: faster_pam(np.zeros((5001, 5001)), 1), "at most 5,000"),
        (lambda: mixed(NONE, NONE.astype(np.int64)), "a column at least"),
        (lambda: mixed(np.array([[np.inf]]), np.empty((1, 0), dtype=np.int64)), "finite"),
        (lambda: mixed(np.ones((1, 1)), np.empty((1, 0), dtype=np.int64), [-1]), "Weights"),
    ):
        with pytest.raises(Unusable, match=fault):
            call()
