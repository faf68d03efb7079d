"""The warehouse under bad luck: killed processes, neighbours, erasures, a restored database, and the future."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from conftest import actor_of
from pyarrow import parquet

from guanxi.activity.extracts import COLUMNS as INTERACTIONS
from guanxi.analytics import tasks
from guanxi.analytics.compute import runner
from guanxi.analytics.compute.following import follow
from guanxi.analytics.handlers import forget_person
from guanxi.analytics.models import Run, RunCause, RunState, ScoreHistory
from guanxi.analytics.services import following
from guanxi.analytics.services.runs import plan_run
from guanxi.analytics.tests.factories import account, order
from guanxi.analytics.tests.test_golden import table
from guanxi.analytics.warehouse import expressions, extracting
from guanxi.analytics.warehouse.engines import fetched, opened
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.analytics.warehouse.extracting import extract_all
from guanxi.analytics.warehouse.store import folder, frame_file, locked, read_manifest, remove
from guanxi.core.events import Delivery
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.extracts import COLUMNS as ACCOUNTS
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Tenant
from guanxi.records.changes import create_record
from guanxi.records.events import PersonErased
from guanxi.records.privacy.services import ask_erasure
from guanxi.sales.extracts import SOLD
from guanxi.sales.models import OrderLine

DAY = date(2026, 6, 30)
PATIENCE = 300
# The process lets everybody else go first, which would take long beside other tests.
IMPATIENT = "import os, runpy; os.nice = lambda _step: 0; runpy.run_module('guanxi.analytics', run_name='__main__')"


def filled(actor: Actor, customers: int, *, name: str = "Customer", factor: int = 1) -> None:
    """Customers with orders, by a fixed stream of chance."""
    random = np.random.default_rng(3)
    for number in range(customers):
        one = account(actor, f"{name} {number}")
        for _purchase in range(int(random.integers(1, 6))):
            day = date(2025, 1, 1) + timedelta(days=int(random.integers(0, 540)))
            order(one, day.isoformat(), str(factor * int(random.integers(50, 400))), "30")


def brought(tenant_id: UUID) -> dict[str, extracting.Brought]:
    with locked(tenant_id):
        return extract_all(tenant_id, lambda _share, _what: None)


def texts(tenant_id: UUID) -> str:
    """All that the warehouse says, facts and frames."""
    found = [str(file) for file in folder(tenant_id).rglob("*")]
    for file in folder(tenant_id).rglob("*.parquet"):
        found += [str(row) for row in parquet.read_table(file, partitioning=None).to_pylist()]
    return "\n".join(found)


def planned(tenant_id: UUID) -> UUID:
    with tenant_tx(tenant_id):
        return UUID(str(plan_run(RunCause.COMMAND, as_of=DAY).id))


def computed(tenant_id: UUID, run_id: UUID) -> None:
    runner.run(tenant_id, run_id)
    with tenant_tx(tenant_id):
        found = Run.objects.get(id=run_id)
    assert found.error == "", found.error
    assert found.state == RunState.DONE


def process(tenant_id: UUID, run_id: UUID) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-c", IMPATIENT, "--tenant", str(tenant_id), "--run", str(run_id)]
    return subprocess.Popen(command, env=os.environ, stdin=subprocess.DEVNULL)


def killed_in(step: str, tenant_id: UUID, run_id: UUID) -> list[str]:
    """Start the run's process and kill it in a step; the steps it had done."""
    child = process(tenant_id, run_id)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with tenant_tx(tenant_id):
            states = {row["key"]: row["state"] for row in Run.objects.get(id=run_id).steps}
        if states.get(step) == "running":
            break
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    return [key for key, state in states.items() if state == "done"]


def conclusions(tenant_id: UUID) -> list[Any]:
    names = [field.attname for field in Score._meta.concrete_fields]
    with tenant_tx(tenant_id):
        return list(Score.objects.order_by("account_id").values_list(*names))


@pytest.mark.django_db(transaction=True)
def test_killed_processes_leave_nothing_wrong(tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        filled(actor_of(tenant, "admin@polaris.example"), 12)
        lines = OrderLine.objects.count()
    run_id = planned(tenant.id)
    assert killed_in("extract", tenant.id, run_id) == []
    assert planned(tenant.id) == run_id
    assert killed_in("models", tenant.id, run_id) == ["extract", "frames", "rfm"]
    with tenant_tx(tenant.id):
        assert Run.objects.get().state == RunState.RUNNING
    assert planned(tenant.id) == run_id
    code = process(tenant.id, run_id).wait(PATIENCE)
    with tenant_tx(tenant.id):
        done = Run.objects.get()
        assert code == 0, done.error
        assert (done.state, done.error, done.progress) == (RunState.DONE, "", 1)
        assert {row["state"] for row in done.steps} == {"done"}
        assert ScoreHistory.objects.count() == Score.objects.count() == 12
    manifest = read_manifest(tenant.id)
    assert sum(part.rows for part in manifest["transactions"].parts.values()) == lines
    found = conclusions(tenant.id)
    # The same from nothing.
    remove(tenant.id)
    computed(tenant.id, planned(tenant.id))
    assert conclusions(tenant.id) == found


@pytest.mark.django_db
def test_neighbours_share_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    people = {tenant: ("admin@polaris.example", "Polaris"), other_tenant: ("admin@borealis.example", "Borealis")}
    for each, (email, name) in people.items():
        with tenant_tx(each.id):
            filled(actor_of(each, email), 4 if each is tenant else 3, name=name, factor=1 if each is tenant else 7)
        computed(each.id, planned(each.id))
    for each, stranger, count in ((tenant, other_tenant, 4), (other_tenant, tenant, 3)):
        with tenant_tx(stranger.id):
            keys = {str(key) for key in Score.objects.values_list("account_id", flat=True)}
            keys |= {str(key) for key in OrderLine.objects.values_list("id", flat=True)}
        assert keys
        said = texts(each.id)
        assert people[stranger][1] not in said and str(stranger.id) not in said
        assert not any(key in said for key in keys)
        with tenant_tx(each.id):
            assert Score.objects.count() == count and Run.objects.count() == 1


@pytest.mark.django_db
def test_an_erased_person_leaves_the_warehouse_at_once(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    one = create_record(
        actor, "account", {"name": "王伟", "kind": "individual", "region": "Wanderweg", "email": "wei@rhein.example"}
    )
    order(one, "2026-03-05")
    computed(actor.tenant_id, plan_run(RunCause.COMMAND, as_of=DAY).id)
    assert "王伟" in texts(actor.tenant_id) and frame_file(actor.tenant_id, DAY, "customers").is_file()
    erasure = ask_erasure(actor, "account", one.id, basis="pipl")
    (event,) = OutboxEvent.objects.filter(name="records.PersonErased")
    assert event.payload == {"erasure_id": str(erasure.id)}
    asked: list[Any] = []
    monkeypatch.setattr(following, "enqueue", lambda job, tenant_id, **_options: asked.append((job.name, tenant_id)))
    forget_person(PersonErased(erasure_id=erasure.id), Delivery(event.id, actor.tenant_id, event.at, actor.member_id))
    assert asked == [("analytics.follow", actor.tenant_id)]
    follow(actor.tenant_id)
    said = texts(actor.tenant_id)
    assert not any(secret in said for secret in ("王伟", "Wanderweg", "wei@rhein.example"))
    assert str(one.id) in said
    assert not frame_file(actor.tenant_id, DAY, "customers").exists()


@pytest.mark.django_db
def test_a_room_that_is_off_keeps_no_warehouse(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    order(account(actor), "2026-03-05")
    asked: list[Any] = []
    monkeypatch.setattr(following, "enqueue", lambda job, tenant_id, **_options: asked.append((job.name, tenant_id)))
    Company.objects.update(rooms_off=["analytics"])
    tasks.nightly.function()
    assert asked == []
    brought(actor.tenant_id)
    tasks.nightly.function()
    assert asked == [("analytics.follow", actor.tenant_id)]
    assert follow(actor.tenant_id) == {}
    assert not folder(actor.tenant_id).exists()


@pytest.mark.django_db
def test_another_database_is_not_believed(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restored database may give the prints of the old one to other rows: another salt makes all of them stale."""
    order(account(actor), "2026-03-05")
    assert brought(actor.tenant_id)["transactions"].read == 1
    assert brought(actor.tenant_id)["transactions"].read == 0
    monkeypatch.setattr(extracting, "database_mark", lambda: "another cluster")
    assert brought(actor.tenant_id)["transactions"].read == 1


@pytest.mark.django_db
@pytest.mark.parametrize("left", ["nothing", "facts"])
def test_a_run_goes_on_where_its_warehouse_is_missing(actor: Actor, left: str) -> None:
    """A restored database tells of a run that was under way; its frames are gone, or all of it."""

    def stops(_context: Any) -> Any:
        raise KeyboardInterrupt

    filled(actor, 3)
    run_id = plan_run(RunCause.COMMAND, as_of=DAY).id
    with pytest.raises(KeyboardInterrupt):
        runner.run(actor.tenant_id, run_id, (*runner.STEPS[:3], runner.Step("models", "", stops)))
    if left == "facts":
        follow(actor.tenant_id)
    else:
        remove(actor.tenant_id)
    computed(actor.tenant_id, run_id)
    assert Score.objects.count() == 3


def lines_of(random: np.random.Generator, first: date, days: int, count: int) -> list[dict[str, Any]]:
    """Made-up sales, returns among them."""
    found = []
    for _line in range(count):
        revenue = float(np.round(random.normal(100, 80), 2))
        found.append({
            "account": f"c{random.integers(0, 9)}", "day": first + timedelta(days=int(random.integers(0, days))), "revenue": revenue,
            "margin": None if random.random() < 0.2 else revenue / 2, "discount": 1.0, "product": f"p{random.integers(0, 5)}",
        })  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(3))
def test_no_future_reaches_a_feature(tmp_path: Path, seed: int) -> None:
    """All that is later than the day, in every fact, is replaced by something else: every column of every frame stays."""
    random = np.random.default_rng(seed)
    day = date(2026, 3, 1) + timedelta(days=int(random.integers(0, 60)))
    past = lines_of(random, day - timedelta(days=700), 701, 80)
    known = [
        {"account": f"c{number}", "from": day - timedelta(days=900), "to": day + timedelta(days=9), "region": "old"}
        for number in range(9)
    ]
    met = [{"account": f"c{number}", "day": day - timedelta(days=number), "channel": "visit", "minutes": 5.0} for number in range(9)]  # fmt: skip
    frames = []
    for world in range(2):
        ahead = lines_of(np.random.default_rng(100 + world), day + timedelta(days=1), 300, 60 * world + 20)
        later = [{"account": "c1", "day": day + timedelta(days=1 + world), "channel": "visit", "minutes": 900.0 * world}]  # fmt: skip
        moved = [{"account": f"c{number}", "from": day + timedelta(days=9), "to": None, "region": f"new {world}"} for number in range(9)]  # fmt: skip
        place = tmp_path / str(world)
        place.mkdir()
        for name, columns, rows in (("sold", SOLD, past + ahead), ("met", INTERACTIONS, met + later), ("accounts", ACCOUNTS, known + moved)):  # fmt: skip
            parquet.write_table(table(columns, rows), place / f"{name}.parquet")
        frames.append(_features(place, Terms(day)))
    for name in frames[0].column_names:
        assert frames[0].column(name).to_pylist() == frames[1].column(name).to_pylist(), name
    assert frames[0].num_rows == len({row["account"] for row in past if row["revenue"] >= 0})


def _features(place: Path, terms: Terms) -> pa.Table:
    with opened("duckdb", scratch=place / "scratch") as backend:
        sold, met, accounts = (
            backend.read_parquet(str(place / f"{name}.parquet")) for name in ("sold", "met", "accounts")
        )
        days = expressions.purchases(sold, terms)
        return fetched(expressions.customers(days, sold, met, accounts, terms))
