"""Signed addresses of questionnaires: the token names the tenant and the link, and nobody else can make one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from guanxi.engagement.models import FormLink

_SALT = "engagement.form"


def token_of(tenant_id: UUID, link_id: UUID) -> str:
    """The token of a link."""
    named = urlsafe_b64encode(tenant_id.bytes + link_id.bytes).decode().rstrip("=")
    return Signer(salt=_SALT, sep=".").sign(named)


def read_token(token: str) -> tuple[UUID, UUID] | None:
    """Tenant and link of a token, None for anything that we did not sign."""
    try:
        named = Signer(salt=_SALT, sep=".").unsign(token)
        both = urlsafe_b64decode(named + "=" * (-len(named) % 4))
        return UUID(bytes=both[:16]), UUID(bytes=both[16:])
    except (BadSignature, ValueError):
        return None


def address_of(link: FormLink) -> str:
    """The whole address, for a mail."""
    return f"{settings.ORIGIN}/q/{token_of(link.tenant_id, link.id)}/"
