"""Reports that take too long to wait for: read by a job, watched, stopped, kept, and never with more rights than their owner has."""

import threading
import time
from typing import Any

import pytest
from conftest import actor_of
from django.db import connection, connections
from django.test import Client

from guanxi.core.errors import Conflict, NotFound
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Tenant, User
from guanxi.identity.queries import actor_of_user
from guanxi.records.changes import create_record
from guanxi.records.models import ReportRun
from guanxi.records.reports import runs
from guanxi.records.reports.definition import read_definition
from guanxi.records.reports.keeping import read_figures, written_figures
from guanxi.records.reports.running import result_of, run_report, take_figures
from guanxi.records.reports.runs import (
    answer_report,
    cancel_run,
    delete_run,
    forget_old_runs,
    get_run,
    list_runs,
    may_show,
    read_report,
    show_run,
    start_run,
)
from guanxi.records.views import reports as views

BY_REGION: dict[str, Any] = {
    "object": "account",
    "measures": [{"key": "count", "kind": "count"}, {"key": "part", "kind": "share", "of": "count"}],
    "groups": [{"field": "region"}],
}
HTMX: Any = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def both(actor: Actor, rep_actor: Actor) -> tuple[Actor, Actor]:
    """Customers of an administrator and of a representative, who sees the own ones."""
    actor = fresh(actor)
    for owner, regions in ((actor, ("North", "South", "")), (rep_actor, ("North",))):
        for region in regions:
            create_record(owner, "account", {"name": f"A {region}", "region": region})
    return actor, rep_actor


def fresh(actor: Actor) -> Actor:
    """The same person with the teams that there are now."""
    assert actor.user_id is not None
    found = actor_of_user(actor.tenant_id, actor.user_id)
    assert found is not None
    return found


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, lock FROM procrastinate_jobs WHERE task_name LIKE 'records.read%'")
        return [(name, lock) for name, lock in cursor.fetchall()]


def run_job(run: ReportRun) -> ReportRun:
    read_report.function(run.tenant_id, run.id)
    with tenant_tx(run.tenant_id):
        return ReportRun.objects.get(id=run.id)  # type: ignore[no-any-return]


def counted(actor: Actor, run: ReportRun) -> dict[str, str]:
    found = show_run(actor, run)
    assert found.result is not None
    return {row.labels[0]: str(row.total["count"]) for row in found.result.rows}


def test_a_job_reads_for_its_owner_and_tells(both: tuple[Actor, Actor]) -> None:
    actor, rep = both
    made = read_definition(BY_REGION)
    run = start_run(rep, made, key="", name="Regions")
    assert (run.state, jobs()) == ("waiting", [("records.read_report", f"reports-{rep.tenant_id}")])
    assert start_run(rep, made).id == run.id
    done = run_job(run)
    assert (done.state, done.error, done.count) == ("done", "", 1)
    assert counted(rep, done) == {"North": "1"}
    assert done.read_at is not None
    assert show_run(rep, done).result.read_at <= done.read_at  # type: ignore[union-attr]
    facts = OutboxEvent.objects.filter(name="records.ReportRead")
    assert [(one.payload["name"], one.payload["failed"], one.member_id) for one in facts] == [("Regions", False, rep.member_id)]  # fmt: skip
    # Nobody else's business, not even an administrator's.
    for strange in (get_run, cancel_run, delete_run):
        with pytest.raises(NotFound):
            strange(actor, run.id)
    assert [one.id for one in list_runs(actor)] == []
    with pytest.raises(Conflict):
        cancel_run(rep, run.id)
    delete_run(rep, run.id)
    assert not ReportRun.objects.exists()


def test_rights_count_when_it_runs_and_when_it_is_looked_at(both: tuple[Actor, Actor]) -> None:
    _actor, rep = both
    run = start_run(rep, read_definition(BY_REGION))
    member = Membership.objects.get(id=rep.member_id)
    Role.objects.filter(id=member.role_id).update(field_access={"account": {"region": "hidden"}})
    done = run_job(run)
    assert (done.state, done.figures) == ("failed", None)
    assert "region" in done.error
    Role.objects.filter(id=member.role_id).update(field_access={})
    done = run_job(start_run(rep, read_definition(BY_REGION)))
    assert may_show(rep, done)
    Role.objects.filter(id=member.role_id).update(field_access={"account": {"region": "masked"}})
    changed = fresh(rep)
    assert not may_show(changed, done)
    with pytest.raises(Conflict):
        show_run(changed, done)
    User.objects.filter(id=rep.user_id or "").update(is_active=False)
    run = start_run(rep, read_definition(BY_REGION))
    assert run_job(run).state == "failed"


def test_what_was_kept_equals_what_was_read(both: tuple[Actor, Actor]) -> None:
    actor, _rep = both
    made = read_definition(BY_REGION | {"period": {"field": "created_at", "within": "this_year"}, "compare": "year"})
    taken = take_figures(actor, made, seconds=5)
    assert read_figures(written_figures(taken)) == taken
    now, kept = run_report(actor, made).as_json(), result_of(actor, made, taken).as_json()
    assert now.pop("read_at") > kept.pop("read_at")
    assert now == kept
    listed = read_definition({"object": "account", "columns": ["name", "region", "created_at"], "sort": "name"})
    run = run_job(start_run(actor, listed))
    shown = show_run(actor, run).listing
    assert shown is not None
    assert [row[:2] for row in shown.rows] == [("A", ""), ("A North", "North"), ("A North", "North"), ("A South", "South")]  # fmt: skip


def test_a_slow_answer_is_kept_and_not_read_again(both: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    actor, _rep = both
    made = read_definition(BY_REGION)
    assert answer_report(actor, made).run is None
    assert not ReportRun.objects.exists()
    monkeypatch.setattr(runs, "SLOW", -1.0)
    first = answer_report(actor, made, name="Regions")
    assert first.run is not None
    create_record(actor, "account", {"name": "New", "region": "West"})
    kept = answer_report(actor, made)
    assert (kept.run.id, kept.result.count) == (first.run.id, 4)  # type: ignore[union-attr]
    again = answer_report(actor, made, again=True)
    assert again.result is not None
    assert again.result.count == 5
    ReportRun.objects.update(read_at="2026-01-01T00:00Z")
    assert answer_report(actor, made).result.count == 5  # type: ignore[union-attr]


def test_the_page_orders_a_job_for_what_takes_too_long(
    both: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, _rep = both
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend")  # fmt: skip
    with monkeypatch.context() as slow:
        slow.setattr(views, "answer_report", _too_heavy)
        text = client.get("/reports/customers-by-size/result", **HTMX).content.decode()
    assert 'hx-post="/report-runs/"' in text
    assert "It goes on in the background." in text
    ordered = client.post("/report-runs/", {"key": "customers-by-size", "beside": "1"}, **HTMX)
    run = ReportRun.objects.get()
    assert f'hx-get="/report-runs/{run.id}/?state=1"' in ordered.content.decode()
    # As long as it is on its way, the page shows it instead of reading once more.
    assert f"/report-runs/{run.id}/cancel" in client.get("/reports/customers-by-size/result", **HTMX).content.decode()
    run_job(run)
    assert "read at" in client.get(f"/report-runs/{run.id}/?state=1", **HTMX).content.decode()
    assert client.get(f"/report-runs/{run.id}/").status_code == 200
    assert "Customers by size" in client.get("/report-runs/").content.decode()
    assert client.post(f"/report-runs/{run.id}/delete").status_code == 302
    assert not ReportRun.objects.exists()
    assert client.post("/report-runs/", {"key": "nothing"}).status_code == 404


def test_at_most_a_few_wait_at_once_and_old_ones_go(both: tuple[Actor, Actor]) -> None:
    actor, _rep = both
    started = [start_run(actor, read_definition(BY_REGION | {"limit": at + 1})) for at in range(runs.MOST_ACTIVE)]
    with pytest.raises(Conflict):
        start_run(actor, read_definition(BY_REGION))
    stopped = cancel_run(actor, started[0].id)
    assert (stopped.state, run_job(stopped).state) == ("cancelled", "cancelled")
    run_job(started[1])
    ReportRun.objects.filter(state="done").update(created_at="2026-01-01T00:00Z")
    ReportRun.objects.filter(id=started[2].id).update(state="running", started_at="2026-01-01T00:00Z")
    forget_old_runs()
    left = {one.id: one.state for one in ReportRun.objects.all()}
    assert started[1].id not in left
    assert left[started[2].id] == "failed"


def _too_heavy(*_values: Any, **_named: Any) -> Any:
    raise runs.TooHeavy("The report takes longer than 8 seconds.")


def test_a_running_statement_is_stopped_at_once(
    transactional_db: None, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real statement in another connection, broken off by who ordered it."""
    with tenant_tx(tenant.id):
        actor = actor_of(tenant, "admin@polaris.example")
    original = runs.take_figures

    def slowly(acting: Actor, made: Any, *, seconds: int, begun: Any) -> Any:
        def first() -> None:
            begun()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")

        return original(acting, made, seconds=seconds, begun=first)

    monkeypatch.setattr(runs, "take_figures", slowly)
    run = start_run(actor, read_definition(BY_REGION))

    def work() -> None:
        try:
            read_report.function(run.tenant_id, run.id)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    begun = time.monotonic()
    try:
        while not _locked():
            assert time.monotonic() - begun < 30
            time.sleep(0.02)
        assert cancel_run(actor, run.id).stop_wanted
    finally:
        worker.join(30)
    assert not worker.is_alive()
    assert time.monotonic() - begun < 30
    with tenant_tx(actor.tenant_id):
        found = ReportRun.objects.get(id=run.id)
        assert (found.state, found.figures, found.error) == ("cancelled", None, "")
        assert not OutboxEvent.objects.filter(name="records.ReportRead").exists()


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s::bigint::oid AND granted", [runs._LOCK])  # fmt: skip
        return cursor.fetchone() is not None
