"""Runs and settings on the page and over the API; who may."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client

from guanxi.analytics.models import Run, RunCause, RunState, Settings
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.services.preferences import change_preferences
from guanxi.analytics.services.runs import ask_for_run, note_interrupted, plan_run
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def test_settings_hold_until_somebody_changes_them(actor: Actor) -> None:
    assert (preferences().relationship, preferences().discount_rate) == ("open", 0.10)
    change_preferences(actor, {"relationship": "contract", "discount_rate": 0.2, "channel_costs": {"visit": 300}})
    row = Settings.objects.get()
    assert (row.relationship, row.discount_rate, row.channel_costs, row.version) == ("contract", 0.2, {"visit": 300}, 2)
    assert preferences().relationship == "contract"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("relationship", "marriage"), ("discount_rate", 7.0), ("horizon_months", 0), ("rfm_bins", 1), ("rfm_weights", [0, 0, 0]),
        ("rfm_weights", [1, "2", 3]), ("grade_shares", [0.5, 0.5, 0.5]), ("channel_costs", {"pigeon": 1}), ("channel_costs", {"visit": -1}),
        ("rfm_cuts", {"recency": [30, 90, 180, 360]}), ("rfm_cuts", {"frequency": [1]}), ("candidates", ["crystal-ball"]), ("minute_cost", "much"),
        ("spark_master", "http://x"), ("period_days", 0), ("nothing", 1),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_and_change_nothing(actor: Actor, name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        change_preferences(actor, {name: value})
    assert set(refused.value.errors) == {name}
    assert Settings.objects.count() == 0


def test_only_who_manages_changes_settings_or_orders_a_run(rep_actor: Actor) -> None:
    looking = replace(rep_actor, grants={"account": {"view": "all"}, "analytics": {"view": "all"}})
    with pytest.raises(NotAllowed):
        change_preferences(looking, {"nightly": False})
    with pytest.raises(NotAllowed):
        ask_for_run(looking)
    assert Run.objects.count() == 0
    assert Settings.objects.count() == 0


def test_a_run_that_nobody_computes_is_interrupted_and_goes_on(actor: Actor) -> None:
    planned = plan_run(RunCause.NIGHT, as_of=date(2026, 6, 30))
    Run.objects.update(state=RunState.RUNNING)
    assert note_interrupted() == 1
    assert Run.objects.get().state == RunState.INTERRUPTED
    assert plan_run(RunCause.PERSON, as_of=date(2026, 6, 30)).id == planned.id
    assert plan_run(RunCause.PERSON, as_of=date(2026, 6, 29)).id != planned.id


def test_pages_show_runs_and_settings(client: Client, actor: Actor) -> None:
    """Empty, then with a run under way, a failed one, and the form of the settings."""
    assert "No run yet" in client.get("/value/runs").content.decode()
    failed = {"state": RunState.FAILED, "error": "ValueError: no\ntrace", "as_of": date(2026, 6, 29)}
    steps = [
        {"key": "extract", "state": "done", "seconds": 1.5, "share": 1, "told": {"accounts": {"rows": 3, "read": 2}}}
    ]
    Run.objects.create(**failed, steps=steps)
    going = Run.objects.create(as_of=date(2026, 6, 30), state=RunState.RUNNING, progress=0.5, steps=steps)
    found = client.get("/value/runs").content.decode()
    assert found.count('hx-trigger="every 2s"') == 1
    assert "ValueError: no" in found
    assert "3 rows, 2 of them read anew" in found
    assert client.get(f"/value/runs/{going.id}").status_code == 200
    assert 'name="rfm_weights"' in client.get("/settings/value/").content.decode()
    form = {"relationship": "share", "period_days": "30", "horizon_months": "24", "discount_rate": "12", "minute_cost": "3", "rfm_bins": "5",
            "rfm_weights": "2, 1, 1", "grade_shares": "10，30，30", "engine": "duckdb", "cost_visit": "250", "cuts_recency": "360, 180, 90, 30"}  # fmt: skip
    assert client.post("/settings/value/", form | {"horizon_months": "x"}).status_code == 422
    assert Settings.objects.count() == 0
    assert client.post("/settings/value/", form).status_code == 302
    row = Settings.objects.get()
    assert (row.relationship, row.discount_rate, row.grade_shares, row.channel_costs) == (
        "share",
        0.12,
        [0.1, 0.3, 0.3],
        {"visit": 250.0},
    )
    assert (row.rfm_cuts, row.nightly) == ({"recency": [360.0, 180.0, 90.0, 30.0]}, False)


def test_a_run_is_ordered_on_the_page(client: Client, actor: Actor) -> None:
    assert client.post("/value/runs/start", {"as_of": "2026-06-30"}).status_code == 302
    planned = Run.objects.get()
    assert (planned.as_of, planned.state, planned.cause, planned.member_id) == (
        date(2026, 6, 30),
        "waiting",
        "person",
        actor.member_id,
    )
    for wrong in ("2999-01-01", "soon"):
        assert client.post("/value/runs/start", {"as_of": wrong}).status_code == 302
    assert Run.objects.count() == 1
