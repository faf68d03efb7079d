"""A company, a second one, people and a customer of the first: those of activity. Customers may be written to at any hour."""

import pytest

from guanxi.activity.tests.conftest import account, admin, contact, other_rep, other_tenant, rep, tenant
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Company, Tenant

__all__ = ["account", "admin", "contact", "other_rep", "other_tenant", "rep", "tenant"]


@pytest.fixture(autouse=True)
def any_hour(tenant: Tenant, other_tenant: Tenant) -> None:
    """No test depends on the time of day."""
    with tenant_tx(tenant.id):
        company = Company.objects.get()
        company.settings = {**company.settings, "quiet_hours": ["00:00", "00:00"]}
        company.save(update_fields=["settings"])
