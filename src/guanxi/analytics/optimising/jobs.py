"""Plans computed by a worker, in a process of their own."""

from uuid import UUID

from guanxi.analytics.optimising.saving import compute
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import current_tenant_id


@job(name="analytics.allocate", in_transaction=False, retries=1)
def compute_allocation(tenant_id: UUID, plan_id: UUID) -> None:
    """Compute a plan that somebody asked for."""
    compute(tenant_id, plan_id)


def enqueue_allocation(plan_id: UUID) -> None:
    """Have a worker compute a plan of the running tenant."""
    tenant_id = current_tenant_id()
    enqueue(compute_allocation, tenant_id, serial_key=f"analytics:plan:{plan_id}", plan_id=plan_id)
