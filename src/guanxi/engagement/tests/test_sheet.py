"""The language of questionnaires: what can be asked, what counts as an answer, the figures of it."""

from decimal import Decimal
from math import isclose
from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.engagement.figures import Figure, ces, csat, nps, response_rate
from guanxi.engagement.filling import fill
from guanxi.engagement.sheet import read_sheet
from guanxi.engagement.tests.factories import CONTENT


def with_question(**values: Any) -> Any:
    return {"sections": [{"questions": [{"key": "q1", "kind": "text", "text": "Why?", **values}]}]}


def test_it_is_read_in_order_and_in_both_languages() -> None:
    sheet = read_sheet(CONTENT)
    assert [question.key for question in sheet] == ["again", "why", "ways", "parts", "visit"]
    first = sheet.by_key["again"]
    assert (first.words.said("zh-hans"), first.words.said("en"), list(first.steps)) == (
        "您会推荐我们吗？",
        "Would you recommend us?",
        list(range(11)),
    )
    assert sheet.by_key["why"].words.said("zh-hans") == "Why?"
    assert list(read_sheet({})) == []


@pytest.mark.parametrize(
    "content",
    [
        [1],
        {"sections": 1},
        {"sections": [1]},
        {"sections": [{"questions": [1]}]},
        with_question(key="A b"),
        with_question(key=7),
        with_question(kind="essay"),
        with_question(kind=["text"]),
        with_question(text=""),
        with_question(text="x" * 1001),
        with_question(text="a\x00b"),
        with_question(text=5),
        with_question(measure="nps"),
        with_question(kind="scale", measure="fame"),
        with_question(kind="scale", **{"from": 2}),
        with_question(kind="scale", to=11),
        with_question(kind="scale", to=True),
        with_question(kind="single"),
        with_question(kind="single", options=[]),
        with_question(kind="single", options=[{"key": "a"}]),
        with_question(kind="single", options=[{"key": "a", "text": "A"}, {"key": "a", "text": "B"}]),
        with_question(kind="single", options=[{"key": "a", "text": "A", "points": 1.5}]),
        with_question(show_if={"question": "q2", "op": "is", "value": 1}),
        with_question(show_if={"question": "q1", "op": "is", "value": 1}),
        {"sections": [{"questions": [{"key": "a", "kind": "text", "text": "A"}, {"key": "a", "kind": "text", "text": "B"}]}]},
        {"sections": [{"questions": [{"key": "a", "kind": "text", "text": "A"}, {"key": "b", "kind": "text", "text": "B", "show_if": {"question": "a", "op": "lte", "value": "x"}}]}]},
        {"sections": [{"questions": []}] * 21},
    ],
)  # fmt: skip
def test_what_cannot_be_asked(content: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        read_sheet(content)
    assert set(refusal.value.errors) == {"content"}


def test_an_answer_with_its_measures() -> None:
    ratings = {"delivery": {"perceived": 4, "expected": 5, "importance": 5}, "price": {"perceived": 3, "expected": 3}}
    filled = fill(read_sheet(CONTENT), {"again": 9, "ways": ["mail", "phone"], "parts": ratings, "visit": True})
    assert (filled.measures, filled.points, filled.gap, filled.comment) == ({"nps": 9}, 10, Decimal("-0.50"), "")
    assert filled.items == [
        {"question": "again", "number": 9},
        {"question": "ways", "choice": "mail"},
        {"question": "ways", "choice": "phone"},
        {"question": "parts", "attribute": "delivery", "perceived": 4, "expected": 5, "importance": 5},
        {"question": "parts", "attribute": "price", "perceived": 3, "expected": 3},
        {"question": "visit", "choice": "yes"},
    ]


def test_what_is_not_asked_is_neither_demanded_nor_kept() -> None:
    sheet = read_sheet(CONTENT)
    assert fill(sheet, {"again": 9, "why": "Because"}).items == [{"question": "again", "number": 9}]
    filled = fill(sheet, {"again": "4", "why": " Too slow "})
    assert (filled.comment, filled.items[1]) == ("Too slow", {"question": "why", "text": "Too slow"})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "again"),
        ({"again": 11}, "again"),
        ({"again": True}, "again"),
        ({"again": "nine"}, "again"),
        ({"again": [9]}, "again"),
        ({"again": 3}, "why"),
        ({"again": 3, "why": {"a": 1}}, "why"),
        ({"again": 3, "why": "a\x00"}, "why"),
        ({"again": 9, "ways": ["fax"]}, "ways"),
        ({"again": 9, "ways": "mail"}, "ways"),
        ({"again": 9, "ways": [["mail"]]}, "ways"),
        ({"again": 9, "parts": {"speed": {"perceived": 1}}}, "parts"),
        ({"again": 9, "parts": {"price": {"perceived": 6}}}, "parts"),
        ({"again": 9, "parts": {"price": {"rank": 1}}}, "parts"),
        ({"again": 9, "parts": [1]}, "parts"),
        ({"again": 9, "visit": "perhaps"}, "visit"),
        ({"again": 9, "more": 1}, "more"),
    ],
)
def test_what_is_no_answer(given: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        fill(read_sheet(CONTENT), given)
    assert set(refusal.value.errors) == {field}


def test_numbers_and_dates() -> None:
    content = {
        "sections": [
            {"questions": [{"key": "n", "kind": "number", "text": "N"}, {"key": "d", "kind": "date", "text": "D"}]}
        ]
    }
    sheet = read_sheet(content)
    assert [item.get("number") for item in fill(sheet, {"n": "1,250.5"}).items] == [1250.5]
    for given in ({"n": "nan"}, {"n": "1e999"}, {"n": True}, {"d": "2026-02-30"}, {"d": 7}):
        with pytest.raises(Invalid):
            fill(sheet, given)


def test_figures_by_the_formulas() -> None:
    assert csat({5: 30, 4: 30, 3: 20, 2: 10, 1: 10}).value == 60
    assert nps({10: 40, 9: 10, 8: 20, 6: 20, 0: 10}).value == 20
    assert ces({7: 2, 4: 2}) == Figure(5.5, 4, ces({7: 2, 4: 2}).half)
    assert (csat({}), nps({}), ces({})) == (Figure(None, 0), Figure(None, 0), Figure(None, 0))
    interval = nps({10: 50, 0: 50}).half
    assert interval is not None and isclose(interval, 19.6, rel_tol=1e-3)
    assert nps({9: 10}).half == 0
    assert (response_rate(30, 120), response_rate(0, 0)) == (25, None)
