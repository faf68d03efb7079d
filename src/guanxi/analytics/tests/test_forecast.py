"""The forecast of sales: computed from figures, coherent, with its accuracy; judgement, plans, who sees what."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from guanxi.analytics.forecast import reading
from guanxi.analytics.forecast.computing import forecast_sales
from guanxi.analytics.forecast.saying import change_plan, goals_from_plan, plan_from_forecast, say_expected
from guanxi.analytics.kpis.cubes import Rows
from guanxi.analytics.kpis.filling import keep_rows
from guanxi.analytics.models import Figure, ForecastPoint, ForecastSeries, Goal, Judgement, Plan
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.core.errors import Invalid, NotAllowed, Stale
from guanxi.identity.actor import Actor
from guanxi.sales.services import create_opportunity


def fill(actor: Actor, members: list[str], months: int = 36) -> date:
    """Three years of revenue with a season, by family and owner; returns the first day of the running month."""
    month = timezone.localdate().replace(day=1)
    since = [month - relativedelta(months=back) for back in range(months, 0, -1)]
    season = np.array([100 + 40 * np.sin(2 * np.pi * one.month / 12) for one in since])
    shares = np.linspace(1, 2, len(members))
    rows = []
    for dimension, keys in (("family", members), ("owner", [str(actor.member_id), ""])):
        own = shares if dimension == "family" else np.array([2.0, shares.sum() - 2.0])
        for key, share in zip(keys, own, strict=True):
            rows.append(Rows("revenue", dimension, "month", since, [key] * months, list(season * share), None))
    rows.append(Rows("revenue", "all", "month", since, [""] * months, list(season * shares.sum()), None))
    keep_rows(actor.tenant_id, rows, month)
    return month


def test_forecasts_agree_in_every_breakdown_and_know_their_accuracy(actor: Actor) -> None:
    month = fill(actor, ["", "x"])
    told = forecast_sales(actor.tenant_id, month + relativedelta(days=3))
    assert (told["series"], told["months"], told["ahead"]) == (5, 36, 6)
    points = list(ForecastPoint.objects.all())
    assert len(points) == 30 and {point.as_of for point in points} == {month + relativedelta(days=3)}
    for step in range(6):
        since = month + relativedelta(months=step)
        sums = {
            name: sum(p.mean for p in points if p.dimension == name and p.since == since)
            for name in ("all", "family", "owner")
        }
        assert sums["family"] == pytest.approx(sums["all"]) and sums["owner"] == pytest.approx(sums["all"])
        (whole,) = [p for p in points if p.dimension == "all" and p.since == since]
        came = 3 * (100 + 40 * np.sin(2 * np.pi * since.month / 12))
        assert whole.mean == pytest.approx(came, rel=0.05) and whole.low <= whole.mean <= whole.high
    series = ForecastSeries.objects.get(dimension="all")
    assert series.mase is not None and series.naive_mase is not None and series.mase <= series.naive_mase + 1e-9
    assert set(series.accuracy) == {
        "seasonal-naive", "exponential-smoothing", "theta", "seasonal-naive-days", "exponential-smoothing-days", "theta-days",
    }  # fmt: skip


def test_the_first_forecast_of_a_month_stays_and_becomes_the_accuracy(actor: Actor) -> None:
    month = fill(actor, ["", "x"])
    before = month - relativedelta(months=1)
    ForecastPoint.objects.create(
        dimension="all", since=before, as_of=before - relativedelta(days=20), mean=90, low=1, high=200, base=90
    )
    Figure.objects.filter(kpi="revenue", dimension="all", since=before).update(top=100)
    for day in (2, 9, 16):
        forecast_sales(actor.tenant_id, month + relativedelta(days=day))
    kept = sorted(set(ForecastPoint.objects.filter(as_of__gte=month).values_list("as_of", flat=True)))
    assert kept == [month + relativedelta(days=2), month + relativedelta(days=16)]
    assert Figure.objects.get(kpi="forecast_accuracy").value == pytest.approx(90)
    assert [(one[0], one[1], one[2].mean) for one in reading.came()] == [(before, 100, 90)]


def test_too_little_gives_no_forecast(actor: Actor) -> None:
    month = fill(actor, ["", "x"], months=20)
    assert forecast_sales(actor.tenant_id, month) == {"series": 0, "months": 20}
    assert not ForecastPoint.objects.exists() and reading.latest() is None


def test_the_pipeline_is_weighted_by_what_became_of_the_same_stage(actor: Actor) -> None:
    deals = [create_opportunity(actor, {"name": f"Deal {n}", "amount": "1000"}) for n in range(4)]
    kind, rows = type(deals[0]), type(deals[0]).objects
    rows.filter(id__in=[deals[0].id]).update(category="won")
    rows.filter(id__in=[deals[1].id, deals[2].id]).update(category="lost")
    months = reading.months_ahead()
    rows.filter(id=deals[3].id).update(
        close_date=months[0] - relativedelta(days=40), forecast_category="commit", amount_company=1000
    )
    assert kind is type(deals[3])
    assert list(reading.stage_rates(actor).values()) == [pytest.approx(1 / 3)]
    cell = reading.pipeline(actor, months)[months[0]]
    assert (cell.commit, cell.best_case, cell.amount, cell.count) == (1000, 0, 1000, 1)
    assert cell.weighted == pytest.approx(1000 / 3)


def test_judgement_keeps_its_history_and_its_record(actor: Actor, rep_actor: Actor) -> None:
    month = fill(actor, ["", "x"])
    before = month - relativedelta(months=1)
    early = Judgement.objects.create(member_id=actor.member_id, since=before, amount=110)
    moment = datetime.combine(before - relativedelta(days=5), datetime.min.time(), ZoneInfo("UTC"))
    Judgement.objects.filter(id=early.id).update(said_at=moment)
    Judgement.objects.create(member_id=actor.member_id, since=before, amount=1)  # said afterwards: does not count
    Figure.objects.filter(kpi="revenue", dimension="owner", member=str(actor.member_id), since=before).update(top=100)
    say_expected(actor, month, "500", "big order")
    say_expected(actor, month, "500", "big order")
    say_expected(actor, month, 600)
    assert Judgement.objects.filter(since=month).count() == 2
    (one,) = reading.forecasters(actor, reading.opened(actor)[1], [month])
    assert one.error == pytest.approx(10)
    assert (one.compared, one.months[month].amount) == (1, 600)
    wrongs: list[dict[str, Any]] = [
        {"since": month, "amount": "much"},
        {"since": month, "amount": -1},
        {"since": month + relativedelta(days=1), "amount": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(Invalid):
            say_expected(actor, **wrong)
    grants = {"analytics": {"view": "own"}, "order": {"view": "own"}, "account": {"view": "own"}}
    rep = replace(rep_actor, grants=grants, field_access={})
    with pytest.raises(NotAllowed):
        say_expected(rep, month, 1, member=actor.member_id)
    with pytest.raises(NotAllowed):
        plan_from_forecast(rep, "Mine", "owner", month, month + relativedelta(months=1))
    assert say_expected(rep, month, 5).member_id == rep.member_id
    assert [one.member for one in reading.forecasters(rep, reading.opened(rep)[1], [month])] == [rep.member_id]
    assert reading.lines(rep, reading.opened(rep)[1], "all") == [] and not Plan.objects.exists()


def test_a_plan_begins_with_the_forecast_and_becomes_goals(actor: Actor) -> None:
    month = fill(actor, ["", "x"])
    forecast_sales(actor.tenant_id, month)
    after = month + relativedelta(months=3)
    plan = plan_from_forecast(actor, "Quarter", "owner", month, after)
    cells = {(cell.member, cell.since): cell.amount for cell in plan.cells.all()}
    assert len(cells) == 6 and all(amount > 0 for amount in cells.values())
    change_plan(actor, plan.id, {(str(actor.member_id), month): "1,000"}, version=plan.version)
    with pytest.raises(Stale):
        change_plan(actor, plan.id, {}, version=plan.version)
    for wrong in ({("", date(1999, 1, 1)): 1}, {("nobody", month): 1}, {("", month): "x"}):
        with pytest.raises(Invalid):
            change_plan(actor, plan.id, wrong)
    assert goals_from_plan(actor, plan.id) == 2 and goals_from_plan(actor, plan.id) == 2
    whole = sum(cell.amount for cell in plan.cells.all())
    assert Goal.objects.get(member=None).amount == pytest.approx(whole)
    assert Goal.objects.count() == 2 and Goal.objects.get(member=actor.member_id).amount == pytest.approx(
        sum(cell.amount for cell in plan.cells.filter(member=str(actor.member_id)))
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_and_api(actor: Actor, language: str) -> None:
    browser = browser_of(actor, language)
    assert browser.get("/forecast/").status_code == 200
    month = fill(actor, ["", "x"])
    assert browser.post("/forecast/say", {month.isoformat(): "700", "note": "why"}).status_code == 302
    assert Judgement.objects.get().amount == 700
    assert (
        browser.post("/forecast/say", {month.isoformat(): "many"}).status_code == 302 and Judgement.objects.count() == 1
    )
    Figure.objects.filter(dimension="family").delete()
    forecast_sales(actor.tenant_id, month)
    for query in ("", "?by=owner", f"?by=owner&of={actor.member_id}", "?by=odd&of=x"):
        assert browser.get(f"/forecast/{query}").status_code == 200
    given = {"name": "Next", "dimension": "owner", "first": str(month), "after": str(month + relativedelta(months=2))}
    assert browser.post("/forecast/plans/new", {**given, "first": "soon"}).status_code == 422
    assert browser.post("/forecast/plans/new", given).status_code == 302
    plan = Plan.objects.get()
    cell = plan.cells.filter(member=str(actor.member_id)).order_by("since")[0]
    assert browser.post(f"/forecast/plans/{plan.id}/", {"version": "1", str(cell.id): "4321"}).status_code == 302
    assert "4321" in browser.get(f"/forecast/plans/{plan.id}/").content.decode()
    assert browser.post(f"/forecast/plans/{plan.id}/", {"version": "2", str(cell.id): "x"}).status_code == 422
    rows = browser.get("/api/v1/sales-forecasts?dimension=owner").json()["data"]
    assert len(rows) == 12 and browser.get(f"/api/v1/sales-forecasts/{rows[0]['id']}").json() == rows[0]
    assert browser.get("/api/v1/sales-forecasts?dimension=odd").status_code == 422
    body = {"since": str(month), "amount": 10}
    assert browser.post("/api/v1/sales-judgements", body, content_type="application/json").status_code == 201
    assert len(browser.get("/api/v1/sales-judgements").json()["data"]) == 2
    change = {"cells": [{"member": cell.member, "since": str(cell.since), "amount": 9}]}
    changed = browser.patch(f"/api/v1/sales-plans/{plan.id}", change, content_type="application/json").json()
    assert 9 in [one["amount"] for one in changed["cells"]]
    assert (
        browser.post(f"/api/v1/sales-plans/{plan.id}/make-goals", {}, content_type="application/json").status_code
        == 200
    )
    assert browser.post(f"/forecast/plans/{plan.id}/delete").status_code == 302 and not Plan.objects.exists()
