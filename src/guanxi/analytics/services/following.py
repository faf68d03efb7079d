"""The warehouse follows the database outside of runs, by a job."""

from uuid import UUID

from guanxi.analytics.services.runs import compute
from guanxi.analytics.warehouse.store import folder
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import current_tenant_id


@job(name="analytics.follow", in_transaction=False)
def follow_warehouse(tenant_id: UUID) -> None:
    """Let the warehouse of a company hold what the database holds now, if it has one; repeated while a run is under way."""
    if folder(tenant_id).is_dir() and (code := compute(tenant_id, None)):
        raise RuntimeError(f"The warehouse was not brought up to date: {code}.")


def enqueue_follow() -> None:
    """Have a worker bring the warehouse of the running tenant up to date, behind a run that is under way."""
    tenant_id = current_tenant_id()
    enqueue(follow_warehouse, tenant_id, serial_key=f"analytics:{tenant_id}", once_key=f"analytics:follow:{tenant_id}")
