"""What groups of customers are like, and which goes on which."""

import numpy as np

from guanxi.science.archetypes import FEATURES, PROFILES, carry_over, choose, match


def centre(**values: float) -> list[float]:
    return [values.get(name, 0.0) for name in FEATURES]


def test_each_group_gets_the_kind_it_is_most_like_and_no_two_the_same() -> None:
    centres = np.array([
        centre(discount=2.0, spending=-1.0), centre(spending=2.0, service=1.5), centre(silence=2.0, frequency=-1.0), centre(frequency=1.5, silence=-1.0),
    ])  # fmt: skip
    assert match(centres) == ["thrifty", "demanding", "hesitant", "experienced"]
    two = np.array([centre(discount=2.0), centre(discount=1.0, spending=0.2)])
    assert match(two).count("thrifty") == 1


def test_what_fits_no_kind_has_none() -> None:
    assert match(np.array([centre(breadth=-1.0), centre()])) == ["", ""]
    assert len(match(np.eye(6))) == 6 and set(match(np.eye(6))) <= {*PROFILES, ""}


def test_groups_go_on_those_whose_customers_they_have() -> None:
    before = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    now = np.array([2, 2, 0, 0, 0, 1, 1, 1])
    assert carry_over(now, before) == {0: 1, 1: 2, 2: 0}
    assert carry_over(np.array([], dtype=np.int64), np.array([], dtype=np.int64)) == {}


def test_the_number_of_groups_is_clear_and_steady() -> None:
    assert choose([(2, 0.3, 0.95), (3, 0.4, 0.8), (4, 0.6, 0.5)]) == 3
    assert choose([(2, 0.3, 0.4), (3, 0.4, 0.6)]) == 3
