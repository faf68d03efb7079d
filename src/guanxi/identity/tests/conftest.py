"""Two companies and people of the first."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant, User
from guanxi.identity.tests.factories import actor_by_email, admin_of, make_member, make_tenant


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("polaris")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    return make_tenant("borealis")


@pytest.fixture
def actor(tenant: Tenant) -> Actor:
    """The administrator."""
    return admin_of(tenant)


@pytest.fixture
def manager_actor(tenant: Tenant, actor: Actor) -> Actor:
    make_member(actor, "manager@polaris.example", "manager")
    return actor_by_email(tenant, "manager@polaris.example")


@pytest.fixture
def rep_actor(tenant: Tenant, actor: Actor) -> Actor:
    make_member(actor, "rep@polaris.example", "sales")
    return actor_by_email(tenant, "rep@polaris.example")


@pytest.fixture
def admin_client(tenant: Tenant) -> Client:
    """A browser signed in as the administrator."""
    return signed_in("admin@polaris.example")


@pytest.fixture
def rep_client(rep_actor: Actor) -> Client:
    """A browser signed in as the representative."""
    return signed_in("rep@polaris.example")


@pytest.fixture(autouse=True)
def no_attempts(request: pytest.FixtureRequest) -> None:
    """Attempts counted by one test must not hinder the next."""
    if "db" in request.fixturenames:
        cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Argon2 takes its time by design; test_sign_in.py has the real one."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(email: str) -> Client:
    """A browser of somebody who signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
