"""Short ways to a company, its people and its customers, all through the real services."""

from typing import Any
from uuid import UUID

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_user
from guanxi.records.changes import create_record


def make_tenant(slug: str) -> Tenant:
    """A company in China with its administrator `admin@<slug>.example`."""
    return create_tenant(
        slug=slug, name=slug.title(), admin_email=f"admin@{slug}.example", admin_password="Correct-Horse-7"
    )


def admin_of(tenant: Tenant) -> Actor:
    """The administrator of a company made by `make_tenant`; call inside its transaction."""
    member = Membership.objects.select_related("user").get(user__email=f"admin@{tenant.slug}.example")
    return actor(tenant, member)


def actor(tenant: Tenant, member: Membership) -> Actor:
    """The member as actor."""
    found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


def make_member(admin: Actor, name: str, role: str, team: Team | None = None) -> Membership:
    """A colleague with a role key, by default in a team of its own."""
    with tenant_tx(admin.tenant_id):
        team = team or Team.objects.create(name=f"Team {name}")
        email = f"{name.lower()}@people.example"
        return create_user(admin, email=email, name=name, role_key=role, password="Correct-Horse-7", team=team)


def make_account(by: Actor, name: str = "华东精密", **values: Any) -> Any:
    """An account."""
    return create_record(by, "account", {"name": name, **values})


def make_contact(by: Actor, name: str = "张三丰", **values: Any) -> Any:
    """A contact."""
    return create_record(by, "contact", {"name": name, **values})


def ids(records: Any) -> set[UUID]:
    """The keys of some records."""
    return {record.id for record in records}
