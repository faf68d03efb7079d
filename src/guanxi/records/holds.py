"""Legal hold: records that must stay as long as a dispute or an audit lasts. Placed and ended by administrators, with a reason."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require_admin
from guanxi.identity.validation import clean_text
from guanxi.records.models import LegalHold
from guanxi.records.queries import get_record, visible_records

MOST = 1000


def place_hold(actor: Actor, object_name: str, record_id: UUID, reason: str) -> LegalHold:
    """Keep a record. Raises `Invalid` without a reason, `Conflict` when it is held already, `NotAllowed`, `NotFound`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        text = clean_text("reason", reason, max_length=300)
        get_record(actor, object_name, record_id)
        # A deletion under way holds the row: whoever comes second sees what the first did.
        row = visible_records(actor, object_name).filter(id=record_id).select_for_update(of=("self",)).first()
        if row is None:
            raise NotFound(_("There is no such record, or it is not shown to your role."))
        if hold_on(record_id) is not None:
            raise Conflict(_("There is a legal hold on this record already."))
        hold = LegalHold.objects.create(
            object=object_name, record_id=record_id, reason=text, placed_by_id=actor.doing_id
        )  # fmt: skip
        note_access(actor, "hold.placed", object_name=object_name, record_id=record_id, detail={"reason": text})
    return hold  # type: ignore[no-any-return]


def end_hold(actor: Actor, hold_id: UUID) -> None:
    """Let a record go its way again. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = LegalHold.objects.select_for_update().filter(id=hold_id, ended_at=None).first()
        if row is None:
            raise NotFound(_("There is no such legal hold."))
        row.ended_at, row.ended_by_id = timezone.now(), actor.doing_id
        row.save(update_fields=["ended_at", "ended_by_id"])
        note_access(actor, "hold.ended", object_name=row.object, record_id=row.record_id, detail={"reason": row.reason})


def hold_on(record_id: UUID) -> Any:
    """The hold in force on a record, or None."""
    return LegalHold.objects.filter(record_id=record_id, ended_at=None).first()


def open_holds(actor: Actor) -> Sequence[Any]:
    """All holds in force, newest first; administrators only."""
    require_admin(actor)
    return list(LegalHold.objects.filter(ended_at=None).order_by("-id")[:MOST])


def require_free(ids: Iterable[UUID]) -> None:
    """Raise `Conflict` when one of these records is held; call under the lock of their rows."""
    row = LegalHold.objects.filter(record_id__in=list(ids), ended_at=None).first()
    if row is not None:
        raise Conflict(_("There is a legal hold on this record: %(reason)s") % {"reason": row.reason})


def held_ids() -> set[UUID]:
    """Keys of all records held."""
    return set(LegalHold.objects.filter(ended_at=None).values_list("record_id", flat=True))
