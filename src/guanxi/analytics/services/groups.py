"""What a person says about a group of customers."""

from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.models import Cluster
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
