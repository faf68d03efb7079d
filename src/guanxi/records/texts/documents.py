"""Documents become searchable: a job takes out their text, in a process that can be killed, and notes what became of it."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.db import connection

from guanxi.core.errors import NotFound
from guanxi.core.files import FILE_CONTENT, held_by_field, open_file
from guanxi.core.jobs import enqueue, job
from guanxi.core.models import StoredFile
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.models import Document
from guanxi.records.texts.entries import FILE
from guanxi.records.texts.extract import BROKEN, ENCRYPTED, READ, READERS
from guanxi.records.texts.words import LONGEST, words

LARGEST = 40 * 1024 * 1024
# Longer than the CPU that the process may use, as it may have to wait for a busy machine.
PATIENCE = 60
CHUNK = 1024 * 1024
State = Document.State
_BY_STATUS = {READ: State.READ, ENCRYPTED: State.ENCRYPTED, BROKEN: State.BROKEN}
_STORE = """
INSERT INTO records_textentry (tenant_id, record_id, field, object, body, words) VALUES (%s, %s, %s, '', %s, array_to_tsvector(%s))
ON CONFLICT (tenant_id, record_id, field) DO UPDATE SET body = EXCLUDED.body, words = EXCLUDED.words, at = now()
"""


def read_later(file: StoredFile) -> None:
    """A file was stored or attached: its text is taken out soon, by a worker."""
    if file.object and kind_of(file):
        enqueue(read_document, current_tenant_id(), file_id=file.id)


@job(name="records.read_document", in_transaction=False, retries=2)
def read_document(tenant_id: UUID, file_id: UUID) -> None:
    """Take the text out of one file and let the search find it. Repeated, the same again."""
    with tenant_tx(tenant_id):
        file = StoredFile.objects.filter(id=file_id, deleted_at=None).exclude(object="").first()
        if file is None or not _for_everyone(file):
            return
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guanxi-") as folder:
        with tenant_tx(tenant_id):
            path = _copy(file, Path(folder))
        state, text = (State.BROKEN, "") if path is None else read_file(kind_of(file), path)
    with tenant_tx(tenant_id):
        # It may have gone meanwhile.
        if StoredFile.objects.filter(id=file_id).select_for_update().exists():
            _store(file_id, state, text, time.monotonic() - began)


def kind_of(file: StoredFile) -> str:
    """By what reader a file is read, "" for none."""
    ending = PurePosixPath(file.name).suffix.lower().removeprefix(".")
    return ending if ending in READERS else ""


def read_file(kind: str, path: Path) -> tuple[State, str]:
    """What became of a document, and its text."""
    if not kind:
        return State.OTHER, ""
    if path.stat().st_size > LARGEST:
        return State.LARGE, ""
    command = [sys.executable, "-P", "-m", "guanxi.records.texts.extract", kind, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return State.SLOW, ""
    if done.returncode < 0:
        # Killed: by the limit on its processor time, or for want of memory.
        return State.SLOW, ""
    state = _BY_STATUS.get(done.returncode, State.BROKEN)
    text = done.stdout.decode("utf-8", "replace").strip() if state is State.READ else ""
    return (State.EMPTY, "") if state is State.READ and not text else (state, text[:LONGEST])


def _copy(file: StoredFile, folder: Path) -> Path | None:
    """The bytes as a file of this machine, wherever the storage keeps them."""
    path = folder / f"document.{kind_of(file)}"
    try:
        with open_file(file) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
    except NotFound:
        return None
    return path


def _for_everyone(file: StoredFile) -> bool:
    """Whether the file tells nothing beyond its record: a printed quote repeats sums that a role may not see, and is not searched."""
    if held_by_field(file):
        # A role may not see the field: what it holds is not searched.
        return False
    content = FILE_CONTENT.get(file.object)
    nobody = replace(Actor.system(file.tenant_id), is_admin=False, role_key="nobody")
    return content is None or content(nobody, file)


def _store(file_id: UUID, state: State, text: str, seconds: float) -> None:
    values = {"state": state, "characters": len(text), "seconds": round(seconds, 2)}
    Document.objects.update_or_create(file_id=file_id, defaults=values)
    with connection.cursor() as cursor:
        if text:
            cursor.execute(_STORE, [current_tenant_id(), file_id, FILE, text, words(text)])
        else:
            cursor.execute("DELETE FROM records_textentry WHERE record_id = %s AND field = %s", [file_id, FILE])


def why_not_searched(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Why the words of these files cannot be found, for those of which it is known that they cannot."""
    rows = Document.objects.filter(file_id__in=list(ids)).exclude(state__in=(State.READ, State.OTHER))
    return {row.file_id: str(row.get_state_display()) for row in rows}


def read_missed(tenant_id: UUID, most: int = 500) -> int:
    """Order the reading of files that nobody has read yet: those of before, and those whose job was lost."""
    with tenant_tx(tenant_id):
        known = Document.objects.values("file_id")
        rows = (
            StoredFile.objects.filter(deleted_at=None)
            .exclude(object="")
            .exclude(id__in=known)
            .order_by("-created_at")[:most]
        )
        waiting = [file for file in rows if kind_of(file) and _for_everyone(file)]
        for file in waiting:
            enqueue(read_document, tenant_id, once_key=f"records.read_document:{file.id}", file_id=file.id)
        return len(waiting)
