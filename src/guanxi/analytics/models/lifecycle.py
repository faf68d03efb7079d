"""When customers passed from one stage to the next, and why."""

from django.db import models

from guanxi.core.models import TenantModel
from guanxi.customers.models import LifecycleStage


class LifecycleChange(TenantModel):
    """A customer's step from one stage to another. `reason` is one of science.lifecycle.REASONS, `figures` what it looked at."""

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    changed_on = models.DateField()
    before = models.CharField(max_length=12, choices=LifecycleStage.choices)
    after = models.CharField(max_length=12, choices=LifecycleStage.choices)
    reason = models.CharField(max_length=20)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "account", "changed_on"], name="analytics_lifecycle_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "-changed_on"], name="analytics_lifecycle_day")]
