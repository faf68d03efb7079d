"""Files of a tenant: facts in the database, bytes in the storage, nothing public.

The bytes lie in the default storage (a folder, or S3) under <tenant>/<yyyy>/<id>, and leave it only through
core.views after the port `FILE_ACCESS` has agreed.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.filetypes import refuse_type
from guanxi.core.ids import new_id
from guanxi.core.models import StoredFile
from guanxi.core.ports import Port
from guanxi.core.tenancy import current_tenant_id

MAX_NAME = 200
CHUNK = 64 * 1024
KEEP_DELETED = timedelta(days=30)
# Far longer than any request or job lasts.
KEEP_ORPHANS = timedelta(days=1)
SWEEP_BATCH = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class FileAccess(Protocol):
    """Says whether a person may fetch a file."""

    def __call__(self, actor: Any, file: StoredFile) -> bool:
        """True when `actor` may read `file`; called inside the tenant's transaction."""


# Object name → who may fetch files attached to such a record; "*" answers for every object not named.
FILE_ACCESS: Port[FileAccess] = Port("file_access")
# What a file tells beyond its record: asked for every file of the object, so it reads nothing from the database; "*" is asked too.
FILE_CONTENT: Port[FileAccess] = Port("file_content")


# The tag of a file that a field of its record holds begins with it; such a file is shown there, not among the files of the record.
FIELD_MARK = "field:"


class FileStored(Protocol):
    """Is told that a file was kept."""

    def __call__(self, file: StoredFile) -> None:
        """In the transaction that stored or attached the file; whatever takes long is left to a job."""


# Who wants to know of each new file.
FILE_STORED: Port[FileStored] = Port("file_stored")


def store_file(
    *,
    name: str,
    content: bytes | BinaryIO,
    content_type: str | None = None,
    object: str = "",
    record_id: UUID | None = None,
    member_id: UUID | None = None,
    tags: tuple[str, ...] = (),
) -> StoredFile:
    """Check and keep a file for the running tenant, attached to a record or to none yet.

    Raises Invalid({"file": …}) when it is empty, too large, of a dangerous type, or not what its name says. What the sender
    claims in `content_type` decides only where name and bytes say nothing.
    """
    stream: BinaryIO = BytesIO(content) if isinstance(content, bytes) else content
    clean = clean_name(name)
    head, size, digest = _measure(stream)
    kind = refuse_type(clean, head, content_type)
    file_id, tenant_id = new_id(), current_tenant_id()
    key = f"{tenant_id}/{timezone.now():%Y}/{file_id}"
    stream.seek(0)
    stored_key = default_storage.save(key, File(stream))
    file: StoredFile = StoredFile.objects.create(
        id=file_id,
        tenant_id=tenant_id,
        name=clean,
        content_type=kind,
        size=size,
        sha256=digest,
        storage_key=stored_key,
        object=object,
        record_id=record_id,
        created_by_id=member_id,
        tags=list(tags),
    )
    _tell(file)
    return file


def attach_file(
    file_id: UUID, *, object: str, record_id: UUID, member_id: UUID | None, tags: tuple[str, ...] = ()
) -> StoredFile:
    """Attach a file that this member uploaded and that belongs to no record yet. Raises NotFound."""
    file = get_file(file_id)
    if file.object or file.created_by_id != member_id:
        raise NotFound(_("There is no such file."))
    file.object, file.record_id, file.tags = object, record_id, [*file.tags, *tags]
    file.save(update_fields=["object", "record_id", "tags"])
    _tell(file)
    return file


def _tell(file: StoredFile) -> None:
    for told in FILE_STORED:
        told(file)


def files_of(object_name: str, record_id: UUID) -> list[StoredFile]:
    """The files attached to a record, newest first. The caller has made sure that the record is visible."""
    attached = StoredFile.objects.filter(object=object_name, record_id=record_id, deleted_at__isnull=True)
    return [file for file in attached.order_by("-created_at", "-id") if not held_by_field(file)]


def held_by_field(file: StoredFile) -> bool:
    """Whether a field of its record holds the file."""
    return any(tag.startswith(FIELD_MARK) for tag in file.tags)


def get_file(file_id: UUID) -> StoredFile:
    """The facts of a file of the running tenant. Raises NotFound; asks nobody for permission."""
    file: StoredFile | None = StoredFile.objects.filter(id=file_id, deleted_at__isnull=True).first()
    if file is None:
        raise NotFound(_("There is no such file."))
    return file


def open_file(file: StoredFile | UUID) -> "File[bytes]":
    """The bytes of a file, to be closed by the caller. Raises NotFound when the storage has lost them."""
    row = file if isinstance(file, StoredFile) else get_file(file)
    try:
        return default_storage.open(row.storage_key, "rb")
    except FileNotFoundError:
        raise NotFound(_("There is no such file.")) from None


def delete_file(file_id: UUID) -> None:
    """Put a file into the recycle bin; its bytes go after 30 days. Raises NotFound."""
    file = get_file(file_id)
    file.deleted_at = timezone.now()
    file.save(update_fields=["deleted_at"])


def restore_file(file_id: UUID) -> StoredFile:
    """Take a file out of the recycle bin. Raises NotFound when its bytes are gone."""
    file: StoredFile | None = (
        StoredFile.objects.filter(id=file_id, deleted_at__isnull=False).exclude(storage_key="").first()
    )
    if file is None:
        raise NotFound(_("There is no such file."))
    file.deleted_at = None
    file.save(update_fields=["deleted_at"])
    return file


def purge_deleted() -> int:
    """Remove the bytes of the running tenant's files deleted over 30 days ago; their facts stay. Returns how many."""
    old = StoredFile.objects.filter(deleted_at__lt=timezone.now() - KEEP_DELETED).exclude(storage_key="")
    files = list(old)
    for file in files:
        default_storage.delete(file.storage_key)
        file.storage_key = ""
        file.save(update_fields=["storage_key"])
    return len(files)


def sweep_orphans() -> int:
    """Remove bytes of the running tenant that no file's facts name: their transaction was rolled back, or its process killed.

    Young bytes stay, because the transaction of their upload may still be open. Returns how many were removed.
    """
    limit = timezone.now() - KEEP_ORPHANS
    old = [key for key in _stored_keys(str(current_tenant_id())) if default_storage.get_modified_time(key) < limit]
    removed = 0
    for start in range(0, len(old), SWEEP_BATCH):
        part = old[start : start + SWEEP_BATCH]
        known = set(StoredFile.objects.filter(storage_key__in=part).values_list("storage_key", flat=True))
        for key in (key for key in part if key not in known):
            default_storage.delete(key)
            removed += 1
    return removed


def _stored_keys(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _stored_keys(f"{folder}/{name}")


def tells_nothing_hidden(actor: Any, file: StoredFile) -> bool:
    """Whether nothing in the file is hidden from the actor's role, such as the sums of a printed quote."""
    asked = (FILE_CONTENT.get(file.object), FILE_CONTENT.get("*")) if file.object else ()
    return all(content(actor, file) for content in asked if content is not None)


def may_read(actor: Any, file: StoredFile) -> bool:
    """Whether `actor` may fetch the file: asks the port for its object; a file of no record is its uploader's."""
    if actor.is_admin and actor.token_scopes is None:
        return True
    if not file.object:
        return actor.member_id is not None and file.created_by_id == actor.member_id
    access = FILE_ACCESS.get(file.object) or FILE_ACCESS.get("*")
    return access is not None and tells_nothing_hidden(actor, file) and access(actor, file)


def clean_name(name: str) -> str:
    """A file name without folders, control and direction characters, at most 200 characters, its ending kept."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/")).rsplit("/", 1)[-1]
    base = _CONTROL.sub("", base).strip(" .")
    if not base or base in (".", ".."):
        return "file"
    ending = PurePosixPath(base).suffix[:20]
    return base if len(base) <= MAX_NAME else base[: MAX_NAME - len(ending)] + ending


def _measure(stream: BinaryIO) -> tuple[bytes, int, str]:
    digest, size, head = hashlib.sha256(), 0, b""
    for chunk in _chunks(stream):
        head = head or chunk
        size += len(chunk)
        if size > settings.FILE_MAX_SIZE:
            limit = settings.FILE_MAX_SIZE // (1024 * 1024)
            raise Invalid({"file": [_("The file is larger than %(limit)s MB.") % {"limit": limit}]})
        digest.update(chunk)
    if not size:
        raise Invalid({"file": [_("The file is empty.")]})
    return head, size, digest.hexdigest()


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        yield chunk
