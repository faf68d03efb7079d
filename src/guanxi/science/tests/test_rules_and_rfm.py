"""Association rules and scores: counts in integers, ties equal."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.rfm import Cuts, migration, scores
from guanxi.science.rules import best_next, mine


def table(baskets: list[str]) -> tuple[list[str], list[str]]:
    """ "ab c" → two baskets, one with a and b, one with c."""
    rows = [(str(number), item) for number, basket in enumerate(baskets) for item in basket]
    return [row[0] for row in rows], [row[1] for row in rows]


def test_rules_of_a_small_table() -> None:
    found = mine(*table(["ab", "ab", "abc", "a", "c"]), Fraction("0.4"), Fraction("0.75"))
    assert [(rule.given, rule.then, rule.both, rule.left) for rule in found] == [
        (("b",), "a", 3, 3),
        (("a",), "b", 3, 4),
    ]
    assert found[1].confidence == 0.75 and found[1].support == 0.6 and found[1].lift == pytest.approx(1.25)


def test_limits_that_are_met_exactly_count() -> None:
    """0.29 · 100 and 0.57 · 100 are a little less than 29 and 57 in floating point, 0.07 · 100 a little more than 7."""
    for share in (29, 57, 7, 58, 35):
        baskets = ["ab"] * share + ["a"] * (100 - share)
        limit = Fraction(f"0.{share:02}")
        assert len(mine(*table(baskets), limit, limit)) == 2
        assert mine(*table(baskets), limit + Fraction(1, 10**9), Fraction(1, 100)) == []
        assert len(mine(*table(baskets), limit, limit + Fraction(1, 10**9))) == 1


def test_every_rule_is_found() -> None:
    random = np.random.default_rng(4)
    baskets = ["".join(item for item in "abcdef" if random.random() < 0.5) for _basket in range(60)]
    baskets = [basket for basket in baskets if basket]
    found = {
        (rule.given, rule.then): (rule.both, rule.left)
        for rule in mine(*table(baskets), Fraction("0.1"), Fraction("0.5"))
    }
    expected = {}
    for size in range(2, 7):
        for whole in combinations("abcdef", size):
            both = sum(set(whole) <= set(basket) for basket in baskets)
            for then in whole:
                given = tuple(item for item in whole if item != then)
                left = sum(set(given) <= set(basket) for basket in baskets)
                if both * 10 >= len(baskets) and both * 2 >= left > 0:
                    expected[given, then] = (both, left)
    assert len(found) == 22
    assert found == expected


def test_an_item_twice_in_a_basket_counts_once() -> None:
    assert [rule.both for rule in mine(["1", "1", "1"], ["a", "a", "b"], Fraction(1), Fraction(1))] == [1, 1]


def test_what_comes_next() -> None:
    found = mine(*table(["ab", "ab", "abc", "a", "c"]), Fraction("0.2"), Fraction("0.2"))
    assert best_next(found, ["a"]) == {"b": 0.75, "c": 0.25}
    assert best_next(found, ["a", "b", "c"]) == {}


def test_limits_outside_one() -> None:
    for support, confidence in ((Fraction(0), Fraction(1)), (Fraction(1), Fraction(2))):
        with pytest.raises(Unusable, match="share"):
            mine(["1"], ["a"], support, confidence)


def test_ties_score_equally() -> None:
    """60 % of the customers never bought again: they all have the least score, and none has 2 or 3."""
    values = np.array([0.0] * 60 + list(range(1, 41)))
    found = Cuts.of(values).score(values)
    assert found[:60].tolist() == [1] * 60
    assert np.bincount(found, minlength=6).tolist() == [0, 60, 0, 0, 20, 20]
    assert Cuts.of(np.arange(10.0)).score(np.arange(10.0)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_stored_cut_points_score_others_alike() -> None:
    cuts = Cuts.of(np.arange(10.0))
    assert cuts.lowest.tolist() == [2, 4, 6, 8]
    assert cuts.score(np.array([-5.0, 1.9, 2, 100])).tolist() == [1, 1, 2, 5]
    assert Cuts.at([10, 20]).score(np.array([9.0, 10, 25])).tolist() == [1, 2, 3]
    with pytest.raises(Unusable, match="grow"):
        Cuts.at([20, 10])
    with pytest.raises(Unusable, match="two bins"):
        Cuts.of(np.arange(3.0), bins=1)


def test_weights_and_migration() -> None:
    last, often, spent = np.arange(5.0), np.arange(5.0)[::-1], np.full(5, 7.0)
    found = scores(last, often, spent, weights=(2, 1, 1))
    assert found.recency.tolist() == [1, 2, 3, 4, 5] and found.monetary.tolist() == [1] * 5
    assert found.total.tolist() == [2.0, 2.25, 2.5, 2.75, 3.0]
    assert scores(last + 1, often, spent, cuts=found.cuts).recency.tolist() == [2, 3, 4, 5, 5]
    moved = migration(np.array([1, 1, 5]), np.array([1, 2, 4]))
    assert moved[0, 0] == moved[0, 1] == moved[4, 3] == 1 and moved.sum() == 3
    with pytest.raises(Unusable, match="three numbers"):
        scores(last, often, spent, weights=(1, 1))
