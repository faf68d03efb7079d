"""Live updates to browsers: announced in a transaction, carried by NOTIFY, sent as server-sent events.

A message holds a topic and ids, never content: NOTIFY takes 8,000 bytes, and whoever receives it asks for the
record through the normal, permitted way.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.conf import settings
from django.core import signing
from django.db import connection

from guanxi.core.tenancy import current_tenant_id

CHANNEL = "guanxi_stream"
SALT = "guanxi.stream"
TOKEN_AGE = 12 * 60 * 60


END = "end"


@dataclass(frozen=True)
class Listener:
    """Who listens: a member of a tenant in one session of a person, and the password that it was begun with (as marks)."""

    tenant_id: UUID
    member_id: UUID
    user_id: UUID
    session: str
    password: str


def mark(secret: str) -> str:
    """What may travel in an address in place of a session's key or a password's hash. The database computes the same."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def announce(topic: str, *, member_id: UUID | None = None, **ids: UUID | str | int) -> None:
    """Tell the open pages of one member, or of everybody in the tenant, when the running transaction commits."""
    message = {"tenant": current_tenant_id(), "member": member_id, "topic": topic, "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, orjson.dumps(message, default=str).decode()])


def stream_address(listener: Listener) -> str:
    """The URL that a page of this member opens; empty where no stream is served.

    Valid for `TOKEN_AGE` seconds, and no longer than the session, the password and the membership.
    """
    if not settings.STREAM_URL:
        return ""
    keys = [listener.tenant_id.hex, listener.member_id.hex, listener.user_id.hex, listener.session, listener.password]
    token = signing.dumps(keys, salt=SALT, compress=False)
    return f"{settings.STREAM_URL}?token={token}"


def read_token(token: str) -> Listener | None:
    """Who holds the token; None when it is forged or too old."""
    try:
        tenant, member, user, session, password = signing.loads(token, salt=SALT, max_age=TOKEN_AGE)
    except (signing.BadSignature, ValueError):
        return None
    return Listener(UUID(tenant), UUID(member), UUID(user), session, password)
