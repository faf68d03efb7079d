"""What `guanxi events` prints: who listens to what, the events that were given up, and how these are tried again."""

from collections.abc import Iterator
from uuid import UUID

from guanxi.core.errors import NotFound
from guanxi.core.events import subscriptions
from guanxi.core.outbox import parked_events, retry_parked
from guanxi.identity.models import Tenant
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.failure import Failure


def lines(tenant: str = "") -> list[str]:
    """Each event with its handlers below it, then those that were given up; with `tenant` only those of this company."""
    return list(_lines(_id_of(tenant)))


def retry(which: str, tenant: str = "") -> list[str]:
    """Deliver parked events again: one by its id, or "all", of one company or of all. Raises Failure for anything else."""
    tenant_id = _id_of(tenant)
    if which == "all":
        ids = [event.id for event in parked_events(tenant_id, limit=100_000)]
    else:
        try:
            ids = [UUID(which)]
        except ValueError:
            raise Failure(
                f"{which} is no id of an event; say --retry all or --retry with an id that is listed."
            ) from None
    for event_id in ids:
        try:
            retry_parked(event_id, tenant_id=tenant_id)
        except NotFound:
            raise Failure(f"No event {event_id} is parked{f' in {tenant}' if tenant else ''}.") from None
    return [f"{len(ids)} parked event{'' if len(ids) == 1 else 's'} will be delivered again."]


def _id_of(slug: str) -> UUID | None:
    return tenant_by_slug(slug).id if slug else None


def _lines(tenant_id: UUID | None) -> Iterator[str]:
    for name, handlers in subscriptions().items():
        yield name
        for handler in handlers or ["(nobody listens)"]:
            yield f"    → {handler}"
    parked = parked_events(tenant_id)
    slugs = dict(Tenant.objects.filter(id__in={event.tenant_id for event in parked}).values_list("id", "slug"))
    for event in parked:
        company = slugs.get(event.tenant_id, "no company")
        yield f"parked {event.id} {event.name} of {company} since {event.parked_at:%Y-%m-%d %H:%M} UTC: {event.error.splitlines()[-1:]}"
