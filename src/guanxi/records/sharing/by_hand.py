"""Sharing one record by hand: who may change it may let colleagues read or change it too."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Share
from guanxi.identity.permissions import share_bit
from guanxi.identity.sharing import BY_HAND, principal_of
from guanxi.records import registry
from guanxi.records.queries import get_record, may_change
from guanxi.records.sharing.matching import add_bits
from guanxi.records.sharing.rules import principal


def share_record(
    actor: Actor,
    object_name: str,
    record_id: UUID,
    *,
    principal_kind: str,
    principal_id: UUID | None,
    may_edit: bool = False,
) -> Share:
    """Open a record to a person, a team, or a team with all below; once more only changes what they may do.

    Raises `Invalid`, `NotAllowed`, `NotFound`.
    """
    with tenant_tx(actor.tenant_id):
        record = _changeable(actor, object_name, record_id)
        which, key = principal(principal_kind, principal_id)
        opened = principal_of(which, key)
        add_bits(registry.get(object_name), [record.id], share_bit(opened))
        share, made = Share.objects.update_or_create(
            record_id=record.id,
            principal_id=opened,
            source=BY_HAND,
            defaults={"object": object_name, "may_edit": may_edit},
            create_defaults={"object": object_name, "may_edit": may_edit, "tenant_id": actor.tenant_id},
        )
        detail = {"to": [which, str(key)], "may_edit": may_edit, "again": not made}
        note_access(actor, "share.given", object_name=object_name, record_id=record.id, detail=detail)
    return share  # type: ignore[no-any-return]


def end_share(actor: Actor, object_name: str, record_id: UUID, share_id: UUID) -> None:
    """Close a record again to whom it was opened by hand. Raises `NotAllowed`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        record = _changeable(actor, object_name, record_id)
        row = Share.objects.filter(id=share_id, record_id=record.id, object=object_name, source=BY_HAND).first()
        if row is None:
            raise NotFound(_("There is no such share."))
        note_access(
            actor, "share.taken", object_name=object_name, record_id=record.id, detail={"to": str(row.principal_id)}
        )
        row.delete()


def _changeable(actor: Actor, object_name: str, record_id: UUID) -> Any:
    record = get_record(actor, object_name, record_id)
    if not may_change(actor, object_name, record):
        raise NotAllowed(_("You may see this record, but not change it."))
    return record
