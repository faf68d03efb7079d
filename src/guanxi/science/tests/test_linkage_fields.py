"""How pairs of values agree, level by level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.science.linkage import levels
from guanxi.science.linkage.fields import Comparison
from guanxi.science.linkage.levels import Comparer
from guanxi.science.linkage.table import table_from
from guanxi.science.linkage.types import MISSING


def field_of(role: str, *values: str) -> Comparison:
    [field] = table_from([(str(row), value) for row, value in enumerate(values)], [role]).fields
    return field


def level(role: str, one: str, other: str) -> int:
    """The level of two values, which does not depend on their order."""
    field = field_of(role, one, other)
    found = [int(field.levels(np.array([a]), np.array([b]))[0][0]) for a, b in ((0, 1), (1, 0))]
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize(
    ("role", "one", "other", "expected"),
    [
        ("family", "Müller", "MULLER", 0), ("family", "Taylor", "Talyor", 1), ("family", "Featherstone", "Fetherstone", 1),
        ("family", "Cooper", "ropeC", 2), ("family", "J", "Jones", 2), ("family", "Jones", "Featherstone", 3), ("family", "Jones", "", MISSING),
        ("family", "张", "Zhang", 0), ("family", "张", "章", 1), ("family", "张", "张", 0),
        ("company", "华东精密有限公司", "Huadong Jingmi Ltd", 0), ("company", "Hartmann Automation AG", "Hartman Automation GmbH", 1),
        ("company", "Hartmann", "Hartmann Automation", 2), ("company", "Hartmann", "Northwind", 3),
        ("city", "London", "LONDON", 0), ("city", "London", "ndonLo", 1), ("city", "London", "Leeds", 2), ("city", "北京市", "Beijing", 0),
        ("email", "ada@acme.example", "ADA@acme.example", 0), ("email", "ada.byron@acme.example", "ada.byrom@acme.example", 1),
        ("email", "ada.byron@acme.example", "ada.byron@other.test", 2), ("email", "ada.byron@acme.example", "karl@northwind.test", 3),
        ("phone", "+49 30 1234567", "030 1234567", 0), ("phone", "030 1234567", "030 1234576", 1), ("phone", "030 1234567", "040 7654321", 2),
        ("birth_date", "1990-03-02", "2.3.1990", 0), ("birth_date", "1990-03-02", "1990-02-03", 1), ("birth_date", "1990-03-02", "1991-03-02", 1),
        ("birth_date", "1990-03-12", "1990-03-21", 1), ("birth_date", "1990-03-12", "1978-03-12", 2), ("birth_date", "1990-03-12", "1990-03-29", 2),
        ("birth_date", "1990-03-12", "1990-09-29", 3), ("birth_date", "1990-03-12", "1951-09-29", 4), ("birth_date", "1990-03-12", "soon", MISSING),
    ],
)  # fmt: skip
def test_levels(role: str, one: str, other: str, expected: int) -> None:
    assert level(role, one, other) == expected


def test_given_and_family_name_may_be_swapped() -> None:
    rows = [
        ("0", "Julia", "Taylor"),
        ("1", "Taylor", "Julia"),
        ("2", "Taylor", ""),
        ("3", "三丰", "张"),
        ("4", "Zhang", "Sanfeng"),
    ]
    [field] = table_from(rows, ["given", "family"]).fields
    assert field.names == ("given", "family")
    given, family = field.levels(np.array([0, 0, 3, 0]), np.array([1, 2, 4, 4]))
    assert given.tolist() == [0, MISSING, 0, 3]
    assert family.tolist() == [0, 0, 0, 3]


def test_the_best_of_two_phones_counts() -> None:
    rows = [("0", "030 1234567", ""), ("1", "", "+49 30 1234567"), ("2", "040 999999", "")]
    [field] = table_from(rows, ["phone", "phone"]).fields
    left, right = np.array([0, 0]), np.array([1, 2])
    assert field.levels(left, right)[0].tolist() == [0, 2]
    shared = field.shared(0, left, right)
    assert (shared[0] >= 0, shared[1]) == (True, -1)


@pytest.mark.parametrize(
    "comparer",
    [levels.NAMES, levels.COMPANIES, levels.PLACES, levels.STREETS, levels.ADDRESSES, levels.NUMBERS, levels.DATES],
)
def test_expectations_are_shares(comparer: Comparer) -> None:
    assert sum(comparer.default) == pytest.approx(1)


@given(
    st.lists(st.text(alphabet="abcdeé张 '-1", max_size=12), min_size=2, max_size=12),
    st.sampled_from(["family", "company", "city", "email"]),
)
def test_agreement_is_symmetric_and_reflexive(values: list[str], role: str) -> None:
    field = field_of(role, *values)
    left, right = (side.astype(np.int64) for side in np.triu_indices(len(values)))
    there, back = field.levels(left, right)[0], field.levels(right, left)[0]
    assert there.tolist() == back.tolist()
    own = there[left == right]
    known = field.slots[0] >= 0
    assert own.tolist() == np.where(known, 0, MISSING).tolist()
    assert set(there.tolist()) <= {MISSING, *range(len(field.comparer.default))}
