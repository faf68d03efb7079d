"""Short ways to companies and people, through the real services."""

from typing import Any

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_user

PASSWORD = "Correct-Horse-7"


def make_tenant(slug: str, **values: Any) -> Tenant:
    """A company with its administrator `admin@<slug>.example`."""
    return create_tenant(
        **{
            "slug": slug,
            "name": slug.title(),
            "admin_email": f"admin@{slug}.example",
            "admin_password": PASSWORD,
            "admin_name": "Ada Admin",
            **values,
        }
    )


def actor_by_email(tenant: Tenant, email: str) -> Actor:
    """The member with this e-mail as actor."""
    with tenant_tx(tenant.id):
        found = actor_of_user(tenant.id, Membership.objects.get(user__email=email).user_id)
    assert found is not None
    return found


def admin_of(tenant: Tenant) -> Actor:
    """The administrator of a company made by `make_tenant`."""
    return actor_by_email(tenant, f"admin@{tenant.slug}.example")


def make_member(admin: Actor, email: str, role: str = "sales") -> Membership:
    """A colleague with a password."""
    return create_user(admin, email=email, name=email.split("@")[0].title(), role_key=role, password=PASSWORD)
