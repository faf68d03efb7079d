"""Which pairs are compared, what their probabilities are, and how pairs become clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.science.linkage import blocking, clusters
from guanxi.science.linkage.blocking import candidate_pairs
from guanxi.science.linkage.clusters import average_linkage, components, groups, settled
from guanxi.science.linkage.dedupe import expected_threshold
from guanxi.science.linkage.frequencies import Frequencies, frequencies
from guanxi.science.linkage.model import Background, Patterns, estimate, levels_of, pattern_codes, probability
from guanxi.science.linkage.table import Table, table_from
from guanxi.science.linkage.types import Floats

PEOPLE = [
    ("0", "Julia", "Taylor", "1990-03-02", "London", "julia.taylor@acme.example"),
    ("1", "Taylor", "Julia", "1990-03-02", "", ""),
    ("2", "Jluia", "Taylor", "", "London", ""),
    ("3", "", "", "", "", "julia.taylor@other.test"),
    ("4", "Karl", "Berg", "1951-09-29", "Leeds", "karl@northwind.test"),
]
ROLES = ["given", "family", "birth_date", "city", "email"]


def people(*, more: int = 0) -> Table:
    others = [(str(5 + n), "g" * (n + 3), "f" * (n + 3), "", "London", "") for n in range(more)]
    return table_from([*PEOPLE, *others], ROLES)


def pairs_of(candidates: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    return [(int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in candidates]


def test_small_tables_are_compared_whole() -> None:
    assert pairs_of(candidate_pairs(people().fields, 5)) == [(a, b) for a in range(5) for b in range(a + 1, 5)]


def test_blocks_bring_together_what_shares_a_key() -> None:
    assert pairs_of(candidate_pairs(people().fields, 5, whole=0)) == [(0, 1), (0, 2), (0, 3), (1, 2)]


def test_what_too_many_share_is_no_block() -> None:
    table = people(more=blocking.LARGEST_BLOCK)
    assert pairs_of(candidate_pairs(table.fields, len(table), whole=0)) == [(0, 1), (0, 2), (0, 3), (1, 2)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(["", "1@a.example", "2@a.example"])),
        min_size=2,
        max_size=30,
    )
)
def test_candidates_are_each_pair_once_in_order(rows: list[tuple[str, str, str]]) -> None:
    table = table_from([(str(number), *row) for number, row in enumerate(rows)], ["given", "family", "email"])
    found = pairs_of(candidate_pairs(table.fields, len(rows), whole=0))
    assert found == sorted(set(found))
    assert all(a < b for a, b in found)
    same_mail = {
        (a, b) for a in range(len(rows)) for b in range(a + 1, len(rows)) if rows[a][2] and rows[a][2] == rows[b][2]
    }
    assert same_mail <= set(found)


@given(st.lists(st.lists(st.integers(0, 15), min_size=3, max_size=3), min_size=1, max_size=20))
def test_patterns_keep_their_levels(rows: list[list[int]]) -> None:
    levels = np.array(rows, dtype=np.uint8)
    assert levels_of(pattern_codes(list(levels.T)), 3).tolist() == rows


def test_the_estimate_finds_the_shares_it_was_made_from() -> None:
    """True pairs agree in a field in 90 of 100 cases, others in 1 of 1,000; one pair in 2,500 is true."""
    m, u, share, rows = np.array([0.9, 0.1]), np.array([0.001, 0.999]), 1 / 2500, 2000
    total = rows * (rows - 1) / 2
    levels = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=np.uint8)
    expected = share * m[levels].prod(axis=1) + (1 - share) * u[levels].prod(axis=1)
    everywhere = [share * m + (1 - share) * u] * 3
    model = estimate(
        Patterns(levels, expected * total), Background(everywhere, int(total)), [(0.7, 0.3)] * 3, rows=rows
    )
    for found in model.m:
        assert found == pytest.approx(m, abs=0.02)
    for found in model.u:
        assert found == pytest.approx(u, abs=0.0005)
    assert model.share == pytest.approx(share, rel=0.1)
    agreeing, differing = probability(model.logits(np.array([[0, 0, 0], [1, 1, 1]], dtype=np.uint8)))
    assert agreeing == pytest.approx(1, abs=1e-5)
    assert differing < 1e-6


def test_values_are_counted_once_for_each_entity() -> None:
    table = table_from([("0", "Smith"), ("1", "Smith"), ("2", "Smith"), ("3", "Rare"), ("4", "")], ["family"])
    found = frequencies(table.fields[0], np.array([0, 0, 2, 3, 4]))
    assert (found.counts.tolist(), found.entities) == ([2.0, 1.0], 4)


def test_the_pair_itself_does_not_make_its_value_common() -> None:
    known = Frequencies(np.array([2.0, 5.0]), rarity=0.5, entities=10)
    assert known.of(np.array([0, 1, 1]), np.array([2.0, 2.0, 1.0])).tolist() == [0.05, 0.35, 0.45]


def test_the_threshold_keeps_the_expected_precision() -> None:
    odds = np.log(np.array([0.99, 0.97, 0.9, 0.6, 0.3]) / np.array([0.01, 0.03, 0.1, 0.4, 0.7]))
    assert expected_threshold(odds, 0.98) == pytest.approx(odds[1])
    assert expected_threshold(odds, 0.95) == pytest.approx(odds[2])
    assert expected_threshold(odds, 0.5) == pytest.approx(odds[3])
    assert expected_threshold(odds, 0.995) == float("inf")
    assert expected_threshold(np.array([]), 0.98) == 0.0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15))
def test_components_are_what_links_reach(links: list[tuple[int, int]]) -> None:
    found = components(
        10, np.array([a for a, _ in links], dtype=np.int64), np.array([b for _, b in links], dtype=np.int64)
    )
    reach = [{row} for row in range(10)]
    for _round in range(10):
        for a, b in links:
            reach[a] |= reach[b]
            reach[b] |= reach[a]
    assert found.tolist() == [min(rows) for rows in reach]


def test_groups_are_rows_with_a_common_label() -> None:
    assert [rows.tolist() for rows in groups(np.array([7, 3, 7, 5, 3, 7]))] == [[1, 4], [0, 2, 5]]


def test_a_chance_link_does_not_join_two_groups() -> None:
    """0, 1, 2 belong together, 3, 4, 5 too; 2 and 3 look alike, but nothing else speaks for it."""
    near = np.full((6, 6), -6.0)
    near[:3, :3] = near[3:, 3:] = 5.0
    near[2, 3] = near[3, 2] = 4.0
    assert average_linkage(near).tolist() == [0, 0, 0, 3, 3, 3]
    assert average_linkage(np.abs(near)).tolist() == [0] * 6
    assert average_linkage(-np.abs(near)).tolist() == [0, 1, 2, 3, 4, 5]


def test_groups_are_divided_and_too_large_ones_lose_weak_links(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 5])
    logits = np.array([9.0, 9.0, 1.0, 9.0, 9.0])

    def score(
        one: np.ndarray[tuple[int], np.dtype[np.int64]], other: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> Floats:
        return np.where((one < 3) == (other < 3), 5.0, -6.0)

    everybody = np.zeros(6, dtype=np.int64)
    assert settled(everybody, left, right, logits, score).tolist() == [0, 0, 0, 3, 3, 3]
    monkeypatch.setattr(clusters, "LARGEST", 3)
    assert settled(everybody, left, right, logits, lambda one, _other: np.full(len(one), 5.0)).tolist() == [
        0,
        0,
        0,
        3,
        3,
        3,
    ]
