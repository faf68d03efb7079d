"""The company's settings: facts, logo, rooms."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from guanxi.core.models import AccessEntry, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import (
    Company,
    Tenant,
)
from guanxi.identity.tests.conftest import signed_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def storage_folder(settings: Settings, tmp_path: Path) -> None:
    """Files of a test in a folder of its own."""
    own = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": own}


class TestCompany:
    def test_is_saved_and_written_down(self, tenant: Tenant, admin_client: Client) -> None:
        values = {
            "name": "Polaris Instruments",
            "currency": "EUR",
            "language": "zh-hans",
            "fiscal_year_start": "4",
            "country": "DE",
            "time_zone": "Europe/Berlin",
            "phone": "+49 30 1",
            "email": "Post@Polaris.example",
            "website": "polaris.example",
            "tax_number": "DE1",
            "address": "Unter den Linden 1\n10117 Berlin",
        }
        assert admin_client.post("/settings/company/", values).status_code == 302
        assert Tenant.objects.get().name == "Polaris Instruments"
        with tenant_tx(tenant.id):
            company = Company.objects.get()
            assert (company.currency, company.fiscal_year_start, company.email) == ("EUR", 4, "post@polaris.example")
            detail = AccessEntry.objects.get(action="company.changed").detail
        assert (detail["name"], detail["currency"]) == (["Polaris", "Polaris Instruments"], ["CNY", "EUR"])
        assert "Polaris Instruments" in admin_client.get("/settings/company/").content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("currency", "ZZZ"),
            ("fiscal_year_start", "13"),
            ("fiscal_year_start", "²"),
            ("email", "x"),
            ("address", "x" * 1001),
        ],
    )
    def test_wrong_values_change_nothing(self, tenant: Tenant, admin_client: Client, field: str, value: str) -> None:
        answer = admin_client.post("/settings/company/", {"name": "New", "country": "DE", field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()
        assert Tenant.objects.get().name == "Polaris"
        with tenant_tx(tenant.id):
            assert Company.objects.get().country == "CN"
            assert not AccessEntry.objects.filter(action="company.changed").exists()

    def test_the_logo_is_kept_and_served_to_members(
        self, tenant: Tenant, admin_client: Client, rep_client: Client
    ) -> None:
        upload = SimpleUploadedFile("logo.png", PNG, "image/png")
        assert admin_client.post("/settings/company/logo/", {"logo": upload}).status_code == 302
        with tenant_tx(tenant.id):
            logo = Company.objects.get().logo_id
        assert logo is not None
        answer = rep_client.get(f"/files/{logo}/")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
        assert Client().get(f"/files/{logo}/").status_code == 302
        assert f"/files/{logo}/" in rep_client.get("/settings/profile/").content.decode()

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            ("logo.png", b"MZ not a picture"),
            ("logo.txt", b"just text"),
            ("logo.png", b""),
            ("logo.png", PNG + b"\0" * (1024 * 1024)),
        ],
    )
    def test_other_files_are_no_logo(self, tenant: Tenant, admin_client: Client, name: str, content: bytes) -> None:
        admin_client.post("/settings/company/logo/", {"logo": SimpleUploadedFile(name, content)})
        with tenant_tx(tenant.id):
            assert Company.objects.get().logo_id is None
            assert StoredFile.objects.count() == 0

    def test_rooms_go_off_and_on(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.post("/settings/rooms/", {"rooms": ["catalogue", "identity"]}).status_code == 302
        with tenant_tx(tenant.id):
            off = set(Company.objects.get().rooms_off)
        assert "catalogue" not in off
        assert not off & {"core", "identity", "records", "desk"}
        assert admin_client.get("/settings/rooms/").status_code == 200

    def test_a_room_that_is_off_has_no_page(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.get("/mailbox/").status_code == 200
        admin_client.post("/settings/rooms/", {"rooms": ["catalogue", "customers", "activity", "sales"]})
        assert admin_client.get("/mailbox/").status_code == 404
        assert admin_client.get("/mailbox/", headers={"hx-request": "true"}).status_code == 404
        admin_client.post("/settings/rooms/", {"rooms": ["messaging"]})
        assert admin_client.get("/mailbox/").status_code == 200


def test_every_change_needs_the_token_of_a_form(tenant: Tenant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in("admin@polaris.example").cookies
    assert client.post("/settings/company/", {"name": "Theirs"}).status_code == 403
    assert client.post("/settings/profile/", {"name": "Theirs"}).status_code == 403
    assert Tenant.objects.get().name == "Polaris"
