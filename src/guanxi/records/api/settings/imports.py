"""Imports over the API: a file sent, looked at, begun, paused, gone on with, taken back."""

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.jobs import enqueue
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.api.calls import BULK_LIMIT
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    MOMENT,
    OBJECT,
    TEXT,
    TEXTS,
    WHOLE,
    YES_NO,
    moment,
    one_of,
    or_null,
    words,
)
from guanxi.records.imports.forms import DECIMALS, ORDERS
from guanxi.records.imports.orders import POLICIES
from guanxi.records.imports.running import figures_of
from guanxi.records.imports.services import (
    change_form,
    decide,
    get_import,
    past_imports,
    pause_import,
    start_import,
    undo_import,
    wait_for_worker,
)
from guanxi.records.models import Import
from guanxi.records.tasks import run_file_import

LARGEST = 4 * 1024 * 1024
SHOWN = 100
_RULES = {"type": "array", "items": {"type": "object"}}
_FORM = ("encoding", "delimiter", "decimal", "dates")


def _plural(row: Import) -> str:
    return registry.get(row.object).plural


def _row(row: Import) -> Row:
    figures, options = figures_of(row), row.options
    form = options.get("form", {})
    return {
        "id": str(row.id),
        "object": _plural(row),
        "name": row.name,
        "status": "undone" if row.undone_at else row.status,
        "error": row.error,
        "headers": options.get("headers", []),
        "rules": row.mapping,
        **{name: form.get(name, "") for name in _FORM},
        "key": options.get("key", ""),
        "policy": options.get("policy", ""),
        "tag": options.get("tag", ""),
        "dry": bool(options.get("dry")),
        "total": row.total,
        **vars(figures),
        "seconds": row.seconds,
        "created_at": moment(row.created_at),
        "finished_at": moment(row.finished_at),
        "searchable": row.followed_at is not None,
    }


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    kind = registry.by_plural(query["object"]) if query.get("object") else None
    if query.get("object") and kind is None:
        raise Invalid({"object": [_("There is no such object.")]})
    rows = past_imports(actor, kind.name if kind else "")
    return [_row(row) for row in rows if _open(actor, row)]


def _open(actor: Actor, row: Import) -> bool:
    return registry.get(row.object).room not in actor.rooms_off and may(actor, row.object, "import")


def _found(actor: Actor, key: UUID) -> Import:
    row = get_import(actor, key)
    if not _open(actor, row):
        raise NotFound(_("There is no such import."))
    return row


def _get(actor: Actor, key: UUID) -> Row:
    row = _found(actor, key)
    refused = row.rows.order_by("number", "id")[:SHOWN]
    return _row(row) | {"refusals": [{"row": one.number, "cells": one.cells, "reason": one.reason} for one in refused]}


def _create(actor: Actor, values: Values) -> tuple[UUID, Row]:
    kind = registry.by_plural(values["object"])
    if kind is None or not kind.importable or kind.room in actor.rooms_off:
        raise Invalid({"object": [_("There is no such object.")]})
    form = {name: values[name] for name in _FORM if values.get(name)}
    made = start_import(
        actor,
        object_name=kind.name,
        name=values.get("name") or "rows.csv",
        content=BytesIO(_content(values)),
        form=form,
    )
    if values.get("start") or any(name in values for name in ("rules", "key", "policy", "tag", "dry")):
        _decide(actor, made, values)
    if values.get("start"):
        _start(actor, made.id, None)
    return made.id, {}


def _content(values: Values) -> bytes:
    if (values.get("content") is None) == (values.get("base64") is None):
        raise Invalid({"content": [_("Send the file as “content” (text) or as “base64”.")]})
    try:
        content = (
            values["content"].encode()
            if values.get("content") is not None
            else base64.b64decode(values["base64"], validate=True)
        )
    except (binascii.Error, ValueError):
        raise Invalid({"base64": [_("The text is not base64.")]}) from None
    if len(content) > LARGEST:
        raise Invalid({"content": [_("The file is larger than %(limit)s MB.") % {"limit": LARGEST // 1024 // 1024}]})
    return content


def _decide(actor: Actor, row: Import, values: Values) -> None:
    kept = row.options
    decide(
        actor,
        row.id,
        rules=values.get("rules", row.mapping),
        key=values.get("key", kept.get("key", "")),
        policy=values.get("policy", kept.get("policy", "create")),
        tag=values.get("tag", kept.get("tag", "")),
        dry=bool(values.get("dry", kept.get("dry", False))),
    )


def _update(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    row = _found(actor, key)
    form = {name: values[name] for name in _FORM if values.get(name)}
    if form:
        row = change_form(actor, key, form)
    if set(values) - set(_FORM):
        _decide(actor, row, values)


def _start(actor: Actor, key: UUID, _version: int | None) -> None:
    row = _found(actor, key)
    if row.status == "uploaded" and "policy" not in row.options:
        _decide(actor, row, {})
    wait_for_worker(actor, key)
    enqueue(run_file_import, actor.tenant_id, import_id=key, user_id=actor.user_id, once_key=f"import-{key}")


def _pause(actor: Actor, key: UUID, _version: int | None) -> None:
    _found(actor, key)
    pause_import(actor, key)


def _undo(actor: Actor, key: UUID, _version: int | None) -> None:
    _found(actor, key)
    undo_import(actor, key)


_POLICY = {
    "key": words(100), "policy": one_of(*POLICIES), "tag": words(60), "dry": YES_NO, "encoding": words(40),
    "delimiter": words(2), "decimal": one_of(*DECIMALS), "dates": one_of(*ORDERS), "rules": _RULES,
}  # fmt: skip
_COUNTS = dict.fromkeys(("total", "read", "created", "updated", "unchanged", "skipped", "refused"), WHOLE)
IMPORTS = Resource(
    name="imports",
    schema="Import",
    label=gettext_lazy("Imports"),
    rows=_rows,
    get=_get,
    read={
        "object": TEXT, "name": TEXT, "status": TEXT, "error": TEXT, "headers": TEXTS, "rules": _RULES,
        **dict.fromkeys((*_FORM, "key", "policy", "tag"), TEXT), "dry": YES_NO, **_COUNTS, "seconds": {"type": "number"},
        "created_at": MOMENT, "finished_at": or_null(MOMENT), "searchable": YES_NO,
        "refusals": {"type": "array", "items": OBJECT},
    },
    write={"object": words(60), "name": words(200), "content": TEXT, "base64": TEXT, "start": YES_NO, **_POLICY},
    creating=("object", "name", "content", "base64", "start"),
    required=("object",),
    create=_create,
    update=_update,
    actions={
        "start": Action(gettext_lazy("Begin, or go on with"), _start),
        "pause": Action(gettext_lazy("Pause"), _pause),
        "undo": Action(gettext_lazy("Take back, with its updates"), _undo),
    },
    filters={"object": gettext_lazy("Only of this collection")},
    body_limit=BULK_LIMIT,
)  # fmt: skip
