"""Files become records in tests: one call from text to figures."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

from guanxi.identity.actor import Actor
from guanxi.records.imports.rules import Rule, rules_of
from guanxi.records.imports.running import run_import
from guanxi.records.imports.services import decide, start_import
from guanxi.records.models import Import


def begun(
    actor: Actor, text: str | bytes, *, object_name: str = "account", name: str = "rows.csv", **form: str
) -> Import:
    """An import whose file is recognised."""
    content = text if isinstance(text, bytes) else text.encode("gb18030")
    return start_import(actor, object_name=object_name, name=name, content=BytesIO(content), form=form)


def imported(
    actor: Actor,
    text: str | bytes,
    *,
    object_name: str = "account",
    name: str = "rows.csv",
    mapping: Mapping[str, int] | list[Rule] | None = None,
    form: Mapping[str, str] | None = None,
    lanes: int = 0,
    **options: Any,
) -> Import:
    """A file, imported. `mapping` leads from fields to columns; without it, columns map by themselves."""
    row = begun(actor, text, object_name=object_name, name=name, **(form or {}))
    rules = rules_of(row.mapping)
    if mapping is not None:
        rules = mapping if isinstance(mapping, list) else [Rule(field, column) for field, column in mapping.items()]
    decide(actor, row.id, rules=rules, **options)
    return run_import(actor, row.id, lanes=lanes)


def figures(done: Import) -> tuple[int, int, int, int, int]:
    """read, created, updated, skipped, refused; no row may be lost."""
    assert done.read == done.created + done.updated + done.skipped + done.refused
    return done.read, done.created, done.updated, done.skipped, done.refused


def refusals(done: Import | UUID) -> list[tuple[int, list[str], str]]:
    """Refused rows: number, cells, reason."""
    key = done if isinstance(done, UUID) else done.id
    rows = Import.objects.get(id=key).rows.order_by("number")
    return [(row.number, row.cells, row.reason) for row in rows]
