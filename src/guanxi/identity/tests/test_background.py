"""Events and jobs that were given up, as an administrator sees and retries them without a shell."""

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from guanxi.core.failures import failed_jobs, note_failure
from guanxi.core.jobs import enqueue, job
from guanxi.core.models import AccessEntry, OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Tenant


@job(name="test.stumble")
def stumble() -> None:
    """Never run: the queue's rows are what these tests are about."""


def park(tenant: Tenant) -> UUID:
    values = {"name": "sales.QuoteSent", "payload": {}, "error": "handler: ValueError: no <b>oil</b>"}
    return OutboxEvent.objects.create(tenant_id=tenant.id, parked_at=timezone.now(), attempts=12, **values).id


def fail_job(tenant: Tenant, key: str | None = None) -> int:
    with tenant_tx(tenant.id):
        number = enqueue(stumble, tenant.id, once_key=key)
    assert number is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 8 WHERE id = %s", [number])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [number])
    note_failure(tenant.id, number, ValueError("the disk is full"))
    return number


def status(number: int) -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [number])
        return cursor.fetchone()  # type: ignore[no-any-return]


def test_everything_is_listed_with_its_error_and_retried(tenant: Tenant, admin_client: Client) -> None:
    assert "No event and no job was given up." in admin_client.get("/settings/background/").content.decode()
    event, number = park(tenant), fail_job(tenant)
    page = admin_client.get("/settings/background/").content.decode()
    for text in ("sales.QuoteSent", "no &lt;b&gt;oil&lt;/b&gt;", "test.stumble", "ValueError: the disk is full"):
        assert text in page
    assert admin_client.post(f"/settings/background/events/{event}/retry/").status_code == 302
    assert admin_client.post(f"/settings/background/jobs/{number}/retry/").status_code == 302
    row = OutboxEvent.objects.get(id=event)
    assert (row.parked_at, row.attempts) == (None, 0)
    assert status(number) == ("todo", 0)
    with tenant_tx(tenant.id):
        assert list(AccessEntry.objects.order_by("at").values_list("action", flat=True))[-2:] == [
            "event.retried",
            "job.retried",
        ]
    # Neither is there any longer.
    assert admin_client.post(f"/settings/background/events/{event}/retry/").status_code == 404
    assert admin_client.post(f"/settings/background/jobs/{number}/retry/").status_code == 404


def test_a_failed_job_whose_twin_waits_is_struck_off(tenant: Tenant, admin_client: Client) -> None:
    number = fail_job(tenant, "core.purge")
    with tenant_tx(tenant.id):
        twin = enqueue(stumble, tenant.id, once_key="core.purge")
    assert twin is not None
    assert admin_client.post(f"/settings/background/jobs/{number}/retry/").status_code == 302
    assert (status(number)[0], status(twin)[0]) == ("cancelled", "todo")


def test_only_administrators_and_only_the_own_company(
    tenant: Tenant, other_tenant: Tenant, admin_client: Client, rep_client: Client
) -> None:
    event, number = park(other_tenant), fail_job(other_tenant)
    with tenant_tx(tenant.id):
        assert failed_jobs(tenant.id) == []
    assert "QuoteSent" not in admin_client.get("/settings/background/").content.decode()
    for path in (f"events/{event}", f"jobs/{number}"):
        assert admin_client.post(f"/settings/background/{path}/retry/").status_code == 404
        assert rep_client.post(f"/settings/background/{path}/retry/").status_code == 403
    assert admin_client.post(f"/settings/background/jobs/{2**70}/retry/").status_code == 404
    assert rep_client.get("/settings/background/").status_code == 403
    assert OutboxEvent.objects.get(id=event).parked_at is not None
    assert status(number) == ("failed", 8)


@pytest.mark.django_db
def test_the_error_of_a_job_is_readable_by_its_tenant_alone(tenant: Tenant, other_tenant: Tenant) -> None:
    fail_job(tenant)
    with tenant_tx(other_tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_jobfailure")
        assert cursor.fetchone() == (0,)
