"""What people and programs order: an import begun, its columns decided, paused, gone on with."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.files import clean_name, open_file, store_file
from guanxi.core.stream import announce
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, require
from guanxi.records.events import RecordsImported
from guanxi.records.imports.forms import Form, recognise, with_habits
from guanxi.records.imports.orders import FOLLOWED_AT_ONCE, POLICIES, chunk_size, importable
from guanxi.records.imports.reading import Bad, count_rows, open_source
from guanxi.records.imports.rules import (
    Rule,
    check_rules,
    guess_rules,
    heads_of,
    key_fields,
    remembered_rules,
    rules_of,
)
from guanxi.records.models import Import, Operation
from guanxi.records.operations import log_operation, start_undo

MARK = "guanxi.upload"
SAMPLE = 200
OPEN = ("uploaded", "waiting", "running", "paused", "failed")


def start_import(
    actor: Actor,
    *,
    object_name: str,
    name: str,
    content: BinaryIO,
    keep: bool = True,
    form: Mapping[str, str] | None = None,
) -> Import:
    """Recognise a file and guess what becomes of its columns; nothing is imported yet. Raises `Invalid`, `NotAllowed`, `NotFound`.

    `keep` stores the file with the import; `form` says what is known of it (encoding, delimiter …).
    """
    with tenant_tx(actor.tenant_id):
        require(actor, object_name, "import")
        kind = importable(object_name)
        found = {**recognise(name, content).as_json(), **{key: value for key, value in (form or {}).items() if value}}
        shape = Form.of(found)
        source = open_source(content, shape)
        sample = [row for row in islice(source.rows, SAMPLE) if not isinstance(row, Bad)]
        if not (form or {}).get("decimal") and not (form or {}).get("dates"):
            shape = with_habits(shape, sample)
        rules = remembered_rules(actor, kind, source.headers) or guess_rules(actor, kind, source.headers)
        total = count_rows(content, shape)
        content.seek(0)
        digest = hashlib.file_digest(cast("Any", content), "sha256").hexdigest()
        content.seek(0)
        file = store_file(name=name, content=content, member_id=actor.member_id, tags=(MARK,)) if keep else None
        return Import.objects.create(  # type: ignore[no-any-return]
            object=kind.name,
            file=file,
            name=clean_name(name),
            sha256=digest,
            via=actor.via,
            heads=heads_of(source.headers),
            mapping=[rule.as_json() for rule in rules],
            options={"form": shape.as_json(), "headers": source.headers},
            size=chunk_size(kind) if total > FOLLOWED_AT_ONCE or not total else min(chunk_size(kind), 1000),
            total=total,
            member_id=actor.member_id,
            user_id=actor.user_id,
        )


def get_import(actor: Actor, import_id: UUID) -> Import:
    """An import of this actor; administrators see all. Raises `NotFound`."""
    found: Import | None = Import.objects.filter(id=import_id).select_related("file").first()
    if found is None or not (actor.is_admin or (actor.member_id is not None and found.member_id == actor.member_id)):
        raise NotFound(_("There is no such import."))
    return found


def past_imports(actor: Actor, object_name: str = "", *, limit: int = 100) -> list[Import]:
    """The imports that this actor may see, newest first."""
    rows = Import.objects.all() if actor.is_admin else Import.objects.filter(member_id=actor.member_id)
    if object_name:
        rows = rows.filter(object=object_name)
    return list(rows.order_by("-created_at", "-id")[:limit])


def change_form(actor: Actor, import_id: UUID, form: Mapping[str, str]) -> Import:
    """Read the file in another way: encoding, delimiter, decimal mark, order of dates. Raises `Invalid`, `Conflict`."""
    with tenant_tx(actor.tenant_id):
        row = _undecided(actor, import_id)
        shape = Form.of({**row.options["form"], **form})
        with open_file(row.file) as content:  # type: ignore[arg-type]
            source = open_source(content, shape)
            total = count_rows(content, shape)
        if source.headers != row.options["headers"]:
            kind = importable(row.object)
            rules = remembered_rules(actor, kind, source.headers) or guess_rules(actor, kind, source.headers)
            row.mapping = [rule.as_json() for rule in rules]
            row.heads = heads_of(source.headers)
        row.total = total
        row.options = {**row.options, "form": shape.as_json(), "headers": source.headers}
        row.save(update_fields=["mapping", "heads", "options", "total"])
        return row


def decide(
    actor: Actor,
    import_id: UUID,
    *,
    rules: Sequence[Rule] | Sequence[Mapping[str, Any]],
    key: str = "",
    policy: str = "create",
    tag: str = "",
    dry: bool = False,
) -> Import:
    """Decide how columns become fields, and what happens with rows that are known by `key`. Raises `Invalid`, `Conflict`."""
    with tenant_tx(actor.tenant_id):
        row = _undecided(actor, import_id)
        kind = importable(row.object)
        chosen = rules_of([rule.as_json() if isinstance(rule, Rule) else rule for rule in rules])
        if policy not in POLICIES:
            raise Invalid({"policy": [_("Choose one of the values.")]})
        names = [rule.field for rule in chosen]
        creates = policy in ("create", "skip")
        check_rules(actor, kind, chosen, len(row.options["headers"]), creates=creates)
        keys = {item.name for item in key_fields(actor, kind, names)}
        if key and (key not in keys or not matchable(actor, kind.name, key)):
            raise Invalid({"key": [_("Choose a field that the file fills.")]})
        row.mapping = [rule.as_json() for rule in chosen]
        row.options = {
            **row.options, "key": key, "policy": policy if key else "create", "tag": tag.strip()[:60], "dry": bool(dry),
        }  # fmt: skip
        if row.status == "done":
            _forget_rehearsal(row)
        row.save()
        return row


def _forget_rehearsal(row: Import) -> None:
    """What a dry run found is not what the import itself will find."""
    row.chunks.all().delete()
    row.rows.all().delete()
    row.status, row.finished_at, row.seconds = "uploaded", None, 0
    for name in ("read", "created", "updated", "unchanged", "skipped", "refused"):
        setattr(row, name, 0)


def wait_for_worker(actor: Actor, import_id: UUID) -> Import:
    """Mark an import as ordered; the caller enqueues the job. Raises `Conflict` where it is not to be begun or gone on with."""
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, import_id)
        if row.status not in ("uploaded", "paused", "failed"):
            raise Conflict(_("This import is not waiting to be begun."))
        row.status, row.stop_wanted, row.error = "waiting", False, ""
        row.save(update_fields=["status", "stop_wanted", "error"])
        return row


def pause_import(actor: Actor, import_id: UUID) -> Import:
    """Ask a running import to stop behind the chunk that is being stored. Raises `Conflict` when it does not run."""
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, import_id)
        if row.status not in ("waiting", "running"):
            raise Conflict(_("This import does not run."))
        row.stop_wanted = True
        if row.status == "waiting":
            row.status = "paused"
        row.save(update_fields=["status", "stop_wanted"])
        return row


def unfinished(actor: Actor, object_name: str, sha256: str) -> Import | None:
    """An import of the same file that broke off, to be gone on with."""
    rows = Import.objects.filter(
        object=object_name, sha256=sha256, member_id=actor.member_id, status__in=("running", "paused")
    )
    found: Import | None = rows.order_by("-created_at").first()
    return found


def undo_import(actor: Actor, import_id: UUID) -> Operation:
    """Begin to take an import back, with its updates; returns the operation that does it. Raises `Conflict`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, import_id)
        if row.status in ("uploaded", "waiting") or row.options.get("dry"):
            raise Conflict(_("This import has stored nothing yet."))
        if row.finished_at is None:
            # It broke off: what it stored so far is taken back.
            row.status, row.stop_wanted = "paused", True
            sums = row.chunks.aggregate(created=Sum("created"), updated=Sum("updated"))
            log_import(actor, row, (sums["created"] or 0) + (sums["updated"] or 0), state="cancelled")
        operation = start_undo(actor, row.id)
        row.undone_at = timezone.now()
        row.save(update_fields=["status", "stop_wanted", "undone_at"])
        return operation


def log_import(actor: Actor, row: Import, done: int, *, state: str = "done") -> None:
    """Have the import stand among the operations, where it can be taken back."""
    params = {"name": row.name}
    log_operation(
        actor,
        action="import",
        object_name=row.object,
        batch_id=row.id,
        done=done,
        refused=row.refused,
        params=params,
        state=state,
    )


def announce_end(actor: Actor, row: Import) -> None:
    """One event for all that an import changed; it stands among the operations, and open pages are told."""
    log_import(actor, row, row.created + row.updated - row.unchanged)
    publish(
        RecordsImported(object=row.object, import_id=row.id, created=row.created, updated=row.updated - row.unchanged),
        member_id=actor.member_id,
    )
    announce("imports", member_id=actor.member_id, id=row.id)
    announce("counters", member_id=actor.member_id)


def _undecided(actor: Actor, import_id: UUID) -> Import:
    row = _locked(actor, import_id)
    if row.status != "uploaded" and not (row.status == "done" and row.options.get("dry")):
        raise Conflict(_("This import has begun already."))
    return row


def _locked(actor: Actor, import_id: UUID) -> Import:
    get_import(actor, import_id)
    return Import.objects.select_for_update(of=("self",)).select_related("file").get(id=import_id)  # type: ignore[no-any-return]
