"""Who a request speaks for: memberships and actors, each in one query."""

import hashlib
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from guanxi.core.db.statements import run_prepared
from guanxi.core.tenancy import note_settings_version, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Team, Tenant
from guanxi.identity.roles import DEFAULT_ROLES

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
), above(team_id) AS (
    SELECT team_id FROM mine
    UNION SELECT t.parent_id FROM identity_team t JOIN above a ON t.id = a.team_id
    WHERE t.tenant_id = %(tenant)s AND t.parent_id IS NOT NULL
), away AS (
    SELECT d.absent_id, d.may_edit FROM identity_delegation d JOIN me ON me.id = d.delegate_id
    JOIN identity_membership o ON o.tenant_id = %(tenant)s AND o.id = d.absent_id
    WHERE d.tenant_id = %(tenant)s AND d.ended_at IS NULL AND d.begins_at <= now() AND d.ends_at > now()
)
SELECT me.id, me.user_id, me.name, me.team_id, r.key, r.is_admin, r.grants, r.field_access,
       coalesce((SELECT array_agg(team_id) FROM mine), '{{}}'), coalesce((SELECT array_agg(team_id) FROM below), '{{}}'),
       c.rooms_off, c.currency, u.language, u.time_zone, {extra}, c.permissions_version,
       coalesce((SELECT array_agg(team_id) FROM above), '{{}}'), c.sharing_stamp,
       coalesce((SELECT array_agg(DISTINCT absent_id) FROM away), '{{}}'),
       coalesce((SELECT array_agg(DISTINCT absent_id) FROM away WHERE may_edit), '{{}}')
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


@dataclass(frozen=True)
class TeamNode:
    """A team with its depth in the tree, 0 at the top, and the number of its active users."""

    team: Team
    depth: int
    users: int


def team_tree() -> list[TeamNode]:
    """All teams of the running tenant, each right after its parent, by name."""
    users: dict[UUID, int] = {}
    for team_id in Membership.objects.filter(is_active=True).exclude(team=None).values_list("team_id", flat=True):
        users[team_id] = users.get(team_id, 0) + 1
    below: dict[UUID | None, list[Team]] = {}
    for team in Team.objects.order_by("name"):
        below.setdefault(team.parent_id, []).append(team)
    found: list[TeamNode] = []
    waiting = [(team, 0) for team in reversed(below.get(None, []))]
    while waiting:
        team, depth = waiting.pop()
        found.append(TeamNode(team, depth, users.get(team.id, 0)))
        waiting.extend((child, depth + 1) for child in reversed(below.get(team.id, [])))
    return found


@dataclass(frozen=True)
class DemoPerson:
    """One of the people of the demonstration, with the name of the role in the active language."""

    email: str
    role: str


def demo_people() -> list[DemoPerson]:
    """Of each role in the tenant `demo` the active person who joined first: two buttons of one name help nobody."""
    demo = Tenant.objects.filter(slug="demo", is_active=True).first()
    if demo is None:
        return []
    with tenant_tx(demo.id):
        rows = Membership.objects.filter(is_active=True, user__is_active=True, user__email__endswith="@demo.example")
        names = {role.key: role.name for role in DEFAULT_ROLES}
        found: dict[str, DemoPerson] = {}
        for email, key, name in rows.order_by("id").values_list("user__email", "role__key", "role__name"):
            found.setdefault(key, DemoPerson(email, str(names.get(key, name))))
        return list(found.values())


def may_start_company(*, signed_in: bool, local_demo: bool = False) -> bool:
    """Whether a visitor may create a company: the first one, a signed-in person, on an open installation, in a demonstration at this machine."""
    return signed_in or local_demo or settings.OPEN_SIGNUP or not Tenant.objects.exists()


def _load(sql: str, parameters: dict[str, Any], tenant_id: UUID, via: str, origin: str) -> Actor | None:
    rows = run_prepared(sql, parameters)
    if not rows:
        return None
    row = rows[0]
    note_settings_version(row[15])
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
        settings_version=row[15],
        above_team_ids=tuple(row[16]),
        sharing_stamp=row[17],
        stands_for=tuple(row[18]),
        edits_for=tuple(row[19]),
        via=via,
        origin=origin,
    )


def _json(value: Any) -> Any:
    return loads(value) if isinstance(value, str) else value


def fiscal_first_month() -> int:
    """The month (1–12) in which the running tenant's fiscal year begins."""
    month = Company.objects.values_list("fiscal_year_start", flat=True).first()
    return month or 1
