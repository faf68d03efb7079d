"""Fields that a tenant added to objects."""

from django.db import models

from guanxi.core.models import TenantModel


class CustomField(TenantModel):
    """A field that the tenant added to an object; `slot` names its typed column or is empty.

    `options` holds what only some kinds have: required, default, choices, to (the object of a link), help in both languages.
    A removed field (`deleted_at`) keeps its name, its slot and its values until it is purged.
    """

    object = models.CharField(max_length=60)
    name = models.SlugField(max_length=60)
    label_en = models.CharField(max_length=120)
    label_zh = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20)
    slot = models.CharField(max_length=4, blank=True)
    options = models.JSONField(default=dict)
    position = models.IntegerField(default=0)
    version = models.IntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "object", "name"], name="records_customfield_name"),
            models.UniqueConstraint(
                fields=["tenant_id", "object", "slot"], name="records_customfield_slot", condition=~models.Q(slot="")
            ),
        ]
