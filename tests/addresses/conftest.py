"""Two companies with one row of everything, and browsers of their administrators."""

import pytest
from django.test import Client
from django.test.utils import override_settings

from guanxi.identity.models import User
from tests.addresses.every import Company
from tests.api.calling import admin_of, make_tenant

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def browser(email: str) -> Client:
    """A browser of somebody who signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(email=email), backend=BACKEND)
    return client


@pytest.fixture
def ours(db: None) -> Company:
    """The first company."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        return Company(admin_of(make_tenant("polaris")))


@pytest.fixture
def stranger(db: None) -> Client:
    """The administrator of another company."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        make_tenant("borealis")
    return browser("admin@borealis.example")
