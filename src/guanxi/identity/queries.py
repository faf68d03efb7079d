"""Who a request speaks for: memberships and actors, each in one query."""

import hashlib
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from guanxi.identity.actor import Actor

_ACTOR_SQL = """
WITH RECURSIVE me AS (
    SELECT m.id, m.user_id, m.name, m.team_id, m.role_id FROM identity_membership m
    WHERE m.tenant_id = %(tenant)s AND m.is_active AND {who}
), mine(team_id) AS (
    SELECT team_id FROM me WHERE team_id IS NOT NULL
    UNION SELECT t.team_id FROM identity_teammember t JOIN me ON me.id = t.membership_id WHERE t.tenant_id = %(tenant)s
), below(team_id) AS (
    SELECT team_id FROM mine
    UNION SELECT t.id FROM identity_team t JOIN below b ON t.parent_id = b.team_id WHERE t.tenant_id = %(tenant)s
)
SELECT me.id, me.user_id, me.name, me.team_id, r.key, r.is_admin, r.grants, r.field_access,
       coalesce((SELECT array_agg(team_id) FROM mine), '{{}}'), coalesce((SELECT array_agg(team_id) FROM below), '{{}}'),
       c.rooms_off, c.currency, u.language, u.time_zone, {extra}
FROM me
JOIN identity_role r ON r.tenant_id = %(tenant)s AND r.id = me.role_id
JOIN identity_company c ON c.tenant_id = %(tenant)s
JOIN identity_user u ON u.id = me.user_id AND u.is_active
JOIN identity_tenant o ON o.id = %(tenant)s AND o.is_active
"""
_BY_USER = _ACTOR_SQL.format(who="m.user_id = %(user)s", extra="NULL")
_BY_TOKEN = _ACTOR_SQL.format(
    who="""m.id = (SELECT k.membership_id FROM identity_apitoken k WHERE k.tenant_id = %(tenant)s
           AND k.token_hash = %(hash)s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))""",
    extra="""(SELECT k.scopes FROM identity_apitoken k WHERE k.tenant_id = %(tenant)s AND k.token_hash = %(hash)s)""",
)


def actor_of_user(tenant_id: UUID, user_id: UUID, *, via: str = "web", origin: str = "") -> Actor | None:
    """The actor for a signed-in user in the running transaction's tenant, or None without an active membership."""
    return _load(_BY_USER, {"tenant": tenant_id, "user": user_id}, tenant_id, via, origin)


def actor_of_token(tenant_id: UUID, text: str, *, origin: str = "") -> Actor | None:
    """The actor for a bearer token's text, or None when it is unknown, expired or revoked."""
    parameters = {"tenant": tenant_id, "hash": hash_secret(text)}
    return _load(_BY_TOKEN, parameters, tenant_id, "api", origin)


def tenant_of_token(text: str) -> UUID | None:
    """The tenant that the text of a token or link names (`gx_<tenant>_<secret>`), or None when malformed."""
    parts = text.split("_", 2)
    try:
        return UUID(hex=parts[1]) if len(parts) == 3 and parts[0] == "gx" else None
    except ValueError:
        return None


def hash_secret(text: str) -> str:
    """SHA-256 of a secret of high entropy, in hex: what is stored instead of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def memberships_of(user_id: UUID) -> list[dict[str, Any]]:
    """Active memberships of a user in all active tenants: tenant_id, slug, tenant_name, membership_id; by tenant name."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.user', %s, true)", [str(user_id)])
        cursor.execute(
            """SELECT t.id, t.slug, t.name, m.id FROM identity_membership m JOIN identity_tenant t ON t.id = m.tenant_id
               WHERE m.user_id = %s AND m.is_active AND t.is_active ORDER BY t.name, t.id""",
            [user_id],
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT set_config('app.user', '', true)")
    return [dict(zip(("tenant_id", "slug", "tenant_name", "membership_id"), row, strict=True)) for row in rows]


def _load(sql: str, parameters: dict[str, Any], tenant_id: UUID, via: str, origin: str) -> Actor | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    return Actor(
        tenant_id=tenant_id,
        member_id=row[0],
        user_id=row[1],
        name=row[2],
        team_id=row[3],
        role_key=row[4],
        is_admin=row[5],
        grants=_json(row[6]),
        field_access=_json(row[7]),
        team_ids=tuple(row[8]),
        below_team_ids=tuple(row[9]),
        rooms_off=frozenset(row[10]),
        currency=row[11],
        language=row[12],
        time_zone=row[13],
        token_scopes=None if row[14] is None else tuple(row[14]),
        via=via,
        origin=origin,
    )


def _json(value: Any) -> Any:
    return loads(value) if isinstance(value, str) else value
