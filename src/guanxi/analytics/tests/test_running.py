"""A run from orders to scores, on hand-made customers and on the CDNOW log."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pytest

from guanxi.analytics.compute import runner
from guanxi.analytics.compute.context import Step
from guanxi.analytics.models import CutPoints, ModelFit, Run, RunCause, RunState, ScoreHistory, Settings
from guanxi.analytics.services.runs import plan_run
from guanxi.analytics.tests.factories import account, order, product
from guanxi.analytics.warehouse import frames
from guanxi.core.errors import Invalid
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 30)


def settled(actor: Actor, **values: Any) -> None:
    Settings.objects.update_or_create(tenant_id=actor.tenant_id, defaults=values)


def computed(actor: Actor, as_of: date = DAY, **options: Any) -> Run:
    planned = plan_run(RunCause.COMMAND, as_of=as_of)
    runner.run(actor.tenant_id, planned.id, **options)
    found: Run = Run.objects.get(id=planned.id)
    assert (found.state, found.error) == (RunState.DONE, "")
    return found


def buyers(actor: Actor, count: int = 40) -> list[Any]:
    """Customers who differ in how often they buy and when they stopped; made by a fixed stream of chance."""
    random = np.random.default_rng(7)
    found = []
    for number in range(count):
        one = account(actor, f"Customer {number}")
        day = date(2025, 1, 1) + timedelta(days=int(random.integers(0, 200)))
        end = day + timedelta(days=int(random.integers(30, 900)))
        while day <= min(DAY, end):
            order(one, day.isoformat(), str(int(random.integers(50, 400))), "30")
            day += timedelta(days=1 + int(random.exponential(40 + number)))
        found.append(one)
    return found


def test_without_any_order_a_run_comes_to_its_end(actor: Actor) -> None:
    account(actor)
    found = computed(actor)
    assert found.progress == 1
    assert Score.objects.count() == 0


def test_from_orders_to_scores(actor: Actor) -> None:
    made = buyers(actor)
    found = computed(actor)
    assert [row["state"] for row in found.steps] == ["done"] * len(found.steps)
    assert found.steps[1]["told"]["customers"] == len(made)
    assert Score.objects.filter(as_of=DAY).count() == len(made)
    for score in Score.objects.all():
        assert score.value == pytest.approx(
            score.historic + score.current + score.potential - score.cost_to_serve, abs=Decimal("0.001")
        )
        assert score.value_low <= score.value <= score.value_high
        assert 0 <= score.p_alive <= 1
        assert score.inputs["model"] == ModelFit.objects.get(in_use=True, purpose="purchases").model
    assert {score.grade for score in Score.objects.all()} == {"A", "B", "C", "D"}
    assert Score.objects.filter(grade="A").count() == len(made) // 5
    assert ScoreHistory.objects.count() == len(made)
    cuts = CutPoints.objects.get()
    assert (cuts.bins, len(cuts.recency), cuts.own) == (5, 4, False)
    fit = ModelFit.objects.get(in_use=True, purpose="purchases")
    assert len(fit.evaluation["origins"]) >= 1
    assert set(fit.evaluation["origins"][0]["top_tenth"]) == {"model", "orders", "rate", "recency"}
    assert fit.evaluation["checks"] == {"no_future": True, "chances": True}
    assert (
        sum(group["customers"] for group in fit.evaluation["calibration"]) == fit.evaluation["origins"][0]["customers"]
    )


def test_a_second_run_of_the_day_changes_nothing(actor: Actor) -> None:
    buyers(actor, 12)
    computed(actor)
    names = [field.attname for field in Score._meta.concrete_fields]
    before = list(Score.objects.order_by("account_id").values_list(*names))
    computed(actor)
    assert list(Score.objects.order_by("account_id").values_list(*names)) == before
    assert ScoreHistory.objects.count() == 12
    assert Run.objects.count() == 2


def test_the_future_changes_no_feature(actor: Actor) -> None:
    """The leakage test: orders after the day are moved and changed; every feature as of the day stays."""
    made = buyers(actor, 10)
    past = DAY - timedelta(days=200)
    computed(actor, past)
    before = frames.read(actor.tenant_id, past, "customers")
    for number, one in enumerate(made):
        order(one, (past + timedelta(days=1 + number)).isoformat(), "99999")
    computed(actor, past)
    after = frames.read(actor.tenant_id, past, "customers")
    # The attributes of the account are those of now, as it was made today; its stage is what the first run concluded.
    assert after.drop_columns(["lifecycle_stage"]).equals(before.drop_columns(["lifecycle_stage"]))


def test_own_cut_points_and_weights(actor: Actor) -> None:
    one, other = account(actor, "One"), account(actor, "Other")
    for day in ("2026-06-01", "2026-06-20"):
        order(one, day, "1000")
    order(other, "2026-01-01", "10")
    settled(
        actor,
        rfm_bins=3,
        rfm_weights=[1, 0, 0],
        rfm_cuts={"recency": [100, 20], "frequency": [2, 3], "monetary": [100, 5000]},
    )
    computed(actor)
    found = {
        score.account_id: (score.recency_score, score.frequency_score, score.monetary_score)
        for score in Score.objects.all()
    }
    assert found == {one.id: (3, 2, 2), other.id: (1, 1, 1)}
    assert {score.inputs["rfm"] for score in Score.objects.all()} == {3.0, 1.0}
    assert CutPoints.objects.get().own


@pytest.mark.parametrize(
    ("relationship", "models"),
    [
        ("open", {"bg-nbd", "mbg-nbd", "pareto-nbd", "nbd"}),
        ("occasions", {"bg-bb"}),
        ("contract", {"sbg", "bdw"}),
        ("share", {"migration"}),
    ],
)
def test_the_relationship_decides_about_the_candidates(actor: Actor, relationship: str, models: set[str]) -> None:
    made = buyers(actor)
    settled(actor, relationship=relationship)
    computed(actor)
    tried = ModelFit.objects.exclude(purpose__in=("margin", "churn"))
    assert {one.asked for one in tried} == models
    assert tried.filter(in_use=True).count() == 1
    assert Score.objects.exclude(p_alive=None).count() == len(made)
    assert all(0 <= score.p_alive <= 1 and score.potential >= 0 for score in Score.objects.all())


def test_a_failed_step_ends_the_run_and_the_next_one_starts_anew(actor: Actor) -> None:
    def breaks(_context: Any) -> Any:
        raise ValueError("no such thing")

    planned = plan_run(RunCause.COMMAND, as_of=DAY)
    assert not runner.run(actor.tenant_id, planned.id, (runner.STEPS[0], Step("frames", "", breaks)))
    found = Run.objects.get()
    assert (found.state, [row["state"] for row in found.steps]) == (RunState.FAILED, ["done", "failed"])
    assert found.error.startswith("ValueError: no such thing")
    assert plan_run(RunCause.COMMAND, as_of=DAY).id != planned.id


def _noted(done: list[str], step: Step, context: Any) -> Any:
    done.append(step.key)
    return step.run(context)


def test_an_interrupted_run_goes_on_after_the_steps_it_did(actor: Actor) -> None:
    buyers(actor, 5)
    done: list[str] = []

    def stops(_context: Any) -> Any:
        raise KeyboardInterrupt

    planned = plan_run(RunCause.COMMAND, as_of=DAY)
    with pytest.raises(KeyboardInterrupt):
        runner.run(actor.tenant_id, planned.id, (*runner.STEPS[:2], Step("rfm", "", stops)))
    assert Run.objects.get().state == RunState.RUNNING
    again = plan_run(RunCause.COMMAND, as_of=DAY)
    assert again.id == planned.id
    watched = tuple(replace(step, run=partial(_noted, done, step)) for step in runner.STEPS)
    assert runner.run(actor.tenant_id, again.id, watched)
    assert done == [step.key for step in runner.STEPS[2:]]
    assert Score.objects.count() == 5


def test_the_day_cannot_lie_ahead(actor: Actor) -> None:
    with pytest.raises(Invalid):
        plan_run(RunCause.COMMAND, as_of=date(2999, 1, 1))
    assert Run.objects.count() == 0


def test_families_that_others_took_up_count_as_potential(actor: Actor) -> None:
    first, second = product(actor, "Bench"), product(actor, "Spare kit")
    old = [account(actor, f"Old {number}") for number in range(32)]
    for number, one in enumerate(old):
        order(one, "2024-05-05", "100", "60", item=first)
        if number % 4 == 0:
            order(one, "2026-03-05", "500", "300", item=second)
    for one in old[:2]:
        order(one, "2026-05-05", "100", "60", item=first)
    computed(actor)
    found = {score.account_id: score.inputs["cross_sell"] for score in Score.objects.all()}
    alive = {score.account_id: score.p_alive for score in Score.objects.all()}
    # One of four took the second product up and brought 200: whoever lacks it may bring a quarter of that.
    assert found[old[0].id] == 0
    assert found[old[1].id] == pytest.approx(50 * (alive[old[1].id] or 0))
    assert {score.inputs["cross_by"] for score in Score.objects.all()} == {"families"}


def test_a_past_of_days_is_too_short_to_say_what_others_take_up(actor: Actor) -> None:
    """The customers of the first days of a log buy more than all who came later: their year is no measure of the others."""
    first, second = product(actor, "Bench"), product(actor, "Spare kit")
    for number in range(32):
        one = account(actor, f"Early {number}")
        order(one, "2025-06-25", "100", "60", item=first)
        order(one, "2026-03-05", "500", "300", item=second)
    order(account(actor, "Late"), "2026-03-05", "100", "60", item=first)
    computed(actor)
    scores = [score.inputs for score in Score.objects.all()]
    assert {(one["cross_by"], one["cross_sell"]) for one in scores} == {("", 0.0)}
    account_id = Score.objects.values_list("account_id", flat=True)[0]
    assert "Not counted" in sign_in(actor).get(f"/value/of/{account_id}/how").text
