"""`guanxi import --object`: one file of one object, its columns recognised by their names; and taking an import back."""

import csv
import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.core.jobs import enqueue
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.failure import Failure
from guanxi.records import registry
from guanxi.records.imports.errors import error_lines
from guanxi.records.imports.rules import Rule, key_fields, rules_of
from guanxi.records.imports.running import run_import
from guanxi.records.imports.services import decide, start_import, undo_import, unfinished
from guanxi.records.models import Import
from guanxi.records.operations import refusals_of, run_to_end
from guanxi.records.tasks import follow_import

SHOWN = 20
POLICIES = {"skip": "skip", "update": "update", "create": "create", "fill": "fill"}


def import_file(
    *,
    tenant: str,
    plural: str,
    file: Path,
    key: str,
    on_duplicate: str,
    encoding: str,
    dry_run: bool,
    errors: Path | None,
) -> list[str]:
    """Load the file; returns what there is to say, and as the last line one JSON object with the figures."""
    kind = registry.by_plural(plural)
    if kind is None or not kind.importable:
        known = ", ".join(sorted(item.plural for item in registry.objects() if item.importable))
        raise Failure(f"{plural} cannot be imported. These can: {known}.")
    actor = _system(tenant)
    try:
        with file.open("rb") as content:
            row = _ordered(actor, kind, file, content, key, on_duplicate, encoding, dry_run)
            with _shown(row.total) as progress:
                done = run_import(actor, row.id, file=content, progress=progress)
    except Refused as refusal:
        raise Failure(_in_words(refusal)) from None
    with tenant_tx(actor.tenant_id):
        if not dry_run and (done.created or done.updated):
            enqueue(follow_import, actor.tenant_id, import_id=done.id)
        lines = _said(done, file, errors)
    return [*lines, json.dumps(_figures(done))]


def undo(*, tenant: str, import_id: str) -> list[str]:
    """Take an import back; the last line is one JSON object with what came of it."""
    actor = _system(tenant)
    try:
        operation = undo_import(actor, _key(import_id))
        with tenant_tx(actor.tenant_id):
            over = operation.state in ("done", "cancelled", "failed")
        done = operation if over else run_to_end(actor.tenant_id, operation.id)
    except Refused as refusal:
        raise Failure(_in_words(refusal)) from None
    with tenant_tx(actor.tenant_id):
        left, _more = refusals_of(actor, done, limit=SHOWN)
        lines = [f"left as it is: {one.label or one.record_id}: {one.reason}" for one in left]
    return [*lines, json.dumps({"undone": done.done, "left": done.refused, "id": import_id, "operation": str(done.id)})]


def _system(tenant: str) -> Actor:
    tenant_id = tenant_by_slug(tenant).id
    with tenant_tx(tenant_id):
        company = Company.objects.get()
    return Actor.system(tenant_id, via="import", currency=company.currency, time_zone=company.time_zone)


def _ordered(
    actor: Actor,
    kind: registry.ObjectType,
    file: Path,
    content: Any,
    key: str,
    on_duplicate: str,
    encoding: str,
    dry_run: bool,
) -> Import:
    """The import of this file: one that broke off, or a new one with its columns decided."""
    row = start_import(
        actor, object_name=kind.name, name=file.name, content=content, keep=False, form={"encoding": encoding}
    )
    rules = rules_of(row.mapping)
    with tenant_tx(actor.tenant_id):
        chosen = key or _natural_key(actor, kind, rules, on_duplicate)
        policy = POLICIES[on_duplicate] if on_duplicate else "update" if chosen else "create"
        options = {"key": chosen, "policy": policy if chosen else "create", "dry": dry_run}
        broken = None if dry_run else unfinished(actor, kind.name, row.sha256)
        if broken is not None and {name: broken.options.get(name) for name in options} == options:
            row.delete()
            print(f"guanxi: Going on with import {broken.id}", file=sys.stderr)
            return broken
    return decide(actor, row.id, rules=rules, key=chosen, policy=policy, dry=dry_run)


def _natural_key(actor: Actor, kind: registry.ObjectType, rules: list[Rule], on_duplicate: str) -> str:
    """Without a key: the code, when the file has one; any likely field only where duplicates are spoken of."""
    found = [item.name for item in key_fields(actor, kind, [rule.field for rule in rules])]
    if "code" in found:
        return "code"
    return found[0] if found and on_duplicate in ("skip", "update", "fill") else ""


def _said(done: Import, file: Path, errors: Path | None) -> list[str]:
    lines = [
        f"warning: {file.name}:{row.number + 2}: refused: {row.reason}" for row in done.rows.order_by("number")[:SHOWN]
    ]
    if done.refused > SHOWN:
        lines.append(f"warning: {done.refused - SHOWN:,} further rows were refused: --errors FILE writes them all.")
    if errors is not None:
        with errors.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(error_lines(done))
    if done.followed_at is None and (done.created or done.updated) and not done.options.get("dry"):
        lines.append(
            "The records are stored and can be filtered. The search finds them within ten minutes, once `guanxi serve` runs."
        )
    return lines


def _figures(done: Import) -> dict[str, Any]:
    names = ("read", "created", "updated", "skipped", "refused", "unchanged")
    rate = round(done.read / done.seconds) if done.seconds else 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = {name: getattr(done, name) for name in names}
    more = {"dry_run": bool(done.options.get("dry")), "warnings": done.refused, "memory_mb": memory}
    return figures | {"seconds": round(done.seconds, 2), "rows_per_second": rate, "id": str(done.id)} | more


@contextmanager
def _shown(total: int) -> Iterator[Callable[[int, int], None]]:
    console = Console(stderr=True)
    parts = (TextColumn("import"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*parts, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("import", total=total or None)
        yield lambda done, _total: bar.update(task, completed=done)


def _in_words(refusal: Refused) -> str:
    if isinstance(refusal, Invalid):
        return " ".join(text for texts in refusal.errors.values() for text in texts)
    return refusal.message or ("There is no such import." if isinstance(refusal, NotFound) else "Refused.")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Failure(f"{text} is no number of an import.") from None
