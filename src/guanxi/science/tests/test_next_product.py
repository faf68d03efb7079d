"""The next product: what it is learnt from, and that it foresees more than popularity where there is something to be foreseen."""

import numpy as np
import pytest

from guanxi.science import next_product as np_
from guanxi.science.arrays import Unusable


def made(customers: int = 600, seed: int = 1) -> np_.Purchases:
    """Two kinds of customers; within a kind, product 2 follows 1 and 3 follows 2; product 0 is bought by everybody."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        base = 4 * (who % 2) + 1
        day = int(random.integers(0, 900))
        for what in (0, base, base + 1, base + 2)[: 1 + int(random.integers(1, 4))]:
            rows.append((who, what, day))
            day += int(random.integers(20, 200))
    who, what, day = np.array(rows).T
    return np_.Purchases(who, what, day, customers, 9, np.array([-1, 0, 0, 0, -1, 1, 1, 1, -1]))


def test_nothing_later_than_the_day_is_seen() -> None:
    bought = made()
    early = np_.moment(bought, 500)
    cut = bought.day <= 500
    only = np_.Purchases(
        bought.who[cut], bought.what[cut], bought.day[cut], bought.customers, bought.products, bought.families
    )
    same = np_.moment(only, 500)
    assert (early.held == same.held).all()
    for name in np_.FEATURES:
        assert np.array_equal(early.features[name], same.features[name]), name


def test_it_foresees_more_than_popularity() -> None:
    bought = made()
    first, second = np_.moment(bought, 450), np_.moment(bought, 650)
    model = np_.learn(first, np_.taken(bought, first, 450, 650))
    took = np_.taken(bought, second, 650, 850)
    chance = np_.probabilities(model, second)
    assert ((chance >= 0) & (chance <= 1)).all() and (chance[second.held] == 0).all()
    learnt_from = np_.taken(bought, first, 450, 650)[first.known].sum()
    assert np_.probabilities(model, first).sum() == pytest.approx(learnt_from, rel=0.01)
    found = {name: np_.judged(marks, took, np.ones(9), k=2) for name, marks in np_.scores(second, chance).items()}
    assert found["model"].recall > found["popularity"].recall + 0.1
    assert found["model"].ndcg > found["popularity"].ndcg and found["model"].margin > found["popularity"].margin
    assert all(0 <= one.recall <= 1 and 0 <= one.ndcg <= 1 for one in found.values())


def test_figures_of_a_ranking_by_hand() -> None:
    marks = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    took = np.array([[True, False, True], [False, False, True], [False, False, False]])
    one = np_.judged(marks, took, np.array([10.0, 20.0, 40.0]), k=2)
    second = 1 / np.log2(3)
    assert one.recall == pytest.approx((0.5 + 1) / 2)
    assert one.ndcg == pytest.approx((1 / (1 + second) + 1) / 2)
    assert one.margin == pytest.approx((10 + 40) / 2)


def test_too_little_is_refused() -> None:
    bought = made(12)
    early = np_.moment(bought, 450)
    with pytest.raises(Unusable, match="at least 20 are needed"):
        np_.learn(early, np_.taken(bought, early, 450, 650))
