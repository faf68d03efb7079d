"""What a person says about a group of customers."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage, require_view
from guanxi.analytics.models import Cluster
from guanxi.analytics.queries.groups import members_of
from guanxi.analytics.services.segments import keep_customers
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access

LONGEST = {"name": 60, "next_step": 200}


def name_group(actor: Actor, group_id: UUID, name: str, next_step: str) -> None:
    """Own words for a group, which it keeps as long as it goes on; empty ones give way to those of its kind. Raises `Invalid`, `NotFound`, `NotAllowed`."""
    require_manage(actor)
    given = {"name": name.strip(), "next_step": next_step.strip()}
    long = {key: [_("This is too long.")] for key, text in given.items() if len(text) > LONGEST[key] or "\x00" in text}
    if long:
        raise Invalid(long)
    with tenant_tx(actor.tenant_id):
        if not Cluster.objects.filter(id=group_id, clustering__in_use=True).update(**given):
            raise NotFound(_("It does not exist."))
        note_access(actor, "group.named", object_name="account", record_id=None, detail=given)


def keep_group(actor: Actor, group_id: UUID) -> Any:
    """A segment of the members of a group that the actor sees, which later runs keep up to date. Raises `NotFound`, `NotAllowed`, `Invalid`."""
    require_view(actor)
    with tenant_tx(actor.tenant_id):
        found = Cluster.objects.filter(id=group_id, clustering__in_use=True).first()
        if found is None:
            raise NotFound(_("It does not exist."))
        segment = keep_customers(actor, found.called[:100], members_of(actor, found))
        Cluster.objects.filter(id=found.id).update(segment_id=segment.id)
        return segment
