"""What all tests share: a real database as the roles of production (see guanxi.project.testing.plugin)."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_user
from guanxi.project.testing.plugin import fresh_database


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces pytest-django's: a copy of the migrated template, two roles instead of one."""
    with django_db_blocker.unblock(), fresh_database():
        yield


# What takes minutes begins first, so that no process works alone at the end.
LONGEST_FIRST = ("bare", "runtime", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first; the order within a file and among the others stays."""
    names = len(LONGEST_FIRST)
    items.sort(
        key=lambda item: min(
            (LONGEST_FIRST.index(m.name) for m in item.iter_markers() if m.name in LONGEST_FIRST), default=names
        )
    )


PASSWORD = "Correct-Horse-7"


def _company(slug: str) -> Tenant:
    return create_tenant(
        slug=slug,
        name=slug.title(),
        admin_email=f"admin@{slug}.example",
        admin_password=PASSWORD,
        admin_name="Ada Admin",
    )


def actor_of(tenant: Tenant, email: str) -> Actor:
    """The person with this e-mail as actor; call inside the tenant's transaction."""
    member = Membership.objects.get(user__email=email)
    found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


@pytest.fixture
def tenant(db: None) -> Tenant:
    """A company with its administrator."""
    return _company("polaris")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Another company on the same installation."""
    return _company("borealis")


@pytest.fixture
def actor(tenant: Tenant) -> Iterator[Actor]:
    """The administrator, inside the company's transaction for the whole test."""
    with tenant_tx(tenant.id):
        yield actor_of(tenant, "admin@polaris.example")


@pytest.fixture
def manager_actor(tenant: Tenant, actor: Actor) -> Actor:
    """A manager of team North, above the representative's team."""
    north = Team.objects.create(name="North", parent=Team.objects.filter(parent__isnull=True).first())
    Team.objects.create(name="North field", parent=north)
    create_user(
        actor, email="manager@polaris.example", name="Mona Manager", role_key="manager", password=PASSWORD, team=north
    )
    return actor_of(tenant, "manager@polaris.example")


@pytest.fixture
def rep_actor(tenant: Tenant, actor: Actor, manager_actor: Actor) -> Actor:
    """A sales representative of a team below the manager's."""
    field_team = Team.objects.get(name="North field")
    create_user(
        actor, email="rep@polaris.example", name="Rita Rep", role_key="sales", password=PASSWORD, team=field_team
    )
    return actor_of(tenant, "rep@polaris.example")


@pytest.fixture
def outsider_actor(tenant: Tenant, actor: Actor) -> Actor:
    """A sales representative of a team that the manager does not lead."""
    south = Team.objects.create(name="South", parent=Team.objects.filter(parent__isnull=True).first())
    create_user(actor, email="south@polaris.example", name="Sam South", role_key="sales", password=PASSWORD, team=south)
    return actor_of(tenant, "south@polaris.example")
