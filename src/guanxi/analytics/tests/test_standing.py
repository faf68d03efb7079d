"""Stages, their changes and the months of the leaky bucket, out of a run."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from guanxi.analytics.compute import standing
from guanxi.analytics.compute.context import Context
from guanxi.analytics.models import CohortCell, CustomerMonth, LifecycleChange, ScoreHistory, Settings
from guanxi.analytics.tests.factories import account, order
from guanxi.analytics.tests.test_running import DAY, buyers, computed
from guanxi.analytics.tests.worth import worth
from guanxi.core.errors import Invalid
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor
from guanxi.records.changes import Update


def test_a_run_dates_each_change_of_stage_and_tells_the_account(actor: Actor) -> None:
    buyers(actor, 30)
    steady = account(actor, "Steady")
    for weeks in range(0, 70, 5):
        order(steady, (DAY - timedelta(weeks=weeks + 40)).isoformat(), "500", "200")
    computed(actor, DAY - timedelta(weeks=39))
    first = Score.objects.get(account_id=steady.id)
    assert (first.stage, first.stage_since) == ("growth", None) or first.stage == "maturity"
    assert Account.objects.get(id=steady.id).lifecycle_stage == first.stage
    assert LifecycleChange.objects.count() == 0
    computed(actor, DAY)
    now = Score.objects.get(account_id=steady.id)
    assert (now.stage, now.stage_since) == ("departure", DAY)
    change = LifecycleChange.objects.get(account_id=steady.id)
    assert (change.before, change.after, change.changed_on) == (first.stage, "departure", DAY)
    assert change.reason in ("gone", "silent") and change.figures["usual"] == 35
    assert Account.objects.get(id=steady.id).lifecycle_stage == "departure"
    assert ScoreHistory.objects.get(account_id=steady.id, as_of=DAY).stage == "departure"
    computed(actor, DAY)
    assert LifecycleChange.objects.filter(account_id=steady.id).count() == 1


def test_every_account_is_told_its_stage_but_the_one_whose_rule_refuses(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More accounts than go into one transaction, and a refusal amid them."""
    keys = [worth(actor, f"Customer {number}", 100, stage="decline").id for number in range(9)]
    stubborn = sorted(keys)[4]
    changed, parts = standing.change_records, []

    def refusing(who: Actor, name: str, changes: list[Update]) -> list[Any]:
        parts.append(len(changes))
        if any(one.id == stubborn for one in changes):
            raise Invalid({"lifecycle_stage": ["No."]})
        return changed(who, name, changes)

    monkeypatch.setattr(standing, "AT_A_TIME", 4)
    monkeypatch.setattr(standing, "change_records", refusing)
    context = Context(actor.tenant_id, actor.tenant_id, DAY, Settings(), lambda: None)
    before = Account.objects.get(id=stubborn).lifecycle_stage
    assert before != "decline"
    assert standing._tell_accounts(context, len(keys)) == (8, 1)
    assert parts == [4, 4, 2, 1, 1, 2, 1]
    assert set(Account.objects.exclude(id=stubborn).values_list("lifecycle_stage", flat=True)) == {"decline"}
    assert Account.objects.get(id=stubborn).lifecycle_stage == before


def test_months_add_up_and_regions_are_parts_of_the_whole(actor: Actor) -> None:
    buyers(actor, 30)
    computed(actor)
    months = list(CustomerMonth.objects.filter(region="").order_by("month"))
    assert len(months) == 24 and months[-1].month == date(2026, 6, 1)
    for before, after in pairwise(months):
        assert after.active == before.active + after.gained + after.regained - after.lost
    assert sum(one.gained for one in months) == 30
    assert sum(one.lost for one in months) > 0
    assert all(one.value_lost > 0 for one in months if one.lost)
    assert sum(cell.size for cell in CohortCell.objects.filter(age=0)) == 30
    assert {cell.share for cell in CohortCell.objects.filter(age=0)} == {1.0}
