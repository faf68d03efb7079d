"""Idempotency-Key: a write that is sent twice happens once.

The key is a row in the transaction of the write itself, so the two are kept or lost together, and a second request with the
same key waits at the unique constraint until the first has ended. A repetition is not answered with the stored text: the
record is read again with the rights that hold now, so that nothing leaks which was hidden meanwhile.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.ids import new_id
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.api.calls import BULK_LIMIT, Call, answer, nothing, raw_body
from guanxi.records.api.problems import InvalidAt
from guanxi.records.api.representation import record_answer, row_of, rows_of
from guanxi.records.models import IdempotencyKey
from guanxi.records.replays import KEPT

MAX_KEY = 200
_TAKE = """INSERT INTO records_idempotencykey (id, tenant_id, actor_id, key, request_hash, status, object)
           VALUES (%s, %s, %s, %s, %s, 0, '') ON CONFLICT (tenant_id, actor_id, key) DO NOTHING"""


@dataclass(frozen=True)
class Outcome:
    """What a write did: status, the records it touched (object and ids), the answer; `many` when that is a list."""

    status: int
    object: str
    ids: tuple[UUID, ...]
    response: HttpResponse
    many: bool = False


def once(
    call: Call,
    action: str,
    write: Callable[[], Outcome],
    *,
    content: bytes | None = None,
    again: Callable[[UUID], HttpResponse] | None = None,
) -> HttpResponse:
    """Carry out `write`, or tell what it gave when it was carried out before under the same Idempotency-Key.

    `action` is what the actor must be allowed to do with the record for the repetition to be answered. `content` stands for
    the body where that is never twice the same, `again` answers a repetition where it is no record (uploads).
    """
    key = call.request.headers.get("Idempotency-Key")
    if key is None:
        return write().response
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        text = _("Idempotency-Key has 1 to %(most)d printable ASCII characters.") % {"most": MAX_KEY}
        raise InvalidAt({"": [text]})
    fingerprint = _fingerprint(call, content)
    if not _take(call, key, fingerprint):
        return _repeat(call, action, key, fingerprint, again)
    outcome = write()
    stored = {"ids": [str(record_id) for record_id in outcome.ids], "many": outcome.many}
    _mine(call, key).update(status=outcome.status, object=outcome.object, answer=stored)
    return outcome.response


def _fingerprint(call: Call, content: bytes | None) -> str:
    request = call.request
    head = f"{request.method} {request.path} {request.headers.get('If-Match', '')}\n".encode()
    return hashlib.sha256(head + (raw_body(request, BULK_LIMIT) if content is None else content)).hexdigest()


def _take(call: Call, key: str, fingerprint: str) -> bool:
    """True when the key is ours now; waits for a request under way with the same key."""
    row = [new_id(), call.actor.tenant_id, call.actor.member_id, key, fingerprint]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, row)
        if cursor.rowcount == 1:
            return True
        expired, _by_model = _mine(call, key).filter(created_at__lt=timezone.now() - KEPT).delete()
        if not expired:
            return False
        cursor.execute(_TAKE, row)
        return bool(cursor.rowcount == 1)


def _mine(call: Call, key: str) -> Any:
    return IdempotencyKey.objects.filter(actor_id=call.actor.member_id, key=key)


def _repeat(
    call: Call, action: str, key: str, fingerprint: str, again: Callable[[UUID], HttpResponse] | None
) -> HttpResponse:
    row = _mine(call, key).first()
    if row is None or row.request_hash != fingerprint:
        raise InvalidAt({"": [_("This Idempotency-Key was used for another request.")]})
    response = _again(call, action, row) if again is None else again(UUID(_stored(row)["ids"][0]))
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _again(call: Call, action: str, row: IdempotencyKey) -> HttpResponse:
    kind = registry.get(row.object)
    require(call.actor, kind.name, action)
    stored = _stored(row)
    ids = [UUID(text) for text in stored["ids"]]
    if stored["many"]:
        rows = rows_of(call, kind, ids)
        return answer({"data": [rows.get(key, {"id": str(key)}) for key in ids]}, row.status)
    if not ids:
        return nothing()
    return record_answer(kind, row_of(call, kind, ids[0]), row.status)


def _stored(row: IdempotencyKey) -> dict[str, Any]:
    stored: dict[str, Any] = row.answer or {"ids": [], "many": False}
    return stored
