"""What must be kept because of the law."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel


class LegalHold(TenantModel):
    """A record that may neither be deleted nor removed for good nor merged into another, until the hold ends."""

    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    reason = models.CharField(_("Reason"), max_length=300)
    placed_by_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(db_default=Now())
    ended_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "record_id"], name="records_hold_once", condition=models.Q(ended_at__isnull=True)
            )
        ]
