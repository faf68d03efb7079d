"""`guanxi events`: what was given up is tried again from the command line, too."""

import pytest
from django.utils import timezone

from guanxi.core.models import OutboxEvent
from guanxi.identity.models import Tenant
from guanxi.project.failure import Failure
from guanxi.project.work.events import lines, retry


def park(tenant: Tenant, error: str = "ValueError: no oil") -> OutboxEvent:
    return OutboxEvent.objects.create(
        tenant_id=tenant.id, name="sales.QuoteSent", payload={}, parked_at=timezone.now(), attempts=12, error=error
    )


def test_parked_events_are_listed_and_retried(tenant: Tenant, other_tenant: Tenant) -> None:
    first, second = park(tenant), park(other_tenant, "")
    listed = "\n".join(lines())
    assert f"parked {first.id} sales.QuoteSent" in listed
    assert "no oil" in listed
    assert retry(str(first.id)) == ["1 parked event will be delivered again."]
    assert OutboxEvent.objects.filter(id=first.id, parked_at=None, attempts=0).exists()
    assert retry("all") == ["1 parked event will be delivered again."]
    assert not OutboxEvent.objects.filter(id=second.id, parked_at__isnull=False).exists()
    assert retry("all") == ["0 parked events will be delivered again."]


@pytest.mark.parametrize("which", ["everything", "", "0197dead-beef-7bad-8bad-feedfacecafe"])
def test_a_wrong_id_changes_nothing(tenant: Tenant, which: str) -> None:
    park(tenant)
    with pytest.raises(Failure):
        retry(which)
    assert OutboxEvent.objects.get(tenant_id=tenant.id, name="sales.QuoteSent").parked_at is not None


def test_one_company_alone(tenant: Tenant, other_tenant: Tenant) -> None:
    first, second, third = park(tenant), park(other_tenant, ""), park(tenant)
    listed = "\n".join(lines(tenant.slug))
    assert f"parked {first.id} sales.QuoteSent of polaris since" in listed
    assert str(second.id) not in listed and str(second.id) in "\n".join(lines())
    with pytest.raises(Failure, match=f"No event {second.id} is parked in polaris"):
        retry(str(second.id), tenant=tenant.slug)
    assert retry(str(third.id), tenant=tenant.slug) == ["1 parked event will be delivered again."]
    assert retry("all", tenant=tenant.slug) == ["1 parked event will be delivered again."]
    assert list(OutboxEvent.objects.filter(parked_at__isnull=False).values_list("id", flat=True)) == [second.id]
    for call in (lambda: lines("nobody"), lambda: retry("all", tenant="nobody")):
        with pytest.raises(Exception, match="nobody"):
            call()
    assert OutboxEvent.objects.filter(parked_at__isnull=False).count() == 1
