"""What reviewers decide moves the weights, as far as they agree, and never without them."""

import numpy as np

from guanxi.science.linkage import headers, table_from
from guanxi.science.linkage.review import histogram, learn, likely_pairs

ROLES = [headers.COMPANY, headers.CITY, headers.PHONE]
FIRMS = ["Northwind Traders", "Contoso Pharma", "Fabrikam Steel", "Adatum Optics", "Litware Toys", "Proseware Books",
         "Tailspin Aircraft", "Wingtip Shoes", "Lucerne Milk", "Margie Travel", "Humongous Insurance", "Fourth Coffee"]  # fmt: skip


def rows() -> list[list[str]]:
    """Each firm twice: with the same phone, or (every third) with the same name in another city."""
    found = []
    for number, name in enumerate(FIRMS):
        phone = f"+49 228 55{number:04}"
        other = number % 3 == 0
        found.append([f"{number}a", name, "Bonn", phone])
        found.append([f"{number}b", name, "Ulm" if other else "Bonn", "" if other else phone])
    return found


def pairs(decided: dict[tuple[str, str], bool]) -> dict[tuple[str, str], float]:
    return {
        (pair.left, pair.right): pair.score
        for pair in likely_pairs(table_from(iter(rows()), ROLES), decided, least=0.0)
    }


def test_the_likeliest_come_first_and_both_kinds_are_found() -> None:
    found = likely_pairs(table_from(iter(rows()), ROLES), {})
    assert [pair.score for pair in found] == sorted((pair.score for pair in found), reverse=True)
    assert {(f"{n}a", f"{n}b") for n in range(12) if n % 3} <= {(pair.left, pair.right) for pair in found}


def test_decisions_move_pairs_like_those_decided() -> None:
    before = pairs({})
    doubtful = [("0a", "0b"), ("3a", "3b"), ("6a", "6b")]
    against = pairs(dict.fromkeys(doubtful, False))
    speaking_for = pairs(dict.fromkeys(doubtful, True))
    like = ("9a", "9b")
    assert against.get(like, 0.0) < before[like] <= speaking_for[like]
    assert against[("1a", "1b")] > 0.5


def test_without_decisions_nothing_is_corrected() -> None:
    taught = learn(np.zeros((0, 3)), -3.0, np.zeros(0, dtype=bool))
    assert (taught.factors.tolist(), taught.added) == ([1.0, 1.0, 1.0], 0.0)


def test_decisions_about_rows_that_are_gone_are_passed_over() -> None:
    assert pairs({("x", "y"): True}) == pairs({})


def test_a_factor_is_never_negative() -> None:
    contributions = np.array([[6.0, -1.0]] * 50)
    taught = learn(contributions, 0.0, np.zeros(50, dtype=bool))
    assert taught.factors.min() >= 0
    assert (contributions @ taught.factors + taught.added < 0).all()


def test_the_histogram_counts_from_the_least_score_on() -> None:
    assert histogram([0.5, 0.55, 0.94, 0.96, 1.0], bins=5) == [2, 0, 0, 0, 3]
    assert histogram([], bins=2) == [0, 0]


def test_a_table_of_one_row_has_no_pairs() -> None:
    assert likely_pairs(table_from(iter(rows()[:1]), ROLES), {}) == []
