"""Records that a member opened lately."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.models import RecentView

AGAIN = timedelta(minutes=1)


def note_opened(actor: Actor, object_name: str, record_id: UUID) -> None:
    """Remember that the actor opened a record; repeated within a minute it writes nothing."""
    if actor.member_id is None:
        return
    with tenant_tx(actor.tenant_id):
        key = {"member_id": actor.member_id, "object": object_name, "record_id": record_id}
        found = RecentView.objects.filter(**key).values_list("at", flat=True).first()
        now = timezone.now()
        if found is None:
            RecentView.objects.bulk_create(
                [RecentView(at=now, tenant_id=actor.tenant_id, **key)], ignore_conflicts=True
            )
        elif now - found > AGAIN:
            RecentView.objects.filter(**key).update(at=now)
