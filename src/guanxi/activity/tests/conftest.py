"""A company, a second one, people and a customer of the first."""

from collections.abc import Iterator
from typing import Any

import pytest

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.tests import factories
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant


@pytest.fixture
def tenant(db: None) -> Tenant:
    return factories.make_tenant("polaris")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    return factories.make_tenant("borealis")


@pytest.fixture
def admin(tenant: Tenant) -> Iterator[Actor]:
    """The administrator, inside the company's transaction."""
    with tenant_tx(tenant.id):
        yield factories.admin_of(tenant)


@pytest.fixture
def rep(tenant: Tenant, admin: Actor) -> Actor:
    """A sales representative in a team of their own."""
    return factories.actor(tenant, factories.make_member(admin, "Rep", "sales"))


@pytest.fixture
def other_rep(tenant: Tenant, admin: Actor) -> Actor:
    """A sales representative of another team."""
    return factories.actor(tenant, factories.make_member(admin, "Other", "sales"))


@pytest.fixture
def account(rep: Actor) -> Any:
    """An account of the representative."""
    return factories.make_account(rep)


@pytest.fixture
def contact(rep: Actor, account: Any) -> Any:
    """A contact at that account."""
    return factories.make_contact(rep, "张三丰", account=account.id, email="zhang@hd.example", mobile="138 0013 8000")
