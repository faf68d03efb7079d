"""What `guanxi tenant`, `guanxi user` and `guanxi token` do."""

from datetime import timedelta

from django.utils import timezone

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.services import members, tenants, tokens


def create_tenant(*, slug: str, name: str, email: str, password: str, currency: str, language: str) -> None:
    """A company with its first administrator."""
    tenants.create_tenant(
        slug=slug, name=name, admin_email=email, admin_password=password, currency=currency, language=language
    )


def tenant_lines() -> list[str]:
    """The companies, one a line: slug, name, whether active."""
    return [
        f"{tenant.slug}\t{tenant.name}{'' if tenant.is_active else ' (inactive)'}"
        for tenant in Tenant.objects.order_by("slug")
    ]


def create_user(*, tenant: str, email: str, role: str, name: str, password: str) -> None:
    """A person as a user of the company."""
    members.create_user(_installation(tenant), email=email, role_key=role, name=name, password=password)


def create_token(*, tenant: str, email: str, name: str, days: int) -> str:
    """A token's text with the rights of the user."""
    actor = _installation(tenant)
    with tenant_tx(actor.tenant_id):
        member = Membership.objects.filter(user__email__iexact=email, is_active=True).first()
    if member is None:
        raise Invalid({"user": [f"{email} is no active user of {tenant}."]})
    return tokens.create_token(actor, membership=member, name=name, expires_at=timezone.now() + timedelta(days=days))


def _installation(slug: str) -> Actor:
    """The installation itself, acting for the company."""
    return Actor.system(tenants.tenant_by_slug(slug).id, via="cli")
