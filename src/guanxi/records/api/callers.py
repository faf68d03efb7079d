"""The caller behind a token: found anew by every request, but read only when something about the rights has changed."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from uuid import UUID

from guanxi.core.db.asking import Asking, Question
from guanxi.core.tenancy import note_settings_version
from guanxi.identity.actor import Actor
from guanxi.identity.queries import actor_of_token
from guanxi.identity.services.tokens import note_token_use
from guanxi.records.list_plans import Plans

MOST_CALLERS = 1000
# Seconds after which a caller is read anew in any case, so that "last used" in the settings moves on.
LONGEST = 600
# One look-up by keys tells whether the token still holds, and the version of every row that the rights depend on: xmin and
# ctid name the version of a row, whoever wrote it and however.
# `OFFSET 0` keeps each step a look-up by key: tables this small have no statistics, and joined freely the database reads
# every membership's tokens.
_STAMP = Question(
    "guanxi_caller",
    """
SELECT concat_ws(' ', k.stamp, m.stamp, r.xmin, r.ctid, c.xmin, c.ctid, u.xmin, u.ctid,
    (SELECT string_agg(concat(x.xmin, x.ctid), ',' ORDER BY x.id) FROM identity_team x WHERE x.tenant_id = %(tenant)s),
    (SELECT string_agg(concat(x.xmin, x.ctid), ',' ORDER BY x.id) FROM identity_teammember x
     WHERE x.tenant_id = %(tenant)s AND x.membership_id = m.id),
    (SELECT string_agg(concat(x.xmin, x.ctid), ',' ORDER BY x.id) FROM records_customfield x WHERE x.tenant_id = %(tenant)s),
    (SELECT string_agg(concat(x.xmin, x.ctid), ',' ORDER BY x.id) FROM identity_delegation x
     WHERE x.tenant_id = %(tenant)s AND x.delegate_id = m.id AND x.ends_at > now() AND x.begins_at <= now()))
FROM (
    SELECT concat(t.xmin, t.ctid) AS stamp, t.membership_id FROM identity_apitoken t
    WHERE t.tenant_id = %(tenant)s AND t.token_hash = %(hash)s
        AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
    OFFSET 0
) k
CROSS JOIN LATERAL (
    SELECT concat(m.xmin, m.ctid) AS stamp, m.id, m.role_id, m.user_id FROM identity_membership m
    WHERE m.tenant_id = %(tenant)s AND m.id = k.membership_id AND m.is_active
    OFFSET 0
) m
JOIN identity_role r ON r.tenant_id = %(tenant)s AND r.id = m.role_id
JOIN identity_company c ON c.tenant_id = %(tenant)s AND c.id = %(tenant)s
JOIN identity_user u ON u.id = m.user_id AND u.is_active
JOIN identity_tenant t ON t.id = %(tenant)s AND t.is_active
""",
    {"tenant": "uuid", "hash": "text"},
)


@dataclass(frozen=True)
class Caller:
    """An actor as the rights were at `stamp`, and the statements compiled for it since."""

    actor: Actor
    stamp: str = ""
    plans: Plans = field(default_factory=dict)
    read_at: float = field(default_factory=time.monotonic)


_known: "OrderedDict[str, Caller]" = OrderedDict()
_lock = Lock()


def ask_for_token(tenant_id: UUID, key: str) -> Asking:
    """Whether the token whose hash is `key` holds, and for which rights: for the beginning of the tenant's transaction."""
    return Asking(_STAMP, {"tenant": tenant_id, "hash": key})


def caller_of_token(tenant_id: UUID, token: str, key: str, origin: str, asked: Asking) -> Caller | None:
    """The caller for a token whose hash is `key`, inside the tenant's transaction; None when it does not hold (any more)."""
    rows = asked.rows()
    if not rows:
        return None
    stamp = str(rows[0][0])
    known = _known.get(key)
    if known is None or known.stamp != stamp or time.monotonic() - known.read_at > LONGEST:
        note_token_use(tenant_id, key)
        actor = actor_of_token(tenant_id, token, origin=origin)
        if actor is None:
            return None
        known = Caller(actor, stamp)
        _remember(key, known)
    note_settings_version(known.actor.settings_version)
    return known if known.actor.origin == origin else replace(known, actor=replace(known.actor, origin=origin))


def _remember(key: str, caller: Caller) -> None:
    with _lock:
        _known[key] = caller
        _known.move_to_end(key)
        while len(_known) > MOST_CALLERS:
            _known.popitem(last=False)
