"""Bearer tokens of the API."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import ApiToken, Membership
from guanxi.identity.queries import hash_secret
from guanxi.identity.validation import clean_text

DEFAULT_LIFE = timedelta(days=365)


def create_token(
    actor: Actor,
    *,
    membership: Membership | UUID,
    name: str,
    scopes: Sequence[str] = ("*",),
    expires_at: datetime | None = None,
) -> str:
    """A new token's text `gx_<tenant>_<secret>`, told once; only its hash is kept.

    It carries the rights of the membership cut down to `scopes` ("*", "*:read", "account:write" …). Administrators make
    tokens for anybody, others for themselves. Without `expires_at` it lives a year. Raises `Invalid`, `NotAllowed`.
    """
    member_id = membership.id if isinstance(membership, Membership) else membership
    _require_own(actor, member_id)
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid({"expires_at": [_("Choose a date in the future.")]})
    text = f"gx_{actor.tenant_id.hex}_{secrets.token_urlsafe(32)}"
    with tenant_tx(actor.tenant_id):
        if not Membership.objects.filter(id=member_id, is_active=True).exists():
            raise NotFound(_("There is no such user."))
        token = ApiToken.objects.create(
            membership_id=member_id,
            name=clean_text("name", name, max_length=120),
            token_hash=hash_secret(text),
            scopes=_clean_scopes(scopes),
            expires_at=expires_at or timezone.now() + DEFAULT_LIFE,
        )
        detail = {"name": token.name, "user": str(member_id), "scopes": token.scopes}
        note_access(actor, "token.created", object_name="token", record_id=token.id, detail=detail)
    return text


def revoke_token(actor: Actor, *, token_id: UUID) -> None:
    """End a token at once; a second time does nothing. Own tokens, or any for an administrator."""
    with tenant_tx(actor.tenant_id):
        token = ApiToken.objects.filter(id=token_id).first()
        if token is None or not (actor.is_admin or token.membership_id == actor.member_id):
            raise NotFound(_("There is no such token."))
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            note_access(actor, "token.revoked", object_name="token", record_id=token.id, detail={"name": token.name})


def note_token_use(tenant_id: UUID, token_hash: str) -> None:
    """Write down that a token is in use, at most every ten minutes and without waiting for anybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE identity_apitoken SET last_used_at = now() WHERE tenant_id = %(tenant)s AND id = (
                   SELECT id FROM identity_apitoken WHERE tenant_id = %(tenant)s AND token_hash = %(hash)s
                   AND (last_used_at IS NULL OR last_used_at < now() - interval '10 minutes') FOR UPDATE SKIP LOCKED)""",
            {"tenant": tenant_id, "hash": token_hash},
        )


def _require_own(actor: Actor, member_id: UUID) -> None:
    # A token must not make a token: it could outlive its own end or widen its scopes.
    if actor.token_scopes is not None or not (actor.is_admin or member_id == actor.member_id):
        raise NotAllowed(_("Your role does not permit this."))


def _clean_scopes(scopes: Sequence[str]) -> list[str]:
    clean = sorted({scope.strip() for scope in scopes if scope.strip()})
    for scope in clean:
        name, _sep, verb = scope.partition(":")
        valid_name = name == "*" or name.replace("_", "").isalnum()
        if scope != "*" and not (valid_name and verb in ("read", "write") and len(scope) <= 60):
            raise Invalid(
                {"scopes": [_("“%(scope)s” is not a scope. Use *, object:read or object:write.") % {"scope": scope}]}
            )
    if not clean:
        raise Invalid({"scopes": [_("This is required.")]})
    return clean
