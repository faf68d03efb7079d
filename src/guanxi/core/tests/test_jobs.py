import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.procrastinate_app import app
from procrastinate.jobs import Job as QueueJob

from guanxi.core.errors import NotAllowed, Stale
from guanxi.core.failures import note_failure
from guanxi.core.ids import new_id
from guanxi.core.jobs import Backoff, active_tenants, enqueue
from guanxi.core.models import JobFailure
from guanxi.core.tasks import forget_reasons, purge_jobs
from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.conftest import make_tenant
from guanxi.core.tests.sample_jobs import count, morning, walk


# The real worker brings the schedules of all rooms along; only the jobs of these tests count.
def rows(columns: str = "task_name, status::text, args, attempts") -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM procrastinate_jobs WHERE task_name IN ('test.walk', 'test.count', 'test.morning') ORDER BY id"
        )
        return [
            tuple(loads(value) if str(value).startswith("{") else value for value in row) for row in cursor.fetchall()
        ]


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def start_worker() -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts real worker processes on the test's database; they are stopped afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(subprocess.Popen([sys.executable, "-m", "guanxi.core.tests.sample_worker"], env=os.environ))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(20)


def test_a_job_exists_when_and_only_when_the_work_is_committed(tenant_id: UUID) -> None:
    record_id = new_id()
    with pytest.raises(RuntimeError), tenant_tx(tenant_id):
        enqueue(count, tenant_id, path="x", day_id=record_id)
        raise RuntimeError
    assert rows() == []
    with tenant_tx(tenant_id):
        enqueue(count, tenant_id, path="x", day_id=record_id)
    [(name, status, arguments, attempts)] = rows()
    assert (name, status, attempts) == ("test.count", "todo", 0)
    assert arguments == {"tenant": str(tenant_id), "arguments": {"path": "x", "day_id": str(record_id)}}


def test_a_job_is_not_doubled_while_one_waits_and_the_transaction_goes_on(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        first = enqueue(count, tenant_id, once_key="k", path="x", day_id=new_id())
        second = enqueue(count, tenant_id, once_key="k", path="x", day_id=new_id())
        third = enqueue(count, tenant_id, once_key="other", path="x", day_id=new_id())
    assert (first is None, second, third is None) == (False, None, False)
    assert len(rows()) == 2


def test_a_job_of_another_or_no_tenant_is_refused(tenant_id: UUID, other_tenant_id: UUID) -> None:
    with tenant_tx(tenant_id), pytest.raises(ValueError, match="another tenant"):
        enqueue(count, other_tenant_id, path="x", day_id=new_id())
    with pytest.raises(ValueError, match="needs a tenant"):
        enqueue(count, None, path="x", day_id=new_id())
    assert rows() == []


def test_delays_are_kept(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        enqueue(count, tenant_id, delay=timedelta(hours=1), path="x", day_id=new_id())
    [(at,)] = rows("scheduled_at")
    assert timedelta(minutes=59) < at - timezone.now() <= timedelta(hours=1)


def test_a_worker_runs_a_job_inside_its_tenant_and_repeats_a_failing_one(
    tenant_id: UUID, tmp_path: Path, start_worker: Callable
) -> None:
    good, bad, record_id = tmp_path / "good", tmp_path / "bad", new_id()
    with tenant_tx(tenant_id):
        enqueue(count, tenant_id, path=str(good), day_id=record_id)
        enqueue(count, tenant_id, path=str(bad), day_id=record_id, fail=True)
    start_worker()
    wait_for(lambda: good.exists() and bad.exists() and len(rows()) == 1)
    wait_for(lambda: rows("attempts") == [(1,)])
    assert good.read_text() == f"{tenant_id} UUID {record_id}\n"
    [(name, status, at)] = rows("task_name, status::text, scheduled_at")
    assert (name, status) == ("test.count", "todo")
    assert timedelta(seconds=5) < at - timezone.now() <= timedelta(seconds=10)
    with tenant_tx(tenant_id):
        assert JobFailure.objects.get().error == "ValueError: again"


def test_another_worker_finishes_the_job_of_a_killed_one(
    tenant_id: UUID, tmp_path: Path, start_worker: Callable
) -> None:
    story = tmp_path / "story"
    story.touch()
    with tenant_tx(tenant_id):
        enqueue(walk, tenant_id, path=str(story), seconds=3)
    first = start_worker()
    wait_for(lambda: story.read_text() == f"begin {first.pid}\n")
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    second = start_worker()
    wait_for(lambda: story.read_text().endswith(f"end {second.pid}\n"))
    assert story.read_text() == f"begin {first.pid}\nbegin {second.pid}\nend {second.pid}\n"
    wait_for(lambda: rows() == [])


def test_schedules_give_each_active_tenant_a_job_of_its_own(tenant_id: UUID, other_tenant_id: UUID) -> None:
    make_tenant("asleep", active=False)
    assert active_tenants() == sorted([tenant_id, other_tenant_id])
    tick = app.tasks["test.morning.tick"]
    tick.func(timestamp=0)
    tick.func(timestamp=1)
    assert [(row[0], row[2]["tenant"]) for row in rows()] == [("test.morning", str(id)) for id in active_tenants()]
    assert morning.of_tenant


def test_a_refusal_is_not_repeated_and_waiting_doubles() -> None:
    def decide(error: Exception, attempts: int) -> float | None:
        entry = QueueJob(queue="q", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
        decision = Backoff(8).get_retry_decision(exception=error, job=entry)
        return (
            None
            if decision is None or decision.retry_at is None
            else round((decision.retry_at - timezone.now()).total_seconds())
        )

    assert [decide(ValueError(), attempts) for attempts in (0, 1, 5, 8)] == [10, 20, 320, None]
    assert decide(NotAllowed(), 0) is None
    assert decide(Stale("late", version=2, current={}), 0) == 10


def test_failed_jobs_go_after_a_month(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        for _ in range(2):
            enqueue(count, tenant_id, path="x", day_id=new_id())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '31 days' WHERE job_id = (SELECT min(id) FROM procrastinate_jobs)"
        )
        cursor.execute("SELECT id FROM procrastinate_jobs ORDER BY id")
        numbers = [row[0] for row in cursor.fetchall()]
    for number in numbers:
        note_failure(tenant_id, number, ValueError("no"))
    purge_jobs(None)
    forget_reasons(tenant_id)
    assert rows("id") == [(numbers[1],)]
    with tenant_tx(tenant_id):
        assert list(JobFailure.objects.values_list("job_id", flat=True)) == [numbers[1]]
