"""A second try for background work that was given up."""

from uuid import UUID

from guanxi.core.failures import retry_job
from guanxi.core.outbox import retry_parked
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require_admin


def retry_event(actor: Actor, *, event_id: UUID) -> None:
    """Deliver a parked event of the actor's company again. Administrators only; raises `NotFound`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        retry_parked(event_id, tenant_id=actor.tenant_id)
        note_access(actor, "event.retried", object_name="event", record_id=event_id)


def retry_failed_job(actor: Actor, *, job_id: int) -> None:
    """Run a failed job of the actor's company again. Administrators only; raises `NotFound`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        retry_job(actor.tenant_id, job_id)
        note_access(actor, "job.retried", object_name="job", detail={"number": job_id})
