"""Keys under which other systems know a record: list them, add one, take one away."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.events import RecordsChanged
from guanxi.records.history import write_history
from guanxi.records.models import ExternalKey
from guanxi.records.parts import EXTERNAL, Part
from guanxi.records.queries import get_record, visible_records
from guanxi.records.registry import Field


def external_keys(record_id: UUID) -> list[ExternalKey]:
    """The keys of a record in other systems, by system."""
    return list(ExternalKey.objects.filter(record_id=record_id).order_by("source", "key"))


def add_external_key(actor: Actor, object_name: str, record_id: UUID, *, source: str, key: str) -> ExternalKey:
    """Another system knows the record by this key; the same twice is once.

    Raises `Invalid`, also when the key is another record's, `NotFound`, and `NotAllowed` without the right to edit the record.
    """
    wanted = {"source": source.strip(), "key": key.strip()}
    errors = {name: [_("Fill in this field.")] for name, text in wanted.items() if not text}
    for name, most in (("source", 60), ("key", 200)):
        if len(wanted[name]) > most:
            errors[name] = [_("Use at most %(count)d characters.") % {"count": most}]
    if errors:
        raise Invalid(errors)
    with tenant_tx(actor.tenant_id):
        record = _locked(actor, object_name, record_id)
        made = ExternalKey(object=object_name, record_id=record_id, **wanted)
        ExternalKey.objects.bulk_create([made], ignore_conflicts=True)
        row: ExternalKey = ExternalKey.objects.get(object=object_name, **wanted)
        if row.record_id != record_id:
            raise Invalid({"key": [_("This key belongs to another record.")]})
        if row.id == made.id:
            _write_down(actor, object_name, record, None, f"{row.source}: {row.key}")
        return row


def remove_external_key(actor: Actor, object_name: str, record_id: UUID, key_id: UUID) -> None:
    """The other system knows it no more. Raises `NotFound`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        record = _locked(actor, object_name, record_id)
        row = ExternalKey.objects.filter(id=key_id, object=object_name, record_id=record_id).first()
        if row is None:
            raise NotFound(_("There is no such entry."))
        row.delete()
        _write_down(actor, object_name, record, f"{row.source}: {row.key}", None)


def _locked(actor: Actor, object_name: str, record_id: UUID) -> Any:
    require(actor, object_name, "edit")
    records = visible_records(actor, object_name, "edit").filter(id=record_id)
    record = records.select_for_update(of=("self",)).first()
    if record is None:
        get_record(actor, object_name, record_id)
        raise NotAllowed(_("You may see this record, but not change it."))
    return record


def _write_down(actor: Actor, object_name: str, record: Any, before: str | None, after: str | None) -> None:
    record.version += 1
    record.updated_at, record.updated_by_id = timezone.now(), actor.member_id
    record.save(update_fields=["version", "updated_at", "updated_by_id"])
    write_history(actor, object_name, [(record.id, record.version, "updated", {EXTERNAL.key: [before, after]})])
    changed = RecordsChanged(object=object_name, action="updated", ids=(record.id,), fields=(EXTERNAL.key,))
    publish(changed, member_id=actor.member_id)


def _rows(_actor: Actor, record: Any) -> Sequence[Mapping[str, Any]]:
    return [{"id": row.id, "source": row.source, "key": row.key} for row in external_keys(record.id)]


@cache
def external_part(object_name: str) -> Part:
    """The keys of records of an object, as a part that people add to."""

    def add(actor: Actor, record_id: UUID, **values: str) -> UUID:
        return add_external_key(actor, object_name, record_id, source=values["source"], key=values["key"]).id

    return Part(
        "external-keys",
        EXTERNAL.label,
        {"id": "uuid", "source": "text", "key": "text"},
        _rows,
        takes=(
            Field("source", label=gettext_lazy("System"), kind="text", required=True, max_length=60),
            Field("key", label=gettext_lazy("Key in that system"), kind="text", required=True, max_length=200),
        ),
        add=add,
        remove=lambda actor, record_id, key_id: remove_external_key(actor, object_name, record_id, key_id),
    )
