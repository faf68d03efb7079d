"""The matrix of roles in the settings."""

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import (
    Role,
    Tenant,
)
from guanxi.identity.ports import GUARDED_OBJECTS, GuardedField, GuardedObject


class TestRoles:
    @pytest.fixture(autouse=True)
    def objects(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fields = (GuardedField("phone", "Phone", True), GuardedField("name", "Name", False))
        listed = (
            GuardedObject("account", "Accounts", "customers", fields),
            GuardedObject("tax", "Taxes", "catalogue", ()),
        )
        monkeypatch.setattr(GUARDED_OBJECTS, "_implementations", {"test": lambda: listed})

    def test_the_matrix_is_stored(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            sales: Role = Role.objects.get(key="sales")
        page = admin_client.get(f"/settings/roles/{sales.id}/").content.decode()
        assert 'name="g.account.view"' in page
        assert 'name="f.account.phone"' in page
        values = {
            "version": 1,
            "name": "Sellers",
            "g.account.view": "all",
            "g.account.edit": "own",
            "f.account.phone": "masked",
            "f.account.name": "write",
        }
        assert admin_client.post(f"/settings/roles/{sales.id}/", values).status_code == 302
        with tenant_tx(tenant.id):
            after = Role.objects.get(id=sales.id)
        assert (after.name, after.version) == ("Sellers", 2)
        assert after.grants == {**sales.grants, "account": {"view": "all", "edit": "own"}}
        assert after.field_access == {"account": {"phone": "masked"}}
        assert admin_client.post(f"/settings/roles/{sales.id}/", values).status_code == 412
        wrong = {**values, "version": 2, "g.account.view": "galaxy"}
        assert admin_client.post(f"/settings/roles/{sales.id}/", wrong).status_code == 422

    def test_a_role_is_added_and_deleted(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            sales: Role = Role.objects.get(key="sales")
        answer = admin_client.post("/settings/roles/", {"name": "外勤", "copy_of": sales.id})
        with tenant_tx(tenant.id):
            made: Role = Role.objects.get(name="外勤")
        assert answer.headers["Location"] == f"/settings/roles/{made.id}/"
        assert made.grants == sales.grants
        admin_client.post(f"/settings/roles/{made.id}/delete/")
        assert admin_client.post("/settings/roles/", {"name": ""}).status_code == 422
        with tenant_tx(tenant.id):
            assert Role.objects.count() == 4
