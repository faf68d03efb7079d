"""The history of records: one row per change, with what was and what is, for people and for audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from guanxi.core.db.statements import Answer, ask_prepared
from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.values import masked

Diff = dict[str, list[Any]]
_INSERT = """
INSERT INTO core_change (tenant_id, object, member_id, via, origin, batch_id, record_id, version, action, diff, behalf_id)
SELECT %s, %s, %s::uuid, %s, %s, %s::uuid, t.*
FROM json_to_recordset(%s) AS t(record_id uuid, version integer, action text, diff jsonb, behalf_id uuid)
RETURNING (SELECT c.sharing_stamp FROM identity_company c WHERE c.tenant_id = %s)
"""


@dataclass(frozen=True)
class HistoryLine:
    """One change as shown: when, who (name or ""), what was done, (field, before, after) as far as the reader may see.

    `behalf` names the absent colleague, or the person as whom somebody signed in, for whom it was done; "" for oneself.
    """

    at: Any
    who: str
    action: str
    via: str
    version: int
    changes: tuple[tuple[str, Any, Any], ...]
    behalf: str = ""


def write_history(
    actor: Actor,
    object_name: str,
    entries: Sequence[tuple[UUID, int, str, Diff]],
    owners: Mapping[UUID, UUID | None] | None = None,
) -> Answer:
    """Store (record id, new version, action, diff) for each, as part of the actor's batch if it works in one.

    `at` is taken by the database under the row lock. The answer holds the stamp of the sharing rules in force, as read after the records
    were written (records.sharing.matching tells why). `owners` tells whose the records were, so that what is done for an absent
    colleague says so.
    """
    rows = [
        {
            "record_id": key,
            "version": version,
            "action": action,
            "diff": diff,
            "behalf_id": actor.behalf_of((owners or {}).get(key)),
        }
        for key, version, action, diff in entries
    ]
    values = [actor.tenant_id, object_name, actor.doing_id, actor.via, actor.origin, actor.batch_id]
    return ask_prepared(_INSERT, [*values, orjson.dumps(rows).decode(), actor.tenant_id])


def read_history(actor: Actor, object_name: str, record_id: UUID, *, limit: int = 100) -> list[HistoryLine]:
    """The last changes of a record, newest first; hidden fields are left out, masked ones masked."""
    rows = list(Change.objects.filter(object=object_name, record_id=record_id).order_by("-version")[:limit])
    members = {key for row in rows for key in (row.member_id, row.behalf_id) if key}
    names = dict(Membership.objects.filter(id__in=members).values_list("id", "name"))
    return [
        HistoryLine(
            at=row.at,
            who=names.get(row.member_id, ""),
            action=row.action,
            via=row.via,
            version=row.version,
            changes=tuple(_visible(actor, object_name, row.diff)),
            behalf=names.get(row.behalf_id, ""),
        )
        for row in rows
    ]


def value_at(object_name: str, record_id: UUID, version: int) -> dict[str, Any]:
    """Values that later versions changed, as they were at `version`: field → value then."""
    rows = Change.objects.filter(object=object_name, record_id=record_id, version__gt=version).order_by("version")
    before: dict[str, Any] = {}
    for row in rows:
        for name, (old, _new) in row.diff.items():
            before.setdefault(name, old)
    return before


def _strictest(actor: Actor, object_name: str, name: str) -> str:
    """The access to a field, or for a part kept elsewhere (an address) the least access to the fields that it shares."""
    kind = next((one for one in registry.objects() if one.name == object_name), None)
    trace = kind.trace(name) if kind and name not in kind.by_name else None
    found = {field_access(actor, object_name, one) for one in (trace.fields if trace else ())}
    return next((access for access in ("hidden", "masked") if access in found), field_access(actor, object_name, name))


def _visible(actor: Actor, object_name: str, diff: Diff) -> list[tuple[str, Any, Any]]:
    lines = []
    for name, (before, after) in diff.items():
        access = _strictest(actor, object_name, name)
        if access == "masked":
            before, after = masked(before), masked(after)
        if access != "hidden":
            lines.append((name, before, after))
    return lines
