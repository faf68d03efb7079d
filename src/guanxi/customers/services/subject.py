"""The account or contact whose further facts a service changes: found, locked, permitted; its version and history move."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.events import publish
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.events import RecordsChanged
from guanxi.records.history import write_history
from guanxi.records.queries import get_record, visible_records


@dataclass(frozen=True)
class Subject:
    """An account or a contact, locked for a change."""

    object: str
    record: Any

    @property
    def link(self) -> dict[str, UUID | None]:
        """The two links of a row that belongs to this customer."""
        key = self.record.id
        return {
            "account_id": key if self.object == "account" else None,
            "contact_id": key if self.object == "contact" else None,
        }


def lock_subject(actor: Actor, *, account_id: UUID | None = None, contact_id: UUID | None = None) -> Subject:
    """The one of both that is given, locked until the transaction ends.

    Raises `Invalid` unless exactly one is given, `NotFound` when it is not visible, `NotAllowed` without the right to edit it.
    """
    if (account_id is None) == (contact_id is None):
        raise Invalid({"": [_("Name an account or a contact.")]})
    name = "account" if account_id else "contact"
    key = account_id or contact_id
    require(actor, name, "edit")
    record = visible_records(actor, name, "edit").filter(id=key).select_for_update(of=("self",)).first()
    if record is None:
        get_record(actor, name, key)  # type: ignore[arg-type]
        raise NotAllowed(_("You may see this record, but not change it."))
    return Subject(name, record)


def write_down(actor: Actor, subject: Subject, field: str, before: Any, after: Any) -> None:
    """History of the customer for a change of one of its further facts: version, line, event."""
    record = subject.record
    record.version += 1
    record.updated_at, record.updated_by_id = timezone.now(), actor.member_id
    record.save(update_fields=["version", "updated_at", "updated_by_id"])
    write_history(actor, subject.object, [(record.id, record.version, "updated", {field: [before, after]})])
    publish(
        RecordsChanged(object=subject.object, action="updated", ids=(record.id,), fields=(field,)),
        member_id=actor.member_id,
    )
