"""Files that fields of records hold: each field has a list of them, with name and size, so that lists and history need not look them up.

A file is uploaded first and belongs to nobody but who uploaded it; the record that names it takes it over. What a field holds
no longer goes into the recycle bin of files, from where undoing the change brings it back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.files import FIELD_MARK, attach_file, store_file
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records.custom import HELD, custom_fields, file_fields
from guanxi.records.models import Operation
from guanxi.records.registry import Draft, Field, ObjectType


def ids_of(value: Any) -> list[str]:
    """The keys of the files that a value of such a field names."""
    return [str(one["id"]) for one in value or () if isinstance(one, Mapping) and "id" in one]


def describe_files(own: Mapping[str, Field], cleaned: Sequence[dict[str, Any]]) -> dict[tuple[int, str], str]:
    """Replace keys by what is known of the files; returns messages by place and field for those that do not exist."""
    fields = [name for name, item in own.items() if item.kind == HELD]
    wanted = {key for values in cleaned for name in fields for key in values.get(name) or ()}
    if not wanted:
        return {}
    found = {str(row.id): row for row in StoredFile.objects.filter(id__in=wanted).exclude(storage_key="")}
    errors: dict[tuple[int, str], str] = {}
    for place, values in enumerate(cleaned):
        for name in fields:
            keys = values.get(name)
            if keys and any(key not in found for key in keys):
                errors[place, name] = _("There is no such file.")
            elif keys:
                values[name] = [{"id": key, "name": found[key].name, "size": found[key].size} for key in keys]
    return errors


def hold_files(actor: Actor, kind: ObjectType, drafts: Sequence[Draft]) -> None:
    """Attach the files that written records name to them, and drop those that they name no longer.

    Raises `Invalid` for a file that is neither the record's own nor an upload of the actor's that nothing holds yet.
    """
    fields = [item for item in file_fields(kind.name) if any(item.name in draft.changed for draft in drafts)]
    errors: dict[str, list[str]] = {}
    for item in fields:
        for place, draft in enumerate(drafts):
            if item.name not in draft.changed:
                continue
            prefix = f"{place}." if len(drafts) > 1 else ""
            if not _hold(actor, kind, draft, item):
                errors[prefix + item.name] = [_("There is no such file.")]
    if errors:
        raise Invalid(errors)


def _hold(actor: Actor, kind: ObjectType, draft: Draft, item: Field) -> bool:
    """Whether all files that the record names now may be its own; they are then."""
    record = draft.record
    now, before = ids_of(record.custom.get(item.name)), ids_of((draft.before or {}).get(item.name))
    rows = {str(row.id): row for row in StoredFile.objects.filter(id__in={*now, *before}).order_by("id")}
    for key in now:
        row = rows.get(key)
        if row is None:
            return False
        if row.object == kind.name and row.record_id == record.id and item.key in row.tags:
            if row.deleted_at is not None:
                row.deleted_at = None
                row.save(update_fields=["deleted_at"])
        elif row.object == kind.name and item.key in row.tags and _merging(actor):
            # The file itself moves with everything else of the other record.
            continue
        elif row.object == "" and row.created_by_id == actor.member_id and row.deleted_at is None:
            attach_file(row.id, object=kind.name, record_id=record.id, member_id=actor.member_id, tags=(item.key,))
        else:
            return False
    gone = [rows[key].id for key in before if key not in now and key in rows and rows[key].record_id == record.id]
    StoredFile.objects.filter(id__in=gone, deleted_at=None).update(deleted_at=timezone.now())
    return True


def _merging(actor: Actor) -> bool:
    return actor.batch_id is not None and Operation.objects.filter(id=actor.batch_id, action="merge").exists()


def upload(actor: Actor, *, name: str, content: Any, content_type: str | None = None) -> StoredFile:
    """Keep a file that a record's field will name soon. Raises `Invalid` for one that is empty, too large or dangerous."""
    return store_file(name=name, content=content, content_type=content_type, member_id=actor.member_id)


def shows_its_field(actor: Actor, file: StoredFile) -> bool:
    """Whether the field that holds a file is shown to the actor; true of files that no field holds."""
    keys = [tag for tag in file.tags if tag.startswith(FIELD_MARK)]
    if not keys:
        return True
    own = custom_fields(file.object)
    return any(item.key in keys and matchable(actor, file.object, item.name) for item in own.values())
