"""Creating, changing, deleting and restoring records, one by one and in bulk, through the one write path."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Stale
from guanxi.identity.permissions import require
from guanxi.records.api.calls import Call, nothing, object_body, query
from guanxi.records.api.doubts import refuse_doubts
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.representation import record_answer, written_row
from guanxi.records.api.shapes import check_types
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.custom import completed, custom_fields
from guanxi.records.queries import get_record
from guanxi.records.registry import Field, ObjectType

_TAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')


def create_call(call: Call) -> HttpResponse:
    """POST /{plural}: a new record, 201 with its address."""
    query(call.request, ())
    kind = call.object_type
    require(call.actor, kind.name, "create")

    def create() -> Outcome:
        values = object_body(call.request)
        check_types(values, fields_for(kind, values))
        values = completed(call.actor, kind, own_fields(call), values)
        record = create_record(call.actor, kind.name, values, savepoint=False)
        refuse_doubts(call, [(None, record, values)])
        return Outcome(201, kind.name, (record.id,), record_answer(kind, written_row(call, kind, record), 201))

    return once(call, "create", create)


def update_call(call: Call) -> HttpResponse:
    """PATCH /{plural}/{id}: new values of some fields; with If-Match only if nobody changed the record since."""
    query(call.request, ())
    kind = call.object_type
    require(call.actor, kind.name, "edit")

    def update() -> Outcome:
        values = object_body(call.request)
        check_types(values, fields_for(kind, values))
        version = expected_version(call)
        record = update_record(call.actor, kind.name, call.id, values, version=version, savepoint=False)
        refuse_doubts(call, [(None, record, values)])
        return Outcome(200, kind.name, (record.id,), record_answer(kind, written_row(call, kind, record)))

    return once(call, "edit", update)


def delete_call(call: Call) -> HttpResponse:
    """DELETE /{plural}/{id}: into the recycle bin."""
    query(call.request, ())
    kind = call.object_type
    require(call.actor, kind.name, "delete")

    def delete() -> Outcome:
        delete_record(call.actor, kind.name, call.id, version=expected_version(call))
        return Outcome(204, kind.name, (), nothing())

    return once(call, "delete", delete)


def restore_call(call: Call) -> HttpResponse:
    """POST /{plural}/{id}/restore: out of the recycle bin."""
    query(call.request, ())
    kind = call.object_type
    require(call.actor, kind.name, "delete")

    def restore() -> Outcome:
        record = restore_record(call.actor, kind.name, call.id)
        return Outcome(200, kind.name, (record.id,), record_answer(kind, written_row(call, kind, record)))

    return once(call, "view", restore)


def fields_for(kind: ObjectType, values: Mapping[str, Any]) -> Mapping[str, Field]:
    """The fields by name, with the tenant's own ones when `values` name something else than the standard ones."""
    if all(name in kind.by_name for name in values):
        return kind.by_name
    return {**kind.by_name, **custom_fields(kind.name)}


def own_fields(call: Call) -> Mapping[str, Field]:
    """The tenant's own fields of the object, read once for a caller whose rights and fields stay the same."""
    key = ("own", call.object_type.name)
    if key not in call.plans:
        call.plans[key] = custom_fields(call.object_type.name)
    found: Mapping[str, Field] = call.plans[key]
    return found


def versions_matched(call: Call) -> set[int] | None:
    """The versions that If-Match permits, or None when it permits any."""
    text = call.request.headers.get("If-Match", "").strip()
    if not text or text == "*":
        return None
    return {int(found.group(1)) for part in text.split(",") if (found := _TAG.fullmatch(part))}


def expected_version(call: Call, action: str = "view") -> int | None:
    """The version that If-Match demands, or None without the header. Raises `Stale` when it cannot match."""
    versions = versions_matched(call)
    if versions is None:
        return None
    if len(versions) == 1:
        return versions.pop()
    current: int = get_record(call.actor, call.object_type.name, call.id, action).version
    if current not in versions:
        raise Stale(_("Somebody saved this record while you were editing."), version=current, current={})
    return current
