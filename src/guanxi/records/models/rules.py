"""Rules of a company's own for its records."""

from django.db import models

from guanxi.core.models import TenantModel


class ValidationRule(TenantModel):
    """A record for which `formula` is true is refused, with the message beside `field` (or above the form without one)."""

    object = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    formula = models.TextField()
    field = models.CharField(max_length=80, blank=True)
    message_en = models.CharField(max_length=300)
    message_zh = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "name"], name="records_rule_object")]
