"""Cards that stay longer in their column than usual say so, with the colour of how long."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def record(actor: Actor) -> Any:
    made = create_record(
        actor, "opportunity", {"name": "Torque rigs", "next_step": "Ring Julia", "next_step_at": timezone.now()}
    )
    update_record(actor, "stage", made.stage_id, {"usual_days": 12})
    return made


def entered(record: Any, days: int) -> None:
    model: Any = registry.get("opportunity").model
    model.objects.filter(id=record.id).update(stage_since=timezone.now() - timedelta(days=days, hours=1))


@pytest.mark.parametrize(("days", "edge"), [(12, ""), (13, "amber"), (24, "amber"), (25, "rose")])
def test_a_card_tells_that_it_stays_too_long(actor: Actor, record: Any, days: int, edge: str) -> None:
    entered(record, days)
    body = sign_in(actor).get("/opportunities/board").content.decode()
    assert (f'data-edge="{edge}"' in body) is bool(edge)
    assert (f"{days} days here, usual 12" in body) is bool(edge)
    assert ("Ring Julia" in body) is not bool(edge)


def test_who_may_not_read_the_moment_is_not_told(actor: Actor, rep_actor: Actor, record: Any) -> None:
    update_record(actor, "opportunity", record.id, {"owner": rep_actor.member_id})
    entered(record, 40)
    client = sign_in(rep_actor)
    assert "40 days here" in client.get("/opportunities/board").content.decode()
    for access in ("hidden", "masked"):
        Role.objects.filter(key="sales").update(field_access={"opportunity": {"stage_since": access}})
        assert "days here" not in client.get("/opportunities/board").content.decode()


def test_a_column_without_a_usual_time_says_nothing(actor: Actor) -> None:
    create_record(actor, "lead", {"name": "Julia Brandt"})
    assert "data-edge" not in sign_in(actor).get("/leads/board").content.decode()
