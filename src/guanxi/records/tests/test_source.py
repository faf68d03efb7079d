"""The source is offered to whoever works with the program, and to nobody else; it holds no data."""

import io
import tarfile

import pytest
from django.test import Client

from guanxi.core.source import OWN_ADDRESS, source_address, source_archive
from guanxi.identity.models import Tenant, User


def test_the_archive_holds_the_program_and_no_data() -> None:
    with tarfile.open(fileobj=io.BytesIO(source_archive())) as archive:
        names = archive.getnames()
        assert {entry.uname for entry in archive.getmembers()} == {""}
    assert "guanxi-source/src/guanxi/core/source.py" in names
    assert "guanxi-source/LICENSE" in names and "guanxi-source/frontend/src/main.ts" in names
    kept = ("node_modules", "__pycache__", ".guanxi", ".env", ".venv", ".git/", "static/bundle")
    assert [name for name in names if any(part in name for part in kept)] == []


def test_the_administrator_may_name_another_place(settings: pytest.FixtureRequest) -> None:
    assert source_address() == OWN_ADDRESS
    settings.SOURCE_URL = "https://code.example/guanxi"  # type: ignore[attr-defined]
    assert source_address() == "https://code.example/guanxi"


@pytest.mark.django_db(transaction=True)
def test_the_menu_leads_to_the_source(tenant: Tenant) -> None:
    client = Client()
    assert client.get(OWN_ADDRESS).status_code == 302
    client.force_login(User.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert f'href="{OWN_ADDRESS}"' in client.get("/accounts/").content.decode()
    answer = client.get(OWN_ADDRESS)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/gzip")
    assert answer.content == source_archive()
