"""Runs by night and on demand."""

from uuid import UUID

from guanxi.analytics.access import ROOM
from guanxi.analytics.models import RunCause
from guanxi.analytics.optimising import applying, jobs
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.services.following import enqueue_follow
from guanxi.analytics.services.runs import compute, plan_run
from guanxi.analytics.warehouse.store import folder
from guanxi.core.jobs import enqueue, every, job
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.models import Company

__all__ = ["applying", "jobs"]


@job(name="analytics.compute", in_transaction=False, retries=1)
def compute_run(tenant_id: UUID, run_id: UUID) -> None:
    """Compute a planned run in a process of its own; a job that is repeated goes on with it."""
    compute(tenant_id, run_id)


def enqueue_run(run_id: UUID) -> None:
    """Have a worker compute a planned run of the running tenant."""
    tenant_id = current_tenant_id()
    enqueue(compute_run, tenant_id, serial_key=f"analytics:{tenant_id}", once_key=f"analytics:{run_id}", run_id=run_id)


@every("15 17 * * *", name="analytics.nightly")
def nightly() -> None:
    """The nightly run of every company that wants one, when it is night where most of them are (17:15 UTC is 1:15 in China).

    Whoever wants none has a warehouse of earlier runs perhaps, which what was deleted leaves all the same.
    """
    off = Company.objects.values_list("rooms_off", flat=True).first() or []
    if ROOM not in off and preferences().nightly:
        enqueue_run(plan_run(RunCause.NIGHT).id)
    elif folder(current_tenant_id()).is_dir():
        enqueue_follow()
