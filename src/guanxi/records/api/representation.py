"""Records as the API shows them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.records.api.calls import PREFIX, Call, answer, etag
from guanxi.records.api.plans import Row, row_plan, rows_plan
from guanxi.records.registry import ObjectType


def field_names(kind: ObjectType, text: str) -> list[str]:
    """The names in `?fields=a,b`; an amount brings the field of its currency along."""
    names = [name.strip() for name in text.split(",") if name.strip()][:200]
    for name in tuple(names):
        item = kind.by_name.get(name)
        if item is not None and item.currency in kind.by_name and item.currency not in names:
            names.append(item.currency)
    return list(dict.fromkeys(name for name in names if name not in ("id", "version")))


def rows_of(call: Call, kind: ObjectType, ids: Iterable[UUID], fields: Sequence[str] = ()) -> dict[UUID, Row]:
    """The records among `ids` that the actor may see, by id."""
    plan = rows_plan(call.actor, call.plans, kind, fields)
    rows = plan.run_prepared({"ids": list(ids)}) if plan is not None else []
    return {row[0]: plan.show(row) for row in rows} if plan is not None else {}


def row_of(call: Call, kind: ObjectType, record_id: UUID, fields: Sequence[str] = ()) -> Row:
    """One record; raises `NotFound` when the actor may not see it."""
    plan = row_plan(call.actor, call.plans, kind, fields)
    rows = plan.run_prepared({"id": record_id}) if plan is not None else []
    if plan is None or not rows:
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    return plan.show(rows[0])


def written_row(call: Call, kind: ObjectType, record: Any) -> Row:
    """A record just written; one that has left the actor's scope by the write is named only."""
    try:
        return row_of(call, kind, record.id)
    except NotFound:
        return {"id": record.id, "version": record.version}


def record_answer(kind: ObjectType, row: Row, status: int = 200) -> HttpResponse:
    """One record with its entity tag; a new one with its address."""
    headers = {"ETag": etag(row["version"])}
    if status == 201:
        headers["Location"] = f"{PREFIX}/{kind.plural}/{row['id']}"
    return answer(row, status, headers)
