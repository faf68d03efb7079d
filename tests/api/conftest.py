"""Two companies, and callers of the first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.utils import override_settings

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Team, Tenant
from guanxi.records.api import throttle
from tests.api.calling import Api, admin_of, api_of, make_tenant


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts requests and failed sign-ins anew: all of them come from one address."""
    monkeypatch.setattr(throttle, "_failures", throttle.Window())
    monkeypatch.setattr(throttle, "_requests", throttle.Window())


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("polaris")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    return make_tenant("borealis")


@pytest.fixture
def admin(tenant: Tenant) -> Actor:
    return admin_of(tenant)


@pytest.fixture
def api(admin: Actor) -> Api:
    """The administrator's calls."""
    return api_of(admin)


@pytest.fixture
def other_api(other_tenant: Tenant) -> Api:
    """The calls of another company's administrator."""
    return api_of(admin_of(other_tenant))


@pytest.fixture
def team(tenant: Tenant) -> Team:
    with tenant_tx(tenant.id):
        return Team.objects.create(name="Field sales")


@pytest.fixture
def anonymous(db: None) -> Api:
    return Api("")


@pytest.fixture(autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Signing in is not what these tests are about."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _upload_folder(tmp_path: Path) -> Iterator[None]:
    """Uploads of a test go to a folder of its own."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    with override_settings(
        STORAGES={
            "default": storage,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }
    ):
        yield
