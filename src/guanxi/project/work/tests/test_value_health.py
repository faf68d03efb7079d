"""What the doctor says of the runs of customer value."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from guanxi.analytics.models import Run, RunState, Settings
from guanxi.identity.actor import Actor
from guanxi.identity.kept import settings_changed
from guanxi.identity.models import Company
from guanxi.project.failure import Failure
from guanxi.project.work.values import health

DAY = date(2026, 6, 30)


@pytest.mark.django_db
def test_the_doctor_tells_of_the_last_runs(actor: Actor) -> None:
    assert health() == "no run yet"
    now = timezone.now()
    done = Run.objects.create(as_of=DAY, state=RunState.DONE, started_at=now, finished_at=now - timedelta(hours=3))
    assert health() == "polaris done, as of 2026-06-30, 3 h ago"
    Run.objects.filter(id=done.id).update(finished_at=now - timedelta(days=3))
    with pytest.raises(Failure, match="polaris done, as of 2026-06-30, 72 h ago"):
        health()
    Settings.objects.create(tenant_id=actor.tenant_id, nightly=False)
    settings_changed()
    assert health() == "polaris done, as of 2026-06-30, 72 h ago"
    steps = [{"key": "extract", "state": "done"}, {"key": "frames", "state": "failed"}]
    Run.objects.create(
        as_of=DAY, state=RunState.FAILED, started_at=now, finished_at=now, steps=steps, error="ValueError: no\nmore"
    )
    with pytest.raises(Failure, match="polaris failed in frames: ValueError: no, as of 2026-06-30, 0 h ago"):
        health()
    Company.objects.update(rooms_off=["analytics"])
    assert health() == "no run yet"
