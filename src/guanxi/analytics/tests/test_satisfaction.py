"""Satisfaction and loyalty from answers and orders: the figures, the curve, who is named, the settings of markets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.analytics.models import Market
from guanxi.analytics.satisfaction.charts import curve_chart, map_chart
from guanxi.analytics.satisfaction.markets import competition, delete_market, markets, save_market
from guanxi.analytics.satisfaction.reading import satisfaction
from guanxi.analytics.tests.factories import order
from guanxi.core.errors import Conflict, Invalid, NotAllowed, Stale
from guanxi.engagement.services import answer_questionnaire
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.queries import visible_records

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
CONTENT = {
    "sections": [
        {
            "questions": [
                {"key": "content", "kind": "scale", "measure": "csat", "text": "Content?"},
                {"key": "parts", "kind": "matrix", "text": "How good?", "options": [{"key": "delivery", "text": "Delivery", "text_zh": "交付"}, {"key": "price", "text": "Price"}]},
            ]
        }
    ]
}  # fmt: skip


@pytest.fixture
def asked(actor: Actor) -> Any:
    return create_record(actor, "questionnaire", {"name": "Delivery", "content": CONTENT, "status": "open"})


def say(actor: Actor, asked: Any, customer: Any, csat: int, days_ago: int, **parts: Any) -> Any:
    """An answer of so many days ago."""
    answer = answer_questionnaire(
        actor, asked.id, answers={"content": csat, **({"parts": parts} if parts else {})}, account=customer.id
    )
    at = NOW - timedelta(days=days_ago)
    visible_records(actor, "answer").filter(id=answer.id).update(answered_at=at)
    return answer


def customer(actor: Actor, name: str, industry: str = "", *bought_days_ago: int) -> Any:
    """A customer with orders confirmed so many days ago."""
    made = create_record(actor, "account", {"name": name, "industry": industry})
    for days in bought_days_ago:
        at = NOW - timedelta(days=days)
        visible_records(actor, "order").filter(id=order(made, at.date().isoformat()).id).update(confirmed_at=at)
    return made


def test_the_map_has_perceived_less_expected(actor: Actor, asked: Any) -> None:
    one = customer(actor, "One")
    say(
        actor,
        asked,
        one,
        4,
        10,
        delivery={"perceived": 3, "expected": 5, "importance": 5},
        price={"perceived": 4, "expected": 4, "importance": 2},
    )
    say(
        actor,
        asked,
        one,
        5,
        20,
        delivery={"perceived": 4, "expected": 5},
        price={"perceived": 5, "expected": 3, "importance": 3},
    )
    found = satisfaction(actor, now=NOW)
    assert [(each.label, each.gap, each.importance, each.n) for each in found.judged] == [
        ("Delivery", -1.5, 5.0, 2),
        ("Price", 1.0, 2.5, 2),
    ]
    assert (found.measures["csat"].value, found.measures["csat"].n, found.before) == (100, 2, {})
    chart = map_chart(found.judged)
    assert chart is not None
    assert [item[:2] for item in chart["groups"][0]["items"]] == [[-1.5, 5.0], [1.0, 2.5]]
    assert satisfaction(actor, now=NOW, language="zh-hans").judged[0].label == "交付"


def test_answers_of_the_year_before_are_what_it_is_compared_with(actor: Actor, asked: Any) -> None:
    one = customer(actor, "One")
    for csat, days in ((5, 10), (2, 400), (3, 380), (4, 370), (5, 800)):
        say(actor, asked, one, csat, days)
    found = satisfaction(actor, now=NOW)
    assert (found.measures["csat"].value, found.measures["csat"].n) == (100, 1)
    assert found.before["csat"].n == 3
    assert found.before["csat"].value == pytest.approx(100 / 3)


def test_the_curve_is_fitted_to_pairs_whose_half_year_is_over(actor: Actor, asked: Any) -> None:
    for number in range(12):
        for csat, bought in ((1, ()), (3, (250,) if number % 2 else ()), (5, (250,))):
            say(actor, asked, customer(actor, f"C{number}-{csat}", "Steel", *bought), csat, 300)
    late = customer(actor, "Late", "Steel", 5)
    say(actor, asked, late, 1, 10)
    found = satisfaction(actor, now=NOW)
    assert [(one.industry, one.n) for one in found.curves] == [("", 36), ("Steel", 36)]
    curve = found.curves[1]
    assert curve.levels == [(1, 0.0, 12), (3, 0.5, 12), (5, 1.0, 12)]
    assert curve.fitted is not None
    shares = [float(value) for value in curve.fitted.loyalty([1, 3, 5])]
    assert shares == sorted(shares)
    assert shares[0] < 0.1 and shares[2] > 0.9
    chart = curve_chart(curve)
    assert [one["tone"] for one in chart["curves"]] == ["indigo", "plum", "line-3"]
    assert chart["curves"][2]["points"] == [[1, 50.0], [5, 50.0]]


def test_too_few_pairs_are_said_to_be_so(actor: Actor, asked: Any) -> None:
    say(actor, asked, customer(actor, "One", "Steel"), 4, 300)
    (curve,) = satisfaction(actor, now=NOW).curves
    assert (curve.n, curve.fitted, curve.reason) == (1, None, "few")


def test_false_loyalty_is_named_where_competition_is_weak_first(actor: Actor, asked: Any) -> None:
    save_market(actor, {"industry": "Power", "law": 3, "switching": 3, "technology": 1})
    free = customer(actor, "Free", "Food", 40, 20)
    bound = customer(actor, "Bound", "Power", 40, 20)
    content = customer(actor, "Content", "Power", 40, 20)
    gone = customer(actor, "Gone", "Power", 200, 190)
    once = customer(actor, "Once", "Power", 20)
    for one, csat in ((free, 2), (bound, 3), (content, 5), (gone, 1), (once, 1)):
        say(actor, asked, one, csat, 60)
    found = satisfaction(actor, now=NOW)
    assert [(one.name, one.competition, one.score) for one in found.false_loyal] == [
        ("Bound", "weak", "CSAT 3"),
        ("Free", "strong", "CSAT 2"),
    ]


def test_signs_of_loyalty(actor: Actor, asked: Any) -> None:
    customer(actor, "Stayed", "", 500, 30)
    customer(actor, "Left", "", 500)
    patient = customer(actor, "Patient", "", 250)
    say(actor, asked, patient, 2, 300)
    say(actor, asked, customer(actor, "Angry"), 1, 300)
    loyalty = satisfaction(actor, now=NOW).loyalty
    assert (loyalty.repeat, loyalty.repeat_n) == (50, 2)
    assert (loyalty.tolerance, loyalty.tolerance_n) == (50, 2)
    assert (loyalty.wallet, loyalty.recommend) == (None, None)


def test_markets_are_kept_by_who_may(actor: Actor, rep_actor: Actor) -> None:
    market = save_market(actor, {"industry": "Power", "law": "3", "switching": 1})
    assert (market.law, market.switching, market.technology, competition(market)) == (3, 1, 0, "medium")
    with pytest.raises(Conflict):
        save_market(actor, {"industry": "Power"})
    with pytest.raises(Stale):
        save_market(actor, {"law": 1}, market.id, version=7)
    for wrong in (
        {"industry": "X", "law": 4},
        {"industry": "X", "law": "much"},
        {"industry": 7},
        {"industry": "a\x00"},
        {"industry": "X", "law": True},
    ):
        with pytest.raises(Invalid):
            save_market(actor, wrong)
    with pytest.raises(NotAllowed):
        save_market(replace(rep_actor, grants={"*": {"view": "all"}}), {"industry": "Food"})
    assert [(one.industry, one.law) for one in markets(actor)] == [("Power", 3)]
    saved = save_market(actor, {"law": 0}, market.id, version=1)
    assert (saved.version, saved.industry, competition(saved)) == (2, "Power", "strong")
    delete_market(actor, market.id)
    assert Market.objects.count() == 0
