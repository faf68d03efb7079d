"""Moving what points to merged records, in sets.

Rows of described objects get a version and a line of history under the batch, from which they are put back. Rows of plain tables are
noted in the merge's parts. A row that the survivor has already (the same colleague in the account team) goes, and comes back
with the undo.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict
from guanxi.identity.actor import Actor
from guanxi.records.merging.links import Link
from guanxi.records.registry import ObjectType

_HISTORY = """
INSERT INTO core_change (tenant_id, object, member_id, via, origin, batch_id, record_id, version, action, diff)
SELECT %(tenant)s, %(object)s, %(member)s::uuid, %(via)s, %(origin)s, %(batch)s::uuid, moved.id, moved.version, 'updated',
       jsonb_build_object(%(name)s, jsonb_build_array(moved.was, moved.becomes)) FROM moved RETURNING record_id
"""


def count_links(link: Link, kind: ObjectType, ids: Sequence[UUID]) -> int:
    """How many rows point to the records by this link."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{link.table}" t WHERE {_points(link)}', _given(link, kind, ids))
        return int(cursor.fetchone()[0])


def move_link(actor: Actor, link: Link, kind: ObjectType, others: Sequence[UUID], survivor: UUID) -> Any:
    """Let what points to `others` point to `survivor`; returns JSON for `move_back`, or None when nothing did."""
    if link.kind is not None:
        return [str(key) for key in _move_described(actor, link, kind, others, survivor)] or None
    return _move_plain(link, kind, others, survivor)


def move_back(actor: Actor, link: Link, kind: ObjectType, batch: UUID, survivor: UUID, moved: Any) -> list[UUID]:
    """Let what `move_link` moved point back, as far as it still points to the survivor; returns described rows changed."""
    if link.kind is not None:
        return _back_described(actor, link, batch, survivor)
    _back_plain(link, survivor, moved)
    return []


def _points(link: Link) -> str:
    if link.own:
        return f"t.{link.column} = ANY(%(ids)s)" if link.column else "t.custom ->> %(own)s = ANY(%(texts)s)"
    pair = " AND t.object = %(kind)s" if link.pair else ""
    return f't."{link.column}" = ANY(%(ids)s){pair}'


def _given(link: Link, kind: ObjectType, ids: Sequence[UUID]) -> dict[str, Any]:
    return {"ids": list(ids), "texts": [str(key) for key in ids], "own": link.own, "kind": kind.name}


def _was(link: Link) -> str:
    return "(t.custom ->> %(own)s)" if link.own else f't."{link.column}"::text'


def _becomes(link: Link, value: str) -> str:
    """The SET clause that lets the link point to the SQL text `value`."""
    if not link.own:
        return f'"{link.column}" = ({value})::uuid'
    slot = f", {link.column} = ({value})::uuid" if link.column else ""
    return f"custom = jsonb_set(t.custom, ARRAY[%(own)s::text], to_jsonb(({value})::text)){slot}"


def _move_described(actor: Actor, link: Link, kind: ObjectType, others: Sequence[UUID], survivor: UUID) -> list[UUID]:
    sql = f"""
    WITH prior AS (SELECT t.id, {_was(link)} AS was FROM "{link.table}" t WHERE {_points(link)} ORDER BY t.id FOR UPDATE),
    moved AS (UPDATE "{link.table}" t SET {_becomes(link, "%(survivor)s")}, version = t.version + 1,
            updated_at = clock_timestamp(), updated_by_id = %(member)s::uuid
        FROM prior WHERE t.id = prior.id RETURNING t.id, t.version, prior.was, %(survivor)s::text AS becomes) {_HISTORY}
    """
    return _run(actor, link, sql, {**_given(link, kind, others), "survivor": str(survivor)})


def _back_described(actor: Actor, link: Link, batch: UUID, survivor: UUID) -> list[UUID]:
    sql = f"""
    WITH mine AS (SELECT c.record_id, min(c.diff -> %(name)s ->> 0) AS was FROM core_change c
        WHERE c.tenant_id = %(tenant)s AND c.batch_id = %(merge)s AND c.object = %(object)s AND c.diff -> %(name)s ->> 1 = %(survivor)s
        GROUP BY c.record_id),
    prior AS (SELECT t.id, mine.was FROM "{link.table}" t JOIN mine ON mine.record_id = t.id
        WHERE {_was(link)} = %(survivor)s ORDER BY t.id FOR UPDATE OF t),
    moved AS (UPDATE "{link.table}" t SET {_becomes(link, "prior.was")}, version = t.version + 1,
            updated_at = clock_timestamp(), updated_by_id = %(member)s::uuid
        FROM prior WHERE t.id = prior.id RETURNING t.id, t.version, %(survivor)s::text AS was, prior.was AS becomes) {_HISTORY}
    """
    return _run(actor, link, sql, {"own": link.own, "survivor": str(survivor), "merge": batch})


def _run(actor: Actor, link: Link, sql: str, given: dict[str, Any]) -> list[UUID]:
    assert link.kind is not None
    values = {
        "tenant": actor.tenant_id,
        "object": link.kind.name,
        "member": actor.member_id,
        "via": actor.via,
        "origin": actor.origin,
        "batch": actor.batch_id,
        "name": link.name,
        **given,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _move_plain(link: Link, kind: ObjectType, others: Sequence[UUID], survivor: UUID) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT t.id, t."{link.column}" FROM "{link.table}" t WHERE {_points(link)} ORDER BY t.id FOR UPDATE',
            _given(link, kind, others),
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    ids = [row[0] for row in rows]
    try:
        with transaction.atomic():
            _point(link, ids, survivor)
        dropped: list[Any] = []
    except IntegrityError:
        dropped = _one_by_one(link, ids, survivor)
    gone = {row["id"] for row in dropped}
    moved = [[str(key), str(was)] for key, was in rows if str(key) not in gone]
    return {"moved": moved, "dropped": dropped}


def _point(link: Link, ids: Sequence[UUID], target: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{link.table}" SET "{link.column}" = %s WHERE id = ANY(%s)', [target, list(ids)])


def _one_by_one(link: Link, ids: Sequence[UUID], survivor: UUID) -> list[Any]:
    """What the survivor has already is taken out; returns those rows whole."""
    dropped = []
    for key in ids:
        try:
            with transaction.atomic():
                _point(link, [key], survivor)
        except IntegrityError:
            dropped.append(_drop(link, key))
    return dropped


def _drop(link: Link, key: UUID) -> Any:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{link.table}" t WHERE id = %s RETURNING to_jsonb(t)::text', [key])
            return orjson.loads(cursor.fetchone()[0])
    except IntegrityError as error:
        text = _("Something stands in the way: %(what)s belongs to both and is needed elsewhere.")
        raise Conflict(text % {"what": link.model._meta.verbose_name}) from error


def _back_plain(link: Link, survivor: UUID, moved: Any) -> None:
    keys = [row[0] for row in moved["moved"]]
    targets = [row[1] for row in moved["moved"]]
    table = link.table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" t SET "{link.column}" = s.was FROM unnest(%s::uuid[], %s::uuid[]) AS s(id, was) '
            f'WHERE t.id = s.id AND t."{link.column}" = %s',
            [keys, targets, survivor],
        )
    insert_rows_again(table, moved["dropped"])


def insert_rows_again(table: str, rows: Sequence[Any]) -> None:
    """Put deleted rows back as they were, given as JSON of the whole row; one that exists meanwhile stays as it is."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" SELECT * FROM jsonb_populate_recordset(NULL::"{table}", %s::jsonb) ON CONFLICT DO NOTHING',
            [orjson.dumps(list(rows)).decode()],
        )
