"""The overview of an earlier day: what was concluded then, beside today, within what one sees."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from guanxi.analytics.models import Run, ScoreHistory
from guanxi.analytics.queries.past import best_then, days_kept, then
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.analytics.tests.worth import worth
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor

OCTOBER, EARLY = date(2026, 10, 31), date(2026, 10, 5)


def october(actor: Actor) -> None:
    """Two customers: one fell from A to C, one lost its value since."""
    fell = worth(actor, "Fell", Decimal(300), grade="C")
    gone = worth(actor, "Gone", Decimal(1), region="浙江")
    Score.objects.filter(account=gone).delete()
    for account, value, churn in ((fell, 1000, 0.1), (gone, 500, 0.4)):
        ScoreHistory.objects.create(account=account, as_of=OCTOBER, value=value, churn=churn, grade="A", stage="growth")
    for day, state in ((EARLY, "done"), (OCTOBER, "done"), (date(2026, 11, 2), "failed"), (date(2026, 11, 18), "done")):
        Run.objects.create(as_of=day, state=state)


def test_of_each_month_the_last_run_that_ended_is_kept(actor: Actor) -> None:
    assert days_kept() == []
    october(actor)
    assert days_kept() == [date(2026, 11, 18), OCTOBER]


def test_what_was_concluded_then_stands_beside_now(actor: Actor, rep_actor: Actor) -> None:
    october(actor)
    found = then(actor, OCTOBER)
    assert found is not None
    assert (found.customers, found.value, found.value_now, found.at_risk) == (2, Decimal(1500), Decimal(300), 1)
    assert (found.grades, found.stages, found.moved[0]) == ({"A": 2}, {"growth": 2}, [0, 0, 1, 0, 1])
    east = then(actor, OCTOBER, "浙江")
    assert east is not None and (east.customers, east.value_now) == (1, Decimal(0))
    assert [(one.name, one.value, one.value_now, one.grade_now) for one in best_then(actor, OCTOBER)] == [("Fell", Decimal(1000), Decimal(300), "C"), ("Gone", Decimal(500), None, "")]  # fmt: skip
    assert then(actor, EARLY) is None
    Account.objects.all().update(owner=actor.member_id, team=None)
    narrow = replace(rep_actor, grants={"analytics": {"view": "own"}, "account": {"view": "own"}})
    assert then(narrow, OCTOBER) is None and best_then(narrow, OCTOBER) == []


def test_page_and_api_of_a_day(actor: Actor) -> None:
    browser = browser_of(actor)
    assert browser.get("/value/then").status_code == 200
    october(actor)
    page = browser.get("/value/then").text
    assert "Fell" in page and "¥1,500" in page
    assert browser.get("/value/then?as_of=2026-10-31&region=浙江").status_code == 200
    assert browser.get("/value/then?as_of=2026-11-18").status_code == 200
    for text in ("2026-10-05", "soon", "1e9"):
        assert browser.get(f"/value/then?as_of={text}").status_code == 404
        assert browser.get(f"/api/v1/value-days/{text}").status_code == 404
    assert [row["id"] for row in browser.get("/api/v1/value-days").json()["data"]] == ["2026-10-31"]
    assert browser.get("/api/v1/value-days/2026-10-31").json()["moved"]["A"] == {
        "A": 0,
        "B": 0,
        "C": 1,
        "D": 0,
        "none": 1,
    }
    assert "/value/then" in browser.get("/value/").text
