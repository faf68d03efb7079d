"""Groups that are there are found, and it is said when there are none; items that go together."""

import numpy as np
import pytest

from guanxi.science.arrays import Floats, Ints, Unusable
from guanxi.science.clusters import agreement, compare, k_means, silhouette, stability, standardised
from guanxi.science.medoids import k_medoids
from guanxi.science.similar import item_similarity

CENTRES = np.array([[0.0, 0], [8, 0], [0, 8]])


def three(rows: int = 600) -> tuple[Floats, Ints]:
    random = np.random.default_rng(1)
    labels = random.choice(3, rows, p=[0.5, 0.3, 0.2])
    return CENTRES[labels] + random.normal(size=(rows, 2)), labels


def test_groups_that_are_there_are_found() -> None:
    points, labels = three()
    for method in (k_means, k_medoids):
        found = method(points, 3)
        assert agreement(found.labels, labels) == pytest.approx(1, abs=0.02)
        assert np.abs(found.centres - CENTRES).max() < 0.6
        sizes = np.bincount(found.labels)
        assert (np.diff(sizes) <= 0).all() and (found.assign(points) == found.labels).all()


def test_the_right_number_is_the_best() -> None:
    found = {quality.k: quality for quality in compare(three()[0], [2, 3, 5])}
    assert max(found.values(), key=lambda quality: quality.silhouette).k == 3
    assert found[3].stability > 0.97 > found[5].stability and found[3].silhouette > 0.6


def test_where_there_are_no_groups_they_do_not_stay() -> None:
    points = np.random.default_rng(2).normal(size=(600, 4))
    assert stability(points, 5) < 0.7 and silhouette(points, k_means(points, 5).labels) < 0.3


def test_medoids_do_not_run_after_one_far_row() -> None:
    points = np.concatenate([three()[0], [[1_000.0, 1_000.0]]])
    medoid, mean = k_medoids(points, 1).centres[0], k_means(points, 1).centres[0]
    assert np.abs(medoid - k_medoids(points[:-1], 1).centres[0]).max() < 0.5
    assert np.abs(mean - points[:-1].mean(axis=0)).min() > 1.5


def test_agreement() -> None:
    """The example of Hubert & Arabie's index in every textbook: the same grouping under other names is 1."""
    assert agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])) == 1
    assert agreement(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])) == pytest.approx(-0.5)
    assert agreement(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2])) == pytest.approx(0.2424, abs=1e-4)


def test_silhouette_by_hand() -> None:
    points = np.array([[0.0], [1], [10], [11]])
    assert silhouette(points, np.array([0, 0, 1, 1])) == pytest.approx(np.mean([1 - 1 / 10.5, 1 - 1 / 9.5] * 2))
    assert silhouette(points, np.zeros(4, dtype=np.int64)) == 0


def test_points_that_cannot_serve() -> None:
    for points, k, fault in (
        (np.ones((5, 2)), 2, "as many different rows"),
        (np.full((5, 2), np.nan), 1, "finite numbers"),
        (np.ones((5, 2)), 0, "as many different rows"),
    ):
        with pytest.raises(Unusable, match=fault):
            k_means(points, k)
    assert standardised(np.ones((3, 1))).tolist() == [[0], [0], [0]]


def test_items_of_the_same_customers() -> None:
    held = {"1": "ab", "2": "ab", "3": "abc", "4": "c", "5": "cd"}
    pairs = [(who, item) for who, items in held.items() for item in items]
    found = item_similarity([who for who, _item in pairs] + ["1"], [item for _who, item in pairs] + ["a"])
    assert dict(found.of("a")) == pytest.approx({"b": 1.0, "c": 1 / 3})
    assert dict(found.of("d")) == pytest.approx({"c": 1 / np.sqrt(3)})
    assert [item for item, _score in found.recommend(["a"])] == ["b", "c"]
    assert found.recommend(["unknown"]) == []
    with pytest.raises(Unusable, match="no item z"):
        found.of("z")
    with pytest.raises(Unusable, match="Pairs"):
        item_similarity([], [])
