"""How an object's fields are arranged on its pages."""

from django.db import models

from guanxi.core.models import TenantModel
from guanxi.identity.models import Role


class Layout(TenantModel):
    """Tabs with sections of fields, and the fields of a quick entry; for one role, or for everybody without one of its own."""

    object = models.CharField(max_length=60)
    role = models.ForeignKey(Role, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    tabs = models.JSONField(default=list)
    quick = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "object", "role"], name="records_layout_role"),
            models.UniqueConstraint(
                fields=["tenant_id", "object"], condition=models.Q(role=None), name="records_layout_all"
            ),
        ]
